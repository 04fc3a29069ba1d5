//! The enums of deliveries, in words for finance people.

use async_graphql::Enum;

use crate::domain::delivery::{self, Failure, MailDoubt, Reason, Review};
use crate::graphql::output::leaf;

/// Where the sending of an invoice stands.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "delivery::State")]
pub(in crate::graphql) enum DeliveryState {
    /// Taken on; nothing was done yet.
    Accepted,
    /// The customer is being looked for in Bexio, or created there.
    Contact,
    /// The invoice is being created in Bexio as a draft.
    Draft,
    /// The draft in Bexio is being compared with what was planned.
    Verify,
    /// The invoice is being issued in Bexio.
    Issue,
    /// The invoice is issued; the e-mail to the customer is to be sent.
    Email,
    /// The invoice is issued; its number is being written back to PSOhub.
    WriteBack,
    /// The invoice is issued; it is made sure that no superfluous draft is left in Bexio.
    Sweep,
    /// All is done.
    Done,
    /// It stopped: mend what the reason says, then send the invoice again. It goes on where it stopped.
    Failed,
    /// A person must decide: the reason says what, `decisions` what can be answered.
    NeedsReview,
    /// It was given up, or is planned anew: what was drafted in Bexio is being deleted.
    Discard,
    /// Given up by a person. An invoice that was issued before stays in Bexio.
    Abandoned,
}

/// Why a delivery stands still. Each word has its row in the documentation of errors.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::graphql) enum DeliveryReasonCode {
    /// Bexio or PSOhub refused what was asked; the message says what to mend.
    RefusedByUpstream,
    /// Bexio or PSOhub could not be reached for a whole day.
    UpstreamUnavailable,
    /// The invoice was changed in PSOhub after it had been taken on.
    InvoiceChanged,
    /// Several contacts in Bexio fit the customer.
    ContactAmbiguous,
    /// Bexio has an invoice already that seems to be this one.
    InvoiceExistsInBexio,
    /// The draft in Bexio is not what was planned.
    DraftDiffers,
    /// The invoice was deleted in Bexio.
    BexioInvoiceGone,
    /// The invoice was cancelled in Bexio.
    BexioInvoiceCancelled,
    /// The invoice was issued in Bexio and made a draft again.
    BexioInvoiceReverted,
    /// Bexio shows a status that its documentation does not list.
    BexioStatusUnknown,
    /// Bexio has more than one issued invoice for this one.
    DuplicateInBexio,
    /// Nobody knows whether the e-mail went out: Bexio gave no clear answer.
    MailOutcomeUnknown,
    /// Somebody issued the invoice by hand in Bexio and may have mailed it.
    IssuedByHand,
    /// The invoice is paid in Bexio before it was mailed.
    AlreadyPaidInBexio,
    /// The invoice was issued as planned before, while it was being planned anew.
    IssuedBeforeReplan,
}

impl From<Reason<'_>> for DeliveryReasonCode {
    fn from(reason: Reason<'_>) -> Self {
        match reason {
            Reason::Failure(Failure::Refused { .. }) => Self::RefusedByUpstream,
            Reason::Failure(Failure::Exhausted { .. }) => Self::UpstreamUnavailable,
            Reason::Failure(Failure::InvoiceChanged(_)) | Reason::Mail(MailDoubt::InvoiceChanged(_)) => {
                Self::InvoiceChanged
            }
            Reason::Review(Review::ContactAmbiguous(_)) => Self::ContactAmbiguous,
            Reason::Review(Review::ExistingInvoice(_)) => Self::InvoiceExistsInBexio,
            Reason::Review(Review::Differs(_)) => Self::DraftDiffers,
            Reason::Review(Review::Gone(_)) => Self::BexioInvoiceGone,
            Reason::Review(Review::Cancelled(_)) => Self::BexioInvoiceCancelled,
            Reason::Review(Review::Reverted(_)) => Self::BexioInvoiceReverted,
            Reason::Review(Review::UnknownStatus(..)) => Self::BexioStatusUnknown,
            Reason::Review(Review::Duplicate(_)) => Self::DuplicateInBexio,
            Reason::Mail(MailDoubt::OutcomeUnknown) => Self::MailOutcomeUnknown,
            Reason::Mail(MailDoubt::IssuedByHand) => Self::IssuedByHand,
            Reason::Mail(MailDoubt::AlreadyPaid) => Self::AlreadyPaidInBexio,
            Reason::Mail(MailDoubt::IssuedBeforeReplan) => Self::IssuedBeforeReplan,
        }
    }
}

/// What a person can decide of a delivery that needs one.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::graphql) enum DeliveryDecision {
    /// The e-mail reached the customer.
    MailArrived,
    /// Of an e-mail in doubt: send it, even if it may be the second one. Of anything else: look again,
    /// now that it was mended.
    SendAgain,
    /// Give it up: drafts are deleted and nothing is mailed. An invoice that was issued stays in Bexio.
    Abandon,
    /// Use the contact that `bexioId` names; the choice is remembered for this customer.
    ChooseContact,
    /// The Bexio invoice that `bexioId` names is this one.
    UseExisting,
}

/// Where the e-mail to the customer stands.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::graphql) enum DeliveryEmailState {
    /// None was asked for.
    NotWanted,
    /// To be sent; it certainly was not yet.
    Pending,
    /// Bexio is being asked to send it.
    Sending,
    /// Bexio sent it, or a person said that it arrived.
    Sent,
    /// Nobody knows whether it went out: a person must say.
    InDoubt,
    /// Certainly not sent, and not tried again by itself.
    Failed,
    /// Not sent: a person left it.
    Skipped,
}

/// Where writing the invoice's Bexio number back to PSOhub stands.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::graphql) enum WriteBackState {
    /// To be written.
    Pending,
    /// Written: it is the invoice's external id in PSOhub now.
    Written,
    /// Not written, and not tried again by itself.
    Failed,
    /// Not written: a person left it.
    Skipped,
}

/// What is written into an invoice's external id in PSOhub.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "delivery::ExternalIdKind")]
pub(in crate::graphql) enum ExternalIdKind {
    /// Bexio's invoice number, such as RE-00512.
    DocumentNumber,
    /// Bexio's id of the invoice.
    Id,
}

/// What happened to a delivery in one step.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::graphql) enum DeliveryStepKind {
    /// Somebody asked for the send.
    Accepted,
    /// Somebody sent the invoice again.
    SentAgain,
    /// Somebody decided what was asked.
    Resolved,
    /// Bexio or PSOhub is about to be asked to change something.
    Announced,
    /// Bexio or PSOhub answered, or did not.
    Answered,
    /// What was announced has no answer: the gateway was stopped meanwhile.
    Lost,
    /// The invoice was changed in PSOhub.
    InvoiceChanged,
}

/// How what was asked of Bexio or PSOhub ended.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::graphql) enum DeliveryStepOutcome {
    /// It was done; a search found something.
    Done,
    /// A search found nothing.
    NothingFound,
    /// It was never sent.
    NotSent,
    /// It was refused.
    Refused,
    /// Nobody knows whether it was done.
    Unknown,
}

leaf!(
    DeliveryState,
    DeliveryReasonCode,
    DeliveryDecision,
    DeliveryEmailState,
    WriteBackState,
    ExternalIdKind,
    DeliveryStepKind,
    DeliveryStepOutcome
);
