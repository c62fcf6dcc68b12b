//! Files: declared first, uploaded by tus 1.0.0, named by their SHA-256 (protocol-design §4).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{problem::Problem, sha::Sha, vocabulary::vocabulary};

/// `POST /v1/blobs`: the files that a client is about to upload. Idempotent.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Declare {
    /// At most `limits::BLOBS_PER_DECLARATION`.
    pub blobs: Vec<Declared>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Declared {
    pub sha256: Sha,
    /// Bytes.
    pub size: u64,
    pub media_type: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Declarations {
    /// One for each declared file, in the same order.
    pub blobs: Vec<Standing>,
}

/// Where a declared file stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "status")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Standing {
    /// The server holds it whole, and you may see it. This is the receipt.
    Have {
        sha256: Sha,
    },
    /// Send the bytes from `offset` on by PATCH to `upload` (tus 1.0.0).
    Upload {
        sha256: Sha,
        /// Path on this server.
        upload: String,
        offset: u64,
        expires_at: DateTime<Utc>,
    },
    Refused {
        sha256: Sha,
        problem: Problem,
    },
}

vocabulary! {
    /// A remark about a file, made when it was examined.
    MediaFlag {
        /// The file has an allowed format's signature and the declared hash, but does not decode.
        Damaged = "damaged",
        /// GPS tags are there and make no sense.
        GpsInvalid = "gps_invalid",
        /// GPS says 0,0.
        GpsZero = "gps_zero",
        /// A date tag is there and is no date.
        DateInvalid = "date_invalid",
        ExifUnreadable = "exif_unreadable",
        OrientationInvalid = "orientation_invalid",
        /// Bytes follow the end of the image. Common, and harmless.
        TrailingData = "trailing_data",
        /// A strict decoder objects. Common, and no reason to distrust.
        StrictDecodeFailed = "strict_decode_failed",
        /// The decoder crashed, ran out of its time, or of its memory.
        DecoderGaveUp = "decoder_gave_up",
        /// More pixels than are decoded here.
        TooManyPixels = "too_many_pixels",
        /// The declared media type is not the one that the bytes show.
        MediaTypeDiffers = "media_type_differs",
        /// The position is good, its altitude is not.
        GpsAltitudeInvalid = "gps_altitude_invalid",
        /// The position is good, its date or time is not.
        GpsTimeInvalid = "gps_time_invalid",
        /// A zone offset is stated and impossible.
        OffsetInvalid = "offset_invalid",
        /// A film's only time is that of its header, which some cameras write in local time.
        ContainerTime = "container_time",
        /// A film's own time of taking and its header are more than a day apart.
        TimesDisagree = "times_disagree",
        /// Damaged: the file ends before the picture does, or its parts do not fit into each other.
        Incomplete = "incomplete",
        /// Damaged: the decoder refuses the picture.
        Undecodable = "undecodable",
        /// Sound, but coded in a way for which no preview is made here.
        UnsupportedCoding = "unsupported_coding",
        /// Nearly one colour: a pocket, a wall, a thumb.
        LowContent = "low_content",
        /// A recording of a screen, by its own statement.
        ScreenRecording = "screen_recording",
    }
}

/// `GET /v1/blobs/{sha256}/metadata`: what the bytes say of themselves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Metadata {
    pub sha256: Sha,
    pub size: u64,
    pub media_type: String,
    pub stored_at: DateTime<Utc>,
    /// False: not examined yet; what follows is empty.
    pub examined: bool,
    /// Pixels, as displayed: orientation applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// EXIF local time without an offset, for instance `2023-07-09T20:36:33`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_local: Option<String>,
    /// Minutes east of UTC, where EXIF says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_offset_minutes: Option<i16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latitude: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longitude: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub altitude_m: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub make: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<MediaFlag>,
    /// Longest edges, in pixels, of the previews that there are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub previews: Vec<u16>,
}
