//! The `Range` header (RFC 9110 §14): one range of bytes, or several answered by the one that spans them.

use std::ops::Range;

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// No range, or one that is not understood: the whole.
    Whole,
    Part(Range<u64>),
    /// No byte of it is in the file.
    Outside,
}

/// Ranges in one header.
const MOST: usize = 16;

/// Reads a `Range` header for a file of `size` bytes.
pub fn asked(header: Option<&str>, size: u64) -> Asked {
    let Some(specs) = header.and_then(|text| text.trim().strip_prefix("bytes=")) else { return Asked::Whole };
    if specs.split(',').count() > MOST {
        return Asked::Whole;
    }
    let mut span: Option<Range<u64>> = None;
    for spec in specs.split(',') {
        let Some(range) = one(spec.trim(), size) else { return Asked::Whole };
        if let Some(range) = range {
            span = Some(match span {
                None => range,
                Some(span) => span.start.min(range.start)..span.end.max(range.end),
            });
        }
    }
    span.map_or(Asked::Outside, Asked::Part)
}

/// `None`: not understood. `Some(None)`: no byte of it is in the file.
fn one(spec: &str, size: u64) -> Option<Option<Range<u64>>> {
    let (first, last) = spec.split_once('-')?;
    let number = |text: &str| match text.bytes().all(|b| b.is_ascii_digit()) {
        // A number beyond all files is beyond this one.
        true if !text.is_empty() => Some(text.parse().unwrap_or(u64::MAX)),
        _ => None,
    };
    if first.is_empty() {
        let length = number(last)?.min(size);
        return Some((length > 0).then(|| size - length..size));
    }
    let first = number(first)?;
    let end = if last.is_empty() { size } else { number(last)?.saturating_add(1).min(size) };
    if !last.is_empty() && number(last)? < first {
        return None;
    }
    Some((first < size).then_some(first..end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ranges_are_read_as_the_standard_says() {
        use Asked::*;
        for (header, expected) in [
            ("bytes=0-9", Part(0..10)),
            ("bytes=90-", Part(90..100)),
            ("bytes=90-1000", Part(90..100)),
            ("bytes=-10", Part(90..100)),
            ("bytes=-1000", Part(0..100)),
            ("bytes=0-0", Part(0..1)),
            ("bytes=0-99999999999999999999999", Part(0..100)),
            ("bytes=0-4, 10-19", Part(0..20)),
            ("bytes=50-59,100-", Part(50..60)),
            ("bytes=100-", Outside),
            ("bytes=100-200", Outside),
            ("bytes=-0", Outside),
            ("bytes=99999999999999999999-", Outside),
            ("bytes=9-0", Whole),
            ("bytes=", Whole),
            ("bytes=a-b", Whole),
            ("bytes=--1", Whole),
            ("lines=0-9", Whole),
            ("", Whole),
        ] {
            assert_eq!(asked(Some(header), 100), expected, "{header}");
        }
        assert_eq!(asked(None, 100), Whole);
    }

    proptest! {
        #[test]
        fn no_header_reaches_outside_the_file(header in "bytes=[0-9,-]{0,40}", size in 1u64..1000) {
            if let Asked::Part(range) = asked(Some(&header), size) {
                prop_assert!(range.start < range.end && range.end <= size);
            }
        }
    }
}
