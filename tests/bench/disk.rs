//! What the file system does by itself: files written, hashed and brought to stable storage.

use std::{
    fs::{self, File},
    io::Write,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use anfang_protocol::sha::Sha;

use crate::{ground, load::Load, meter::Meter, photos::Film, reports::Chance};

/// `threads` write files of the film's size, one after the other, for `seconds`.
pub fn write_files(meter: &Meter, film: &Film, threads: usize, seconds: f64) -> anyhow::Result<Load> {
    let folder = ground::folder().join("files");
    fs::create_dir_all(&folder)?;
    let (count, begin) = (AtomicU64::new(0), Instant::now());
    let end = begin + Duration::from_secs_f64(seconds);
    let before = meter.read()?;
    let written = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..threads)
            .map(|thread| {
                let (folder, count) = (&folder, &count);
                scope.spawn(move || -> std::io::Result<()> {
                    let mut chance = Chance(thread as u64);
                    let mut bytes = film.bytes(&film.take(&mut chance));
                    while Instant::now() < end {
                        let at = bytes.len() - 8;
                        bytes[at..].copy_from_slice(&chance.next().to_be_bytes());
                        let mut file = File::create(folder.join(Sha::of(&bytes).to_string()))?;
                        file.write_all(&bytes)?;
                        file.sync_all()?;
                        if Instant::now() < end {
                            count.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                    Ok(())
                })
            })
            .collect();
        writers
            .into_iter()
            .try_for_each(|writer| writer.join().unwrap_or(Err(std::io::ErrorKind::Other.into())))
    });
    written?;
    let shares = meter.read()?.since(&before);
    fs::remove_dir_all(&folder)?;
    Ok(Load { units: count.into_inner(), seconds, micros: Vec::new(), shares })
}
