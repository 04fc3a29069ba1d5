//! What may be done with an invoice, and what is to be done next.

use async_graphql::Enum;

use super::payload::UserErrorCode;
use crate::book::{CombinedInvoice, DeliveryEntry, Snapshot, Source};
use crate::domain::delivery::State;
use crate::domain::plan::{Problem, obstacles};
use crate::domain::{AccountingStatus, InvoiceStatus};
use crate::graphql::errors::Fault;
use crate::graphql::operation::known;
use crate::graphql::output::{leaf, object};

/// Whether something may be done.
#[derive(Debug)]
pub(in crate::graphql) struct Permission {
    reasons: Vec<Reason>,
}

#[derive(Debug)]
pub(in crate::graphql) struct Reason {
    code: UserErrorCode,
    message: String,
    hint: String,
}

impl Permission {
    /// Whether `row` can be sent, by what `snapshot` knows of it. What only Bexio's set-up can tell is in
    /// the preview.
    pub(in crate::graphql) fn to_send(row: &CombinedInvoice, snapshot: &Snapshot) -> Self {
        if let Err(fault) = known(snapshot, Source::Bexio) {
            let hint = "Try again when Bexio was read.".to_owned();
            let code = UserErrorCode::UpstreamUnavailable;
            return Self { reasons: vec![Reason { code, message: fault.message, hint }] };
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
            InvoiceAction::MarkPaid
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
