//! The two accounts that are written to: asked before anything is taken on, so that whoever asks is told
//! at once what a person has to do, and not by a call that fails or a delivery that waits.

use crate::bexio::BexioClient;
use crate::domain::Upstream;
use crate::psohub::PsohubClient;
use crate::transport::TokenError;

/// Both accounts.
#[derive(Clone)]
pub struct Accounts {
    /// Bexio.
    pub bexio: BexioClient,
    /// PSOhub.
    pub psohub: PsohubClient,
}

/// Why nothing can be taken on now.
#[derive(Debug)]
pub enum Closed {
    /// A person has to connect an account.
    NotConnected(String),
    /// It cannot be told now.
    Unavailable(String),
}

impl Accounts {
    /// Whether both accounts are connected. Asks no upstream anything.
    ///
    /// # Errors
    /// [`Closed`]; its words say what to do and where.
    pub async fn require(&self) -> Result<(), Closed> {
        require_bexio(&self.bexio).await?;
        self.psohub.require_connection().await.map_err(|error| closed(Upstream::Psohub, &error))
    }
}

/// Whether Bexio is connected: for what only reads there. Asks it nothing.
pub(super) async fn require_bexio(bexio: &BexioClient) -> Result<(), Closed> {
    bexio.require_connection().await.map_err(|error| closed(Upstream::Bexio, &error))
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
