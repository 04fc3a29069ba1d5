//! The enums of the payment sync, in words for finance people.

use async_graphql::Enum;

use crate::domain::payment::run::{FailureCode, RunStatus};
use crate::domain::payment::{SettledBy, SkipReason};
use crate::graphql::output::leaf;

/// What began a run of the payment sync.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::graphql) enum PaymentSyncTrigger {
    /// The schedule.
    Schedule,
    /// The start of the gateway: the last good run was too long ago.
    Start,
    /// A person.
    Manual,
}

/// How a run of the payment sync ended.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "RunStatus")]
pub(in crate::graphql) enum PaymentSyncRunStatus {
    /// It has not ended.
    Running,
    /// Every invoice was looked at, and none failed.
    Succeeded,
    /// Some invoices failed; the next run tries them again.
    SucceededWithFailures,
    /// It could not look at the books, or had to give up; what it did before holds.
    Failed,
    /// The gateway was stopped in the middle; what it did before holds, and the next run does the rest.
    Interrupted,
}

/// What became of one invoice in a run of the payment sync.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::graphql) enum PaymentSyncItemOutcome {
    /// Bexio calls it paid; it was set to Paid in PSOhub.
    Paid,
    /// Bexio calls it paid; it would be set to Paid if this were no dry run.
    WouldBePaid,
    /// It was left as it is, and somebody should look at it.
    Reported,
    /// It could not be set to Paid; the next run tries it again.
    Failed,
}

/// By what an invoice was settled in Bexio.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "SettledBy")]
pub(in crate::graphql) enum SettlementKind {
    /// Money that arrived.
    Money,
    /// A credit voucher.
    Credit,
    /// A cash discount (Skonto).
    CashDiscount,
    /// The customer's account.
    CustomerAccount,
    /// Several of these.
    Mixed,
    /// Bexio calls it paid and shows no payment.
    NotShown,
}

/// Why the payment sync left an invoice as it is. Each word has its row in the documentation of errors.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "SkipReason")]
pub(in crate::graphql) enum PaymentSyncSkipReason {
    /// It is Paid in PSOhub already.
    AlreadyPaid,
    /// It is Paid in PSOhub, and Bexio does not call it paid (any more).
    PaidOnlyInPsohub,
    /// It is neither Approved nor Sent in PSOhub.
    NotApprovedOrSent,
    /// A status that PSOhub or Bexio does not document.
    UnknownStatus,
    /// It has no invoice in Bexio.
    NotLinked,
    /// It has several invoices in Bexio.
    AmbiguousLink,
    /// Its Bexio invoice stands for another PSOhub invoice as well.
    SharedLink,
    /// Bexio does not call it paid.
    NotPaidInBexio,
    /// Bexio calls it partly paid.
    PartlyPaid,
    /// It is cancelled in Bexio.
    CancelledInBexio,
    /// It is being sent.
    DeliveryInProgress,
    /// Its delivery asks a person something.
    DeliveryNeedsReview,
    /// It is in different currencies in PSOhub and Bexio.
    CurrencyDiffers,
    /// Its totals in PSOhub and Bexio differ by more than rounding explains.
    TotalDiffers,
}

/// Why a run of the payment sync, or one invoice of it, failed. Each word has its row in the documentation
/// of errors.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "FailureCode")]
pub(in crate::graphql) enum PaymentSyncFailureCode {
    /// Bexio could not be asked.
    BexioUnavailable,
    /// PSOhub could not be asked.
    PsohubUnavailable,
    /// An account is not connected; the message says where to connect it.
    NotConnected,
    /// PSOhub refused to set the invoice to Paid.
    PsohubRefused,
    /// PSOhub was asked and its answer was lost: the invoice may be Paid.
    OutcomeUnknown,
    /// Too many invoices failed one after the other for this one to be tried.
    NotTried,
    /// The gateway's database failed.
    StoreUnavailable,
    /// Something failed inside the gateway. The cause is in its log.
    Internal,
}

leaf!(
    PaymentSyncTrigger,
    PaymentSyncRunStatus,
    PaymentSyncItemOutcome,
    SettlementKind,
    PaymentSyncSkipReason,
    PaymentSyncFailureCode
);
