//! The parser of imports by itself: total over all bytes, faithful to what is written.

use anfang::import::{ROWS_MAX, Source, Wants, What, cells::Given, read, sites::SitePatch};
use proptest::prelude::*;

const ALL: [What; 7] =
    [What::Areas, What::Units, What::Sites, What::Checklists, What::Calendar, What::Deadlines, What::Tiers];

fn lines_of(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() + 1
}

/// Whatever is wrong is told with a line that the file has.
fn check(source: &Source, bytes: &[u8]) {
    for fault in source.faults() {
        assert!((1..=lines_of(bytes)).contains(&fault.line), "{fault:?}");
    }
    let rows = match &source.wants {
        Wants::Areas(rows) => rows.len(),
        Wants::Units(rows) => rows.len(),
        Wants::Sites(rows) => rows.len(),
        Wants::Checklists(rows) => rows.len(),
        Wants::Terms(rows) => rows.len(),
    };
    assert!(rows > 0 || source.faults().count() > 0, "nothing is never all right");
}

/// Words that the parser looks for, to get past its first steps.
fn fragments() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "code",
        "name_zh",
        "kind",
        "area_code",
        "latitude",
        "\"",
        ",",
        "\n",
        "\r\n",
        "\t",
        ";",
        "{",
        "}",
        "[",
        "]",
        ":",
        "\"type\"",
        "\"FeatureCollection\"",
        "\"features\"",
        "\"properties\"",
        "\"geometry\"",
        "\"items\"",
        "990100101000",
        "1e999",
        "NaN",
        "0,0",
        "户",
        "\u{feff}",
        "\u{0}",
        "null",
        "-",
        "9.9E+11",
        "\"Feature\"",
        "\"Polygon\"",
    ]);
    prop::collection::vec(words, 0..60).prop_map(|words| words.concat())
}

/// A site as a clerk may write it.
#[derive(Debug, Clone)]
struct Written {
    name: String,
    position: Option<(f64, f64)>,
    radius_m: u32,
    head: String,
}

fn written() -> impl Strategy<Value = Written> {
    // Words with commas and quotation marks, but no space at the edges, which the parser takes away.
    let text = "[\u{4e00}-\u{9fa5}a-z]([\u{4e00}-\u{9fa5}a-z ,\"';，]{0,12}[\u{4e00}-\u{9fa5}a-z])?";
    let position = prop::option::of((-90.0..90.0_f64, 1.0..180.0_f64));
    (text, position, 1..50_000_u32, text).prop_map(|(name, position, radius_m, head)| Written {
        name,
        position,
        radius_m,
        head,
    })
}

fn table(
    rows: &[Written],
    delimiter: u8,
    line_end: csv::Terminator,
    empty_lines: bool,
) -> (String, Vec<usize>) {
    let record = |cells: &[String]| {
        let mut writer =
            csv::WriterBuilder::new().delimiter(delimiter).terminator(line_end).from_writer(Vec::new());
        writer.write_record(cells).expect("writing into memory");
        String::from_utf8(writer.into_inner().expect("the bytes")).expect("UTF-8")
    };
    let heading = ["code", "name_zh", "kind", "area_code", "latitude", "longitude", "radius_m", "head"];
    let mut text = record(&heading.map(str::to_owned));
    let (mut lines, mut line) = (Vec::new(), 2);
    for (n, row) in rows.iter().enumerate() {
        if empty_lines && n % 3 == 1 {
            text.push('\n');
            line += 1;
        }
        let degrees =
            |pick: fn((f64, f64)) -> f64| row.position.map(|at| pick(at).to_string()).unwrap_or_default();
        let (latitude, longitude) = (degrees(|at| at.0), degrees(|at| at.1));
        text += &record(&[
            format!("S{n}"),
            row.name.clone(),
            "户".into(),
            "990100101201".into(),
            latitude,
            longitude,
            row.radius_m.to_string(),
            row.head.clone(),
        ]);
        lines.push(line);
        line += 1;
    }
    (text, lines)
}

fn encoded(text: &str, how: u8) -> Vec<u8> {
    match how {
        0 => text.into(),
        1 => [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        2 => [vec![0xff, 0xfe], text.encode_utf16().flat_map(u16::to_le_bytes).collect()].concat(),
        _ => encoding_rs::GB18030.encode(text).0.into_owned(),
    }
}

fn patches(source: Source) -> Vec<SitePatch> {
    match source.wants {
        Wants::Sites(patches) => patches,
        _ => Vec::new(),
    }
}

#[test]
fn a_file_of_too_many_rows_is_refused_at_once() {
    let source = read(What::Sites, "rows", format!("code\n{}", "S1\n".repeat(ROWS_MAX + 1)).as_bytes());
    let codes: Vec<_> = source.faults().map(|fault| fault.code).collect();
    assert_eq!(codes, ["too_large"]);
}

proptest! {
    #[test]
    fn any_bytes_get_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        for what in ALL {
            check(&read(what, "bytes", &bytes), &bytes);
        }
    }

    #[test]
    fn any_shuffle_of_its_own_words_gets_an_answer(text in fragments()) {
        for what in ALL {
            check(&read(what, "text", text.as_bytes()), text.as_bytes());
        }
    }

    #[test]
    fn good_rows_come_through_whole_in_every_dress(
        rows in prop::collection::vec(written(), 1..30),
        how in 0..4_u8,
        delimiter in prop::sample::select(vec![b',', b'\t', b';']),
        is_windows in any::<bool>(),
        empty_lines in any::<bool>(),
    ) {
        let line_end = if is_windows { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
        let (text, lines) = table(&rows, delimiter, line_end, empty_lines);
        let source = read(What::Sites, "rows", &encoded(&text, how));
        prop_assert_eq!(source.faults().count(), 0, "{:?}", source);
        let patches = patches(source);
        prop_assert_eq!(patches.len(), rows.len());
        for (n, (patch, row)) in patches.iter().zip(&rows).enumerate() {
            prop_assert_eq!(patch.line, lines[n]);
            prop_assert_eq!(&patch.code, &format!("S{n}"));
            prop_assert_eq!(patch.name_zh.as_ref(), Some(&row.name));
            prop_assert_eq!(&patch.name_en, &Given::Keep);
            prop_assert_eq!(&patch.position, &row.position.map_or(Given::Clear, Given::Set));
            prop_assert_eq!(&patch.radius_m, &Given::Set(f64::from(row.radius_m)));
            prop_assert!(patch.attributes.contains(&("head", row.head.clone())));
        }
    }

    #[test]
    fn a_bad_row_is_found_on_its_line_and_spoils_no_other(
        rows in prop::collection::vec(written(), 1..30),
        at in any::<prop::sample::Index>(),
        is_windows in any::<bool>(),
    ) {
        let line_end = if is_windows { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
        let (text, lines) = table(&rows, b',', line_end, true);
        let bad = at.index(rows.len());
        let text = text.replacen(&format!("S{bad},"), &format!("S{bad}!,"), 1);
        let source = read(What::Sites, "rows", text.as_bytes());
        let faults: Vec<_> = source.faults().map(|fault| (fault.line, fault.code)).collect();
        prop_assert_eq!(faults, [(lines[bad], "code_invalid")]);
        prop_assert_eq!(patches(source).len(), rows.len() - 1);
    }
}
