//! What GraphQL asks of the settings, answered by the service.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::error::or_fault;
use crate::domain::CurrencyCode;
use crate::graphql::{Fault, ManageSettings};
use crate::services::settings::{
    Checked, CurrentSettings, SettingsCheck, SettingsService, SettingsUpdate, UpdateError,
};

/// The settings, and what they are held against.
pub(super) struct SavedSettings {
    pub(super) service: SettingsService,
    pub(super) check: SettingsCheck,
}

impl ManageSettings for SavedSettings {
    fn current(&self) -> BoxFuture<'_, Result<CurrentSettings, Fault>> {
        async move { or_fault(self.service.current().await) }.boxed()
    }

    fn history(&self, limit: usize) -> BoxFuture<'_, Result<Vec<CurrentSettings>, Fault>> {
        async move { or_fault(self.service.history(limit).await) }.boxed()
    }

    fn first(&self) -> CurrentSettings {
        self.service.unsaved()
    }

    fn base_currency(&self) -> CurrencyCode {
        self.check.base_currency
    }

    fn checked(&self) -> Arc<Checked> {
        self.service.checked()
    }

    fn update(&self, update: SettingsUpdate) -> BoxFuture<'_, Result<CurrentSettings, UpdateError>> {
        self.service.update(update, &self.check).boxed()
    }
}
