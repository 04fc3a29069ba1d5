//! Why a delivery does not go on, in words for the person who mends it.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Call, InvoiceChange, Refusal};
use crate::domain::{BexioContactId, BexioInvoiceId};

/// Why a delivery stands still before its invoice is settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Halt {
    /// FAILED: mend the cause, then send again.
    Failed(Failure),
    /// NEEDS_REVIEW: a person looks and decides.
    Review(Review),
}

/// What failed. Sending again goes on where it stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Failure {
    /// An upstream refused.
    Refused {
        /// Which call.
        call: Call,
        /// In whose words.
        refusal: Refusal,
    },
    /// A step failed for a whole day.
    Exhausted {
        /// Which call.
        call: Call,
    },
    /// PSOhub's invoice was changed after it had been accepted and before it was issued.
    InvoiceChanged(InvoiceChange),
}

/// What a person must look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Review {
    /// Several Bexio contacts fit the customer.
    ContactAmbiguous(Vec<BexioContactId>),
    /// Bexio has an invoice already that stands, or seems to stand, for this one.
    ExistingInvoice(Vec<BexioInvoiceId>),
    /// The draft in Bexio is not what was planned.
    Differs(Vec<Difference>),
    /// The pinned invoice does not exist any more.
    Gone(BexioInvoiceId),
    /// The pinned invoice was cancelled.
    Cancelled(BexioInvoiceId),
    /// The pinned invoice was issued and is a draft again.
    Reverted(BexioInvoiceId),
    /// The pinned invoice has a status that Bexio's documentation does not list.
    UnknownStatus(BexioInvoiceId, i64),
    /// Another issued invoice carries our reference too.
    Duplicate(Vec<BexioInvoiceId>),
}

/// One thing in which the draft departs from the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Difference {
    /// What the customer would owe, by plan and in Bexio.
    Total {
        /// By plan.
        planned: Decimal,
        /// In Bexio.
        found: Decimal,
    },
    /// The amount without VAT, by plan and in Bexio.
    TotalNet {
        /// By plan.
        planned: Decimal,
        /// In Bexio.
        found: Decimal,
    },
    /// Another currency.
    Currency,
    /// Another customer.
    Contact,
    /// Another number of positions with an amount.
    Positions {
        /// By plan.
        planned: usize,
        /// In Bexio.
        found: usize,
    },
    /// The reference by which it is found again is missing or another.
    Reference,
}

/// Why the e-mail waits for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MailDoubt {
    /// Bexio was asked to mail it and gave no clear answer. Bexio cannot be asked whether it did.
    OutcomeUnknown,
    /// Somebody issued it by hand in Bexio, and may have mailed it too.
    IssuedByHand,
    /// Somebody booked its payment already.
    AlreadyPaid,
    /// It was issued as it had been planned before, while it was being planned anew.
    IssuedBeforeReplan,
    /// PSOhub's invoice was changed after it was issued.
    InvoiceChanged(InvoiceChange),
}

impl Review {
    /// The stable word for this review, as in docs/errors.md.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::ContactAmbiguous(_) => "CONTACT_AMBIGUOUS",
            Self::ExistingInvoice(_) => "INVOICE_EXISTS_IN_BEXIO",
            Self::Differs(_) => "DRAFT_DIFFERS",
            Self::Gone(_) => "BEXIO_INVOICE_GONE",
            Self::Cancelled(_) => "BEXIO_INVOICE_CANCELLED",
            Self::Reverted(_) => "BEXIO_INVOICE_REVERTED",
            Self::UnknownStatus(..) => "BEXIO_STATUS_UNKNOWN",
            Self::Duplicate(_) => "DUPLICATE_IN_BEXIO",
        }
    }

    /// What the person can do.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::ContactAmbiguous(_) => {
                "Choose one of the contacts (CHOOSE_CONTACT); the choice is remembered."
            }
            Self::ExistingInvoice(_) => {
                "If it is this invoice, take it over (USE_EXISTING); if not, change its reference or title in Bexio and look again (SEND_AGAIN)."
            }
            Self::Differs(_) => {
                "Correct the draft in Bexio or the invoice in PSOhub and look again (SEND_AGAIN), or give it up (ABANDON)."
            }
            Self::Gone(_) => {
                "Somebody deleted it in Bexio. Create it anew (SEND_AGAIN), take another (USE_EXISTING) or give it up (ABANDON)."
            }
            Self::Cancelled(_) => {
                "Somebody cancelled it in Bexio. Take another invoice (USE_EXISTING) or give it up (ABANDON)."
            }
            Self::Reverted(_) => {
                "Issue it again in Bexio and look again (SEND_AGAIN), or give it up (ABANDON)."
            }
            Self::UnknownStatus(..) => "Look at the invoice in Bexio, then look again (SEND_AGAIN).",
            Self::Duplicate(_) => "Cancel the superfluous invoice in Bexio, then look again (SEND_AGAIN).",
        }
    }
}

impl fmt::Display for Review {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ContactAmbiguous(ids) => write!(f, "several Bexio contacts fit the customer: {}", Ids(ids)),
            Self::ExistingInvoice(ids) => write!(f, "Bexio may have this invoice already: {}", Ids(ids)),
            Self::Differs(differences) => {
                write!(f, "the draft in Bexio departs from the plan: {}", Ids(differences))
            }
            Self::Gone(id) => write!(f, "Bexio invoice {id} does not exist any more"),
            Self::Cancelled(id) => write!(f, "Bexio invoice {id} was cancelled"),
            Self::Reverted(id) => write!(f, "Bexio invoice {id} was issued and is a draft again"),
            Self::UnknownStatus(id, raw) => write!(f, "Bexio invoice {id} has the unknown status {raw}"),
            Self::Duplicate(ids) => {
                write!(f, "Bexio has more than one issued invoice for this one: {}", Ids(ids))
            }
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Total { planned, found } => write!(f, "total {found} instead of {planned}"),
            Self::TotalNet { planned, found } => write!(f, "total without VAT {found} instead of {planned}"),
            Self::Currency => f.write_str("another currency"),
            Self::Contact => f.write_str("another customer"),
            Self::Positions { planned, found } => write!(f, "{found} positions instead of {planned}"),
            Self::Reference => f.write_str("our reference is missing"),
        }
    }
}

impl Failure {
    /// The stable word for this failure, as in docs/errors.md.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Refused { .. } => "REFUSED_BY_UPSTREAM",
            Self::Exhausted { .. } => "UPSTREAM_UNAVAILABLE",
            Self::InvoiceChanged(_) => "INVOICE_CHANGED",
        }
    }

    /// What the person can do.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Refused { .. } => {
                "Mend what the message names, then send the invoice again; it goes on where it stopped."
            }
            Self::Exhausted { .. } => {
                "Check the connection, then send the invoice again; it goes on where it stopped."
            }
            Self::InvoiceChanged(_) => {
                "Look at the preview, then send the invoice again; what was drafted is replaced."
            }
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { call, refusal } => {
                write!(f, "{call} was refused ({}): {}", refusal.status, refusal.message)
            }
            Self::Exhausted { call } => write!(f, "{call} failed for a whole day"),
            Self::InvoiceChanged(change) => write!(f, "the invoice changed in PSOhub: {change}"),
        }
    }
}

impl MailDoubt {
    /// The stable word for this doubt, as in docs/errors.md.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::OutcomeUnknown => "MAIL_OUTCOME_UNKNOWN",
            Self::IssuedByHand => "ISSUED_BY_HAND",
            Self::AlreadyPaid => "ALREADY_PAID_IN_BEXIO",
            Self::IssuedBeforeReplan => "ISSUED_BEFORE_REPLAN",
            Self::InvoiceChanged(_) => "INVOICE_CHANGED",
        }
    }

    /// What the person can do.
    pub const fn hint(&self) -> &'static str {
        "Ask the customer or look into the mailbox: it arrived (MAIL_ARRIVED), send it (SEND_AGAIN) or leave it (ABANDON)."
    }
}

impl fmt::Display for MailDoubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutcomeUnknown => {
                f.write_str("nobody knows whether the e-mail went out: Bexio gave no clear answer")
            }
            Self::IssuedByHand => {
                f.write_str("the invoice was issued by hand in Bexio and may have been mailed")
            }
            Self::AlreadyPaid => f.write_str("Bexio calls the invoice paid before it was mailed"),
            Self::IssuedBeforeReplan => {
                f.write_str("the invoice was issued as planned before, while it was being planned anew")
            }
            Self::InvoiceChanged(change) => {
                write!(
                    f,
                    "the invoice changed in PSOhub after it was issued and before it was mailed: {change}"
                )
            }
        }
    }
}

impl fmt::Display for InvoiceChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Content(_) => f.write_str("its content is another"),
            Self::Status(status) => write!(f, "its status is {status:?}"),
        }
    }
}

/// A list in a sentence.
struct Ids<'a, T>(&'a [T]);

impl<T: fmt::Display> fmt::Display for Ids<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, item) in self.0.iter().enumerate() {
            write!(f, "{}{item}", if index == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}
