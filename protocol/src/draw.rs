//! The draw of sites: at random by weight, without replacement, and such that anybody can repeat it.
//!
//! The algorithm, `anfang-draw-1`, in whole numbers only, so that it comes out alike on every machine:
//!
//! 1. Candidates are the frame without the excluded sites, in the order of their ids (lower-case UUID text).
//! 2. For the pick number i = 0, 1, 2 …: let W be the sum of the weights of the candidates left. Take
//!    t = 0, 1, 2 … and let x be the first 16 bytes, as a big-endian number, of
//!    `SHA-256(seed ‖ "anfang-draw-1" ‖ i ‖ t)`, i and t as 4 bytes each, big-endian; until
//!    x < ⌊(2^128 − 1) / W⌋ · W. Let r = x mod W.
//! 3. Walk the candidates in their order, adding up weights; the first whose running sum is above r is picked and
//!    leaves the candidates.
//! 4. Stop after `count` picks, or when no candidate is left.
//!
//! The commitment is the SHA-256 of the RFC 8785 form of
//! `{"algorithm", "count", "exclusions": [ids], "frame": [{"site_id", "weight"}], "seed": hex}`, both lists in the
//! order of their ids. It is recorded before anybody can know the outcome matters; the seed of 32 bytes keeps it
//! from being guessed, and is revealed at unsealing.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Code, Problem, canonical, ids::SiteId, sha::Sha};

/// The name of the algorithm; another one would have another name.
pub const ALGORITHM: &str = "anfang-draw-1";

/// 32 bytes of chance, written as hexadecimal digits.
pub type Seed = Sha;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Candidate {
    pub site_id: SiteId,
    /// 0: never picked.
    pub weight: u32,
}

/// All that a draw depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Draw {
    pub algorithm: String,
    pub count: u32,
    /// Sites that must not be picked: named ones, and those of earlier plans of the round.
    pub exclusions: Vec<SiteId>,
    pub frame: Vec<Candidate>,
    pub seed: Seed,
}

impl Draw {
    /// A draw in its one form: sorted, each site once. Sites of earlier plans of the round are excluded, so that no
    /// household is picked twice in it.
    ///
    /// # Errors
    /// `draw_invalid`: a site stands twice in the frame with different weights.
    pub fn new(
        seed: Seed,
        count: u32,
        frame: impl IntoIterator<Item = Candidate>,
        excluded: impl IntoIterator<Item = SiteId>,
        drawn_in_this_round: impl IntoIterator<Item = SiteId>,
    ) -> Result<Self, Problem> {
        let mut frame: Vec<Candidate> = frame.into_iter().collect();
        frame.sort_by_key(|candidate| (candidate.site_id, candidate.weight));
        frame.dedup();
        let exclusions: BTreeSet<SiteId> = excluded.into_iter().chain(drawn_in_this_round).collect();
        let draw = Draw {
            algorithm: ALGORITHM.to_owned(),
            count,
            exclusions: exclusions.into_iter().collect(),
            frame,
            seed,
        };
        draw.check()?;
        Ok(draw)
    }

    /// Whether it is in its one form: else two commitments could stand for one draw.
    fn check(&self) -> Result<(), Problem> {
        let invalid = |why: &str| Err(Problem::new(Code::DrawInvalid).detail(why));
        if self.algorithm != ALGORITHM {
            return invalid("another algorithm");
        }
        if !self.frame.is_sorted_by(|a, b| a.site_id < b.site_id) {
            return invalid("the frame is not sorted by id, each site once");
        }
        if !self.exclusions.is_sorted_by(|a, b| a < b) {
            return invalid("the exclusions are not sorted, each site once");
        }
        Ok(())
    }

    /// The sites, in the order in which they were picked.
    pub fn picks(&self) -> Vec<SiteId> {
        let excluded: BTreeSet<SiteId> = self.exclusions.iter().copied().collect();
        let mut left: Vec<Candidate> =
            self.frame.iter().filter(|c| c.weight > 0 && !excluded.contains(&c.site_id)).copied().collect();
        let mut total: u128 = left.iter().map(|candidate| u128::from(candidate.weight)).sum();
        let mut picked = Vec::new();
        for pick in 0..self.count {
            if left.is_empty() {
                break;
            }
            let mark = uniform(&self.seed, pick, total);
            let mut sum = 0;
            let place = left.iter().position(|candidate| {
                sum += u128::from(candidate.weight);
                sum > mark
            });
            // The mark lies below the total, so there is always one; were there none, the draw would end.
            let Some(place) = place else { break };
            let candidate = left.remove(place);
            total -= u128::from(candidate.weight);
            picked.push(candidate.site_id);
        }
        picked
    }

    /// What is recorded beforehand.
    ///
    /// # Errors
    /// `draw_invalid`; it does not happen to a draw made by [`Draw::new`].
    pub fn commitment(&self) -> Result<Sha, Problem> {
        self.check()?;
        canonical::digest(self).map_err(|error| Problem::new(Code::DrawInvalid).detail(error.to_string()))
    }

    /// Repeats the draw: that it is the one committed to, and that these sites came out of it.
    ///
    /// # Errors
    /// `draw_differs`, with what differs; `draw_invalid`.
    pub fn verify(&self, commitment: &Sha, sites: &[SiteId]) -> Result<(), Problem> {
        let ours = self.commitment()?;
        if ours != *commitment {
            return Err(Problem::new(Code::DrawDiffers)
                .at("/commitment")
                .detail(format!("recorded {commitment}, computed {ours}")));
        }
        let picks = self.picks();
        if picks != sites {
            let at =
                picks.iter().zip(sites).position(|(a, b)| a != b).unwrap_or(picks.len().min(sites.len()));
            return Err(Problem::new(Code::DrawDiffers).at(format!("/sites/{at}")));
        }
        Ok(())
    }
}

/// A number below `total`, all alike likely.
fn uniform(seed: &Seed, pick: u32, total: u128) -> u128 {
    let fair = u128::MAX / total * total;
    let mut attempt: u32 = 0;
    loop {
        let mut hash = Sha256::new();
        hash.update(seed.0);
        hash.update(ALGORITHM.as_bytes());
        hash.update(pick.to_be_bytes());
        hash.update(attempt.to_be_bytes());
        let bytes: [u8; 32] = hash.finalize().into();
        let mut first = [0; 16];
        first.copy_from_slice(&bytes[..16]);
        let x = u128::from_be_bytes(first);
        if x < fair {
            return x % total;
        }
        attempt = attempt.wrapping_add(1);
    }
}

#[cfg(test)]
#[path = "draw_tests.rs"]
mod tests;
