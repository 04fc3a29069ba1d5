//! How VAT stands on Bexio's invoices.

use serde::{Deserialize, Serialize};

/// How VAT stands on invoices: Bexio's `mwst_type` with `mwst_is_net`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum VatMode {
    /// Prices are without VAT, which comes on top.
    #[default]
    Added,
    /// Prices include VAT.
    Included,
    /// No VAT: the company owes none.
    Without,
    /// Exempt from VAT.
    Exempt,
}

impl VatMode {
    /// All modes.
    pub const ALL: [Self; 4] = [Self::Added, Self::Included, Self::Without, Self::Exempt];

    /// The word of the API and, in small letters, of the configuration.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Added => "ADDED",
            Self::Included => "INCLUDED",
            Self::Without => "WITHOUT",
            Self::Exempt => "EXEMPT",
        }
    }

    /// The mode of a word, whatever its case.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.word().eq_ignore_ascii_case(word))
    }

    /// Whether an invoice carries VAT at all.
    pub const fn has_vat(self) -> bool {
        matches!(self, Self::Added | Self::Included)
    }
}
