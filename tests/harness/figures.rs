//! What tests measured, what they drew from, and what they had to skip: on the screen, where a test runs alone, and in
//! `target/tmp/figures.txt`, for whoever runs them all: of a test that passes nothing else is seen.

use std::{fs::OpenOptions, io::Write, path::Path};

/// As `println!`, and kept.
macro_rules! tell {
    ($($text:tt)*) => { $crate::harness::figures::keep(&format!($($text)*)) };
}
pub(crate) use tell;

pub fn keep(text: &str) {
    println!("{text}");
    let thread = std::thread::current();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = format!("{}: {text}\n", thread.name().unwrap_or("-"));
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("figures.txt");
    // One write a line: tests are many at once.
    let kept = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .and_then(|mut file| file.write_all(line.as_bytes()));
    kept.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}
