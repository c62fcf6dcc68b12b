//! The records of a table, read one by one.

use std::collections::HashMap;

use super::{
    cells::Cells,
    fault,
    record::{CODE, Record, Records},
};

/// Reads each record; one with faults, or with a code that stood before, is left out and listed.
pub fn each<P>(records: Vec<Record>, read: &mut Records, patch: impl Fn(&mut Cells) -> Option<P>) -> Vec<P> {
    let mut first_lines: HashMap<String, usize> = HashMap::with_capacity(records.len());
    let mut patches = Vec::with_capacity(records.len());
    for record in &records {
        let mut cells = Cells::of(record);
        let patched = patch(&mut cells);
        let code = record.cell(CODE).unwrap_or_default();
        match first_lines.get(code) {
            Some(first) if !code.is_empty() => {
                let value = format!("{code} (line {first})");
                cells.fault(CODE, fault::CODE_TWICE, &value);
            }
            _ => {
                first_lines.insert(code.to_owned(), record.line);
            }
        }
        match (patched, cells.faults.is_empty()) {
            (Some(patched), true) => patches.push(patched),
            _ => read.faulty.push(record.faulty(cells.faults)),
        }
    }
    patches
}
