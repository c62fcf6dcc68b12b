//! Small upright JPEGs of a picture.
//!
//! **Promises:** RGB, baseline, upright, never larger than the original, holding nothing but pixels: the
//! encoder writes one JFIF header (APP0) and no other segment of metadata. **Never:** sees the file.

use fast_image_resize::Resizer;
use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use image::metadata::Orientation;
use image::{DynamicImage, RgbImage};
use jpeg_encoder::{ColorType, Encoder};

use super::decode::Picture;
use super::{Flag, Preview};

/// The edges that are made, with the quality of each.
const EDGES: [(u16, u8); 2] = [(1280, 82), (320, 80)];
/// Standard deviation of brightness (0..=255) below which a picture is called empty.
const LOW_CONTENT_DEVIATION: f64 = 10.0;

/// Both previews, the small one first, and whether the picture is nearly one colour.
pub(super) fn previews(picture: Picture, orientation: u8) -> Result<(Vec<Preview>, bool), Flag> {
    let Picture { mut width, mut height, mut rgb, .. } = picture;
    let mut made = Vec::with_capacity(EDGES.len());
    for (edge, quality) in EDGES {
        // Each is made from the one before, not from the original again.
        let size = fit(width, height, edge.into());
        if size != (width, height) {
            rgb = scale(&rgb, (width, height), size)?;
            (width, height) = size;
        }
        made.push(encode(&rgb, size, edge, quality, orientation)?);
    }
    made.reverse();
    Ok((made, is_nearly_one_colour(&rgb)))
}

/// With the typed calls only code for this one pixel type is compiled.
fn scale(rgb: &[u8], from: (u32, u32), to: (u32, u32)) -> Result<Vec<u8>, Flag> {
    let mut scaled = vec![0; to.0 as usize * to.1 as usize * 3];
    let source = TypedImageRef::<U8x3>::from_buffer(from.0, from.1, rgb).map_err(|_| Flag::Undecodable)?;
    let mut target =
        TypedImage::<U8x3>::from_buffer(to.0, to.1, &mut scaled).map_err(|_| Flag::Undecodable)?;
    Resizer::new().resize_typed(&source, &mut target, None).map_err(|_| Flag::Undecodable)?;
    Ok(scaled)
}

/// The largest size of the same shape whose edges are within `edge`; at least one pixel each way.
fn fit(width: u32, height: u32, edge: u32) -> (u32, u32) {
    let longest = width.max(height);
    if longest <= edge {
        return (width, height);
    }
    // Both factors are below 2^15, so nothing overflows.
    let scale = |side: u32| ((side * edge + longest / 2) / longest).max(1);
    (scale(width), scale(height))
}

fn encode(rgb: &[u8], size: (u32, u32), edge: u16, quality: u8, orientation: u8) -> Result<Preview, Flag> {
    let pixels = RgbImage::from_raw(size.0, size.1, rgb.to_vec()).ok_or(Flag::Undecodable)?;
    let mut upright = DynamicImage::ImageRgb8(pixels);
    if let Some(turn) = Orientation::from_exif(orientation) {
        upright.apply_orientation(turn);
    }
    let (width, height) = (upright.width(), upright.height());
    let side = |pixels: u32| u16::try_from(pixels).map_err(|_| Flag::Undecodable);
    let mut jpeg = Vec::new();
    // One interleaved scan with halved colour (4:2:0), the only kind that every decoder shows right:
    // zune-jpeg paints the separate scans of `set_optimized_huffman_tables` green.
    Encoder::new(&mut jpeg, quality)
        .encode(upright.as_bytes(), side(width)?, side(height)?, ColorType::Rgb)
        .map_err(|_| Flag::Undecodable)?;
    Ok(Preview { edge, width, height, jpeg })
}

fn is_nearly_one_colour(rgb: &[u8]) -> bool {
    let brightness = |pixel: &[u8; 3]| {
        (f64::from(pixel[0]) * 299.0 + f64::from(pixel[1]) * 587.0 + f64::from(pixel[2]) * 114.0) / 1000.0
    };
    let pixels = rgb.as_chunks::<3>().0;
    let count = pixels.len().max(1) as f64;
    let mean = pixels.iter().map(brightness).sum::<f64>() / count;
    let variance = pixels.iter().map(|pixel| (brightness(pixel) - mean).powi(2)).sum::<f64>() / count;
    variance.sqrt() < LOW_CONTENT_DEVIATION
}
