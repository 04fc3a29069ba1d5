//! The door to sending: previews, sends, batches and decisions.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::batches::Batches;
use super::begin::{Beginner, Begun, Order};
use super::calls::Calls;
use super::contacts::Contacts;
use super::customers::Customers;
use super::forgetting::forget_old_keys;
use super::gate::Gate;
use super::keys;
use super::mapping::of_customer;
use super::planning::Planner;
use super::queue::Lane;
use super::record::{Change, Records};
use super::replicas::Replica;
use super::request::{
    BatchError, ResolveRefused, ResolveRequest, SendError, SendManyRequest, SendRequest, Sent,
};
use super::runner::Runner;
use super::settings::SettingsSource;
use super::waiting::Waiting;
use super::worker::Worker;
use crate::bexio::BexioClient;
use crate::book::{BookService, DeliveryEntry};
use crate::domain::delivery::{Decision, DeliveryId, LogEntry, LogKind, ResolveError, Timing, resolve};
use crate::domain::plan::{Plan, SendOptions};
use crate::domain::{Batch, BatchId, PsohubInvoiceId, SharedClock};
use crate::psohub::PsohubClient;
use crate::services::Catalog;
use crate::services::accounts::Accounts;
use crate::services::turns::Turns;
use crate::store::{IdempotencyKey, KeyScope, MappingOrigin, Saved, Store, StoreError};

/// What sending works with.
pub struct DeliveryParts {
    /// Where deliveries are kept.
    pub store: Store,
    /// The invoices, and where deliveries are shown.
    pub book: Arc<BookService>,
    /// Bexio's set-up.
    pub catalog: Catalog,
    /// Bexio.
    pub bexio: BexioClient,
    /// PSOhub.
    pub psohub: PsohubClient,
    /// The time.
    pub clock: SharedClock,
    /// What the operator has set.
    pub settings: Arc<dyn SettingsSource>,
    /// How long things take.
    pub timing: Timing,
    /// Longest time of one writing call; shorter than [`Timing::call_max`].
    pub write_max: Duration,
    /// Longest time of a read that somebody waits for, with its waits and repeats: less than the operation has
    /// that it is made for.
    pub reads_max: Duration,
    /// How long a process that has stopped keeps the others from taking over.
    pub lease: Duration,
}

/// Sends invoices. Cloning shares it.
#[derive(Clone)]
pub struct DeliveryService(Arc<Inner>);

struct Inner {
    planner: Planner,
    beginner: Beginner,
    records: Records,
    runner: Runner,
    replica: Replica,
    waiting: Waiting,
    turns: Arc<Turns>,
    batches: Batches,
    clock: SharedClock,
    timing: Timing,
    gate: Arc<Gate>,
    tasks: TaskTracker,
}

impl DeliveryService {
    /// Opens the service and shows what is stored. Executes nothing before [`Self::start`].
    ///
    /// # Errors
    /// [`StoreError`] when the deliveries cannot be read.
    pub async fn open(parts: DeliveryParts) -> Result<Self, StoreError> {
        let service = Self(Arc::new(Inner::new(parts)));
        service.0.replica.load().await?;
        Ok(service)
    }

    /// Executes what is due from now on, also what an earlier process left, until [`Self::drain`].
    pub fn start(&self) {
        let Inner { tasks, replica, runner, batches, records, clock, gate, .. } = &*self.0;
        batches.ring();
        tasks.spawn(replica.clone().run());
        let (replica, batches) = (replica.clone(), batches.clone());
        tasks.spawn(async move {
            replica.has_started().await;
            batches.work().await;
        });
        tasks.spawn(runner.clone().keep_time());
        tasks.spawn(forget_old_keys(records.store.clone(), Arc::clone(clock), gate.stop().clone()));
    }

    /// Begins nothing more, ends the open calls, and lets another process take over. What does not
    /// end within `grace` is found by the next start.
    pub async fn drain(&self, grace: Duration) {
        let Inner { tasks, replica, gate, .. } = &*self.0;
        gate.stop().cancel();
        tasks.close();
        if tokio::time::timeout(grace, tasks.wait()).await.is_err() {
            tracing::warn!("some calls of deliveries did not end in time; the next start finds them");
        }
        replica.release().await;
    }

    /// Told when the service begins nothing more.
    pub fn stopped(&self) -> CancellationToken {
        self.0.gate.stop().clone()
    }

    /// Does whatever is due now; returns when every delivery is settled or waits for a later time, at
    /// once where another process executes. Does not return before [`Self::start`].
    pub async fn settle_due(&self) {
        self.0.replica.has_started().await;
        self.0.runner.settle_due().await;
    }

    /// What would be sent. Writes nothing anywhere.
    ///
    /// # Errors
    /// `UnknownInvoice`, `Unavailable` or `Store`.
    pub async fn preview(&self, invoice: PsohubInvoiceId, options: &SendOptions) -> Result<Plan, SendError> {
        let existing = self.0.records.store.delivery_of_invoice(invoice).await?;
        let delivery = existing.as_ref().map(|stored| &stored.delivery);
        Ok(self.0.planner.plan(invoice, options, delivery, Lane::People).await?.plan)
    }

    /// Sends an invoice, or lets what failed go on. Answers when the delivery is settled, waits for
    /// later than the waiting time allows, or that is over; it goes on by itself either way.
    ///
    /// # Errors
    /// [`SendError`]: nothing was written anywhere.
    pub async fn send(&self, request: SendRequest) -> Result<Sent, SendError> {
        let SendRequest { invoice, options, idempotency_key, expected_plan, by, wait } = request;
        let key = idempotency_key.as_deref();
        if key.is_some_and(|key| !keys::is_usable(key)) {
            return Err(SendError::BadKey);
        }
        let arguments = keys::of_send(invoice, &options);
        let scope = KeyScope::SendInvoice;
        let order = Order {
            invoice,
            options: &options,
            key: key.map(|key| IdempotencyKey { key, scope, caller: &by, arguments }),
            expected_plan,
            by: &by,
            batch: None,
            seen: self.version_of(invoice),
        };
        let begun = {
            let _turn = self.0.turns.take(invoice).await;
            self.0.beginner.begin(order).await?
        };
        let (entry, replayed) = match begun {
            Begun::Fresh(entry) => (entry, false),
            Begun::Replayed(entry) => (entry, true),
            Begun::BatchCancelled => return Err(SendError::UnknownInvoice(invoice)),
        };
        if !replayed {
            self.0.runner.wake(entry.delivery.id(), Lane::People);
        }
        Ok(Sent { delivery: self.settled(entry, wait).await, replayed })
    }

    /// Takes a person's decision and waits as [`Self::send`] does.
    ///
    /// # Errors
    /// [`ResolveRefused`]: nothing was changed.
    pub async fn resolve(&self, request: ResolveRequest) -> Result<Arc<DeliveryEntry>, ResolveRefused> {
        let ResolveRequest { delivery: id, decision, expected_version, by, wait } = request;
        let records = &self.0.records;
        let mut stored = records.load(id).await?.ok_or(ResolveRefused::Unknown(id))?;
        let now = self.0.clock.now();
        let next = resolve(&stored.delivery, decision, expected_version, now, &self.0.timing)?;
        let contact = match decision {
            Decision::ChooseContact(company) => {
                of_customer(&stored.invoice, company, MappingOrigin::Chosen, now)
            }
            _ => None,
        };
        let change = Change { actor: Some(&by), contact, ..Change::by_itself(LogKind::Resolved) };
        if records.store(&mut stored, next, change).await? == Saved::Lost {
            let newest = records.load(id).await?.ok_or(ResolveRefused::Unknown(id))?;
            let found = newest.delivery.version();
            return Err(ResolveError::VersionConflict { expected: expected_version, found }.into());
        }
        self.0.runner.wake(id, Lane::People);
        let entry = records.show(&stored);
        Ok(self.settled(entry, wait).await)
    }

    /// Takes many invoices on at once and answers with the batch, which is worked through behind it.
    ///
    /// # Errors
    /// [`BatchError`]: nothing was written anywhere.
    pub async fn send_many(&self, request: SendManyRequest) -> Result<Batch, BatchError> {
        self.0.batches.create(request).await
    }

    /// Cancels what of a batch has not begun.
    ///
    /// # Errors
    /// [`BatchError`]: nothing was changed.
    pub async fn cancel_batch(&self, id: BatchId, by: &str) -> Result<Batch, BatchError> {
        let batch = self.0.batches.cancel(id).await?;
        tracing::info!(batch = %id, by, "batch {id} was cancelled");
        Ok(batch)
    }

    /// A batch with what became of its invoices.
    pub async fn batch(&self, id: BatchId) -> Result<Option<Batch>, StoreError> {
        self.0.records.store.batch(id).await
    }

    /// Batches before `before`, the newest first.
    pub async fn batches(&self, before: Option<BatchId>, limit: usize) -> Result<Vec<Batch>, StoreError> {
        self.0.records.store.batches(before, limit).await
    }

    /// The history of these deliveries, by delivery and version.
    pub async fn log(&self, ids: &[DeliveryId]) -> Result<Vec<LogEntry>, StoreError> {
        self.0.records.store.delivery_log(ids).await
    }

    /// What a delivery sends.
    pub async fn plan_of(&self, id: DeliveryId) -> Result<Option<Plan>, StoreError> {
        Ok(self.0.records.load(id).await?.map(|stored| stored.plan))
    }

    /// Every change of a delivery from now on.
    pub fn changes(&self) -> broadcast::Receiver<Arc<DeliveryEntry>> {
        self.0.records.book.deliveries().changes()
    }

    /// The delivery when it is settled or the time is over; the book shows by then what it did.
    async fn settled(&self, entry: Arc<DeliveryEntry>, wait: Duration) -> Arc<DeliveryEntry> {
        let entry = self.0.waiting.settled(entry, wait).await;
        self.0.records.book.notes_shown().await;
        entry
    }

    fn version_of(&self, invoice: PsohubInvoiceId) -> Option<u64> {
        let deliveries = self.0.records.book.deliveries().current();
        deliveries.of_invoice(invoice).map(|entry| entry.delivery.version())
    }
}

impl Inner {
    fn new(parts: DeliveryParts) -> Self {
        let DeliveryParts { store, book, catalog, bexio, psohub, clock, settings, timing, .. } = parts;
        let (write_max, reads_max, lease) = (parts.write_max, parts.reads_max, parts.lease);
        let gate = Arc::new(Gate::new(Arc::clone(&clock)));
        let tasks = TaskTracker::new();
        let customers = Arc::new(Customers::default());
        let board = Arc::clone(book.deliveries());
        let records = Records { store: store.clone(), book: Arc::clone(&book) };
        let urgent = bexio.urgent().within(reads_max);
        let contacts = Contacts { bexio: bexio.clone(), store: store.clone() };
        let urgent_contacts = Contacts { bexio: urgent.clone(), store: store.clone() };
        let planner = Planner {
            catalog: catalog.clone(),
            contacts: contacts.clone(),
            urgent_contacts: urgent_contacts.clone(),
            book: Arc::clone(&book),
            settings,
        };
        let accounts = Accounts { bexio: bexio.clone(), psohub: psohub.clone() };
        let calls = Calls { bexio, psohub, catalog, contacts, reader: book.reader(), write_max };
        let urgent_calls = Calls { bexio: urgent, contacts: urgent_contacts, ..calls.clone() };
        let worker = Worker {
            records: records.clone(),
            calls,
            urgent_calls,
            customers: Arc::clone(&customers),
            clock: Arc::clone(&clock),
            timing,
            gate: Arc::clone(&gate),
        };
        let runner = Runner::new(worker, tasks.clone());
        let replica = Replica {
            records: records.clone(),
            runner: runner.clone(),
            customers,
            gate: Arc::clone(&gate),
            clock: Arc::clone(&clock),
            timing,
            holder: holder(),
            lease,
            seen: Arc::new(AtomicI64::new(0)),
            started: watch::Sender::new(false),
        };
        let beginner = Beginner {
            accounts,
            planner: planner.clone(),
            records: records.clone(),
            clock: Arc::clone(&clock),
        };
        let waiting = Waiting { board, clock: Arc::clone(&clock), timing, stop: gate.stop().clone() };
        let turns = Arc::new(Turns::default());
        let batches = Batches {
            store,
            beginner: beginner.clone(),
            runner: runner.clone(),
            turns: Arc::clone(&turns),
            gate: Arc::clone(&gate),
            clock: Arc::clone(&clock),
            bell: Arc::default(),
        };
        Self {
            planner,
            beginner,
            records,
            runner,
            replica,
            waiting,
            turns,
            batches,
            clock,
            timing,
            gate,
            tasks,
        }
    }
}

/// A name that no other process has.
fn holder() -> Arc<str> {
    format!("{:032x}", rand::random::<u128>()).into()
}
