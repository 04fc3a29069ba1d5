//! Which deliveries a subscription watches, and when all has been said of them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::event::Subscriber;
use crate::book::{Deliveries, DeliveryEntry, Snapshot, Source};
use crate::domain::delivery::DeliveryId;
use crate::domain::{Batch, BatchId, BatchProgress, PsohubInvoiceId};
use crate::graphql::errors::Fault;
use crate::graphql::inputs::InvoiceLookup;
use crate::graphql::operation::known;
use crate::graphql::scalars::IdInput;
use crate::graphql::types::GlobalId;

/// What a subscription names.
pub(super) struct Named {
    pub(super) batch: Option<IdInput>,
    pub(super) delivery: Option<IdInput>,
    pub(super) invoice: Option<InvoiceLookup>,
}

/// Which deliveries are watched.
#[derive(Debug)]
pub(super) enum Watched {
    /// All.
    Every,
    /// One.
    One(DeliveryId),
    /// That of an invoice, which may have none yet.
    OfInvoice(PsohubInvoiceId),
    /// Those of a batch.
    OfBatch(BatchWatch),
}

/// A batch and what is known of its invoices.
#[derive(Debug)]
pub(super) struct BatchWatch {
    pub(super) id: BatchId,
    invoices: usize,
    /// Invoices of it that will have no delivery: refused or cancelled.
    closed: usize,
    /// Deliveries of its invoices, also those that were accepted before it.
    deliveries: HashSet<DeliveryId>,
}

/// The newest version of each delivery that was told, and whether it has come to rest in it.
pub(super) type Told = HashMap<DeliveryId, (u64, bool)>;

impl Watched {
    /// What `named` names, if it names at most one thing and that exists.
    pub(super) async fn named(subscriber: &Subscriber, named: Named) -> Result<Self, Fault> {
        match named {
            Named { batch: None, delivery: None, invoice: None } => Ok(Self::Every),
            Named { batch: Some(id), delivery: None, invoice: None } => of_batch(subscriber, &id).await,
            Named { batch: None, delivery: Some(id), invoice: None } => one(subscriber, &id).await,
            Named { batch: None, delivery: None, invoice: Some(lookup) } => {
                of_invoice(&subscriber.deps.book.peek(), &lookup)
            }
            _ => Err(Fault::bad_input("Give one of 'batch', 'delivery' and 'invoice', or none.")),
        }
    }

    /// Whether `entry` is watched.
    pub(super) fn covers(&self, entry: &DeliveryEntry) -> bool {
        match self {
            Self::Every => true,
            Self::One(id) => entry.delivery.id() == *id,
            Self::OfInvoice(invoice) => entry.delivery.invoice_id() == *invoice,
            Self::OfBatch(batch) => {
                entry.batch == Some(batch.id) || batch.deliveries.contains(&entry.delivery.id())
            }
        }
    }

    /// What there is now of what is named; of all together, nothing.
    pub(super) fn present(&self, deliveries: &Deliveries) -> Vec<Arc<DeliveryEntry>> {
        match self {
            Self::Every => Vec::new(),
            Self::One(id) => deliveries.by_id(*id).cloned().into_iter().collect(),
            Self::OfInvoice(invoice) => deliveries.of_invoice(*invoice).cloned().into_iter().collect(),
            Self::OfBatch(batch) => {
                let known = batch.deliveries.iter().filter_map(|id| deliveries.by_id(*id));
                let mut all: Vec<_> = known.chain(deliveries.in_batch(batch.id)).cloned().collect();
                all.sort_unstable_by_key(|entry| entry.delivery.id());
                all.dedup_by_key(|entry| entry.delivery.id());
                all
            }
        }
    }

    /// Notes a delivery that was found to be watched.
    pub(super) fn note(&mut self, entry: &DeliveryEntry) {
        if let Self::OfBatch(batch) = self {
            batch.deliveries.insert(entry.delivery.id());
        }
    }

    /// Whether all that was told has come to rest.
    pub(super) fn rests(told: &Told) -> bool {
        told.values().all(|(_, is_settled)| *is_settled)
    }

    /// Whether all has been said.
    pub(super) fn is_over(&self, told: &Told) -> bool {
        match self {
            Self::Every => false,
            Self::One(_) | Self::OfInvoice(_) => !told.is_empty() && Self::rests(told),
            Self::OfBatch(batch) => {
                batch.is_accounted_for() && told.len() >= batch.deliveries.len() && Self::rests(told)
            }
        }
    }

    /// The batch of which some invoices are not accounted for by any delivery that was told.
    pub(super) fn open_batch(&self) -> Option<BatchId> {
        match self {
            Self::OfBatch(batch) if !batch.is_accounted_for() => Some(batch.id),
            _ => None,
        }
    }

    /// Takes in what has become of a batch.
    pub(super) fn renew(&mut self, newest: &Batch) {
        if let Self::OfBatch(batch) = self {
            batch.renew(newest);
        }
    }
}

impl BatchWatch {
    fn of(batch: &Batch) -> Self {
        let mut watch =
            Self { id: batch.id, invoices: batch.items.len(), closed: 0, deliveries: HashSet::new() };
        watch.renew(batch);
        watch
    }

    fn renew(&mut self, batch: &Batch) {
        self.closed = 0;
        for item in &batch.items {
            match &item.progress {
                BatchProgress::Waiting => {}
                BatchProgress::Delivery(id) => {
                    self.deliveries.insert(*id);
                }
                BatchProgress::Refused { .. } | BatchProgress::Cancelled => self.closed += 1,
            }
        }
    }

    /// Whether each of its invoices has a delivery or will never have one.
    fn is_accounted_for(&self) -> bool {
        self.deliveries.len() + self.closed >= self.invoices
    }
}

async fn of_batch(subscriber: &Subscriber, id: &IdInput) -> Result<Watched, Fault> {
    let found = match GlobalId::of(id).map_err(|message| Fault::bad_input(format!("'batch': {message}")))? {
        GlobalId::Batch(id) => subscriber.deps.deliveries.batches_by_id(vec![id]).await?.pop(),
        _ => None,
    };
    match found {
        Some((_, batch)) => Ok(Watched::OfBatch(BatchWatch::of(&batch))),
        None => Err(Fault::bad_input("'batch': there is no such batch.")),
    }
}

/// A delivery that is not shown here yet may have been taken on by another process.
async fn one(subscriber: &Subscriber, id: &IdInput) -> Result<Watched, Fault> {
    let unknown = || Err(Fault::bad_input("'delivery': there is no such delivery."));
    let named = GlobalId::of(id).map_err(|message| Fault::bad_input(format!("'delivery': {message}")))?;
    let GlobalId::Delivery(id) = named else { return unknown() };
    let is_shown = subscriber.deps.book.peek().deliveries.by_id(id).is_some();
    if is_shown || !subscriber.deps.deliveries.plans(vec![id]).await?.is_empty() {
        return Ok(Watched::One(id));
    }
    unknown()
}

fn of_invoice(snapshot: &Snapshot, lookup: &InvoiceLookup) -> Result<Watched, Fault> {
    known(snapshot, Source::Psohub)?;
    if lookup.needs_bexio() {
        known(snapshot, Source::Bexio)?;
    }
    match lookup.find(&snapshot.book).map_err(|bad| bad.fault("invoice"))? {
        Some(row) => Ok(Watched::OfInvoice(row.psohub.id)),
        None => Err(Fault::bad_input(format!(
            "invoice.{}: no invoice is known by '{}'.",
            lookup.field(),
            lookup.given()
        ))),
    }
}
