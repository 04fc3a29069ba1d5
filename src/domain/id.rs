//! The upstreams' identifiers: 64-bit inside, a string outside.
//!
//! A PSOhub id is about 4.19e16, above 2^53: written as a JSON number it would be rounded by any
//! JavaScript client, so no id type here knows how to become a number on our wire.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Why a text is not an upstream's identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not a {kind}: expected a whole number from 1 to {max}", max = i64::MAX)]
pub struct IdError {
    /// What the text should have been, in words.
    pub kind: &'static str,
    /// The text as given, cut to 40 characters.
    pub text: String,
}

macro_rules! upstream_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(i64);

        impl $name {
            /// The id for a whole number from 1 to `i64::MAX`; `None` for anything else.
            pub const fn new(value: i64) -> Option<Self> {
                if value > 0 { Some(Self(value)) } else { None }
            }

            /// The number as the upstream and the database write it.
            pub const fn get(self) -> i64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let digits_only = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
                let value = if digits_only { text.parse().ok() } else { None };
                value.and_then(Self::new).ok_or_else(|| IdError {
                    kind: $kind,
                    text: text.chars().take(40).collect(),
                })
            }
        }
    };
}

upstream_id!(
    /// `InvoiceID` of a PSOhub invoice.
    PsohubInvoiceId, "PSOhub invoice id"
);
upstream_id!(
    /// `CustomerID` of a PSOhub company.
    PsohubCustomerId, "PSOhub customer id"
);
upstream_id!(
    /// `InvoiceContactID` of a PSOhub contact.
    PsohubContactId, "PSOhub contact id"
);
upstream_id!(
    /// `id` of a Bexio `kb_invoice`.
    BexioInvoiceId, "Bexio invoice id"
);
upstream_id!(
    /// `id` of a Bexio contact.
    BexioContactId, "Bexio contact id"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_above_2_pow_53_keeps_every_digit() {
        let id: PsohubInvoiceId = "41939771881672249".parse().unwrap();
        assert_eq!(id.to_string(), "41939771881672249");
        assert_eq!(id.get(), 41_939_771_881_672_249);
    }

    #[test]
    fn what_is_not_a_positive_64_bit_integer_is_refused() {
        for text in ["", "0", "-1", "+1", "1.0", "1e3", " 1", "0x1", "9223372036854775808", "٣"] {
            assert!(text.parse::<BexioInvoiceId>().is_err(), "{text:?}");
        }
    }
}
