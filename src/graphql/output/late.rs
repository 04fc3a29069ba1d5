//! What is not in the snapshot: noted while writing, fetched all at once, then there for the next writing.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::{BoxFuture, FutureExt};

use crate::domain::catalog::BexioContact;
use crate::domain::delivery::{DeliveryId, LogEntry};
use crate::domain::payment::run::{RunItem, SyncRunId};
use crate::domain::plan::Plan;
use crate::domain::{
    AccountingInvoice, Batch, BatchId, BexioContactId, BexioInvoiceId, InvoiceAction, Payment,
    PsohubInvoiceId,
};
use crate::graphql::errors::{ErrorCode, Fault};
use crate::graphql::operation::OperationState;

/// Calls to Bexio that one operation makes at a time. The transport has its own limit below.
const CALLS_AT_ONCE: usize = 8;

/// How long an operation waits while Bexio answers nothing at all.
const PATIENCE: Duration = Duration::from_secs(5);

/// By key, what was fetched or why it could not be.
pub(in crate::graphql) type Table<K, V> = HashMap<K, Result<V, Fault>>;

/// What was fetched before this writing.
#[derive(Debug, Default)]
pub(in crate::graphql) struct Fetched {
    /// Payments booked on Bexio invoices.
    pub(in crate::graphql) payments: Table<BexioInvoiceId, Arc<[Payment]>>,
    /// Histories of deliveries.
    pub(in crate::graphql) logs: Table<DeliveryId, Vec<LogEntry>>,
    /// What was done to invoices beside sending them.
    pub(in crate::graphql) actions: Table<PsohubInvoiceId, Vec<InvoiceAction>>,
    /// Plans of deliveries, as they were last accepted.
    pub(in crate::graphql) plans: Table<DeliveryId, Option<Plan>>,
    /// Batches.
    pub(in crate::graphql) batches: Table<BatchId, Option<Batch>>,
    /// What runs of the payment sync did.
    pub(in crate::graphql) sync_items: Table<SyncRunId, Vec<(SyncRunId, RunItem)>>,
    /// Contacts in Bexio.
    pub(in crate::graphql) contacts: Table<BexioContactId, Option<BexioContact>>,
}

/// What this writing missed.
#[derive(Debug, Default)]
pub(in crate::graphql) struct Missing {
    /// Invoices whose payments are wanted.
    pub(in crate::graphql) payments: HashMap<BexioInvoiceId, Arc<AccountingInvoice>>,
    /// Deliveries whose histories are wanted.
    pub(in crate::graphql) logs: BTreeSet<DeliveryId>,
    /// Invoices of which it is wanted what was done to them.
    pub(in crate::graphql) actions: BTreeSet<PsohubInvoiceId>,
    /// Deliveries whose plans are wanted.
    pub(in crate::graphql) plans: BTreeSet<DeliveryId>,
    /// Batches.
    pub(in crate::graphql) batches: BTreeSet<BatchId>,
    /// Runs of the payment sync whose items are wanted.
    pub(in crate::graphql) sync_items: BTreeSet<SyncRunId>,
    /// Contacts in Bexio.
    pub(in crate::graphql) contacts: BTreeSet<BexioContactId>,
}

impl Missing {
    /// Whether nothing was missed.
    pub(super) fn is_empty(&self) -> bool {
        let Self { payments, logs, actions, plans, batches, sync_items, contacts } = self;
        payments.is_empty()
            && logs.is_empty()
            && actions.is_empty()
            && plans.is_empty()
            && batches.is_empty()
            && sync_items.is_empty()
            && contacts.is_empty()
    }
}

impl Fetched {
    /// Fetches what was missed, one question to the store for each kind.
    pub(super) async fn fetch(&mut self, missing: Missing, operation: &OperationState) {
        operation.note_other_source();
        let (deliveries, marking) = (&*operation.deps.deliveries, &*operation.deps.marking);
        let payment_sync = &*operation.deps.payment_sync;
        let (payments, contacts, sync_items, logs, actions, plans, batches) = futures_util::join!(
            fetch_payments(operation, missing.payments),
            fetch_contacts(operation, missing.contacts),
            asked(&missing.sync_items, |ids| payment_sync.items(ids)),
            asked(&missing.logs, |ids| deliveries.log(ids)),
            asked(&missing.actions, |ids| marking.actions(ids)),
            asked(&missing.plans, |ids| deliveries.plans(ids)),
            asked(&missing.batches, |ids| deliveries.batches_by_id(ids)),
        );
        self.payments.extend(payments);
        self.contacts.extend(contacts);
        self.sync_items.extend(grouped(missing.sync_items, sync_items, |(run, _)| *run));
        self.logs.extend(grouped(missing.logs, logs, |entry| entry.delivery));
        self.actions.extend(grouped(missing.actions, actions, |action| action.begun.invoice));
        self.plans.extend(keyed(missing.plans, plans));
        self.batches.extend(keyed(missing.batches, batches));
    }
}

/// Rows of several owners.
fn grouped<K: Copy + Eq + Hash, V>(
    wanted: BTreeSet<K>,
    rows: Result<Vec<V>, Fault>,
    owner: impl Fn(&V) -> K,
) -> Table<K, Vec<V>> {
    let rows = match rows {
        Ok(rows) => rows,
        Err(fault) => return wanted.into_iter().map(|key| (key, Err(fault.clone()))).collect(),
    };
    let mut table: Table<K, Vec<V>> = wanted.into_iter().map(|key| (key, Ok(Vec::new()))).collect();
    for row in rows {
        if let Some(Ok(of_owner)) = table.get_mut(&owner(&row)) {
            of_owner.push(row);
        }
    }
    table
}

/// One value for each key, where there is one.
fn keyed<K: Copy + Eq + Hash, V>(
    wanted: BTreeSet<K>,
    rows: Result<Vec<(K, V)>, Fault>,
) -> Table<K, Option<V>> {
    let mut rows: HashMap<K, V> = match rows {
        Ok(rows) => rows.into_iter().collect(),
        Err(fault) => return wanted.into_iter().map(|key| (key, Err(fault.clone()))).collect(),
    };
    wanted.into_iter().map(|key| (key, Ok(rows.remove(&key)))).collect()
}

/// Asks once for all of `wanted`, and not at all where nothing is wanted.
async fn asked<'c, K: Copy, V>(
    wanted: &BTreeSet<K>,
    ask: impl FnOnce(Vec<K>) -> BoxFuture<'c, Result<Vec<V>, Fault>>,
) -> Result<Vec<V>, Fault> {
    if wanted.is_empty() { Ok(Vec::new()) } else { ask(wanted.iter().copied().collect()).await }
}

fn fetch_payments(
    operation: &OperationState,
    invoices: HashMap<BexioInvoiceId, Arc<AccountingInvoice>>,
) -> BoxFuture<'_, Table<BexioInvoiceId, Arc<[Payment]>>> {
    let payments = &operation.deps.payments;
    let calls = invoices.into_iter().map(|(id, invoice)| (id, payments.payments(invoice)));
    from_bexio("payments", calls.collect()).boxed()
}

fn fetch_contacts(
    operation: &OperationState,
    contacts: BTreeSet<BexioContactId>,
) -> BoxFuture<'_, Table<BexioContactId, Option<BexioContact>>> {
    let deliveries = &operation.deps.deliveries;
    from_bexio("contacts", contacts.into_iter().map(|id| (id, deliveries.contact(id))).collect()).boxed()
}

/// A call under its key.
type Call<'c, K, V> = (K, BoxFuture<'c, Result<V, Fault>>);

/// Makes each of `calls` to Bexio, under its key. A Bexio that hangs, or fails every time, is not waited
/// for one after the other: what is missing then fails alike.
async fn from_bexio<K: Copy + Eq + Hash, V>(what: &str, calls: Vec<Call<'_, K, V>>) -> Table<K, V> {
    let keys: Vec<K> = calls.iter().map(|(key, _)| *key).collect();
    let calls: Vec<_> =
        calls.into_iter().map(|(key, call)| call.map(move |outcome| (key, outcome))).collect();
    let mut answers = futures_util::stream::iter(calls).buffer_unordered(CALLS_AT_ONCE);
    let mut found = Table::new();
    let mut failures = 0;
    let mut reason = Fault::new(
        ErrorCode::UpstreamUnavailable,
        format!(
            "Bexio did not answer within {} s when it was asked for {what}. Try again in a moment.",
            PATIENCE.as_secs()
        ),
    );
    while failures < CALLS_AT_ONCE
        && let Ok(Some((key, outcome))) = tokio::time::timeout(PATIENCE, answers.next()).await
    {
        match &outcome {
            Err(fault) if fault.code == ErrorCode::UpstreamUnavailable => {
                failures += 1;
                reason.clone_from(fault);
            }
            _ => failures = 0,
        }
        found.insert(key, outcome);
    }
    for key in keys {
        found.entry(key).or_insert_with(|| Err(reason.clone()));
    }
    found
}
