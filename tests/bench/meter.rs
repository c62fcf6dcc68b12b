//! Whose processor time it was, and whose memory: read from /proc, where the kernel counts it.

use std::{collections::HashMap, fs, time::Instant};

use anyhow::Context;
use serde::Serialize;

/// /proc counts in this unit on every Linux.
const TICKS_PER_SECOND: f64 = 100.0;

/// The processes of a run.
#[derive(Debug, Clone, Copy)]
pub struct Meter {
    pub server: u32,
    pub postmaster: u32,
}

/// Processor seconds since each process began.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    at: Instant,
    generator: f64,
    server: f64,
    decoders: f64,
    postgres: f64,
    machine: f64,
}

/// Shares of all the machine's processors during a measurement, 0 to 1.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Shares {
    /// The load generator: this process, or pgbench.
    pub generator: f64,
    pub server: f64,
    /// The server's child processes, which look into photos.
    pub decoders: f64,
    pub postgres: f64,
    /// Everything else that ran on the machine.
    pub others: f64,
    pub seconds: f64,
}

struct Process {
    parent: u32,
    own: f64,
    /// Of children that have ended.
    ended: f64,
}

impl Meter {
    pub fn read(&self) -> anyhow::Result<Reading> {
        let processes = processes()?;
        let me = std::process::id();
        let own = |pid: u32| processes.get(&pid).map_or(0.0, |p| p.own);
        let ended = |pid: u32| processes.get(&pid).map_or(0.0, |p| p.ended);
        let children = |pid: u32, but: &[u32]| {
            let of = processes.iter().filter(|(id, p)| p.parent == pid && !but.contains(id));
            of.map(|(_, p)| p.own).sum::<f64>()
        };
        Ok(Reading {
            at: Instant::now(),
            generator: own(me) + ended(me) + children(me, &[self.server, self.postmaster]),
            server: own(self.server),
            decoders: ended(self.server) + children(self.server, &[]),
            postgres: own(self.postmaster) + ended(self.postmaster) + children(self.postmaster, &[]),
            machine: machine()?,
        })
    }

    /// Megabytes that the server holds in memory now, without its decoders.
    pub fn server_mb(&self) -> anyhow::Result<f64> {
        memory_mb(self.server, "VmRSS:")
    }

    /// The most it ever held.
    pub fn server_peak_mb(&self) -> anyhow::Result<f64> {
        memory_mb(self.server, "VmHWM:")
    }

    /// The server's decoders, all together.
    pub fn decoders_mb(&self) -> anyhow::Result<f64> {
        let decoders = processes()?.into_iter().filter(|(_, p)| p.parent == self.server);
        // One may end while it is being looked at.
        Ok(decoders.map(|(pid, _)| memory_mb(pid, "VmRSS:").unwrap_or(0.0)).sum())
    }
}

impl Reading {
    /// What was used since then.
    pub fn since(&self, before: &Reading) -> Shares {
        let seconds = self.at.duration_since(before.at).as_secs_f64();
        let all = seconds * processors() as f64;
        let generator = (self.generator - before.generator) / all;
        let server = (self.server - before.server) / all;
        let decoders = (self.decoders - before.decoders) / all;
        let postgres = (self.postgres - before.postgres) / all;
        let others = (self.machine - before.machine) / all - generator - server - decoders - postgres;
        Shares { generator, server, decoders, postgres, others: others.max(0.0), seconds }
    }
}

impl Shares {
    /// Of two measurements, each by its time.
    pub fn and(self, other: Shares) -> Shares {
        let seconds = self.seconds + other.seconds;
        if seconds == 0.0 {
            return self;
        }
        let mean = |a: f64, b: f64| (a * self.seconds + b * other.seconds) / seconds;
        Shares {
            generator: mean(self.generator, other.generator),
            server: mean(self.server, other.server),
            decoders: mean(self.decoders, other.decoders),
            postgres: mean(self.postgres, other.postgres),
            others: mean(self.others, other.others),
            seconds,
        }
    }
}

pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, Into::into)
}

fn processes() -> anyhow::Result<HashMap<u32, Process>> {
    let entries = fs::read_dir("/proc").context("the bench counts processor time in /proc")?;
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    Ok(pids.filter_map(|pid| Some((pid, process(pid)?))).collect())
}

/// None: it has ended.
fn process(pid: u32) -> Option<Process> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in parentheses, may have anything in it.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let seconds = |at: usize| fields.get(at)?.parse::<f64>().ok().map(|ticks| ticks / TICKS_PER_SECOND);
    Some(Process {
        parent: fields.get(1)?.parse().ok()?,
        own: seconds(11)? + seconds(12)?,
        ended: seconds(13)? + seconds(14)?,
    })
}

/// Seconds that all processors together were busy.
fn machine() -> anyhow::Result<f64> {
    let stat = fs::read_to_string("/proc/stat")?;
    let line = stat.lines().next().context("/proc/stat")?;
    let ticks: Vec<f64> = line.split_whitespace().skip(1).filter_map(|n| n.parse().ok()).collect();
    // user, nice, system, idle, iowait, irq, softirq; what a hypervisor took away is not ours to count.
    let busy = [0, 1, 2, 5, 6].iter().filter_map(|at| ticks.get(*at)).sum::<f64>();
    Ok(busy / TICKS_PER_SECOND)
}

fn memory_mb(pid: u32, name: &str) -> anyhow::Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find(|line| line.starts_with(name)).context("the memory of a process")?;
    let kb: f64 = line.split_whitespace().nth(1).context("kilobytes")?.parse()?;
    Ok(kb * 1024.0 / 1e6)
}
