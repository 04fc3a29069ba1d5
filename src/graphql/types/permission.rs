//! What may be done with an invoice, and what is to be done next.

use async_graphql::Enum;

use super::payload::UserErrorCode;
use crate::book::{CombinedInvoice, DeliveryEntry, Snapshot, Source};
use crate::domain::delivery::State;
use crate::domain::plan::{Problem, obstacles};
use crate::domain::{AccountingStatus, InvoiceStatus, MarkObstacle};
use crate::graphql::errors::Fault;
use crate::graphql::operation::known;
use crate::graphql::output::{leaf, object};

/// Whether something may be done.
#[derive(Debug)]
pub(in crate::graphql) struct Permission {
    reasons: Vec<Reason>,
}

/// What stands against something.
#[derive(Debug)]
pub(in crate::graphql) struct Reason {
    /// In one word.
    pub(in crate::graphql) code: UserErrorCode,
    /// In a sentence without an end.
    pub(in crate::graphql) message: String,
    /// What to do.
    pub(in crate::graphql) hint: String,
}

impl Permission {
    /// Whether `row` can be sent, by what `snapshot` knows of it. What only Bexio's set-up can tell is in
    /// the preview.
    pub(in crate::graphql) fn to_send(row: &CombinedInvoice, snapshot: &Snapshot) -> Self {
        if let Err(fault) = known(snapshot, Source::Bexio) {
            return Self { reasons: vec![Reason::unread(fault)] };
        }
        let delivery = snapshot.deliveries.of_invoice(row.psohub.id).map(|entry| &entry.delivery);
        let (invoice, standing) = (row.as_sent(delivery), row.standing(delivery));
        let reason = |problem: Problem| Reason {
            code: problem.code.into(),
            message: problem.what.into(),
            hint: problem.mend.into(),
        };
        Self { reasons: obstacles(&invoice, &standing).into_iter().map(reason).collect() }
    }

    /// Whether `row` can be marked as paid.
    pub(in crate::graphql) fn to_mark_paid(row: &CombinedInvoice, snapshot: &Snapshot) -> Self {
        Self { reasons: Self::obstacle_to_mark_paid(row, snapshot).into_iter().collect() }
    }

    /// What stands against marking `row` as paid.
    pub(in crate::graphql) fn obstacle_to_mark_paid(
        row: &CombinedInvoice,
        snapshot: &Snapshot,
    ) -> Option<Reason> {
        let delivery = snapshot.deliveries.of_invoice(row.psohub.id).map(|entry| entry.state());
        let obstacle = MarkObstacle::of(&snapshot.book.payment_evidence(row, delivery))?;
        match known(snapshot, Source::Bexio) {
            Err(fault) if obstacle == MarkObstacle::NotInBexio => Some(Reason::unread(fault)),
            _ => Some(Reason::of_mark_paid(row, obstacle)),
        }
    }
}

impl Reason {
    /// That it cannot be said while Bexio was never read.
    fn unread(fault: Fault) -> Self {
        let hint = "Try again when Bexio was read.".to_owned();
        Self { code: UserErrorCode::UpstreamUnavailable, message: fault.message, hint }
    }

    fn of_mark_paid(row: &CombinedInvoice, obstacle: MarkObstacle<'_>) -> Self {
        let number = &row.psohub.number;
        let status = &row.psohub.status_raw;
        let confirm = "Set confirmUnpaidInBexio: true if it was paid all the same.";
        let (code, message, hint) = match obstacle {
            MarkObstacle::AlreadyPaid => (
                UserErrorCode::AlreadyPaid,
                format!("invoice {number} is {status}"),
                "Nothing is to be done.",
            ),
            MarkObstacle::Status => (
                UserErrorCode::StatusNotPayable,
                format!(
                    "invoice {number} is {status}; only approved and sent invoices can be marked as paid"
                ),
                match row.psohub.status {
                    InvoiceStatus::Draft => "Approve it in PSOhub first.",
                    InvoiceStatus::Void => "It is void; there is nothing to pay.",
                    _ => "Set it to Approved or Sent in PSOhub first.",
                },
            ),
            MarkObstacle::NotInBexio => (
                UserErrorCode::NotPaidInBexio,
                format!("invoice {number} has no invoice in Bexio that could be paid"),
                confirm,
            ),
            MarkObstacle::InDoubt(bexio, reason) => (
                UserErrorCode::BexioInvoiceInDoubt,
                format!(
                    "Bexio calls {} paid, but invoice {number} {}",
                    bexio.document_number,
                    reason.words()
                ),
                confirm,
            ),
            MarkObstacle::NotPaidInBexio(bexio) => (
                UserErrorCode::NotPaidInBexio,
                format!(
                    "Bexio does not call invoice {number} paid: {} is {} there (status {}), and {} of {} remain",
                    bexio.document_number,
                    bexio.status.words(),
                    bexio.status_raw,
                    bexio.money(bexio.remaining),
                    bexio.money(bexio.total),
                ),
                confirm,
            ),
        };
        Self { code, message, hint: hint.to_owned() }
    }
}

object! {
    /// Whether something may be done.
    "Permission" PermissionType<'a> from &'a Permission {
        /// Whether it may.
        "allowed": bool = |permission, out| out.boolean(permission.reasons.is_empty());
        /// Why not; empty where it may.
        "reasons": Vec<PermissionReason> = |permission, out| {
            out.list::<PermissionReason>(&permission.reasons);
        };
    }
}

object! {
    /// Why something may not be done.
    "PermissionReason" PermissionReason<'a> from &'a Reason {
        /// In one word: the one that the mutation gives in `userErrors`.
        "code": UserErrorCode = |reason, out| out.member(reason.code);
        /// In a sentence.
        "message": String = |reason, out| out.text(&reason.message);
        /// What to do.
        "hint": String = |reason, out| out.text(&reason.hint);
    }
}

/// What is to be done next with an invoice.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::graphql) enum InvoiceAction {
    /// Approve it in PSOhub.
    Approve,
    /// Send it.
    Send,
    /// Wait: it is being sent.
    WaitForDelivery,
    /// Decide what its delivery asks.
    Decide,
    /// Mend what its delivery's reason says, then send it again.
    MendAndSendAgain,
    /// Wait for the customer's payment.
    AwaitPayment,
    /// Remind the customer: its due date has passed.
    Remind,
    /// Mark it as paid in PSOhub: Bexio says that it is paid.
    MarkPaid,
    /// Look at it: the two sides do not fit together, or a status is not known.
    Check,
    /// Nothing.
    Nothing,
}
leaf!(InvoiceAction);

/// What is to be done next with `row`; an error where what Bexio knows is needed and was never read.
pub(in crate::graphql) fn next_action(
    row: &CombinedInvoice,
    snapshot: &Snapshot,
) -> Result<InvoiceAction, Fault> {
    let delivery = snapshot.deliveries.of_invoice(row.psohub.id).map(|entry| &**entry);
    if let Some(action) = of_delivery(delivery, row) {
        return Ok(action);
    }
    known(snapshot, Source::Bexio)?;
    Ok(match (row.psohub.status, row.bexio.as_deref().map(|bexio| bexio.status)) {
        (InvoiceStatus::Draft, None) => InvoiceAction::Approve,
        (InvoiceStatus::Approved | InvoiceStatus::Sent, None) => {
            let may_send = Permission::to_send(row, snapshot).reasons.is_empty();
            if may_send { InvoiceAction::Send } else { InvoiceAction::Check }
        }
        (InvoiceStatus::Approved | InvoiceStatus::Sent, Some(AccountingStatus::Paid)) => {
            let may_mark = Permission::obstacle_to_mark_paid(row, snapshot).is_none();
            if may_mark { InvoiceAction::MarkPaid } else { InvoiceAction::Check }
        }
        (InvoiceStatus::Approved | InvoiceStatus::Sent, Some(status)) if status.is_open() => {
            if row.is_overdue(snapshot.today) { InvoiceAction::Remind } else { InvoiceAction::AwaitPayment }
        }
        (InvoiceStatus::Paid, None | Some(AccountingStatus::Paid))
        | (InvoiceStatus::Void, None | Some(AccountingStatus::Cancelled)) => InvoiceAction::Nothing,
        _ => InvoiceAction::Check,
    })
}

fn of_delivery(delivery: Option<&DeliveryEntry>, row: &CombinedInvoice) -> Option<InvoiceAction> {
    match delivery?.state() {
        // Issued, and not read from Bexio yet.
        State::Done if row.bexio.is_none() => Some(InvoiceAction::AwaitPayment),
        State::Done | State::Abandoned => None,
        State::NeedsReview => Some(InvoiceAction::Decide),
        State::Failed => Some(InvoiceAction::MendAndSendAgain),
        _ => Some(InvoiceAction::WaitForDelivery),
    }
}
