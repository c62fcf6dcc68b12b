//! Where something was: positions as a phone claims them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A fix, as the phone's receiver gave it. A claim, not a truth: a rooted phone can lie (promise 16).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Position {
    /// Degrees north, WGS 84, -90 to 90.
    pub latitude: f64,
    /// Degrees east, WGS 84, -180 to 180.
    pub longitude: f64,
    /// Radius of 68 % confidence in metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy_m: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub altitude_m: Option<f64>,
    /// When the fix was taken, by the phone's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<DateTime<Utc>>,
    /// The operating system said that the fix came from a mock provider.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mock: bool,
}

/// Metres of a degree of latitude on the sphere of mean radius.
const EARTH_RADIUS_M: f64 = 6_371_008.8;

impl Position {
    pub fn new(latitude: f64, longitude: f64) -> Self {
        Position { latitude, longitude, accuracy_m: None, altitude_m: None, at: None, mock: false }
    }

    /// Finite and on the globe; 0,0 is what broken receivers say, and is no place to inspect.
    pub fn is_possible(&self) -> bool {
        self.latitude.is_finite()
            && self.longitude.is_finite()
            && (-90.0..=90.0).contains(&self.latitude)
            && (-180.0..=180.0).contains(&self.longitude)
            && !(self.latitude == 0.0 && self.longitude == 0.0)
            && self.accuracy_m.is_none_or(|m| m.is_finite() && m >= 0.0)
            && self.altitude_m.is_none_or(f64::is_finite)
    }

    /// Great-circle distance in metres (haversine).
    pub fn distance_m(&self, other: &Position) -> f64 {
        let (lat_a, lat_b) = (self.latitude.to_radians(), other.latitude.to_radians());
        let half_lat = (lat_b - lat_a) / 2.0;
        let half_lon = (other.longitude - self.longitude).to_radians() / 2.0;
        let a = half_lat.sin().powi(2) + lat_a.cos() * lat_b.cos() * half_lon.sin().powi(2);
        2.0 * EARTH_RADIUS_M * a.sqrt().min(1.0).asin()
    }
}
