//! The right to run: the lease of the payment sync, for one run.
//!
//! Each run has a holder of its own, so the lease keeps runs of one process apart as well as those of
//! several, and a command beside the service. Before each write it is asked whether the lease still
//! holds, by the monotonic clock, counted from before it was asked for: a process that was paused stops
//! before it writes again.

use std::convert::Infallible;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::domain::SharedClock;
use crate::store::{Store, StoreError};

/// The lease's name in the database.
const LEASE: &str = "payment_sync";
/// Renewed when so much of its period is over.
const RENEWALS: u32 = 3;

/// The right of one run.
#[derive(Debug)]
pub(super) struct Tenure {
    store: Store,
    clock: SharedClock,
    holder: Box<str>,
    period: Duration,
    /// Until when it holds, by the monotonic clock; `None` once it is lost.
    until: Mutex<Option<Duration>>,
}

impl Tenure {
    /// Takes the lease; `None` while another run has it.
    pub(super) async fn take(
        store: &Store,
        clock: &SharedClock,
        period: Duration,
    ) -> Result<Option<Self>, StoreError> {
        let holder = format!("{:032x}", rand::random::<u128>()).into_boxed_str();
        let asked = clock.elapsed();
        if store.take_lease(LEASE, &holder, period).await?.is_none() {
            return Ok(None);
        }
        let until = Mutex::new(Some(asked + period));
        Ok(Some(Self { store: store.clone(), clock: clock.clone(), holder, period, until }))
    }

    pub(super) fn holder(&self) -> &str {
        &self.holder
    }

    /// Whether the run may write; renews the lease where it is time.
    pub(super) async fn holds(&self) -> bool {
        let asked = self.clock.elapsed();
        let Some(until) = self.until() else { return false };
        if until <= asked {
            // Another run may have come and gone since: a lease that has ended is not taken again.
            tracing::warn!("the lease of the payment sync has ended; the run stops");
            self.set(None);
            return false;
        }
        let passed = self.period.saturating_sub(until.saturating_sub(asked));
        if passed < self.period / RENEWALS {
            return true;
        }
        match self.store.take_lease(LEASE, &self.holder, self.period).await {
            Ok(Some(_)) => self.set(Some(asked + self.period)),
            Ok(None) => {
                tracing::warn!("the payment sync lost its lease; the run stops");
                self.set(None);
            }
            // What is held lasts until it is over.
            Err(error) => tracing::error!(%error, "the lease of the payment sync was not renewed"),
        }
        self.until().is_some_and(|until| self.clock.elapsed() < until)
    }

    /// Renews the lease from time to time while something long goes on. Never ends.
    pub(super) async fn keep(&self) -> Infallible {
        loop {
            self.clock.sleep(self.period / RENEWALS).await;
            self.holds().await;
        }
    }

    /// Lets the next run begin at once.
    pub(super) async fn release(&self) {
        if let Err(error) = self.store.release_lease(LEASE, &self.holder).await {
            tracing::warn!(%error, "the lease of the payment sync was not given back; the next run waits for its end");
        }
    }

    fn until(&self) -> Option<Duration> {
        *self.until.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, until: Option<Duration>) {
        *self.until.lock().unwrap_or_else(PoisonError::into_inner) = until;
    }
}
