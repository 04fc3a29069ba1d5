//! PSOhub: invoices, their two PATCH calls and the OAuth pages.
//! Vendor's page: <https://help.psohub.com/psohub-api-invoices>.

use axum::Router;

use crate::clock::SimClock;
use crate::world::SharedWorld;

/// How PSOhub behaves.
#[derive(Clone, Debug, Default)]
pub struct PsohubOptions {}

/// PSOhub's state.
#[derive(Debug)]
pub struct Psohub {}

impl Psohub {
    /// An empty PSOhub.
    pub fn new(_options: PsohubOptions, _clock: &SimClock) -> Self {
        Self {}
    }
}

/// PSOhub's routes.
pub fn router() -> Router<SharedWorld> {
    Router::new()
}
