//! What updateSettings is asked.

use async_graphql::{InputObject, MaybeUndefined};

use jiff::Timestamp;

use crate::domain::plan::SendSettings;
use crate::domain::schedule::Schedule;
use crate::domain::settings::Setting;
use crate::domain::{CurrencyCode, Money, RoundingTolerance};
use crate::graphql::scalars::{Decimal, IdInput};
use crate::graphql::types::{DetailLines, ExternalIdKind, UserErrorCode, VatMode};

/// What updateSettings is asked. What is left out stays as it is; null takes a setting away.
#[derive(InputObject, Debug)]
pub(in crate::graphql) struct UpdateSettingsInput {
    /// The settings' `version` that the change was made on. Where they changed since, nothing is saved.
    pub(in crate::graphql) expected_version: i32,
    /// Number of the account for lines that name none, such as "3400".
    revenue_account: MaybeUndefined<String>,
    /// Code of the sales tax for lines that name none, such as "UN81".
    tax_code: MaybeUndefined<String>,
    /// Code of the tax for lines at 0 %.
    zero_tax_code: MaybeUndefined<String>,
    /// What becomes of the hours and expenses behind a line.
    detail_lines: Option<DetailLines>,
    /// Language of invoices by ISO 639-1, such as "de".
    language: MaybeUndefined<String>,
    /// Bexio's id of the bank account to pay to.
    bank_account_id: MaybeUndefined<IdInput>,
    /// Bexio's id of the way of payment.
    payment_type_id: MaybeUndefined<IdInput>,
    /// Bexio's id of the unit of each line.
    unit_id: MaybeUndefined<IdInput>,
    /// Subject of the e-mail, at most 200 characters. {documentNumber}, {number}, {name}, {customer},
    /// {contact}, {total}, {date} and {dueDate} are filled in.
    email_subject: MaybeUndefined<String>,
    /// Text of the e-mail of invoices without a note, at most 10,000 characters, with the same placeholders.
    email_message: MaybeUndefined<String>,
    /// Whether Bexio attaches its PDF to the e-mail.
    attach_pdf: Option<bool>,
    /// What is written back to PSOhub as external id.
    external_id_kind: Option<ExternalIdKind>,
    /// How VAT stands on Bexio's invoices.
    vat_mode: Option<VatMode>,
    /// Within which amount totals count as equal, in the company's own currency: from "0" to "1". null: 0.05 in
    /// francs, 0.01 in other currencies.
    rounding_tolerance: MaybeUndefined<Decimal>,
    /// When the payment sync runs by itself: six cron fields from second to weekday, in UTC, such as
    /// "0 0 */2 * * *"; at most once a minute. null: as configured.
    payment_sync_schedule: MaybeUndefined<String>,
}

/// What a change is made on.
#[derive(Debug, Clone, Copy)]
pub(in crate::graphql) struct SettingsBasis {
    /// The company's own currency.
    pub(in crate::graphql) base_currency: CurrencyCode,
    /// The time.
    pub(in crate::graphql) now: Timestamp,
}

/// A value that is none of its kind.
#[derive(Debug)]
pub(in crate::graphql) struct BadSetting {
    /// The setting.
    pub(in crate::graphql) setting: Setting,
    /// In one word.
    pub(in crate::graphql) code: UserErrorCode,
    /// Why, in words.
    pub(in crate::graphql) why: String,
    /// What to do.
    pub(in crate::graphql) hint: &'static str,
}

impl UpdateSettingsInput {
    /// `settings` with what was asked for, and which settings that names.
    pub(in crate::graphql) fn on(
        self,
        mut settings: SendSettings,
        basis: SettingsBasis,
    ) -> Result<(SendSettings, Vec<Setting>), BadSetting> {
        let mut named = Vec::new();
        for (setting, asked, target) in [
            (Setting::RevenueAccount, self.revenue_account, &mut settings.revenue_account),
            (Setting::TaxCode, self.tax_code, &mut settings.tax_code),
            (Setting::ZeroTaxCode, self.zero_tax_code, &mut settings.zero_tax_code),
            (Setting::Language, self.language, &mut settings.language),
            (Setting::EmailSubject, self.email_subject, &mut settings.subject),
            (Setting::EmailMessage, self.email_message, &mut settings.message),
        ] {
            if !asked.is_undefined() {
                *target = filled(asked.take());
                named.push(setting);
            }
        }
        for (setting, asked, target) in [
            (Setting::BankAccountId, self.bank_account_id, &mut settings.bank_account_id),
            (Setting::PaymentTypeId, self.payment_type_id, &mut settings.payment_type_id),
            (Setting::UnitId, self.unit_id, &mut settings.unit_id),
        ] {
            if !asked.is_undefined() {
                *target =
                    asked.take().map(|id| id.parsed()).transpose().map_err(|why| bad_id(setting, why))?;
                named.push(setting);
            }
        }
        if !self.rounding_tolerance.is_undefined() {
            settings.rounding_tolerance = tolerance(self.rounding_tolerance.take(), basis)?;
        }
        if !self.payment_sync_schedule.is_undefined() {
            settings.payment_sync_cron = schedule(filled(self.payment_sync_schedule.take()), basis)?;
        }
        if let Some(mode) = self.vat_mode {
            settings.vat_mode = mode.into();
        }
        if let Some(details) = self.detail_lines {
            settings.detail_lines = details.into();
        }
        if let Some(attach) = self.attach_pdf {
            settings.attach_pdf = attach;
        }
        if let Some(kind) = self.external_id_kind {
            settings.external_id = kind.into();
        }
        Ok((settings, named))
    }
}

fn bad_id(setting: Setting, why: String) -> BadSetting {
    let hint = "Pass the id on as a string, as bexioCatalog gave it.";
    BadSetting { setting, code: UserErrorCode::IdInvalid, why, hint }
}

fn tolerance(asked: Option<Decimal>, basis: SettingsBasis) -> Result<RoundingTolerance, BadSetting> {
    let Some(amount) = asked else { return Ok(RoundingTolerance::STANDARD) };
    let amount = Money::new(amount.0, basis.base_currency);
    RoundingTolerance::of_base(amount).map_err(|error| BadSetting {
        setting: Setting::RoundingTolerance,
        code: UserErrorCode::ValueInvalid,
        why: format!("{amount} is no tolerance: {error}"),
        hint: "Name a small amount, such as \"0.05\": more than rounding would hide mistakes.",
    })
}

fn schedule(asked: Option<Box<str>>, basis: SettingsBasis) -> Result<Option<Box<str>>, BadSetting> {
    let Some(cron) = asked else { return Ok(None) };
    match Schedule::parse_settable(&cron, basis.now) {
        Ok(_) => Ok(Some(cron)),
        Err(why) => Err(BadSetting {
            setting: Setting::PaymentSyncSchedule,
            code: UserErrorCode::ValueInvalid,
            why,
            hint: "Name six cron fields in UTC, such as \"0 0 */2 * * *\" for every two hours.",
        }),
    }
}

/// A text that says something; anything else takes the setting away.
fn filled(text: Option<String>) -> Option<Box<str>> {
    let text = text?;
    let text = text.trim();
    (!text.is_empty()).then(|| text.into())
}
