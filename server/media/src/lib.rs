//! What a received photo or film says, and small pictures of it.
//!
//! **Is:** recognition by signature (`sniff`), and an examination - completeness, metadata, previews - by
//! a decoder in a child process (`examiner` starts it, `worker` runs in it, `wire` is what they say).
//! In the child: `container` (where the parts of a photo lie), `metadata` (EXIF), `video` (MP4, MOV),
//! `decode`, `preview`.
//!
//! **Promises:** no file, however made, can harm the server: memory, CPU, time and output of the child are
//! bounded, and a child that fails is an answer (`Flag::DecoderGaveUp`), not an error. What is unreadable
//! is absent *and* flagged: never NaN, never a silent 0,0, never a guessed hemisphere, zone or date.
//! Previews hold pixels only: no metadata, no colour profile, no byte of the original file.
//!
//! **Never:** changes or moves the original, opens a file by name, asks the clock, reaches the network,
//! rejects evidence. A damaged file is kept by the caller, flagged, without a preview.

mod container;
mod decode;
mod examiner;
mod metadata;
mod preview;
mod sniff;
mod video;
mod wire;
mod worker;

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDateTime, Utc};
use serde::{Deserialize, Serialize};

pub use examiner::Examiner;
pub use sniff::{MediaType, SNIFF_BYTES, sniff};
pub use worker::{WORKER_SUBCOMMAND, worker_main};

/// What is known of a file after looking into it. Everything optional is absent rather than doubtful.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Examination {
    pub media_type: MediaType,
    /// The picture cannot be shown in full: cut short, inconsistent, or beyond the decoder. Still evidence.
    pub damaged: bool,
    /// Pixels as a person sees them, that is after `orientation` or a film's rotation.
    pub width: Option<u32>,
    pub height: Option<u32>,
    /// EXIF orientation, 1..=8. 1 for HEIC and films: their turn belongs to the container, and is
    /// already applied to sizes and previews.
    pub orientation: u8,
    /// The camera's own wall clock. Without `taken_offset_minutes` it is no instant.
    pub taken_local: Option<NaiveDateTime>,
    /// Minutes east of UTC, as stated by the camera; -840..=840.
    pub taken_offset_minutes: Option<i16>,
    pub gps: Option<Gps>,
    /// Single-line text without control or direction characters, at most 64 characters. Still foreign text.
    pub make: Option<String>,
    pub model: Option<String>,
    pub flags: BTreeSet<Flag>,
}

/// A position stated by the file: never (0, 0), never out of range.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gps {
    /// Degrees north, -90..=90.
    pub latitude: f64,
    /// Degrees east, -180..=180.
    pub longitude: f64,
    /// Metres above sea level, -1,000..=10,000.
    pub altitude_m: Option<f64>,
    /// Time of the fix by the satellites' clock.
    pub at: Option<DateTime<Utc>>,
}

/// What a supervisor should know beside the facts. A flag never rejects anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// A position is stated but unusable: x/0, out of range, negative, or with an unknown hemisphere.
    GpsInvalid,
    /// The position is exactly 0,0, which is what a phone without a fix writes.
    GpsZero,
    /// The position is good, its altitude is not.
    GpsAltitudeInvalid,
    /// The position is good, its date or time is not.
    GpsTimeInvalid,
    /// A time of taking is stated but impossible, or outside 1990..=2099.
    DateInvalid,
    /// A zone offset is stated but impossible.
    OffsetInvalid,
    /// A film's only time is that of its header: UTC by the standard, though some cameras write local time.
    ContainerTime,
    /// The orientation is stated but none of 1..=8; taken as 1.
    OrientationInvalid,
    /// Metadata is present but could be read in part only, or not at all.
    MetadataUnreadable,
    /// The metadata is larger than is ever read (1 MiB), and was not read.
    MetadataTooLarge,
    /// Bytes follow the end of the picture: normal with some phones, also how archives are smuggled.
    TrailingData,
    /// Damaged: the file ends before the picture does, or its parts do not fit into each other.
    Incomplete,
    /// Damaged: the decoder refuses the picture.
    Undecodable,
    /// The JPEG opens, but not by the letter of the standard. Often harmless.
    StrictDecodeFailed,
    /// Damaged: a size that no camera makes (edge above 20,000 or above 220 megapixels). Not decoded, and
    /// not reported.
    DimensionsTooLarge,
    /// A plausible picture, but too large for the decoder's memory: kept without a preview, not damaged.
    TooCostlyToPreview,
    /// A sound JPEG whose colours lie in separate scans, which the decoder would show green: kept without a
    /// preview, not damaged.
    UnsupportedCoding,
    /// Nearly one colour: a pocket, a wall, a thumb.
    LowContent,
    /// The film's own time of taking and its header are more than a day apart: it was edited or exported.
    TimesDisagree,
    /// The film is a recording of a screen, by its own statement: not a camera's.
    ScreenRecording,
    /// Damaged: the child crashed, was killed or ran out of time. What it said before is kept.
    DecoderGaveUp,
}

/// A small JPEG for lists (edge 320) or for looking closely (edge 1280).
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    /// The longest edge allowed, in pixels; a smaller original is not enlarged.
    pub edge: u16,
    pub width: u32,
    pub height: u32,
    pub jpeg: Vec<u8>,
}

/// What the child spent, by its own account.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    pub cpu_ms: u32,
    /// Highest resident memory; absent where the system does not tell.
    pub peak_rss_kib: Option<u64>,
}

/// The outcome of an examination: always an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Examined {
    pub examination: Examination,
    /// Both edges for a sound photo; none for films, damaged files and what is too costly.
    pub previews: Vec<Preview>,
    /// Absent when the child gave up.
    pub cost: Option<Cost>,
}

impl Examination {
    /// Nothing known yet but the type.
    fn blank(media_type: MediaType) -> Self {
        Self {
            media_type,
            damaged: false,
            width: None,
            height: None,
            orientation: 1,
            taken_local: None,
            taken_offset_minutes: None,
            gps: None,
            make: None,
            model: None,
            flags: BTreeSet::new(),
        }
    }

    fn flag(&mut self, flag: Flag) {
        self.flags.insert(flag);
    }

    /// Marks as damaged, saying why.
    fn damage(&mut self, why: Flag) {
        self.damaged = true;
        self.flags.insert(why);
    }
}
