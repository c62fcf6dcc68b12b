//! A canvas for simple scenes. Places are fractions of width and height, from the top left.

use image::RgbImage;
use rand::{Rng, RngExt};

use super::names::Dice;

pub type At = (f64, f64);
pub type Colour = [u8; 3];

pub struct Canvas {
    image: RgbImage,
}

impl Canvas {
    pub fn new(width: u32, height: u32) -> Self {
        Canvas { image: RgbImage::new(width, height) }
    }

    pub fn into_image(self) -> RgbImage {
        self.image
    }

    fn size(&self) -> (f64, f64) {
        (f64::from(self.image.width()), f64::from(self.image.height()))
    }

    /// Paints a part of one row; what lies outside is cut off.
    fn span(&mut self, y: i64, left: i64, right: i64, colour: Colour) {
        let (width, height) = (i64::from(self.image.width()), i64::from(self.image.height()));
        let (left, right) = (left.clamp(0, width), right.clamp(0, width));
        if left < right && (0..height).contains(&y) {
            let (from, to) = ((y * width + left) * 3, (y * width + right) * 3);
            let row = &mut self.image.as_flat_samples_mut().samples[from as usize..to as usize];
            row.chunks_exact_mut(3).for_each(|pixel| pixel.copy_from_slice(&colour));
        }
    }

    /// Fills a band over the whole width, one colour melting into the other.
    pub fn band(&mut self, top: f64, bottom: f64, from: Colour, to: Colour) {
        let (width, height) = self.size();
        let (first, last) = ((top * height) as i64, (bottom * height) as i64);
        for y in first..last {
            let part = (y - first) as f64 / (last - first).max(1) as f64;
            let mix = |i: usize| (f64::from(from[i]) * (1.0 - part) + f64::from(to[i]) * part) as u8;
            self.span(y, 0, width as i64, [mix(0), mix(1), mix(2)]);
        }
    }

    /// Fills a polygon, line by line.
    pub fn polygon(&mut self, corners: &[At], colour: Colour) {
        let (width, height) = self.size();
        let points: Vec<At> = corners.iter().map(|(x, y)| (x * width, y * height)).collect();
        let top = points.iter().map(|p| p.1).fold(height, f64::min).max(0.0) as i64;
        let bottom = points.iter().map(|p| p.1).fold(0.0, f64::max).min(height - 1.0) as i64;
        for y in top..=bottom {
            let level = y as f64 + 0.5;
            let mut crossings: Vec<f64> = points
                .iter()
                .zip(points.iter().cycle().skip(1))
                .filter(|(a, b)| (a.1 <= level) != (b.1 <= level))
                .map(|(a, b)| a.0 + (level - a.1) / (b.1 - a.1) * (b.0 - a.0))
                .collect();
            crossings.sort_by(f64::total_cmp);
            for pair in crossings.chunks_exact(2) {
                self.span(y, pair[0].round() as i64, pair[1].round() as i64, colour);
            }
        }
    }

    pub fn rect(&mut self, left: f64, top: f64, right: f64, bottom: f64, colour: Colour) {
        self.polygon(&[(left, top), (right, top), (right, bottom), (left, bottom)], colour);
    }

    /// A stroke; its thickness is a fraction of the width.
    pub fn line(&mut self, from: At, to: At, thickness: f64, colour: Colour) {
        let (width, height) = self.size();
        let (dx, dy) = ((to.0 - from.0) * width, (to.1 - from.1) * height);
        let length = dx.hypot(dy).max(1.0);
        let half = thickness * width / 2.0;
        // Across the stroke, in fractions again.
        let (ax, ay) = (-dy / length * half / width, dx / length * half / height);
        let corners = [
            (from.0 + ax, from.1 + ay),
            (to.0 + ax, to.1 + ay),
            (to.0 - ax, to.1 - ay),
            (from.0 - ax, from.1 - ay),
        ];
        self.polygon(&corners, colour);
    }

    /// A disc; its radius is a fraction of the width.
    pub fn disc(&mut self, centre: At, radius: f64, colour: Colour) {
        let (width, height) = self.size();
        let corners: Vec<At> = (0..48)
            .map(|step| f64::from(step) / 48.0 * std::f64::consts::TAU)
            .map(|angle| (centre.0 + radius * angle.cos(), centre.1 + radius * angle.sin() * width / height))
            .collect();
        self.polygon(&corners, colour);
    }

    /// The grain of a cheap sensor, darker towards the edges; `strength` in steps of brightness.
    pub fn grain(&mut self, dice: &mut Dice, strength: u8) {
        let (width, height) = self.image.dimensions();
        let light = dice.random_range(0.86..1.08);
        // Noise for one row more than is used: each row begins somewhere else in it.
        let row_bytes = 3 * width as usize;
        let mut noise = vec![0_u8; 2 * row_bytes];
        for (y, row) in self.image.chunks_exact_mut(row_bytes).enumerate() {
            if y % 16 == 0 {
                dice.fill_bytes(&mut noise);
                noise.iter_mut().for_each(|byte| *byte %= 2 * strength + 1);
            }
            let down = y as f64 / f64::from(height) - 0.5;
            // Of 256.
            let shade = (256.0 * light * (1.0 - 0.5 * down * down)) as i32;
            let start = dice.random_range(0..row_bytes);
            for (value, noise) in row.iter_mut().zip(&noise[start..]) {
                let grained = ((i32::from(*value) * shade) >> 8) + i32::from(*noise) - i32::from(strength);
                *value = grained.clamp(0, 255) as u8;
            }
        }
    }
}
