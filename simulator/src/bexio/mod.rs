//! Bexio: the API and its issuer.

use axum::Router;

use crate::clock::SimClock;
use crate::world::SharedWorld;

/// How Bexio behaves.
#[derive(Clone, Debug, Default)]
pub struct BexioOptions {}

/// Bexio's state.
#[derive(Debug)]
pub struct Bexio {}

impl Bexio {
    /// A fresh company.
    pub fn new(_options: BexioOptions, _clock: &SimClock) -> Self {
        Self {}
    }
}

/// Bexio's routes.
pub fn router() -> Router<SharedWorld> {
    Router::new()
}
