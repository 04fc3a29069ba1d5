//! What a running simulator knows: both upstreams' state, the clock, the faults and the traffic.
//!
//! Locks are held for a change or a snapshot, never across an await. Take PSOhub's before Bexio's when both are
//! needed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::bexio::{Bexio, BexioOptions};
use crate::clock::SimClock;
use crate::faults::Faults;
use crate::psohub::{Psohub, PsohubOptions};
use crate::traffic::Traffic;

/// The world behind an `Arc`: the state of both routers.
pub type SharedWorld = Arc<World>;

/// Where the three listeners are reached, without a trailing slash.
#[derive(Clone, Debug)]
pub struct Urls {
    /// PSOhub's base URL.
    pub psohub: String,
    /// Bexio's base URL, for the API and for the issuer.
    pub bexio: String,
    /// The control API's base URL.
    pub control: String,
}

/// Everything the simulator knows.
#[derive(Debug)]
pub struct World {
    /// The clock that both upstreams use.
    pub clock: SimClock,
    /// Where the listeners are reached.
    pub urls: Urls,
    /// The fault rules of both upstreams.
    pub faults: Faults,
    /// The request log of both upstreams.
    pub traffic: Traffic,
    psohub: Mutex<Psohub>,
    bexio: Mutex<Bexio>,
}

impl World {
    /// An empty world.
    pub fn new(clock: SimClock, urls: Urls, psohub: PsohubOptions, bexio: BexioOptions) -> Self {
        let bexio = Mutex::new(Bexio::new(bexio, &clock));
        let psohub = Mutex::new(Psohub::new(psohub, &clock));
        let faults = Faults::default();
        let traffic = Traffic::new(clock.clone());
        Self { clock, urls, faults, traffic, psohub, bexio }
    }

    /// PSOhub's state. Don't hold it across an await.
    pub fn psohub(&self) -> MutexGuard<'_, Psohub> {
        self.psohub.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bexio's state. Don't hold it across an await.
    pub fn bexio(&self) -> MutexGuard<'_, Bexio> {
        self.bexio.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
