//! Title, dates, currency, language, bank account, numbering.

use jiff::civil::date;

use super::{Case, refusals, warnings};
use crate::domain::plan::{Choice, ContactResolution, KnownContact, ProblemCode, TITLE_CHARS_MAX};

fn title(number: &str, name: Option<&str>) -> String {
    let mut case = Case::default();
    case.invoice.number = number.into();
    case.invoice.name = name.map(Box::from);
    case.plan().header.title.into()
}

#[test]
fn the_title_is_number_and_name_in_at_most_80_characters() {
    assert_eq!(title("INV-1", Some("Relaunch")), "INV-1 Relaunch");
    assert_eq!(title("INV-1", None), "INV-1");
    assert_eq!(title("INV-1", Some(" ")), "INV-1");
    assert_eq!(title("INV-1", Some("Relaunch (INV-1)")), "Relaunch (INV-1)");
    assert_eq!(title("INV-1", Some("Two\nlines\tand  spaces")), "INV-1 Two lines and spaces");
    assert_eq!(title("", Some("Relaunch")), "Relaunch");
    let behind = format!("{} INV-1", "x".repeat(78));
    assert_eq!(title("INV-1", Some(&behind)), format!("INV-1 {}", "x".repeat(74)));
    let long = title("INV-1", Some(&"ü".repeat(200)));
    assert_eq!(long.chars().count(), TITLE_CHARS_MAX);
    assert_eq!(title("INV-1", Some(&format!("{} end", "x".repeat(73)))), format!("INV-1 {}", "x".repeat(73)));
}

#[test]
fn missing_dates_are_filled_and_told() {
    let mut case = Case::default();
    case.invoice.date = None;
    case.invoice.due_date = None;
    let plan = case.plan();
    assert_eq!((plan.header.date, plan.header.due_date), (date(2026, 3, 10), Some(date(2026, 4, 9))));
    assert_eq!(warnings(&case), [ProblemCode::DateMissing]);
    case.catalog.invoice_settings = None;
    assert_eq!(case.plan().header.due_date, None);
    let mut case = Case::default();
    case.invoice.due_date = Some(date(2026, 1, 1));
    assert_eq!(warnings(&case), [ProblemCode::DueDateBeforeDate]);
}

#[test]
fn absurd_settings_do_not_stop_the_planner() {
    let mut case = Case::default();
    case.invoice.due_date = None;
    for days in [i64::MAX, i64::MIN, 99_999_999] {
        case.catalog.invoice_settings.as_mut().unwrap().due_days = Some(days);
        assert_eq!(case.plan().header.due_date, None, "{days}");
    }
}

#[test]
fn the_currency_must_exist_in_bexio() {
    let mut case = Case::default();
    case.invoice.currency = "USD".parse().unwrap();
    assert_eq!(refusals(&case), [ProblemCode::CurrencyUnknown]);
    assert_eq!(case.plan().header.currency_id, None);
}

#[test]
fn the_language_is_asked_for_configured_the_contacts_or_the_companys() {
    let id = |case: &Case| case.plan().header.language.map(|language| language.id);
    let mut case = Case::default();
    assert_eq!(id(&case), Some(1));
    let contact = KnownContact { id: super::contact_id(31), name: None, person: None, language_id: Some(2) };
    case.contact = ContactResolution::Mapped(contact);
    assert_eq!(id(&case), Some(2));
    case.settings.language = Some("it".into());
    assert_eq!(id(&case), Some(3));
    case.options.language = Some("EN".into());
    assert_eq!(id(&case), Some(4));
    assert_eq!(&*case.plan().email.unwrap().subject, "Invoice {documentNumber}");
    case.options.language = Some("xx".into());
    assert_eq!(refusals(&case), [ProblemCode::LanguageUnknown]);
}

#[test]
fn the_bank_account_follows_the_currency() {
    let id = |case: &Case| case.plan().header.bank_account.map(|Choice { id, .. }| id);
    let mut case = Case::default();
    assert_eq!((id(&case), warnings(&case)), (Some(2), vec![]), "the company's");
    case.invoice.currency = "EUR".parse().unwrap();
    assert_eq!((id(&case), warnings(&case)), (Some(3), vec![]), "the only one in euros");
    case.settings.bank_account_id = Some(1);
    assert_eq!((id(&case), warnings(&case)), (Some(3), vec![]), "the configured one is in francs");
    case.options.bank_account_id = Some(1);
    assert_eq!((id(&case), warnings(&case)), (Some(1), vec![]), "as asked for");
    case.options.bank_account_id = Some(77);
    assert!(refusals(&case).contains(&ProblemCode::BankAccountUnknown));
    let mut case = Case::default();
    case.settings.bank_account_id = Some(77);
    assert_eq!(refusals(&case), [ProblemCode::BankAccountUnknown]);
    case.settings.bank_account_id = Some(1);
    assert_eq!((id(&case), refusals(&case)), (Some(1), vec![]));
}

#[test]
fn a_bank_account_of_another_currency_is_told() {
    let told = |case: &Case| {
        let plan = case.plan();
        let problem =
            plan.problems.iter().find(|problem| problem.code == ProblemCode::BankAccountOtherCurrency);
        (plan.header.bank_account.map(|account| account.id), problem.map(|problem| problem.what.to_string()))
    };
    let mut case = Case::default();
    case.invoice.currency = "EUR".parse().unwrap();
    let euros = case.catalog.bank_accounts.iter().position(|account| account.id == 3).unwrap();
    let mut second = case.catalog.bank_accounts[euros].clone();
    second.id = 4;
    case.catalog.bank_accounts.push(second);
    let (id, what) = told(&case);
    assert_eq!(id, Some(2));
    assert!(what.as_ref().unwrap().starts_with("Bexio has several bank accounts in EUR; '"), "{what:?}");
    case.catalog.bank_accounts.retain(|account| account.id < 3);
    let (id, what) = told(&case);
    assert_eq!(id, Some(2), "the company's all the same");
    assert!(what.as_ref().unwrap().starts_with("Bexio has no bank account in EUR; '"), "{what:?}");
    case.catalog.invoice_settings.as_mut().unwrap().bank_account_id = None;
    assert_eq!(told(&case), (None, None), "none is named");
    case.settings.bank_account_id = Some(1);
    assert!(told(&case).1.is_some());
}

#[test]
fn payment_type_unit_and_user_must_exist() {
    let mut case = Case::default();
    case.settings.payment_type_id = Some(9);
    assert_eq!(refusals(&case), [ProblemCode::PaymentTypeUnknown]);
    let mut case = Case::default();
    case.settings.unit_id = Some(9);
    assert_eq!(refusals(&case), [ProblemCode::UnitUnknown]);
    case.settings.unit_id = Some(2);
    assert_eq!(case.plan().positions[0].unit_id, Some(2));
    let mut case = Case::default();
    case.catalog.user_id = None;
    assert_eq!(refusals(&case), [ProblemCode::UserUnknown]);
}

#[test]
fn psohubs_number_is_used_only_where_bexio_gives_none() {
    let mut case = Case::default();
    case.catalog.invoice_settings.as_mut().unwrap().automatic_numbering = false;
    assert_eq!(case.plan().header.document_number.as_deref(), Some("INV-2026-33"));
}

#[test]
fn without_a_number_only_bexio_s_own_numbering_lets_it_through() {
    let mut case = Case::default();
    case.invoice.number = " ".into();
    assert_eq!((refusals(&case), warnings(&case)), (vec![], vec![ProblemCode::NumberMissing]));
    case.catalog.invoice_settings.as_mut().unwrap().automatic_numbering = false;
    assert_eq!((refusals(&case), warnings(&case)), (vec![ProblemCode::NumberMissing], vec![]));
    assert_eq!(case.plan().header.document_number, None);
    case.invoice.number = " INV-7 ".into();
    assert_eq!(case.plan().header.document_number.as_deref(), Some("INV-7"));
}

#[test]
fn a_blank_language_is_none() {
    let mut case = Case::default();
    case.settings.language = Some("fr".into());
    case.options.language = Some(" ".into());
    assert_eq!(refusals(&case), []);
    assert_eq!(case.plan().header.language.unwrap().code.as_deref(), Some("fr"));
}
