//! Refusals of the services as user errors: the one place where they get their words.

use crate::book::DeliveryEntry;
use crate::domain::delivery::{Failure, Reason, ResolveError, State};
use crate::domain::plan::{Field, Place, Plan, Problem};
use crate::graphql::errors::{ErrorCode, Fault};
use crate::graphql::inputs::BadLookup;
use crate::graphql::types::{UserError, UserErrorCode, UserErrorOutcome, message};
use crate::services::deliveries::{BatchError, IDEMPOTENCY_KEY_BYTES_MAX, ResolveRefused, SendError};

/// A path of the input, from the argument down.
pub(super) fn input(fields: &[&str]) -> Vec<String> {
    std::iter::once("input").chain(fields.iter().copied()).map(str::to_owned).collect()
}

/// An error of which nothing took effect.
pub(super) fn refused(
    field: Vec<String>,
    code: UserErrorCode,
    message: impl Into<String>,
    hint: impl Into<String>,
) -> UserError {
    UserError {
        field,
        code,
        message: sentence(&message.into()),
        hint: hint.into(),
        outcome: UserErrorOutcome::NotApplied,
        retryable: matches!(code, UserErrorCode::UpstreamUnavailable),
    }
}

/// `text` with a capital at its beginning and a stop at its end.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    let stop = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{stop}", letters.as_str())
}

/// A look-up that names nothing.
pub(super) fn bad_lookup(mut field: Vec<String>, bad: BadLookup) -> UserError {
    field.push(bad.field.to_owned());
    let hint = match bad.code {
        UserErrorCode::IdInvalid => "Pass the id on as a string, as a query gave it.",
        _ => "Give the number of an invoice.",
    };
    refused(field, bad.code, bad.message, hint)
}

/// A failure of what is read before anything is written.
pub(super) fn of_fault(field: Vec<String>, fault: Fault) -> UserError {
    match fault.code {
        ErrorCode::UpstreamUnavailable => {
            refused(field, UserErrorCode::UpstreamUnavailable, fault.message, TRY_AGAIN)
        }
        ErrorCode::BadUserInput => refused(
            field,
            UserErrorCode::ValueInvalid,
            fault.message,
            "Change the value as the message says.",
        ),
        _ => internal(field, fault.message),
    }
}

const TRY_AGAIN: &str = "Nothing was written. Try again in a moment.";

/// A failure inside the gateway, of which it is not known how far it went.
pub(super) fn internal(field: Vec<String>, message: String) -> UserError {
    UserError {
        field,
        code: UserErrorCode::Internal,
        message,
        hint: "Look at the invoice's delivery, or repeat the request: an invoice is sent once.".to_owned(),
        outcome: UserErrorOutcome::Uncertain,
        retryable: true,
    }
}

/// A failure of the database before anything was begun.
pub(super) fn internal_without_write(
    field: Vec<String>,
    error: &(dyn std::error::Error + 'static),
) -> UserError {
    let hint = "Try again in a moment; the gateway's log has the cause.";
    UserError {
        retryable: true,
        ..refused(field, UserErrorCode::Internal, Fault::internal(error).message, hint)
    }
}

/// A key that cannot be kept, or was used otherwise.
pub(super) fn bad_key() -> UserError {
    refused(
        input(&["idempotencyKey"]),
        UserErrorCode::IdempotencyKeyInvalid,
        format!("an idempotency key has 1 to {IDEMPOTENCY_KEY_BYTES_MAX} bytes, all printable"),
        "Take a UUID, for example.",
    )
}

pub(super) fn key_reused() -> UserError {
    refused(
        input(&["idempotencyKey"]),
        UserErrorCode::IdempotencyKeyReused,
        "this idempotency key was used for another request",
        "Take a new key for another invoice or other options; repeat a request with exactly the same input.",
    )
}

/// Why an invoice was not sent.
pub(super) fn of_send(error: &SendError) -> Vec<UserError> {
    let invoice = || input(&["invoice"]);
    vec![match error {
        SendError::UnknownInvoice(id) => refused(
            invoice(),
            UserErrorCode::InvoiceNotFound,
            format!("no invoice with the PSOhub id {id} is known"),
            NO_INVOICE_HINT,
        ),
        SendError::Refused(plan) => {
            return plan.refusals().map(|problem| of_problem(plan, problem)).collect();
        }
        SendError::PlanChanged(plan) => refused(
            input(&["expectedPlan"]),
            UserErrorCode::PlanChanged,
            format!("invoice {} would not be sent any more as the preview showed it", plan.invoice_number),
            "Look at the new preview, then send with its planHash.",
        ),
        SendError::NotResumable { delivery, .. } => not_resumable(delivery),
        SendError::KeyConflict => key_reused(),
        SendError::BadKey => bad_key(),
        SendError::Unavailable(why) => {
            refused(invoice(), UserErrorCode::UpstreamUnavailable, why.as_str(), TRY_AGAIN)
        }
        SendError::NotConnected(why) => not_connected(invoice(), why),
        SendError::Store(error) => internal(invoice(), Fault::internal(error).message),
    }]
}

/// An account that would be written to is not connected; `why` says where to connect it.
pub(super) fn not_connected(field: Vec<String>, why: &str) -> UserError {
    let hint = "Nothing was written. An administrator has to connect the account; then ask again.";
    refused(field, UserErrorCode::NotConnected, why, hint)
}

/// What to do about an invoice that is not there.
pub(super) const NO_INVOICE_HINT: &str =
    "Check the name. An invoice that was made in PSOhub just now appears within a few minutes.";

/// An invoice whose delivery cannot be made to go on by sending it again.
fn not_resumable(entry: &DeliveryEntry) -> UserError {
    if let Some(error) = of_delivery(entry, input(&["invoice"])) {
        return error;
    }
    let (number, state) = (&entry.invoice_number, entry.state());
    let is_issued = entry.delivery.issued_at().is_some();
    let code = UserErrorCode::AlreadyUnderDelivery;
    let outcome = if is_issued { UserErrorOutcome::Applied } else { UserErrorOutcome::NotApplied };
    let message = format!("invoice {number} {}", state.words());
    let error = refused(input(&["invoice"]), code, message, state.hint());
    UserError { outcome, ..error }
}

/// What of a plan forbids to send it.
pub(super) fn of_problem(plan: &Plan, problem: &Problem) -> UserError {
    let number = &plan.invoice_number;
    let line = match &problem.place {
        Place::Line { number, .. } => format!(", line {number}"),
        _ => String::new(),
    };
    // Some problems name their invoice by themselves.
    let names_invoice = !number.is_empty() && problem.what.contains(&**number);
    let message = if names_invoice && line.is_empty() {
        problem.what.to_string()
    } else {
        format!("invoice {number}{line}: {}", problem.what)
    };
    refused(place(&problem.place), problem.code.into(), message, &*problem.mend)
}

/// The input that a problem is about: an option where it was asked for, else the invoice.
fn place(place: &Place) -> Vec<String> {
    let Place::Option(field) = place else { return input(&["invoice"]) };
    let option = match field {
        Field::Account => "revenueAccount",
        Field::Tax => "taxCode",
        Field::Language => "language",
        Field::BankAccount => "bankAccountId",
        Field::Recipient => "recipient",
        Field::Subject => "subject",
        Field::Message => "message",
        _ => return input(&["options"]),
    };
    input(&["options", option])
}

/// Why a batch was not taken on or not cancelled.
pub(super) fn of_batch(error: &BatchError) -> UserError {
    match error {
        BatchError::Size(0) => refused(
            input(&["invoices"]),
            UserErrorCode::BatchEmpty,
            "no invoice is to be sent",
            "Name at least one invoice, or widen the filter.",
        ),
        BatchError::Size(_) => refused(
            input(&["invoices"]),
            UserErrorCode::BatchTooLarge,
            error.to_string(),
            "Send them in several batches, or narrow the filter.",
        ),
        BatchError::Unknown(_) => no_batch(),
        BatchError::KeyConflict => key_reused(),
        BatchError::BadKey => bad_key(),
        BatchError::NotConnected(why) => not_connected(input(&[]), why),
        BatchError::Store(error) => internal(input(&[]), Fault::internal(error).message),
    }
}

/// There is no such batch.
pub(super) fn no_batch() -> UserError {
    refused(
        input(&["batch"]),
        UserErrorCode::BatchNotFound,
        "there is no batch with this id",
        "Take the id from the payload of sendInvoices, or from the query 'batches'.",
    )
}

/// There is no such delivery.
pub(super) fn no_delivery() -> UserError {
    refused(
        input(&["delivery"]),
        UserErrorCode::DeliveryNotFound,
        "there is no delivery with this id",
        "Take the id from the field 'delivery' of the invoice.",
    )
}

/// Why a decision was not taken.
pub(super) fn of_resolve(error: &ResolveRefused) -> UserError {
    let decision = match error {
        ResolveRefused::Unknown(_) => return no_delivery(),
        ResolveRefused::Store(error) => return internal(input(&[]), Fault::internal(error).message),
        ResolveRefused::Decision(decision) => decision,
    };
    let (field, code, hint) = match decision {
        ResolveError::VersionConflict { .. } => (
            "expectedVersion",
            UserErrorCode::VersionConflict,
            "Look at the delivery again, and decide on what it is now.",
        ),
        ResolveError::NotAsked { .. } => (
            "decision",
            UserErrorCode::DecisionNotAsked,
            "Take one of the delivery's 'decisions'. What failed goes on with sendInvoice.",
        ),
        ResolveError::NotACandidate(_) => (
            "bexioId",
            UserErrorCode::NotACandidate,
            "Take the bexioId of one of the delivery's 'contactCandidates'.",
        ),
        ResolveError::BeingDeleted(_) => {
            ("bexioId", UserErrorCode::DraftBeingDeleted, "Name an invoice that stays in Bexio.")
        }
    };
    refused(input(&[field]), code, decision.to_string(), hint)
}

/// That a delivery stopped although it was taken on; nothing where it did not.
pub(super) fn of_delivery(entry: &DeliveryEntry, field: Vec<String>) -> Option<UserError> {
    let code = match entry.state() {
        State::Failed => UserErrorCode::DeliveryFailed,
        State::NeedsReview => UserErrorCode::DeliveryNeedsReview,
        _ => return None,
    };
    let reason = entry.delivery.reason()?;
    let outcome = match reason {
        Reason::Mail(_) => UserErrorOutcome::Uncertain,
        _ if entry.delivery.issued_at().is_some() => UserErrorOutcome::Applied,
        _ => UserErrorOutcome::NotApplied,
    };
    Some(UserError {
        field,
        code,
        message: message(entry, reason),
        hint: reason.hint().to_owned(),
        outcome,
        retryable: matches!(reason, Reason::Failure(Failure::Exhausted { .. })),
    })
}
