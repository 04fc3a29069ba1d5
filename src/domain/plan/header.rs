//! The head of the invoice: title, dates, currency, language, bank account, payment type.

use jiff::Span;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::problem::Problems;
use super::text::filled;
use super::{Field, Place, PlanInput, ProblemCode, VatMode};
use crate::domain::catalog::BankAccount;
use crate::domain::{AccountingInvoice, CurrencyCode};

/// The longest title that Bexio takes.
pub const TITLE_CHARS_MAX: usize = 80;

/// A thing of the catalog that was chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// Bexio's id.
    pub id: i64,
    /// Its name.
    pub name: Box<str>,
    /// Its ISO code, where it has one.
    pub code: Option<Box<str>>,
}

/// The head of the invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// PSOhub's number and name, at most [`TITLE_CHARS_MAX`] characters.
    pub title: Box<str>,
    /// The number, only where the company does not let Bexio number invoices.
    pub document_number: Option<Box<str>>,
    /// Invoice date.
    pub date: Date,
    /// Due date; `None`: Bexio's own rule.
    pub due_date: Option<Date>,
    /// The currency.
    pub currency: CurrencyCode,
    /// Its id; `None` where Bexio does not have it, which is a problem.
    pub currency_id: Option<i64>,
    /// Language; `None`: the company's.
    pub language: Option<Choice>,
    /// Bank account; `None`: the company's.
    pub bank_account: Option<Choice>,
    /// Payment type; `None`: the company's.
    pub payment_type: Option<Choice>,
    /// The user who creates it.
    pub user_id: Option<i64>,
    /// How VAT stands on it. Plans of a time before there were modes have it on top.
    #[serde(default)]
    pub vat_mode: VatMode,
    /// `psohub:<InvoiceID>`: by this it is found again.
    pub api_reference: Box<str>,
}

pub(super) fn header(input: &PlanInput<'_>, problems: &mut Problems) -> Header {
    let invoice = input.invoice;
    let date = date(input, problems);
    let currency_id = currency_id(input, problems);
    if input.catalog.user_id.is_none() {
        problems.refuse(
            ProblemCode::UserUnknown,
            Place::Setting(Field::User),
            "it is not known as which Bexio user invoices are created",
            "Test the connection to Bexio.",
        );
    }
    Header {
        title: title(input),
        document_number: document_number(input, problems),
        date,
        due_date: due_date(input, date, problems),
        currency: invoice.currency,
        currency_id,
        language: language(input, problems),
        bank_account: bank_account(input, currency_id, problems),
        payment_type: payment_type(input, problems),
        user_id: input.catalog.user_id,
        vat_mode: input.settings.vat_mode,
        api_reference: format!("{}{}", AccountingInvoice::REFERENCE_PREFIX, invoice.id).into(),
    }
}

/// PSOhub's number where Bexio does not number invoices itself: there it must have one.
fn document_number(input: &PlanInput<'_>, problems: &mut Problems) -> Option<Box<str>> {
    let settings = input.catalog.invoice_settings.as_ref();
    let numbered_by_bexio = settings.is_none_or(|settings| settings.automatic_numbering);
    let number = input.invoice.number.trim();
    if number.is_empty() {
        let place = Place::Invoice(Field::Number);
        let mend = "Approve it in PSOhub, so that it gets one.";
        let what = "the invoice has no number in PSOhub";
        if numbered_by_bexio {
            problems.warn(ProblemCode::NumberMissing, place, what, mend);
        } else {
            let what = format!("{what}, and Bexio is set up not to number invoices itself");
            problems.refuse(ProblemCode::NumberMissing, place, what, mend);
        }
        return None;
    }
    (!numbered_by_bexio).then(|| number.into())
}

/// Number and name: the number makes it findable in Bexio, also for a person.
fn title(input: &PlanInput<'_>) -> Box<str> {
    let number = input.invoice.number.trim();
    let name = input.invoice.name.as_deref().unwrap_or_default();
    let name = name.split(|letter: char| letter.is_whitespace() || letter.is_control());
    let name = name.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    // A number that the cut takes away is not there.
    let shown: String = name.chars().take(TITLE_CHARS_MAX).collect();
    let title = match (number.is_empty(), name.is_empty() || shown.contains(number)) {
        (false, false) => format!("{number} {name}"),
        (false, true) if name.is_empty() => number.to_owned(),
        _ => name,
    };
    title.chars().take(TITLE_CHARS_MAX).collect::<String>().trim_end().into()
}

fn date(input: &PlanInput<'_>, problems: &mut Problems) -> Date {
    input.invoice.date.unwrap_or_else(|| {
        problems.warn(
            ProblemCode::DateMissing,
            Place::Invoice(Field::Date),
            format!("the invoice has no date in PSOhub; {} is taken", input.today),
            "Set the invoice's date in PSOhub.",
        );
        input.today
    })
}

fn due_date(input: &PlanInput<'_>, date: Date, problems: &mut Problems) -> Option<Date> {
    let preset = || {
        let days = input.catalog.invoice_settings.as_ref()?.due_days?;
        date.checked_add(Span::new().try_days(days).ok()?).ok()
    };
    let due = input.invoice.due_date.or_else(preset)?;
    if due < date {
        problems.warn(
            ProblemCode::DueDateBeforeDate,
            Place::Invoice(Field::DueDate),
            format!("the invoice is due on {due}, before its date {date}"),
            "Correct the due date in PSOhub.",
        );
    }
    Some(due)
}

fn currency_id(input: &PlanInput<'_>, problems: &mut Problems) -> Option<i64> {
    let code = input.invoice.currency;
    let found = input.catalog.currencies.by_code(code).map(|currency| currency.id);
    if found.is_none() {
        problems.refuse(
            ProblemCode::CurrencyUnknown,
            Place::Invoice(Field::Currency),
            format!("Bexio does not have the currency {code}"),
            "Add the currency in Bexio's settings.",
        );
    }
    found
}

/// As asked for, as configured, the contact's, the company's.
fn language(input: &PlanInput<'_>, problems: &mut Problems) -> Option<Choice> {
    let asked = filled(input.options.language.as_deref());
    let asked = asked.map(|code| (code, Place::Option(Field::Language)));
    let configured = filled(input.settings.language.as_deref());
    let configured = configured.map(|code| (code, Place::Setting(Field::Language)));
    let languages = &input.catalog.languages;
    let choice = |found: Option<&crate::domain::catalog::Coded>| {
        found.map(|language| Choice {
            id: language.id,
            name: language.name.clone(),
            code: language.code.clone(),
        })
    };
    if let Some((code, place)) = asked.or(configured) {
        let is_it =
            |known: &Option<Box<str>>| known.as_deref().is_some_and(|known| known.eq_ignore_ascii_case(code));
        let found = choice(languages.iter().find(|language| is_it(&language.code)));
        if found.is_none() {
            problems.refuse(
                ProblemCode::LanguageUnknown,
                place,
                format!("Bexio does not have the language '{}'", code.chars().take(20).collect::<String>()),
                "Name one of Bexio's languages by its code: de, fr, it or en.",
            );
        }
        return found;
    }
    let by_id = |id: i64| choice(languages.iter().find(|language| language.id == id));
    let company = input.catalog.invoice_settings.as_ref().and_then(|settings| settings.language_id);
    input.contact.language_id().and_then(by_id).or_else(|| company.and_then(by_id))
}

/// As asked for; else, of those in the invoice's currency, the configured one, the company's or the only
/// one; else, in another currency, the configured one or the company's, which is told.
fn bank_account(input: &PlanInput<'_>, currency_id: Option<i64>, problems: &mut Problems) -> Option<Choice> {
    let accounts = &input.catalog.bank_accounts;
    if let Some(id) = input.options.bank_account_id {
        let place = Place::Option(Field::BankAccount);
        return named_account(accounts, id, place, problems).map(choice_of);
    }
    let configured = match input.settings.bank_account_id {
        Some(id) => Some(named_account(accounts, id, Place::Setting(Field::BankAccount), problems)?),
        None => None,
    };
    let preset = input.catalog.invoice_settings.as_ref().and_then(|settings| settings.bank_account_id);
    let preset = accounts.iter().find(|account| Some(account.id) == preset);
    let of_currency = |account: &&BankAccount| currency_id.is_some() && account.currency_id == currency_id;
    let mut fitting = accounts.iter().filter(of_currency);
    let (first, second) = (fitting.next(), fitting.next());
    let only = first.filter(|_| second.is_none());
    let fits = configured.filter(of_currency).or(preset.filter(of_currency)).or(only);
    if fits.is_none()
        && currency_id.is_some()
        && let Some(account) = configured.or(preset).filter(|account| account.currency_id.is_some())
    {
        warn_of_currency(input, account, second.is_some(), problems);
    }
    fits.or(configured).or(preset).map(choice_of)
}

fn choice_of(account: &BankAccount) -> Choice {
    Choice { id: account.id, name: account.name.clone(), code: account.iban.clone() }
}

fn named_account<'a>(
    accounts: &'a [BankAccount],
    id: i64,
    place: Place,
    problems: &mut Problems,
) -> Option<&'a BankAccount> {
    let found = accounts.iter().find(|account| account.id == id);
    if found.is_none() {
        problems.refuse(
            ProblemCode::BankAccountUnknown,
            place,
            format!("Bexio has no bank account with the id {id}"),
            "Name one of the company's bank accounts.",
        );
    }
    found
}

/// The customer would pay into an account of another currency.
fn warn_of_currency(input: &PlanInput<'_>, named: &BankAccount, has_several: bool, problems: &mut Problems) {
    let (currency, name) = (input.invoice.currency, &named.name);
    let (known, mend) = if has_several {
        (
            "several bank accounts",
            "Name the bank account with the send, or make one of them Bexio's standard.",
        )
    } else {
        ("no bank account", "Add a bank account in this currency in Bexio, or name one with the send.")
    };
    problems.warn(
        ProblemCode::BankAccountOtherCurrency,
        Place::Setting(Field::BankAccount),
        format!("Bexio has {known} in {currency}; '{name}' is named, which is not in {currency}"),
        mend,
    );
}

fn payment_type(input: &PlanInput<'_>, problems: &mut Problems) -> Option<Choice> {
    let types = &input.catalog.payment_types;
    let by_id = |id: i64| {
        let found = types.iter().find(|known| known.id == id);
        found.map(|known| Choice { id, name: known.name.clone(), code: None })
    };
    if let Some(id) = input.settings.payment_type_id {
        let found = by_id(id);
        if found.is_none() {
            problems.refuse(
                ProblemCode::PaymentTypeUnknown,
                Place::Setting(Field::PaymentType),
                format!("Bexio has no payment type with the id {id}"),
                "Choose one of Bexio's payment types in the settings.",
            );
        }
        return found;
    }
    by_id(input.catalog.invoice_settings.as_ref()?.payment_type_id?)
}
