//! System calls of a process and its children, as strace writes them.

use crate::harness::figures::tell;
use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// What reaches out, writes, or runs something.
const CALLS: &str = "connect,sendto,sendmsg,sendmmsg,open,openat,openat2,creat,truncate,rename,renameat,renameat2,link,linkat,\
    symlink,symlinkat,mkdir,mkdirat,mknod,mknodat,unlink,unlinkat,rmdir,chmod,fchmodat,execve,execveat";

pub struct Trace {
    strace: Child,
    file: tempfile::NamedTempFile,
}

pub struct Report(Vec<String>);

impl Trace {
    /// None: there is no strace here, or it may not look.
    pub fn attach(pid: u32) -> Option<Self> {
        let file = tempfile::NamedTempFile::new().expect("a file");
        // -y writes the path behind each file descriptor, -s keeps paths whole.
        let strace = Command::new("strace")
            .args([
                "-f",
                "-qq",
                "-y",
                "-s",
                "4096",
                "-e",
                &format!("trace={CALLS}"),
                "-e",
                "signal=none",
                "-o",
            ])
            .arg(file.path())
            .args(["-p", &pid.to_string()])
            .stderr(Stdio::piped())
            .spawn();
        let mut strace = match strace {
            Ok(strace) => strace,
            Err(error) => {
                tell!("SKIPPED: strace: {error}");
                return None;
            }
        };
        let deadline = Instant::now() + Duration::from_secs(10);
        while !is_traced(pid) {
            if let Some(status) = strace.try_wait().expect("strace") {
                tell!("SKIPPED: strace: {status}");
                return None;
            }
            assert!(Instant::now() < deadline, "strace does not attach");
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(Trace { strace, file })
    }

    /// Lets the process go, and reads what was written.
    pub fn finish(mut self) -> Report {
        let pid = i32::try_from(self.strace.id()).expect("a process id");
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGINT)
            .expect("strace");
        self.strace.wait().expect("strace ends");
        let text = String::from_utf8_lossy(&std::fs::read(self.file.path()).expect("the trace")).into_owned();
        Report(joined(&text))
    }
}

impl Drop for Trace {
    fn drop(&mut self) {
        let _ = self.strace.kill();
        let _ = self.strace.wait();
    }
}

/// All threads of the process have a tracer.
fn is_traced(pid: u32) -> bool {
    let traced = |task: std::fs::DirEntry| {
        let status = std::fs::read_to_string(task.path().join("status")).unwrap_or_default();
        status.lines().any(|line| line.starts_with("TracerPid:") && !line.ends_with("\t0"))
    };
    std::fs::read_dir(format!("/proc/{pid}/task")).is_ok_and(|tasks| tasks.flatten().all(traced))
}

/// Calls in one line each: strace writes the beginning and the end apart where another thread came between.
fn joined(text: &str) -> Vec<String> {
    let mut open: std::collections::HashMap<&str, String> = std::collections::HashMap::new();
    let mut calls = Vec::new();
    for line in text.lines() {
        let Some((pid, call)) = line.split_once(char::is_whitespace) else { continue };
        let call = call.trim_start();
        if let Some(begun) = call.strip_suffix(" <unfinished ...>") {
            open.insert(pid, begun.to_owned());
        } else if let Some(rest) = call.strip_prefix("<... ").and_then(|rest| rest.split_once(" resumed>")) {
            calls.push(format!("{}{}", open.remove(pid).unwrap_or_default(), rest.1));
        } else {
            calls.push(call.to_owned());
        }
    }
    calls.extend(open.into_values());
    calls
}

impl Report {
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Calls that the server has no business to make.
    pub fn faults(&self, data: &Path, program: &Path) -> Vec<String> {
        self.0.iter().filter(|call| !is_fine(call, data, program)).cloned().collect()
    }

    /// Files in the folder that were opened for writing.
    pub fn opened_within(&self, data: &Path) -> usize {
        let written = self.0.iter().filter(|call| call.starts_with("open") && writes(call));
        written.filter(|call| paths(call).iter().all(|path| path.starts_with(data))).count()
    }

    /// Programs that were started.
    pub fn ran(&self) -> usize {
        self.0.iter().filter(|call| call.starts_with("execve")).count()
    }
}

fn writes(call: &str) -> bool {
    ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND", "O_TMPFILE"]
        .iter()
        .any(|flag| call.contains(flag))
}

fn is_fine(call: &str, data: &Path, program: &Path) -> bool {
    let name = call.split('(').next().unwrap_or("");
    let within = || paths(call).iter().all(|path| path.starts_with(data));
    match name {
        // A datagram names its receiver; on a connection there is none.
        "connect" | "sendto" | "sendmsg" | "sendmmsg" => {
            !call.contains("sa_family=") || call.contains("AF_UNIX") && call.contains(".s.PGSQL.")
        }
        "open" | "openat" | "openat2" => {
            !writes(call) || within() || paths(call) == [PathBuf::from("/dev/null")]
        }
        "execve" | "execveat" => {
            let own =
                [program.to_path_buf(), program.canonicalize().unwrap_or_default(), "/proc/self/exe".into()];
            paths(call).first().is_some_and(|path| own.contains(path))
        }
        _ => within(),
    }
}

/// The paths that a call names, as absolute ones.
fn paths(call: &str) -> Vec<PathBuf> {
    let arguments = call.split_once('(').map_or("", |(_, rest)| rest);
    let arguments =
        if call.starts_with("execve(") { arguments.split(", [").next().unwrap_or("") } else { arguments };
    let (mut paths, mut folder, mut rest) = (Vec::new(), None::<&str>, arguments);
    while let Some(at) = rest.find(['"', '<']) {
        let is_folder = rest.as_bytes()[at] == b'<';
        let from = &rest[at + 1..];
        let Some(end) = from.find(if is_folder { '>' } else { '"' }) else { break };
        match is_folder {
            true => folder = Some(&from[..end]),
            // An absolute path takes the place of the folder.
            false => {
                paths.push(folder.map_or_else(|| from[..end].into(), |f| Path::new(f).join(&from[..end])))
            }
        }
        rest = &from[end + 1..];
        // What follows is the file that was opened.
        if rest.trim_start_matches(|c| c != ')').starts_with(") = ") && !rest.contains('"') {
            break;
        }
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_read_as_strace_writes_them() {
        let (data, program) = (Path::new("/tmp/d"), Path::new("/bin/anfang"));
        for fine in [
            r#"openat(AT_FDCWD</srv>, "/tmp/d/uploads/x", O_RDWR|O_CREAT|O_CLOEXEC, 0666) = 9</tmp/d/uploads/x>"#,
            r#"openat(7</tmp/d/uploads>, "x", O_WRONLY) = 9</tmp/d/uploads/x>"#,
            r#"openat(AT_FDCWD</srv>, "/etc/hosts", O_RDONLY|O_CLOEXEC) = 9</etc/hosts>"#,
            r#"rename("/tmp/d/uploads/x", "/tmp/d/blobs/y") = 0"#,
            r#"connect(9<socket:[1]>, {sa_family=AF_UNIX, sun_path="/tmp/pg/.s.PGSQL.5432"}, 110) = 0"#,
            r#"sendto(9<socket:[1]>, "sa", 2, MSG_NOSIGNAL, NULL, 0) = 2"#,
            r#"execve("/bin/anfang", ["anfang", "decode"], 0x7ffc /* 3 vars */) = 0"#,
        ] {
            assert!(is_fine(fine, data, program), "{fine}");
        }
        for strange in [
            r#"openat(AT_FDCWD</srv>, "x", O_RDWR|O_CREAT, 0666) = 9</srv/x>"#,
            r#"openat(AT_FDCWD</srv>, "/tmp/lured", O_WRONLY|O_CREAT, 0666) = 9</tmp/lured>"#,
            r#"rename("/tmp/d/uploads/x", "/srv/y") = 0"#,
            r#"mkdir("/tmp/e", 0777) = 0"#,
            r#"unlink("/etc/passwd") = -1 EACCES (Permission denied)"#,
            r#"connect(9<socket:[1]>, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("192.0.2.1")}, 16) = -1 EINPROGRESS"#,
            r#"connect(9<socket:[1]>, {sa_family=AF_UNIX, sun_path="/run/nscd/socket"}, 110) = 0"#,
            r#"sendto(9<socket:[1]>, "x", 1, 0, {sa_family=AF_INET6, sin6_port=htons(53)}, 28) = 1"#,
            r#"execve("/bin/sh", ["sh", "-c", "/bin/anfang"], 0x7ffc /* 3 vars */) = 0"#,
        ] {
            assert!(!is_fine(strange, data, program), "{strange}");
        }
        let apart = "7 openat(AT_FDCWD</srv>, \"/a\", O_RDONLY <unfinished ...>\n8 unlink(\"/b\") = 0\n7 <... openat resumed>) = 3</a>\n";
        assert_eq!(joined(apart), ["unlink(\"/b\") = 0", "openat(AT_FDCWD</srv>, \"/a\", O_RDONLY) = 3</a>"]);
    }
}
