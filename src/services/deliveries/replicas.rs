//! Several processes on one database: one executes, the others show what it stores. The lease is the
//! database's; a process that dies loses it, and another takes over.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tokio::sync::watch;

use super::customers::{CustomerKey, Customers};
use super::gate::Gate;
use super::queue::lane_of;
use super::record::Records;
use super::runner::Runner;
use crate::domain::SharedClock;
use crate::domain::delivery::{Step, Timing, next_step};
use crate::store::{Backend, DeliveryRow, StoreError};

/// The lease's name in the database.
const LEASE: &str = "deliveries";
/// How often the others' changes are read.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Renewed this often within its period.
const RENEWALS: u32 = 3;

/// This process among its like.
#[derive(Clone)]
pub(super) struct Replica {
    pub(super) records: Records,
    pub(super) runner: Runner,
    pub(super) customers: Arc<Customers>,
    pub(super) gate: Arc<Gate>,
    pub(super) clock: SharedClock,
    pub(super) timing: Timing,
    pub(super) holder: Arc<str>,
    pub(super) lease: Duration,
    /// How far the store's changes were read.
    pub(super) seen: Arc<AtomicI64>,
    /// Whether it has tried to lead.
    pub(super) started: watch::Sender<bool>,
}

impl Replica {
    /// Leads when it can and follows when it cannot, until the process stops; then lets go.
    pub(super) async fn run(self) {
        let mut renew_at = Duration::ZERO;
        while !self.gate.stop().is_cancelled() {
            if self.clock.elapsed() >= renew_at {
                self.renew().await;
                renew_at = self.clock.elapsed() + self.lease / RENEWALS;
                self.started.send_replace(true);
            }
            if self.is_alone() {
                self.gate.stop().cancelled().await;
            } else {
                self.follow().await;
                tokio::select! {
                    () = self.clock.sleep(LOOK_EVERY.min(self.lease / RENEWALS)) => {}
                    () = self.gate.stop().cancelled() => {}
                }
            }
        }
    }

    /// Returns when it has tried to lead.
    pub(super) async fn has_started(&self) {
        // The sender lives as long as this, so it cannot fail.
        drop(self.started.subscribe().wait_for(|started| *started).await);
    }

    /// Lets others lead at once. Called when nothing runs here any more.
    pub(super) async fn release(&self) {
        let leads = self.gate.leads();
        self.gate.lead_until(None);
        if leads
            && !self.is_alone()
            && let Err(error) = self.records.store.release_lease(LEASE, &self.holder).await
        {
            tracing::warn!(%error, "the lease of deliveries was not given back; others wait for its end");
        }
    }

    /// A file has one process.
    fn is_alone(&self) -> bool {
        self.records.store.backend() == Backend::Sqlite
    }

    async fn renew(&self) {
        let led = self.gate.leads();
        // Counted from before it was asked for, so that it never lasts longer here than there.
        let until = self.clock.elapsed() + self.lease;
        let got = if self.is_alone() {
            Ok(Some(Duration::MAX))
        } else {
            let taken = self.records.store.take_lease(LEASE, &self.holder, self.lease).await;
            taken.map(|lease| lease.map(|_| until))
        };
        match got {
            Ok(Some(until)) if led => self.gate.lead_until(Some(until)),
            Ok(Some(until)) => {
                tracing::info!(holder = &*self.holder, "this process executes deliveries now");
                if let Err(error) = self.take_over(until).await {
                    tracing::error!(%error, "deliveries cannot be taken over yet");
                    self.gate.lead_until(None);
                }
            }
            Ok(None) => self.lose(led),
            // What is held lasts until it is over.
            Err(error) => tracing::error!(%error, "the lease of deliveries was not renewed"),
        }
    }

    fn lose(&self, led: bool) {
        self.gate.lead_until(None);
        if led {
            tracing::warn!(holder = &*self.holder, "another process executes deliveries now");
            self.runner.clear();
        }
    }

    /// Everything that is not at its end goes on from here.
    async fn take_over(&self, until: Duration) -> Result<(), StoreError> {
        let rows = self.load().await?;
        // Who rests on a search, or may have a creation in flight, has its customer first.
        let now = self.clock.now();
        for row in rows.iter().filter(|row| row.delivery.has_begun_contact(now)) {
            if let Some(stored) = self.records.load(row.delivery.id()).await?
                && let Some(customer) = CustomerKey::of(&stored.invoice)
            {
                self.customers.hold(customer, row.delivery.id());
            }
        }
        self.gate.lead_until(Some(until));
        // Again: what came since was not woken, and what comes from now on is.
        for row in &self.load().await? {
            self.schedule(row);
        }
        Ok(())
    }

    fn schedule(&self, row: &DeliveryRow) {
        let (id, lane) = (row.delivery.id(), lane_of(row.batch.is_some()));
        match next_step(&row.delivery, self.clock.now(), &self.timing) {
            Step::Rest => {}
            Step::Wait { until } => self.runner.wait(id, lane, until),
            Step::Call(_) | Step::Conclude => self.runner.wake(id, lane),
        }
    }

    /// Shows all deliveries.
    pub(super) async fn load(&self) -> Result<Vec<DeliveryRow>, StoreError> {
        let found = self.records.store.deliveries().await?;
        for unreadable in &found.unreadable {
            tracing::error!(%unreadable, "{unreadable}");
        }
        self.seen.store(found.change, Ordering::SeqCst);
        self.records.show_rows(found.rows.clone());
        Ok(found.rows)
    }

    /// Shows what others stored, and executes what is new if this process leads.
    async fn follow(&self) {
        let found = match self.records.store.deliveries_changed_since(self.seen.load(Ordering::SeqCst)).await
        {
            Ok(found) => found,
            Err(error) => return tracing::error!(%error, "deliveries of other processes cannot be read"),
        };
        for unreadable in &found.unreadable {
            tracing::error!(%unreadable, "{unreadable}");
        }
        self.seen.store(found.change, Ordering::SeqCst);
        self.records.show_rows(found.rows.clone());
        // That one is shown already says nothing: a caller here may have found it in the store before.
        for row in found.rows.iter().filter(|_| self.gate.leads()) {
            if next_step(&row.delivery, self.clock.now(), &self.timing) != Step::Rest {
                self.runner.wake(row.delivery.id(), lane_of(row.batch.is_some()));
            }
        }
    }
}
