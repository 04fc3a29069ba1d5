//! The settings for sending, with what became of them.

use std::sync::Arc;

use async_graphql::{Enum, ID};

use super::delivery::ExternalIdKind;
use super::money::Money;
use super::payload::UserErrorCode;
use crate::domain::settings::{ChangedSetting, InvalidSetting, changes};
use crate::domain::{self, CurrencyCode, plan};
use crate::graphql::deps::ManageSettings;
use crate::graphql::errors::Fault;
use crate::graphql::output::{Root, leaf, object};
use crate::graphql::scalars::DateTime;
use crate::services::settings::{Checked, CurrentSettings};

/// What becomes of the hours and expenses behind a line.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "plan::DetailLines")]
pub(in crate::graphql) enum DetailLines {
    /// They are left out.
    Omit,
    /// They are listed in the line's text.
    InText,
}

/// How VAT stands on Bexio's invoices.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "plan::VatMode")]
pub(in crate::graphql) enum VatMode {
    /// Prices are those without VAT in PSOhub, and VAT comes on top.
    Added,
    /// Prices are those with VAT in PSOhub.
    Included,
    /// Invoices carry no VAT: the company owes none.
    Without,
    /// Invoices are exempt from VAT.
    Exempt,
}
leaf!(DetailLines, VatMode);

/// Most changes that are told.
const SETTINGS_HISTORY: usize = 50;

/// The settings at one moment.
#[derive(Debug)]
pub(in crate::graphql) struct SettingsState {
    /// Those that hold.
    pub(in crate::graphql) current: CurrentSettings,
    /// The newest versions, the newest first.
    pub(in crate::graphql) history: Vec<CurrentSettings>,
    /// The environment's.
    pub(in crate::graphql) first: CurrentSettings,
    /// What the last check found.
    pub(in crate::graphql) checked: Arc<Checked>,
    /// The company's own.
    pub(in crate::graphql) base_currency: CurrencyCode,
}

impl SettingsState {
    /// The settings as they are now, with their history.
    pub(in crate::graphql) async fn read(from: &dyn ManageSettings) -> Result<Self, Fault> {
        let (current, history) = futures_util::try_join!(from.current(), from.history(SETTINGS_HISTORY))?;
        Ok(Self {
            current,
            history,
            first: from.first(),
            checked: from.checked(),
            base_currency: from.base_currency(),
        })
    }

    /// Each version with the one before it. The oldest that was read has none unless it was the first.
    fn changes(&self) -> impl Iterator<Item = (&CurrentSettings, &CurrentSettings)> {
        self.history.iter().enumerate().filter_map(|(index, after)| {
            let first = (after.version == 1).then_some(&self.first);
            Some((self.history.get(index + 1).or(first)?, after))
        })
    }
}

object! {
    /// How invoices are sent unless a send asks otherwise, how totals are compared and when payments are
    /// synchronised. The environment's settings hold until an
    /// administrator saves others; what is saved wins.
    "Settings" Settings<'a> from &'a SettingsState {
        /// Counts the changes: name it when you change something. 0 while the environment's hold.
        "version": i32 = |state, out| out.int_capped(state.current.version);
        /// When they were last changed; null while the environment's hold.
        "changedAt": Option<DateTime> = |state, out| out.opt_plain(state.current.changed_at);
        /// Who changed them; null while the environment's hold.
        "changedBy": Option<String> = |state, out| out.opt_text(state.current.changed_by.as_deref());
        /// Number of the account for lines that name none, such as "3400"; null: such lines cannot be sent.
        "revenueAccount": Option<String> = |state, out| {
            out.opt_text(state.current.settings.revenue_account.as_deref());
        };
        /// Code of the sales tax for lines that name none, such as "UN81"; null: the one that Bexio proposes.
        "taxCode": Option<String> = |state, out| out.opt_text(state.current.settings.tax_code.as_deref());
        /// Code of the tax for lines at 0 %, where Bexio has several; null: such lines need a code in PSOhub.
        "zeroTaxCode": Option<String> = |state, out| {
            out.opt_text(state.current.settings.zero_tax_code.as_deref());
        };
        /// What becomes of the hours and expenses behind a line.
        "detailLines": DetailLines = |state, out| {
            out.member(DetailLines::from(state.current.settings.detail_lines));
        };
        /// Language of invoices by ISO 639-1; null: the contact's, else the company's.
        "language": Option<String> = |state, out| out.opt_text(state.current.settings.language.as_deref());
        /// Bexio's id of the bank account to pay to; null: the company's for the currency.
        "bankAccountId": Option<ID> = |state, out| out.opt_plain(state.current.settings.bank_account_id);
        /// Bexio's id of the way of payment; null: the company's.
        "paymentTypeId": Option<ID> = |state, out| out.opt_plain(state.current.settings.payment_type_id);
        /// Bexio's id of the unit of each line; null: none.
        "unitId": Option<ID> = |state, out| out.opt_plain(state.current.settings.unit_id);
        /// Subject of the e-mail, with placeholders; null: a plain one in the invoice's language.
        "emailSubject": Option<String> = |state, out| out.opt_text(state.current.settings.subject.as_deref());
        /// Text of the e-mail of invoices without a note, with placeholders; null: a plain one.
        "emailMessage": Option<String> = |state, out| out.opt_text(state.current.settings.message.as_deref());
        /// Whether Bexio attaches its PDF to the e-mail.
        "attachPdf": bool = |state, out| out.boolean(state.current.settings.attach_pdf);
        /// What is written back to PSOhub as external id.
        "externalIdKind": ExternalIdKind = |state, out| {
            out.member(ExternalIdKind::from(state.current.settings.external_id));
        };
        /// How VAT stands on Bexio's invoices.
        "vatMode": VatMode = |state, out| out.member(VatMode::from(state.current.settings.vat_mode));
        /// Within which amount the totals of both sides count as equal: in reconciliation, for the payment
        /// sync, when sending and linking. Shown in the company's own currency; in others it is 0.05 for francs
        /// and else 0.01.
        "roundingTolerance": Money = |state, out| {
            let (currency, tolerance) = (state.base_currency, state.current.settings.rounding_tolerance);
            out.object::<Money>(domain::Money::new(tolerance.of(currency), currency));
        };
        /// When the payment sync runs by itself: six cron fields from second to weekday, in UTC.
        "paymentSyncSchedule": String = |state, out| {
            out.text(state.current.settings.payment_sync_cron.as_deref().unwrap_or_default());
        };
        /// When the settings were last held against what Bexio has set up: after each change and once a day.
        /// Null before the first time.
        "checkedAt": Option<DateTime> = |state, out| out.opt_plain(state.checked.at);
        /// Settings that cannot be used, by that check: somebody changed Bexio's set-up.
        "invalid": Vec<InvalidSettingType> = |state, out| out.list::<InvalidSettingType>(&state.checked.invalid);
        /// Who changed what when, the newest first; the last 50 changes.
        "history": Vec<SettingsChange> = |state, out| out.list::<SettingsChange>(state.changes());
    }
}

impl Root for Settings {
    type Owned = SettingsState;

    fn source(owned: &Self::Owned) -> Self::Source<'_> {
        owned
    }
}

object! {
    /// A setting that cannot be used.
    "InvalidSetting" InvalidSettingType<'a> from &'a InvalidSetting {
        /// The setting, by the name of its field.
        "setting": String = |invalid, out| out.text(invalid.setting.name());
        /// In one word.
        "code": UserErrorCode = |invalid, out| out.member(UserErrorCode::from(invalid.problem.code));
        /// What is wrong, in words.
        "message": String = |invalid, out| out.text(&invalid.problem.what);
        /// What to do.
        "hint": String = |invalid, out| out.text(&invalid.problem.mend);
    }
}

object! {
    /// One change of the settings.
    "SettingsChange" SettingsChange<'a> from (&'a CurrentSettings, &'a CurrentSettings) {
        /// The version that it made.
        "version": i32 = |(_, after), out| out.int_capped(after.version);
        /// When.
        "changedAt": Option<DateTime> = |(_, after), out| out.opt_plain(after.changed_at);
        /// Who.
        "changedBy": Option<String> = |(_, after), out| out.opt_text(after.changed_by.as_deref());
        /// What.
        "changed": Vec<ChangedSettingType> = |(before, after), out| {
            let changed = changes(&before.settings, &after.settings);
            out.list::<ChangedSettingType>(&changed);
        };
    }
}

object! {
    /// One setting that changed.
    "ChangedSetting" ChangedSettingType<'a> from &'a ChangedSetting {
        /// The setting, by the name of its field.
        "setting": String = |changed, out| out.text(changed.setting.name());
        /// What it was set to; null where it was not set.
        "before": Option<String> = |changed, out| out.opt_text(changed.before.as_deref());
        /// What it is set to; null where it is not set.
        "after": Option<String> = |changed, out| out.opt_text(changed.after.as_deref());
    }
}
