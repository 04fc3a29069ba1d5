//! Whether PSOhub and Bexio say the same of an invoice, and if not, what differs and what to do.
//!
//! Pure. Each rule that finds something gives one [`Reason`] with both values; the [`Verdict`] is that
//! of the weightiest rule. Amounts of two currencies are never compared, an unknown status is never
//! read as paid, what is not known (an external id that was not looked up) is no reason, and a side that
//! could not be read is never called missing. docs/reconciliation.md explains every verdict and reason.

mod figures;
mod presence;
mod reason;
mod rule;
mod standing;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use jiff::civil::Date;
pub use reason::{Field, Reason, Severity, Value};
pub use rule::{Mutation, Rule};
use serde::{Deserialize, Serialize};

use super::delivery::State;
use super::{AccountingInvoice, AccountingStatus, BexioContactId, ExternalId, Invoice, RoundingTolerance};

/// How the two sides stand to one another, from what needs nothing to what needs a person most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Verdict {
    /// Both say the same.
    Matched,
    /// They differ by what is as it should be: rounding, a credit voucher, a send under way.
    Explained,
    /// Nothing is to be compared: a draft, or withdrawn on the side that has it.
    NotApplicable,
    /// Approved in PSOhub, not due yet and not sent: it is still in good time.
    NotSentYet,
    /// It cannot be said: a side could not be read, or its status is not known.
    Unknown,
    /// Something differs that nothing explains.
    Mismatch,
    /// Bexio calls it paid, PSOhub does not.
    PaidOnlyInBexio,
    /// PSOhub calls it paid, Bexio does not.
    PaidOnlyInPsohub,
    /// Bexio cancelled it, PSOhub did not withdraw it.
    CancelledInBexio,
    /// PSOhub has it, Bexio does not.
    MissingInBexio,
    /// Bexio has an invoice with our reference, PSOhub has none.
    MissingInPsohub,
    /// Bexio has it more than once.
    DuplicateInBexio,
}

impl Verdict {
    /// All verdicts, in their order.
    pub const ALL: [Self; 12] = [
        Self::Matched,
        Self::Explained,
        Self::NotApplicable,
        Self::NotSentYet,
        Self::Unknown,
        Self::Mismatch,
        Self::PaidOnlyInBexio,
        Self::PaidOnlyInPsohub,
        Self::CancelledInBexio,
        Self::MissingInBexio,
        Self::MissingInPsohub,
        Self::DuplicateInBexio,
    ];

    /// The stable word for it, as in docs/reconciliation.md.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Matched => "MATCHED",
            Self::Explained => "EXPLAINED",
            Self::NotApplicable => "NOT_APPLICABLE",
            Self::NotSentYet => "NOT_SENT_YET",
            Self::Unknown => "UNKNOWN",
            Self::Mismatch => "MISMATCH",
            Self::PaidOnlyInBexio => "PAID_ONLY_IN_BEXIO",
            Self::PaidOnlyInPsohub => "PAID_ONLY_IN_PSOHUB",
            Self::CancelledInBexio => "CANCELLED_IN_BEXIO",
            Self::MissingInBexio => "MISSING_IN_BEXIO",
            Self::MissingInPsohub => "MISSING_IN_PSOHUB",
            Self::DuplicateInBexio => "DUPLICATE_IN_BEXIO",
        }
    }

    /// Whether nobody has to do anything about it.
    pub const fn is_settled(self) -> bool {
        matches!(self, Self::Matched | Self::Explained | Self::NotApplicable | Self::NotSentYet)
    }
}

/// How well a side is known. What it has is compared either way; what it lacks is only missing there if it
/// was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Knowledge {
    /// Its last look succeeded, or is young enough.
    Read,
    /// It cannot be read now, and what is held of it is old.
    Failing,
    /// It was never read.
    Never,
}

/// What is known of one invoice on both sides. At least one of the two is there.
#[derive(Debug, Clone, Copy)]
pub struct Sides<'a> {
    /// PSOhub's side.
    pub psohub: Option<&'a Invoice>,
    /// Bexio's side.
    pub bexio: Option<&'a AccountingInvoice>,
    /// Other Bexio invoices that claim the same PSOhub invoice.
    pub duplicates: &'a [Arc<AccountingInvoice>],
    /// What is known of PSOhub's external id.
    pub external_id: &'a ExternalId,
    /// The Bexio contact that stands for the customer elsewhere, where that is known.
    pub contact: Option<BexioContactId>,
    /// Where its send stands, if it was asked for.
    pub delivery: Option<State>,
    /// Whether a person tied the two together, so that a person may untie them.
    pub is_linked_by_hand: bool,
    /// How well PSOhub is known.
    pub psohub_known: Knowledge,
    /// How well Bexio is known.
    pub bexio_known: Knowledge,
    /// Within which amount totals count as equal.
    pub tolerance: RoundingTolerance,
    /// The company's calendar date.
    pub today: Date,
}

impl Sides<'_> {
    /// Whether a send is under way, so that what is not there yet is to come by itself.
    fn is_being_sent(&self) -> bool {
        self.delivery.is_some_and(|state| !state.is_settled() && state != State::Sweep)
    }
}

/// What a comparison came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reconciliation {
    /// In one word.
    pub verdict: Verdict,
    /// Why, the gravest first; empty exactly when both say the same.
    pub reasons: Vec<Reason>,
}

/// Compares both sides field by field.
pub fn compare(sides: &Sides<'_>) -> Reconciliation {
    let mut reasons = Vec::new();
    presence::check(sides, &mut reasons);
    if let (Some(psohub), Some(bexio)) = (sides.psohub, sides.bexio) {
        standing::check(sides, psohub, bexio, &mut reasons);
        // What was cancelled stands for nothing: its figures are history.
        if bexio.status != AccountingStatus::Cancelled {
            figures::check(sides, psohub, bexio, &mut reasons);
        }
    }
    if !sides.is_linked_by_hand {
        reasons.iter_mut().for_each(Reason::forbid_unlinking);
    }
    reasons.sort_by_key(|reason| (std::cmp::Reverse(reason.rule.severity()), reason.rule.field()));
    let verdict = reasons.iter().map(|reason| reason.rule.verdict()).max().unwrap_or(Verdict::Matched);
    Reconciliation { verdict, reasons }
}
