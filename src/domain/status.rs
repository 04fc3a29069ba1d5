//! The statuses of both sides, kept apart: what PSOhub says of its invoice and what Bexio says of
//! its document are two facts. An unknown status is unknown, and never read as paid.

use serde::{Deserialize, Serialize};

/// PSOhub's `InvoiceStatus`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum InvoiceStatus {
    /// Being prepared.
    Draft,
    /// Approved inside PSOhub, not sent yet.
    Approved,
    /// Sent to the customer.
    Sent,
    /// Paid; final.
    Paid,
    /// Withdrawn; final. PSOhub has no list filter for it.
    Void,
    /// A word that PSOhub's documentation does not list.
    Unknown,
}

impl InvoiceStatus {
    /// Reads PSOhub's word, whatever its case.
    pub fn from_raw(raw: &str) -> Self {
        let raw = raw.trim();
        [
            ("draft", Self::Draft),
            ("approved", Self::Approved),
            ("sent", Self::Sent),
            ("paid", Self::Paid),
            ("void", Self::Void),
        ]
        .into_iter()
        .find_map(|(word, status)| raw.eq_ignore_ascii_case(word).then_some(status))
        .unwrap_or(Self::Unknown)
    }

    /// PSOhub's word for it; `None` where it has no one word.
    pub const fn word(self) -> Option<&'static str> {
        match self {
            Self::Draft => Some("Draft"),
            Self::Approved => Some("Approved"),
            Self::Sent => Some("Sent"),
            Self::Paid => Some("Paid"),
            Self::Void => Some("Void"),
            Self::Unknown => None,
        }
    }

    /// Whether PSOhub may still change it: everything but Paid and Void.
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::Paid | Self::Void)
    }

    /// Whether its customer owes money by PSOhub's account: approved or sent.
    pub const fn is_receivable(self) -> bool {
        matches!(self, Self::Approved | Self::Sent)
    }
}

/// Bexio's `kb_item_status_id` of an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum AccountingStatus {
    /// 7: editable, deletable, not booked.
    Draft,
    /// 8: issued and open.
    Pending,
    /// 9: paid. The only value that means paid.
    Paid,
    /// 16: partly paid.
    Partial,
    /// 19: cancelled.
    Cancelled,
    /// 31: Bexio does not say what it means (overdue, or given up); open, never paid.
    Unpaid,
    /// A number that Bexio's documentation does not list.
    Unknown,
}

impl AccountingStatus {
    /// Reads Bexio's number.
    pub const fn from_raw(raw: i64) -> Self {
        match raw {
            7 => Self::Draft,
            8 => Self::Pending,
            9 => Self::Paid,
            16 => Self::Partial,
            19 => Self::Cancelled,
            31 => Self::Unpaid,
            _ => Self::Unknown,
        }
    }

    /// What it is, in a word for people.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Draft => "a draft",
            Self::Pending => "open",
            Self::Paid => "paid",
            Self::Partial => "paid in part",
            Self::Cancelled => "cancelled",
            Self::Unpaid => "unpaid",
            Self::Unknown => "of a status that is not documented",
        }
    }

    /// Issued and not settled: Pending, Partial or Unpaid.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::Partial | Self::Unpaid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_or_number_that_is_not_documented_is_unknown_and_not_paid() {
        assert_eq!(InvoiceStatus::from_raw("Partially paid"), InvoiceStatus::Unknown);
        assert_eq!(InvoiceStatus::from_raw(""), InvoiceStatus::Unknown);
        assert_eq!(InvoiceStatus::from_raw("PAID "), InvoiceStatus::Paid);
        let paid: Vec<i64> =
            (-100..1000).filter(|&raw| AccountingStatus::from_raw(raw) == AccountingStatus::Paid).collect();
        assert_eq!(paid, [9]);
    }
}
