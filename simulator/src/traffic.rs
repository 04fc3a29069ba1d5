//! The request log of both upstreams.

use crate::clock::SimClock;

/// The request log of both upstreams.
#[derive(Debug)]
pub struct Traffic {
    clock: SimClock,
}

impl Traffic {
    /// An empty log.
    pub fn new(clock: SimClock) -> Self {
        Self { clock }
    }
}
