//! From a whole photo to its pixels: 8-bit RGB, alpha laid on white.
//!
//! **Promises:** the memory is reckoned from the header before anything is decoded; above the budget it is
//! not tried. Decoders see no text, profile or animation that they might inflate. **Never:** turns a
//! picture (the orientation is the previews' matter), except HEIC, whose container says how it lies.

use std::io::Cursor;

use heifer::Options;
use image::codecs::{png::PngDecoder, webp::WebPDecoder};
use image::{ColorType, DynamicImage, ImageDecoder, Limits};
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::container::{Survey, png_pixels_only};
use super::{Flag, MediaType};

/// For pixels and the decoder's own tables together; the file itself and the previews come on top.
const BUDGET_BYTES: u64 = 200 * 1024 * 1024;
/// What `image` may allocate by itself.
const MAX_ALLOC_BYTES: u64 = 160 * 1024 * 1024;
/// Above these no camera is meant. The largest phones make 16,320 × 12,240 (200 megapixels).
const MAX_EDGE_PX: u32 = 20_000;
const MAX_PIXELS: u64 = 220_000_000;
/// Measured with heifer 0.3.22: 5 bytes a pixel, but also about 0.1 s a megapixel. 8 keep both the memory and
/// the CPU time in bounds, at 26 megapixels.
const HEIC_BYTES_PER_PIXEL: u64 = 8;
/// A plain progressive JPEG has about ten scans; each more costs a pass over all coefficients.
const MAX_SCANS: usize = 100;

/// Decoded pixels, three bytes each, as stored (HEIC: as shown).
pub(super) struct Picture {
    pub width: u32,
    pub height: u32,
    pub rgb: Vec<u8>,
    /// The JPEG is not by the letter of the standard.
    pub loose: bool,
}

/// Decodes a photo, or says by which flag it cannot be.
pub(super) fn decode(media_type: MediaType, bytes: Vec<u8>, survey: &Facts) -> Result<Picture, Flag> {
    if let Some((width, height)) = survey.size {
        check_size(width, height)?;
    }
    match media_type {
        MediaType::Jpeg => jpeg(&bytes, survey),
        MediaType::Png => {
            let pixels = png_pixels_only(&bytes);
            drop(bytes);
            let mut limits = Limits::default();
            limits.max_alloc = Some(MAX_ALLOC_BYTES);
            (limits.max_image_width, limits.max_image_height) = (Some(MAX_EDGE_PX), Some(MAX_EDGE_PX));
            plain(PngDecoder::with_limits(Cursor::new(pixels), limits).map_err(|_| Flag::Undecodable)?, 0)
        }
        // Lossy WebP is decoded through YUV planes, lossless through RGBA.
        MediaType::Webp => plain(WebPDecoder::new(Cursor::new(bytes)).map_err(|_| Flag::Undecodable)?, 4),
        MediaType::Heic => heic(&bytes, survey),
        MediaType::Mp4 | MediaType::Mov => Err(Flag::Undecodable),
    }
}

/// What of the survey outlives the borrowed bytes.
pub(super) struct Facts {
    pub size: Option<(u32, u32)>,
    pub extra_decode_bytes: u64,
    pub separate_scans: bool,
}

impl From<&Survey<'_>> for Facts {
    fn from(survey: &Survey<'_>) -> Self {
        Self {
            size: survey.size,
            extra_decode_bytes: survey.extra_decode_bytes,
            separate_scans: survey.separate_scans,
        }
    }
}

fn check_size(width: u32, height: u32) -> Result<u64, Flag> {
    let pixels = u64::from(width) * u64::from(height);
    if width.max(height) > MAX_EDGE_PX || pixels > MAX_PIXELS {
        return Err(Flag::DimensionsTooLarge);
    }
    Ok(pixels)
}

fn check_budget(bytes: u64) -> Result<(), Flag> {
    if bytes > BUDGET_BYTES { Err(Flag::TooCostlyToPreview) } else { Ok(()) }
}

/// Strictly first; if only the letter of the standard was hurt, again as browsers would. Neither sees a
/// picture that lacks data although its end is marked: such a cut is no accident, and the hash guards it.
fn jpeg(bytes: &[u8], survey: &Facts) -> Result<Picture, Flag> {
    let (width, height) = survey.size.ok_or(Flag::Undecodable)?;
    let pixels = check_size(width, height)?;
    check_budget(pixels * 3 + survey.extra_decode_bytes)?;
    if survey.separate_scans {
        return Err(Flag::UnsupportedCoding);
    }
    let attempt = |strict| {
        let options = DecoderOptions::default()
            .set_strict_mode(strict)
            .set_max_width(MAX_EDGE_PX as usize)
            .set_max_height(MAX_EDGE_PX as usize)
            .jpeg_set_max_scans(MAX_SCANS)
            .jpeg_set_out_colorspace(ColorSpace::RGB);
        JpegDecoder::new_with_options(ZCursor::new(bytes), options).decode()
    };
    let (rgb, loose) = match attempt(true) {
        Ok(rgb) => (rgb, false),
        Err(_) => (attempt(false).map_err(|_| Flag::Undecodable)?, true),
    };
    if rgb.len() as u64 != pixels * 3 {
        return Err(Flag::Undecodable);
    }
    Ok(Picture { width, height, rgb, loose })
}

/// PNG and WebP by `image`.
fn plain(decoder: impl ImageDecoder, working_bytes_per_pixel: u64) -> Result<Picture, Flag> {
    let (width, height) = decoder.dimensions();
    let pixels = check_size(width, height)?;
    let conversion = match decoder.color_type() {
        ColorType::Rgb8 | ColorType::Rgba8 => 0,
        ColorType::L8 => 3,
        _ => 4,
    };
    check_budget(decoder.total_bytes().saturating_add(pixels * working_bytes_per_pixel.max(conversion)))?;
    let image = DynamicImage::from_decoder(decoder).map_err(|_| Flag::Undecodable)?;
    let rgb = if image.color().has_alpha() {
        lay_on_white(image.into_rgba8().into_raw())
    } else {
        image.into_rgb8().into_raw()
    };
    Ok(Picture { width, height, rgb, loose: false })
}

fn heic(bytes: &[u8], survey: &Facts) -> Result<Picture, Flag> {
    let (width, height) = survey.size.ok_or(Flag::Undecodable)?;
    check_budget(check_size(width, height)? * HEIC_BYTES_PER_PIXEL)?;
    // One thread: more would only make the limits of the child harder to reason about.
    let options = Options { max_threads: 1, max_pixels: BUDGET_BYTES / HEIC_BYTES_PER_PIXEL };
    // Colours stay as stored: converting wide gamuts costs half the decoding again.
    let image = heifer::decode_rgba8(bytes, &options).map_err(|_| Flag::Undecodable)?;
    let (width, height) = (image.width, image.height);
    let rgb = lay_on_white(image.data);
    if rgb.len() as u64 != u64::from(width) * u64::from(height) * 3 {
        return Err(Flag::Undecodable);
    }
    Ok(Picture { width, height, rgb, loose: false })
}

/// RGBA to RGB in the same memory, transparent parts becoming white.
fn lay_on_white(mut pixels: Vec<u8>) -> Vec<u8> {
    let count = pixels.len() / 4;
    for index in 0..count {
        let [r, g, b, alpha] = [0, 1, 2, 3].map(|channel| u16::from(pixels[index * 4 + channel]));
        let blend = |value: u16| ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8;
        pixels[index * 3] = blend(r);
        pixels[index * 3 + 1] = blend(g);
        pixels[index * 3 + 2] = blend(b);
    }
    pixels.truncate(count * 3);
    pixels.shrink_to_fit();
    pixels
}
