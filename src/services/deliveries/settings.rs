//! Where sending learns what the operator has set. It asks for each plan anew, so that a change takes
//! effect with the next one.

use std::sync::Arc;

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
