//! What GraphQL asks of the settings, answered by the service.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::error::or_fault;
use crate::book::BookService;
use crate::config::Config;
use crate::domain::CurrencyCode;
use crate::domain::plan::SendSettings;
use crate::graphql::{Fault, ManageSettings};
use crate::services::settings::{
    Checked, CurrentSettings, SettingsCheck, SettingsParts, SettingsService, SettingsUpdate, UpdateError,
};
use crate::store::Store;

/// The settings for sending: the environment's until others are saved.
pub(super) fn settings_service(
    config: &Config,
    store: Option<Store>,
    book: Option<Arc<BookService>>,
) -> SettingsService {
    SettingsService::new(SettingsParts { store, first: send_settings(config), book })
}

fn send_settings(config: &Config) -> SendSettings {
    let text = |text: &Option<String>| text.as_deref().map(Box::from);
    SendSettings {
        revenue_account: text(&config.sending.revenue_account),
        tax_code: text(&config.sending.tax_code),
        zero_tax_code: text(&config.sending.zero_tax_code),
        detail_lines: config.sending.detail_lines,
        external_id: config.sending.external_id,
        language: text(&config.sending.language),
        bank_account_id: config.sending.bank_account,
        payment_type_id: config.sending.payment_type,
        unit_id: config.sending.unit,
        subject: text(&config.sending.email_subject),
        message: text(&config.sending.email_message),
        attach_pdf: config.sending.email_attach_pdf,
        vat_mode: config.sending.vat_mode,
        rounding_tolerance: config.sending.rounding_tolerance,
        payment_sync_cron: Some(config.sending.payment_sync_cron.as_str().into()),
    }
}

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
