//! The settings that an administrator can change, by name: what each is set to, what changed between two
//! versions, and which do not fit what Bexio has set up.

use jiff::civil::Date;

use super::CurrencyCode;
use super::connection_test::{TestMarker, sample_invoice};
use super::delivery::ExternalIdKind;
use super::plan::{
    CatalogSnapshot, ContactFields, ContactResolution, DetailLines, Field, Place, PlanInput, Problem,
    ProblemCode, SendOptions, SendSettings, Severity, Standing, plan,
};

/// One setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the fields of `SendSettings` by their names")]
pub enum Setting {
    RevenueAccount,
    TaxCode,
    ZeroTaxCode,
    DetailLines,
    Language,
    BankAccountId,
    PaymentTypeId,
    UnitId,
    EmailSubject,
    EmailMessage,
    AttachPdf,
    ExternalIdKind,
    VatMode,
    RoundingTolerance,
    PaymentSyncSchedule,
}

impl Setting {
    /// Every setting, in the order of the documentation.
    pub const ALL: [Self; 15] = [
        Self::RevenueAccount,
        Self::TaxCode,
        Self::ZeroTaxCode,
        Self::DetailLines,
        Self::Language,
        Self::BankAccountId,
        Self::PaymentTypeId,
        Self::UnitId,
        Self::EmailSubject,
        Self::EmailMessage,
        Self::AttachPdf,
        Self::ExternalIdKind,
        Self::VatMode,
        Self::RoundingTolerance,
        Self::PaymentSyncSchedule,
    ];

    /// Its name, as the API writes its fields.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RevenueAccount => "revenueAccount",
            Self::TaxCode => "taxCode",
            Self::ZeroTaxCode => "zeroTaxCode",
            Self::DetailLines => "detailLines",
            Self::Language => "language",
            Self::BankAccountId => "bankAccountId",
            Self::PaymentTypeId => "paymentTypeId",
            Self::UnitId => "unitId",
            Self::EmailSubject => "emailSubject",
            Self::EmailMessage => "emailMessage",
            Self::AttachPdf => "attachPdf",
            Self::ExternalIdKind => "externalIdKind",
            Self::VatMode => "vatMode",
            Self::RoundingTolerance => "roundingTolerance",
            Self::PaymentSyncSchedule => "paymentSyncSchedule",
        }
    }

    /// What it is set to; `None` where it is not set.
    pub fn value(self, settings: &SendSettings) -> Option<String> {
        let text = |text: &Option<Box<str>>| text.as_deref().map(str::to_owned);
        let id = |id: Option<i64>| id.map(|id| id.to_string());
        match self {
            Self::RevenueAccount => text(&settings.revenue_account),
            Self::TaxCode => text(&settings.tax_code),
            Self::ZeroTaxCode => text(&settings.zero_tax_code),
            Self::Language => text(&settings.language),
            Self::EmailSubject => text(&settings.subject),
            Self::EmailMessage => text(&settings.message),
            Self::PaymentSyncSchedule => text(&settings.payment_sync_cron),
            Self::VatMode => Some(settings.vat_mode.word().to_owned()),
            Self::RoundingTolerance => settings.rounding_tolerance.own().map(|amount| amount.to_string()),
            Self::BankAccountId => id(settings.bank_account_id),
            Self::PaymentTypeId => id(settings.payment_type_id),
            Self::UnitId => id(settings.unit_id),
            Self::AttachPdf => Some(settings.attach_pdf.to_string()),
            Self::DetailLines => Some(
                match settings.detail_lines {
                    DetailLines::InText => "IN_TEXT",
                    DetailLines::Omit => "OMIT",
                }
                .to_owned(),
            ),
            Self::ExternalIdKind => Some(
                match settings.external_id {
                    ExternalIdKind::DocumentNumber => "DOCUMENT_NUMBER",
                    ExternalIdKind::Id => "ID",
                }
                .to_owned(),
            ),
        }
    }
}

/// One setting that changed between two versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedSetting {
    /// Which.
    pub setting: Setting,
    /// What it was set to.
    pub before: Option<String>,
    /// What it is set to.
    pub after: Option<String>,
}

/// What differs between two versions.
pub fn changes(before: &SendSettings, after: &SendSettings) -> Vec<ChangedSetting> {
    let pair = |setting: Setting| (setting, setting.value(before), setting.value(after));
    let changed = Setting::ALL.into_iter().map(pair).filter(|(_, before, after)| before != after);
    changed.map(|(setting, before, after)| ChangedSetting { setting, before, after }).collect()
}

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidSetting {
    /// Which.
    pub setting: Setting,
    /// Why, and how to mend it.
    pub problem: Problem,
}

/// The settings that cannot be used, as a send would find them: the planner is asked.
pub fn invalid_settings(
    settings: &SendSettings,
    catalog: &CatalogSnapshot,
    currency: CurrencyCode,
    today: Date,
) -> Vec<InvalidSetting> {
    let mut invalid = Vec::new();
    let mut note = |settings: &SendSettings, wanted: &[(Field, Setting)]| {
        for problem in problems(settings, catalog, currency, today) {
            let Place::Setting(field) = problem.place else { continue };
            let setting = wanted.iter().find(|(wanted, _)| *wanted == field);
            invalid.extend(setting.map(|(_, setting)| InvalidSetting { setting: *setting, problem }));
        }
    };
    note(settings, &FIELDS);
    if let Some(code) = &settings.zero_tax_code {
        let zero = SendSettings { tax_code: Some(code.clone()), ..settings.clone() };
        note(&zero, &[(Field::Tax, Setting::ZeroTaxCode)]);
    }
    invalid
}

const FIELDS: [(Field, Setting); 8] = [
    (Field::Account, Setting::RevenueAccount),
    (Field::Tax, Setting::TaxCode),
    (Field::Language, Setting::Language),
    (Field::BankAccount, Setting::BankAccountId),
    (Field::PaymentType, Setting::PaymentTypeId),
    (Field::Unit, Setting::UnitId),
    (Field::Subject, Setting::EmailSubject),
    (Field::Message, Setting::EmailMessage),
];

/// What of the settings forbids to send, or would go out to customers as it was mistyped. A default that is
/// not set forbids nothing: invoices can name their own.
fn problems(
    settings: &SendSettings,
    catalog: &CatalogSnapshot,
    currency: CurrencyCode,
    today: Date,
) -> Vec<Problem> {
    let marker = TestMarker::new(0);
    let Some(invoice) = sample_invoice(marker, settings.vat_mode, currency, today) else { return Vec::new() };
    let contact = ContactFields { name: marker.title().into(), email: None, person: None };
    let options = SendOptions { recipient: Some("somebody@example.com".into()), ..SendOptions::default() };
    let plan = plan(&PlanInput {
        invoice: &invoice,
        standing: &Standing::default(),
        options: &options,
        settings,
        catalog,
        contact: &ContactResolution::WouldCreate(contact),
        today,
    });
    let stands_against = |problem: &Problem| match problem.code {
        ProblemCode::AccountMissing | ProblemCode::TaxMissing => false,
        ProblemCode::PlaceholderUnknown => true,
        _ => problem.severity == Severity::Refusal,
    };
    plan.problems.into_iter().filter(stands_against).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invalid(settings: &SendSettings) -> Vec<(&'static str, ProblemCode)> {
        let today = jiff::civil::date(2026, 3, 2);
        let found = invalid_settings(settings, &CatalogSnapshot::default(), CurrencyCode::CHF, today);
        found.into_iter().map(|invalid| (invalid.setting.name(), invalid.problem.code)).collect()
    }

    #[test]
    fn what_is_not_set_is_not_invalid() {
        assert_eq!(invalid(&SendSettings::default()), []);
    }

    #[test]
    fn each_setting_is_held_against_what_bexio_has() {
        let settings = SendSettings {
            revenue_account: Some("3400".into()),
            tax_code: Some("UN81".into()),
            zero_tax_code: Some("UEX".into()),
            language: Some("rm".into()),
            bank_account_id: Some(1),
            payment_type_id: Some(2),
            unit_id: Some(3),
            subject: Some("Invoice {nummer}".into()),
            message: Some("x".repeat(10_001).into()),
            ..SendSettings::default()
        };
        let mut found = invalid(&settings);
        found.sort_unstable();
        assert_eq!(
            found,
            [
                ("bankAccountId", ProblemCode::BankAccountUnknown),
                ("emailMessage", ProblemCode::MessageTooLong),
                ("emailSubject", ProblemCode::PlaceholderUnknown),
                ("language", ProblemCode::LanguageUnknown),
                ("paymentTypeId", ProblemCode::PaymentTypeUnknown),
                ("revenueAccount", ProblemCode::AccountUnknown),
                ("taxCode", ProblemCode::TaxCodeUnknown),
                ("unitId", ProblemCode::UnitUnknown),
                ("zeroTaxCode", ProblemCode::TaxCodeUnknown),
            ]
        );
    }

    #[test]
    fn a_change_names_both_values() {
        let before = SendSettings { tax_code: Some("UN81".into()), ..SendSettings::default() };
        let after = SendSettings { attach_pdf: false, ..SendSettings::default() };
        let changed: Vec<_> =
            changes(&before, &after).into_iter().map(|c| (c.setting.name(), c.before, c.after)).collect();
        assert_eq!(
            changed,
            [
                ("taxCode", Some("UN81".to_owned()), None),
                ("attachPdf", Some("true".to_owned()), Some("false".to_owned())),
            ]
        );
        assert_eq!(changes(&after, &after), []);
    }

    #[test]
    fn the_documentation_names_each() {
        let page = include_str!("../../docs/configuration.md");
        for setting in Setting::ALL {
            assert!(page.contains(&format!("- `{}`", setting.name())), "{}", setting.name());
        }
    }
}
