//! The child: the body of the hidden subcommand, which looks into one file and ends.
//!
//! **Promises:** it binds itself before it reads: memory, CPU, files and file sizes are limited by the
//! kernel, and it runs with low priority. It has one file open, its standard input. **Never:** opens a
//! path from input, starts a thread or a process, writes anywhere but to its standard output.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::os::fd::AsFd;
use std::process::ExitCode;

use rustix::process::{Resource, Rlimit, nice, setrlimit};
use rustix::time::{ClockId, clock_gettime};

use super::wire::{Message, send};
use super::{Cost, Examination, Flag, MediaType, Preview};
use super::{container, decode, metadata, preview, video};

/// The hidden subcommand of the server's binary, followed by the media type.
pub const WORKER_SUBCOMMAND: &str = "media-worker";

/// Everything mapped, the program itself included. Resident memory stays below 300 MB.
const ADDRESS_SPACE_BYTES: u64 = 384 * 1024 * 1024;
const CPU_S: u64 = 5;
const OPEN_FILES: u64 = 8;
const NICENESS: i32 = 10;
/// Larger photos are not looked into.
const MAX_PHOTO_BYTES: u64 = 64 * 1024 * 1024;

/// Runs the child. Its exit code says only whether it came to an end; the parent goes by its output.
pub fn worker_main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn run() -> io::Result<()> {
    limit_self()?;
    let media_type = std::env::args().nth(2).and_then(|text| MediaType::parse(&text));
    let media_type = media_type.ok_or(io::ErrorKind::InvalidInput)?;
    let mut file = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    file.rewind()?;
    let mut examination = Examination::blank(media_type);
    let previews = if media_type.is_video() {
        let length = file.metadata()?.len();
        video::read_film(&file, length, &mut examination)?;
        Vec::new()
    } else {
        examine_photo(&file, &mut examination)?
    };
    let heads = previews.iter().map(Into::into).collect();
    let done = Message::Done { examination, cost: own_cost(), previews: heads };
    send(&mut io::stdout().lock(), &done, &previews)
}

/// From here on the kernel ends us rather than let us harm others.
fn limit_self() -> io::Result<()> {
    let limits = [
        (Resource::As, ADDRESS_SPACE_BYTES),
        (Resource::Cpu, CPU_S),
        (Resource::Fsize, 0),
        (Resource::Nofile, OPEN_FILES),
        (Resource::Core, 0),
    ];
    for (resource, most) in limits {
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?;
    }
    nice(NICENESS)?;
    Ok(())
}

fn examine_photo(file: &File, examination: &mut Examination) -> io::Result<Vec<Preview>> {
    let length = file.metadata()?.len();
    if length > MAX_PHOTO_BYTES {
        examination.flag(Flag::TooCostlyToPreview);
        return Ok(Vec::new());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    file.take(MAX_PHOTO_BYTES).read_to_end(&mut bytes)?;
    let survey = container::survey(examination.media_type, &bytes);
    if let Some(block) = &survey.exif {
        let orientation_counts = examination.media_type != MediaType::Heic;
        metadata::read_exif(block, orientation_counts, examination);
    }
    if let Some(size) = survey.size {
        set_shown_size(examination, size);
    }
    if survey.trailing {
        examination.flag(Flag::TrailingData);
    }
    if !survey.complete {
        examination.damage(Flag::Incomplete);
        return Ok(Vec::new());
    }
    let facts = decode::Facts::from(&survey);
    drop(survey);
    send(&mut io::stdout().lock(), &Message::Facts(examination.clone()), &[])?;
    let shown = show(examination, bytes, &facts);
    Ok(shown.unwrap_or_else(|flag| {
        match flag {
            Flag::TooCostlyToPreview | Flag::UnsupportedCoding => examination.flag(flag),
            _ => examination.damage(flag),
        }
        if flag == Flag::DimensionsTooLarge {
            (examination.width, examination.height) = (None, None);
        }
        Vec::new()
    }))
}

fn show(examination: &mut Examination, bytes: Vec<u8>, facts: &decode::Facts) -> Result<Vec<Preview>, Flag> {
    let picture = decode::decode(examination.media_type, bytes, facts)?;
    if picture.loose {
        examination.flag(Flag::StrictDecodeFailed);
    }
    set_shown_size(examination, (picture.width, picture.height));
    let (previews, nearly_one_colour) = preview::previews(picture, examination.orientation)?;
    if nearly_one_colour {
        examination.flag(Flag::LowContent);
    }
    Ok(previews)
}

/// Orientations 5 to 8 lay the picture on its side.
fn set_shown_size(examination: &mut Examination, (width, height): (u32, u32)) {
    let (width, height) = if examination.orientation >= 5 { (height, width) } else { (width, height) };
    (examination.width, examination.height) = (Some(width), Some(height));
}

fn own_cost() -> Cost {
    let cpu = clock_gettime(ClockId::ProcessCPUTime);
    let cpu_ms = cpu.tv_sec * 1000 + cpu.tv_nsec / 1_000_000;
    // Not getrusage: Linux counts the launching process's size into it.
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak_rss_kib = peak.and_then(|text| text.trim().strip_suffix(" kB")?.parse().ok());
    Cost { cpu_ms: u32::try_from(cpu_ms).unwrap_or(u32::MAX), peak_rss_kib }
}
