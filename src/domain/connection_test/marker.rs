//! The name of what a test creates in Bexio. It cannot be guessed, so whatever bears it is the test's own.

use std::fmt;
use std::str::FromStr;

use crate::domain::AccountingInvoice;

/// Names the objects of one test: 32 hexadecimal digits, random.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TestMarker(u128);

/// What the `api_reference` of a test's draft starts with.
const REFERENCE_PREFIX: &str = "gateway-test:";

impl TestMarker {
    /// A marker of 128 random bits.
    pub const fn new(random: u128) -> Self {
        Self(random)
    }

    /// `api_reference` of the draft.
    pub fn api_reference(&self) -> String {
        format!("{REFERENCE_PREFIX}{self}")
    }

    /// `title` of the draft and `name_1` of the contact. Who sees it in Bexio learns what it is.
    pub fn title(&self) -> String {
        format!("Invoice Gateway connection test {self}")
    }

    /// The number that the draft would have in PSOhub: taken where Bexio does not number invoices itself.
    pub fn number(&self) -> String {
        format!("TEST-{:08X}", self.0 >> 96)
    }
}

impl fmt::Display for TestMarker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for TestMarker {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        u128::from_str_radix(text, 16).map(Self)
    }
}

impl AccountingInvoice {
    /// Whether it is the draft of a connection test, which is nobody's invoice.
    pub fn is_connection_test(&self) -> bool {
        self.api_reference.as_deref().is_some_and(|reference| reference.starts_with(REFERENCE_PREFIX))
    }
}
