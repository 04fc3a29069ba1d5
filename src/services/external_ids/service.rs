//! The door: what an invoice has already, whether that stands against the new value, and the record.

use std::sync::Arc;
use std::time::Duration;

use super::{ExternalIdError, call};
use crate::book::{BookService, CombinedInvoice, ExternalId, Snapshot};
use crate::domain::delivery::{Delivery, State, WriteBack};
use crate::domain::{
    ActionCause, ActionChange, ActionOutcome, NewAction, NewExternalId, PsohubInvoiceId, SharedClock,
    recorded_external_id,
};
use crate::services::accounts::Accounts;
use crate::services::flights::Flights;
use crate::services::invoice_write::InvoiceWriteFailure;
use crate::services::turns::Turns;
use crate::store::Store;

/// What setting external ids works with.
#[derive(Clone)]
pub struct ExternalIdParts {
    /// Where it is written down.
    pub store: Store,
    /// The invoices, and where the new value is shown.
    pub book: Arc<BookService>,
    /// The two accounts: PSOhub is written to, with what Bexio gave.
    pub accounts: Accounts,
    /// The time.
    pub clock: SharedClock,
}

/// A request to set an external id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetExternalId {
    /// Of which invoice.
    pub invoice: PsohubInvoiceId,
    /// The value.
    pub value: NewExternalId,
    /// Whether another value that is there is to be replaced.
    pub replace: bool,
    /// Who asks.
    pub actor: Box<str>,
}

/// What setting it changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalIdChange {
    /// The value before, where there was one and it is known.
    pub before: Option<Box<str>>,
    /// Whether the new value is another one.
    pub is_change: bool,
}

/// Equal requests share one call; requests for other values of the same invoice come one after the
/// other.
type Key = (PsohubInvoiceId, NewExternalId, bool);

/// Sets external ids. Cloning shares it.
#[derive(Clone)]
pub struct ExternalIdService {
    parts: Arc<ExternalIdParts>,
    turns: Arc<Turns>,
    flights: Flights<Key, Result<ExternalIdChange, ExternalIdError>>,
}

/// What is known of the external id that an invoice has.
enum Held {
    None,
    Value(Box<str>),
    /// There is one, and we do not know which.
    Hidden,
    /// PSOhub could not be asked.
    Unread,
}

impl ExternalIdService {
    /// The service.
    pub fn new(parts: ExternalIdParts) -> Self {
        Self { parts: Arc::new(parts), turns: Arc::default(), flights: Flights::default() }
    }

    /// What [`Self::set`] would change. Writes nothing.
    ///
    /// # Errors
    /// What stands against it.
    pub async fn preview(&self, request: &SetExternalId) -> Result<ExternalIdChange, ExternalIdError> {
        Ok(self.parts.plan(request).await?.change)
    }

    /// Sets it. The value that is recorded already succeeds and changes nothing. When this returns, readers
    /// see the new value.
    ///
    /// # Errors
    /// [`ExternalIdError`], by what may be done next.
    pub async fn set(&self, request: SetExternalId) -> Result<ExternalIdChange, ExternalIdError> {
        let key = (request.invoice, request.value.clone(), request.replace);
        let (parts, turns, id) = (Arc::clone(&self.parts), Arc::clone(&self.turns), request.invoice);
        let work = || async move {
            let _turn = turns.take(id).await;
            parts.set(request).await
        };
        let cut_short = || ExternalIdError::not_written(id.to_string(), InvoiceWriteFailure::cut_short());
        self.flights.join(key, work).await.unwrap_or_else(|| Err(cut_short()))
    }

    /// Waits for the calls that are under way, at most `grace`.
    pub async fn drain(&self, grace: Duration) {
        if !self.flights.drain(grace).await {
            tracing::warn!("some external ids were being set; the invoices' histories say which");
        }
    }
}

/// What is to be done, and with what.
struct Planned {
    row: Arc<CombinedInvoice>,
    change: ExternalIdChange,
    had_none: bool,
}

impl ExternalIdParts {
    async fn plan(&self, request: &SetExternalId) -> Result<Planned, ExternalIdError> {
        let snapshot = self.book.reader().peek();
        let row = snapshot.book.by_psohub_id(request.invoice).cloned();
        let row = row.ok_or(ExternalIdError::UnknownInvoice(request.invoice))?;
        let delivery = snapshot.deliveries.of_invoice(request.invoice).map(|entry| &entry.delivery);
        let number = row.psohub.number.clone();
        if delivery.is_some_and(will_write) {
            return Err(ExternalIdError::UnderDelivery { number });
        }
        let held = self.held(&row, &snapshot).await?;
        let had_none = matches!(held, Held::None);
        let before = match held {
            Held::Value(value) if *value == *request.value.as_str() => {
                let change = ExternalIdChange { before: Some(value), is_change: false };
                return Ok(Planned { row, change, had_none });
            }
            Held::Value(value) if !request.replace => {
                return Err(ExternalIdError::HasAnother { number, value: Some(value) });
            }
            Held::Hidden if !request.replace => {
                return Err(ExternalIdError::HasAnother { number, value: None });
            }
            Held::Unread if !request.replace => return Err(ExternalIdError::Unread { number }),
            Held::Value(value) => Some(value),
            Held::None | Held::Hidden | Held::Unread => None,
        };
        Ok(Planned { row, change: ExternalIdChange { before, is_change: true }, had_none })
    }

    /// What the book knows, else what we wrote down before the last restart.
    async fn held(&self, row: &CombinedInvoice, snapshot: &Snapshot) -> Result<Held, ExternalIdError> {
        let otherwise = match &row.external_id {
            ExternalId::Present(Some(value)) => return Ok(Held::Value(value.clone())),
            ExternalId::Absent => return Ok(Held::None),
            ExternalId::Present(None) => Held::Hidden,
            ExternalId::Unknown => Held::Unread,
        };
        let id = row.psohub.id;
        let written = snapshot.deliveries.of_invoice(id).and_then(|entry| written(&entry.delivery));
        let actions = self.store.invoice_actions(&[id]).await?;
        Ok(recorded_external_id(&actions, written).map_or(otherwise, Held::Value))
    }

    async fn set(&self, request: SetExternalId) -> Result<ExternalIdChange, ExternalIdError> {
        let Planned { row, change, had_none } = self.plan(&request).await?;
        if !change.is_change {
            return Ok(change);
        }
        let closed_to = |closed| ExternalIdError::not_written(&*row.psohub.number, closed);
        self.accounts.require().await.map_err(closed_to)?;
        let SetExternalId { value, actor, .. } = request;
        let after: Box<str> = value.as_str().into();
        let begun = NewAction {
            invoice: row.psohub.id,
            at: self.clock.now(),
            actor,
            cause: ActionCause::Person,
            change: ActionChange::ExternalId { before: change.before.clone(), after: after.clone() },
        };
        let action = self.store.begin_action(begun).await?;
        let id = action.id;
        let result = call::set(&self.accounts.psohub, &row.psohub, &value, had_none).await;
        if result.is_ok() {
            self.book.note_external_id(row.psohub.id, after).await;
        }
        if let Err(error) = self.store.end_action(action, outcome(&result), self.clock.now()).await {
            // What took effect holds: the record then says that its end is not known.
            tracing::error!(%error, action = %id, "how action {id} ended could not be written down");
        }
        result.map(|()| change)
    }
}

/// Whether a delivery is going to write the external id. One that failed before has to be sent again, and
/// is then refused because there is an external id.
fn will_write(delivery: &Delivery) -> bool {
    let stands_still = matches!(delivery.state(), State::Failed | State::Abandoned | State::Discard);
    matches!(delivery.write_back(), WriteBack::Pending) && !stands_still
}

/// What a delivery wrote, and when.
fn written(delivery: &Delivery) -> Option<(Box<str>, jiff::Timestamp)> {
    match delivery.write_back() {
        WriteBack::Written { at } => Some((delivery.external_id()?, *at)),
        _ => None,
    }
}

fn outcome(result: &Result<(), ExternalIdError>) -> ActionOutcome {
    match result {
        Ok(()) => ActionOutcome::Done,
        Err(ExternalIdError::NotWritten { failure, .. }) => failure.action_outcome(),
        Err(_) => ActionOutcome::Unknown,
    }
}
