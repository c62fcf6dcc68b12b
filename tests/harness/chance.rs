//! Chance that can be had again: everything that a test draws comes from the seed that it prints.

/// A small generator.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).expect("below a usize")
    }

    pub fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    /// Another one, for somebody who draws at a pace of their own.
    pub fn fork(&mut self) -> Self {
        Dice::new(self.next())
    }
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
    println!("{what}: ANFANG_SEED={seed}");
    seed
}
