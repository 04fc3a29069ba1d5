//! The two accounts that a send writes to: asked before anything is taken on, so that whoever sends is
//! told at once what a person has to do, and not by a delivery that waits.

use crate::bexio::BexioClient;
use crate::domain::Upstream;
use crate::psohub::PsohubClient;
use crate::transport::TokenError;

/// Both accounts.
#[derive(Clone)]
pub(super) struct Accounts {
    pub(super) bexio: BexioClient,
    pub(super) psohub: PsohubClient,
}

/// Why nothing can be taken on now.
#[derive(Debug)]
pub(super) enum Closed {
    /// A person has to connect an account.
    NotConnected(String),
    /// It cannot be told now.
    Unavailable(String),
}

impl Accounts {
    /// Whether both accounts are connected. Asks no upstream anything.
    pub(super) async fn require(&self) -> Result<(), Closed> {
        self.bexio.require_connection().await.map_err(|error| closed(Upstream::Bexio, &error))?;
        self.psohub.require_connection().await.map_err(|error| closed(Upstream::Psohub, &error))
    }
}

fn closed(upstream: Upstream, error: &TokenError) -> Closed {
    let words = format!("{upstream}: {error}");
    match error {
        TokenError::Missing | TokenError::NotConnected { .. } | TokenError::ReconnectNeeded { .. } => {
            Closed::NotConnected(words)
        }
        TokenError::Unavailable(_) => Closed::Unavailable(words),
    }
}
