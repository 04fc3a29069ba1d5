//! Why an invoice is not marked as paid.

use serde::{Deserialize, Serialize};

/// Why an invoice is left as it is. The words are those of docs/errors.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SkipReason {
    /// PSOhub says Paid, and Bexio does not say otherwise.
    AlreadyPaid,
    /// PSOhub says Paid and Bexio does not any more, or never did.
    PaidOnlyInPsohub,
    /// Draft or Void in PSOhub: only Approved or Sent may become Paid.
    NotApprovedOrSent,
    /// A status that neither side documents.
    UnknownStatus,
    /// No Bexio invoice stands for it.
    NotLinked,
    /// Several Bexio invoices claim it.
    AmbiguousLink,
    /// Its Bexio invoice stands for other PSOhub invoices as well.
    SharedLink,
    /// Bexio does not call it paid.
    NotPaidInBexio,
    /// Bexio calls it partly paid.
    PartlyPaid,
    /// Cancelled in Bexio.
    CancelledInBexio,
    /// It is being sent.
    DeliveryInProgress,
    /// Its delivery asks a person something.
    DeliveryNeedsReview,
    /// The two sides are in different currencies.
    CurrencyDiffers,
    /// The two totals differ by more than rounding explains.
    TotalDiffers,
}

impl SkipReason {
    /// All reasons.
    pub const ALL: [Self; 14] = [
        Self::AlreadyPaid,
        Self::PaidOnlyInPsohub,
        Self::NotApprovedOrSent,
        Self::UnknownStatus,
        Self::NotLinked,
        Self::AmbiguousLink,
        Self::SharedLink,
        Self::NotPaidInBexio,
        Self::PartlyPaid,
        Self::CancelledInBexio,
        Self::DeliveryInProgress,
        Self::DeliveryNeedsReview,
        Self::CurrencyDiffers,
        Self::TotalDiffers,
    ];

    /// The stable word, as in docs/errors.md.
    pub const fn code(self) -> &'static str {
        match self {
            Self::AlreadyPaid => "ALREADY_PAID",
            Self::PaidOnlyInPsohub => "PAID_ONLY_IN_PSOHUB",
            Self::NotApprovedOrSent => "NOT_APPROVED_OR_SENT",
            Self::UnknownStatus => "UNKNOWN_STATUS",
            Self::NotLinked => "NOT_LINKED",
            Self::AmbiguousLink => "AMBIGUOUS_LINK",
            Self::SharedLink => "SHARED_LINK",
            Self::NotPaidInBexio => "NOT_PAID_IN_BEXIO",
            Self::PartlyPaid => "PARTLY_PAID",
            Self::CancelledInBexio => "CANCELLED_IN_BEXIO",
            Self::DeliveryInProgress => "DELIVERY_IN_PROGRESS",
            Self::DeliveryNeedsReview => "DELIVERY_NEEDS_REVIEW",
            Self::CurrencyDiffers => "CURRENCY_DIFFERS",
            Self::TotalDiffers => "TOTAL_DIFFERS",
        }
    }

    /// Whether a person should know of it: it will not pass by itself, or is no ordinary state of an
    /// invoice that waits for its money.
    pub const fn is_reported(self) -> bool {
        match self {
            Self::AlreadyPaid
            | Self::NotApprovedOrSent
            | Self::NotLinked
            | Self::NotPaidInBexio
            | Self::DeliveryInProgress => false,
            Self::PaidOnlyInPsohub
            | Self::UnknownStatus
            | Self::AmbiguousLink
            | Self::SharedLink
            | Self::PartlyPaid
            | Self::CancelledInBexio
            | Self::DeliveryNeedsReview
            | Self::CurrencyDiffers
            | Self::TotalDiffers => true,
        }
    }

    /// What is the case, in a sentence's second half: "INV-1 …".
    pub const fn words(self) -> &'static str {
        match self {
            Self::AlreadyPaid => "is Paid in PSOhub already",
            Self::PaidOnlyInPsohub => "is Paid in PSOhub, and Bexio does not call it paid",
            Self::NotApprovedOrSent => "is neither Approved nor Sent in PSOhub",
            Self::UnknownStatus => "has a status that is not known",
            Self::NotLinked => "has no invoice in Bexio",
            Self::AmbiguousLink => "has several invoices in Bexio",
            Self::SharedLink => "shares its Bexio invoice with another PSOhub invoice",
            Self::NotPaidInBexio => "is not paid in Bexio",
            Self::PartlyPaid => "is only partly paid in Bexio",
            Self::CancelledInBexio => "is cancelled in Bexio",
            Self::DeliveryInProgress => "is being sent",
            Self::DeliveryNeedsReview => "waits for a person to decide on its delivery",
            Self::CurrencyDiffers => "is in different currencies in PSOhub and Bexio",
            Self::TotalDiffers => "has different totals in PSOhub and Bexio",
        }
    }

    /// What to do.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::AlreadyPaid => "Nothing.",
            Self::PaidOnlyInPsohub => {
                "Look at its payments in Bexio: one may have been deleted. PSOhub does not take Paid back."
            }
            Self::NotApprovedOrSent => "Approve it in PSOhub if it is owed.",
            Self::UnknownStatus => "Look at it in PSOhub and in Bexio.",
            Self::NotLinked => "Send it, or link it to its Bexio invoice.",
            Self::AmbiguousLink => "Cancel or delete the double in Bexio, or mark it as paid by hand.",
            Self::SharedLink => "Unlink the one that does not belong to it.",
            Self::NotPaidInBexio => "Wait for the payment.",
            Self::PartlyPaid => "Wait for the rest, or remind the customer.",
            Self::CancelledInBexio => "Void it in PSOhub too, or link it to the invoice that took its place.",
            Self::DeliveryInProgress => "Wait until it was sent.",
            Self::DeliveryNeedsReview => "Decide what its delivery asks; the next run goes on with it.",
            Self::CurrencyDiffers | Self::TotalDiffers => {
                "Compare the two; if what was paid is right, mark it as paid by hand."
            }
        }
    }
}
