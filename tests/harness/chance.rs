//! Chance that can be had again: everything that a test draws comes from its seed, and is the same for ever.

use super::figures::tell;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// Numbers out of a seed (SplitMix64).
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Dice(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// 0 to `bound` - 1.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).expect("below a usize")
    }

    pub fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    pub fn shuffle<T>(&mut self, all: &mut [T]) {
        for n in (1..all.len()).rev() {
            all.swap(n, self.below(n + 1));
        }
    }

    /// Another one, for somebody who draws at a pace of their own.
    pub fn fork(&mut self) -> Self {
        Dice::new(self.next())
    }
}

/// Bytes that begin like a JPEG and are noise after that: enough for what only carries them.
pub fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut dice = Dice::new(seed);
    let mut bytes = vec![0xff, 0xd8, 0xff, 0xe0];
    while bytes.len() < length {
        bytes.extend_from_slice(&dice.next().to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// A number from the environment.
pub fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is a number, not {text}")))
}

/// `ANFANG_SEED`, or a new one; printed, so that a failure can be played again.
pub fn seed(what: &str) -> u64 {
    let fresh = || u64::from(u32::from_be_bytes(anfang::clock::chance()));
    let seed = number("ANFANG_SEED").unwrap_or_else(fresh);
    tell!("{what}: ANFANG_SEED={seed}");
    seed
}

/// What tries `cases` drawn from a seed.
pub fn runner(seed: u64, cases: u32, max_shrink_iters: u32) -> TestRunner {
    let config = Config { cases, max_shrink_iters, failure_persistence: None, ..Config::default() };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}
