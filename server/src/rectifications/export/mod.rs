//! Exports of the list: CSV, XLSX and GeoJSON, for offices that work in spreadsheets and maps.
//!
//! Promises: what is exported is what the caller's list shows, in one snapshot; memory does not grow with it; the answer
//! tells how many items it has and the SHA-256 of its bytes, and the ledger keeps both with who took it.
//! Never: has more of an item than its unit may see; writes a text that a spreadsheet would take for a formula.

pub mod routes;
mod sheet;

pub use sheet::{Format, Line, Sheet};

use std::{path::PathBuf, sync::Arc};

use tokio::sync::Semaphore;

/// Exports at work at once: each holds a connection and a file.
const AT_ONCE: usize = 2;

/// Where exports are put together before they are sent. Clones share it.
#[derive(Debug, Clone)]
pub struct Exports {
    folder: PathBuf,
    permits: Arc<Semaphore>,
}

impl Exports {
    /// # Errors
    /// When the folder cannot be made.
    pub fn open(folder: PathBuf) -> std::io::Result<Self> {
        std::fs::create_dir_all(&folder)?;
        Ok(Exports { folder, permits: Arc::new(Semaphore::new(AT_ONCE)) })
    }
}
