//! Testing the two connections: proves that tokens, rights and set-up are fit for sending, and says what is
//! not, why, and what to do.
//!
//! Everything is asked of the upstreams themselves and not of what is kept of them. At
//! [`TestLevel::Write`] a contact and a draft are created in Bexio and deleted again. Each create is
//! announced in the store before it leaves, so that what a crash leaves behind is found by its marker and
//! deleted ([`ConnectionTester::sweep_due`]).

mod failure;
mod read;
mod run;
mod sweep;
mod write;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;

use crate::bexio::BexioClient;
use crate::domain::connection_test::{ConnectionTest, TestLevel};
use crate::domain::delivery::Timing;
use crate::domain::{CurrencyCode, SharedClock};
use crate::psohub::PsohubClient;
use crate::services::settings::SettingsService;
use crate::store::Store;
use crate::trace::TraceExt as _;

/// What tests work on.
#[derive(Clone)]
pub struct ConnectionTestParts {
    /// Where creates are announced; without it nothing is created.
    pub store: Option<Store>,
    /// PSOhub.
    pub psohub: PsohubClient,
    /// Bexio.
    pub bexio: BexioClient,
    /// The clock.
    pub clock: SharedClock,
    /// What is configured for sending.
    pub settings: SettingsService,
    /// The company's own currency.
    pub base_currency: CurrencyCode,
    /// How long a lost create can still take effect.
    pub timing: Timing,
}

/// Tests the connections, one test at a time. Cloning shares it.
#[derive(Clone)]
pub struct ConnectionTester(Arc<Inner>);

struct Inner {
    parts: ConnectionTestParts,
    one_at_a_time: Mutex<()>,
}

/// The process ended, or failed, in the middle of a test. What the test created is deleted later.
#[derive(Debug, thiserror::Error)]
#[error("the connection test was cut short")]
pub struct CutShort(#[from] tokio::task::JoinError);

impl ConnectionTester {
    /// Longest time for one read, with its repeats: somebody waits in front of a screen.
    pub const READ_MAX: Duration = Duration::from_secs(15);

    /// A tester over `parts`.
    pub fn new(parts: ConnectionTestParts) -> Self {
        let bexio = parts.bexio.urgent().forced().within(Self::READ_MAX);
        let psohub = parts.psohub.forced().within(Self::READ_MAX);
        let parts = ConnectionTestParts { psohub, bexio, ..parts };
        Self(Arc::new(Inner { parts, one_at_a_time: Mutex::new(()) }))
    }

    /// Tests both connections for `by`. Goes on to its end when nobody waits for it any more.
    ///
    /// # Errors
    /// [`CutShort`]. What does not work stands in the test.
    pub async fn test(&self, level: TestLevel, by: &str) -> Result<ConnectionTest, CutShort> {
        let (inner, by) = (Arc::clone(&self.0), Box::from(by));
        let test = async move {
            let _turn = inner.one_at_a_time.lock().await;
            run::run(&inner.parts, level, by).await
        };
        Ok(tokio::spawn(test.with_current_context()).await?)
    }
}
