//! Chance from a seed.

use std::time::Duration;

/// splitmix64: small, and the same for ever, so that a seed means the same schedule after any update.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Dice of their own for each `purpose` of a seed, so that one more throw for one purpose leaves the
    /// others alone.
    pub const fn new(seed: u64, purpose: u64) -> Self {
        Self(
            seed.wrapping_mul(0xD134_2543_DE82_EF95)
                .wrapping_add(purpose.wrapping_mul(0xA24B_AED4_963E_E407)),
        )
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0 to `below` - 1.
    pub fn under(&mut self, below: u64) -> u64 {
        self.next() % below.max(1)
    }

    /// From `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.under(high - low + 1)
    }

    /// True in `percent` of 100.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.under(100) < percent
    }

    /// A place in a list of so many.
    pub fn place(&mut self, length: usize) -> usize {
        usize::try_from(self.under(length as u64)).unwrap_or_default()
    }

    /// One of these.
    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.place(choices.len())]
    }

    /// A period from `low` to `high`, to the millisecond.
    pub fn period(&mut self, low: Duration, high: Duration) -> Duration {
        let ms = |period: Duration| u64::try_from(period.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(self.between(ms(low), ms(high)))
    }
}
