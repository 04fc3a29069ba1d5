//! Where sending learns what the operator has set. It asks for each plan anew, so that a change takes
//! effect with the next one.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::domain::plan::SendSettings;
use crate::store::StoreError;

/// Knows the settings of sending.
pub trait SettingsSource: Send + Sync {
    /// What holds now.
    ///
    /// # Errors
    /// [`StoreError`] where they are stored and cannot be read.
    fn current(&self) -> BoxFuture<'_, Result<Arc<SendSettings>, StoreError>>;
}

/// Settings that never change while the process runs: those of its environment.
#[derive(Debug, Clone)]
pub struct FixedSettings(Arc<SendSettings>);

impl FixedSettings {
    /// Always these.
    pub fn new(settings: SendSettings) -> Self {
        Self(Arc::new(settings))
    }
}

impl SettingsSource for FixedSettings {
    fn current(&self) -> BoxFuture<'_, Result<Arc<SendSettings>, StoreError>> {
        std::future::ready(Ok(Arc::clone(&self.0))).boxed()
    }
}
