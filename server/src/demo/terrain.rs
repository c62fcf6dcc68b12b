//! The lie of the fictional land: a grid of sixteen townships whose corners the dice have moved a little.

use rand::RngExt;
use serde_json::{Value, json};

use super::names::Dice;

/// Degrees north and east, WGS 84.
pub type Point = (f64, f64);

/// Townships along each side of the county.
pub const SIDE: usize = 4;

/// The south-western corner, and how large a township is. Hills somewhere; nothing there has this name.
const SOUTH_WEST: Point = (33.31, 106.14);
const STEP: Point = (0.145, 0.175);
/// How far a corner may be moved, as a part of a step.
const JITTER: f64 = 0.18;

pub struct Terrain {
    /// Corners by row (from the south) and column (from the west).
    corners: [[Point; SIDE + 1]; SIDE + 1],
}

impl Terrain {
    pub fn draw(dice: &mut Dice) -> Self {
        let mut corners = [[(0.0, 0.0); SIDE + 1]; SIDE + 1];
        for (row, line) in corners.iter_mut().enumerate() {
            for (column, corner) in line.iter_mut().enumerate() {
                let moved = |steps: usize, dice: &mut Dice| steps as f64 + dice.random_range(-JITTER..JITTER);
                let (north, east) = (moved(row, dice), moved(column, dice));
                *corner = rounded((SOUTH_WEST.0 + STEP.0 * north, SOUTH_WEST.1 + STEP.1 * east));
            }
        }
        Terrain { corners }
    }

    /// The corners of a township, anticlockwise from the south-west.
    fn quad(&self, township: usize) -> [Point; 4] {
        let (row, column) = (township / SIDE, township % SIDE);
        [
            self.corners[row][column],
            self.corners[row][column + 1],
            self.corners[row + 1][column + 1],
            self.corners[row + 1][column],
        ]
    }

    /// A point of the township: 0 to 1 from west to east and from south to north.
    pub fn within(&self, township: usize, east: f64, north: f64) -> Point {
        let [sw, se, ne, nw] = self.quad(township);
        let blend = |pick: fn(Point) -> f64| {
            let south = pick(sw) * (1.0 - east) + pick(se) * east;
            let top = pick(nw) * (1.0 - east) + pick(ne) * east;
            south * (1.0 - north) + top * north
        };
        rounded((blend(|p| p.0), blend(|p| p.1)))
    }

    /// GeoJSON of a township.
    pub fn township(&self, township: usize) -> Value {
        polygon(&self.quad(township))
    }

    /// GeoJSON of the county: the outer corners, anticlockwise.
    pub fn county(&self) -> Value {
        let mut ring = Vec::with_capacity(4 * SIDE);
        ring.extend((0..SIDE).map(|column| self.corners[0][column]));
        ring.extend((0..SIDE).map(|row| self.corners[row][SIDE]));
        ring.extend((1..=SIDE).rev().map(|column| self.corners[SIDE][column]));
        ring.extend((1..=SIDE).rev().map(|row| self.corners[row][0]));
        polygon(&ring)
    }
}

fn polygon(corners: &[Point]) -> Value {
    let closed = corners.iter().chain(corners.first());
    let ring: Vec<[f64; 2]> = closed.map(|(latitude, longitude)| [*longitude, *latitude]).collect();
    json!({ "type": "Polygon", "coordinates": [ring] })
}

/// Metres of a degree of latitude.
const DEGREE_M: f64 = 111_195.0;

/// Somewhere within `radius_m` metres, more often near than far.
pub fn near(dice: &mut Dice, from: Point, radius_m: f64) -> Point {
    let angle = dice.random_range(0.0..std::f64::consts::TAU);
    let distance = radius_m * dice.random_range(0.02..1.0);
    let north = distance * angle.sin() / DEGREE_M;
    let east = distance * angle.cos() / (DEGREE_M * from.0.to_radians().cos());
    rounded((from.0 + north, from.1 + east))
}

/// To the sixth digit: a tenth of a metre.
fn rounded((latitude, longitude): Point) -> Point {
    let round = |degrees: f64| (degrees * 1e6).round() / 1e6;
    (round(latitude), round(longitude))
}
