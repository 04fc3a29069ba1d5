//! What belongs to the company and seldom changes: currencies, units, users, bank accounts, settings.
//!
//! Vendor pages: currencies, units, languages, countries, bank accounts, payment types, users, document settings.

use std::sync::Arc;

use rust_decimal::Decimal;
use serde::Serialize;

use super::chart::{self, Account};
use super::taxes::{self, Tax};
use super::wire::number;

/// The look-ups of one company.
#[derive(Debug)]
pub struct Company {
    /// The chart of accounts.
    pub accounts: Vec<Account>,
    /// All taxes, also of other years.
    pub taxes: Vec<Tax>,
    /// Currencies.
    pub currencies: Vec<Currency>,
    /// Units.
    pub units: Vec<Named>,
    /// Payment types.
    pub payment_types: Vec<Named>,
    /// Languages.
    pub languages: Vec<Language>,
    /// Countries.
    pub countries: Vec<Country>,
    /// Bank accounts.
    pub bank_accounts: Vec<BankAccount>,
    /// Users; the first one owns every token.
    pub users: Vec<User>,
    /// Default texts and periods of invoices.
    pub defaults: InvoiceDefaults,
}

/// A currency; the ISO code is `name`.
#[derive(Debug, Serialize)]
pub struct Currency {
    /// Bexio's id.
    pub id: i64,
    /// ISO 4217.
    pub name: &'static str,
    /// The smallest step of a total.
    #[serde(serialize_with = "number")]
    pub round_factor: Decimal,
}

/// An id and a name.
#[derive(Debug, Serialize)]
pub struct Named {
    /// Bexio's id.
    pub id: i64,
    /// The name.
    pub name: &'static str,
}

/// A language.
#[derive(Debug, Serialize)]
pub struct Language {
    /// Bexio's id.
    pub id: i64,
    /// The name.
    pub name: &'static str,
    decimal_point: &'static str,
    thousands_separator: &'static str,
    date_format_id: i64,
    date_format: &'static str,
    /// `de`, `fr`, ...
    pub iso_639_1: &'static str,
}

/// A country.
#[derive(Debug, Serialize)]
pub struct Country {
    /// Bexio's id.
    pub id: i64,
    /// The name.
    pub name: &'static str,
    name_short: &'static str,
    /// `CH`, ...
    pub iso_3166_alpha2: &'static str,
}

/// A bank account.
#[expect(clippy::struct_field_names, reason = "the vendor's names")]
#[derive(Debug, Serialize)]
pub struct BankAccount {
    /// Bexio's id.
    pub id: i64,
    uuid: String,
    name: &'static str,
    owner: String,
    owner_address: &'static str,
    owner_house_number: &'static str,
    owner_zip: &'static str,
    owner_city: &'static str,
    owner_country_code: &'static str,
    bc_nr: &'static str,
    bank_name: &'static str,
    bank_nr: &'static str,
    bank_account_nr: &'static str,
    iban_nr: &'static str,
    /// Its currency.
    pub currency_id: i64,
    account_id: i64,
    remarks: &'static str,
    invoice_mode: &'static str,
    qr_invoice_iban: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
}

/// A user.
#[derive(Debug, Serialize)]
pub struct User {
    /// Bexio's id.
    pub id: i64,
    salutation_type: &'static str,
    /// First name.
    pub firstname: &'static str,
    /// Last name.
    pub lastname: &'static str,
    /// E-mail.
    pub email: &'static str,
    is_superadmin: bool,
    is_accountant: bool,
}

/// What an invoice gets when its creator says nothing.
#[derive(Debug)]
pub struct InvoiceDefaults {
    /// HTML above the positions.
    pub header: Arc<str>,
    /// HTML below the positions.
    pub footer: Arc<str>,
    /// Days until it is due.
    pub due_days: i32,
    /// Language.
    pub language_id: i64,
    /// Bank account.
    pub bank_account_id: i64,
    /// Currency.
    pub currency_id: i64,
    /// Payment type.
    pub payment_type_id: i64,
}

impl Company {
    /// A Swiss company with the usual look-ups; `name` owns the bank accounts.
    pub fn swiss(name: &str) -> Self {
        let accounts = chart::swiss_sme(taxes::STANDARD_ID);
        let bank_accounts = bank_accounts(name, &accounts);
        Self {
            accounts,
            taxes: taxes::swiss(),
            currencies: currencies(),
            units: named(&[(1, "Stk"), (2, "h"), (3, "Tag"), (4, "Psch")]),
            payment_types: named(&[(1, "Barzahlung"), (2, "Kreditkarte"), (3, "Vorauskasse"), (4, "Rechnung")]),
            languages: languages(),
            countries: countries(),
            bank_accounts,
            users: users(),
            defaults: InvoiceDefaults {
                header: "Sehr geehrte Damen und Herren<br /><br />Wir erlauben uns, wie folgt Rechnung zu stellen:"
                    .into(),
                footer: "Besten Dank für Ihren Auftrag.<br /><br />Freundliche Grüsse".into(),
                due_days: 30,
                language_id: 1,
                bank_account_id: 1,
                currency_id: 1,
                payment_type_id: 4,
            },
        }
    }

    /// The smallest step of a total in this currency.
    pub fn round_factor(&self, currency_id: i64) -> Decimal {
        self.currencies.iter().find(|c| c.id == currency_id).map_or(Decimal::new(1, 2), |c| c.round_factor)
    }

    /// A tax's rate in percent; 0 when there is no such tax.
    pub fn rate_of(&self, tax_id: i64) -> Decimal {
        self.taxes.iter().find(|tax| tax.id == tax_id).map_or(Decimal::ZERO, |tax| tax.rate)
    }
}

/// A stable UUID for row `id` of the table that `table` stands for.
pub fn uuid(table: u16, id: i64) -> String {
    format!("5e1f{table:04x}-0b3d-4c1a-9f2e-{id:012x}")
}

fn named(rows: &[(i64, &'static str)]) -> Vec<Named> {
    rows.iter().map(|&(id, name)| Named { id, name }).collect()
}

fn currencies() -> Vec<Currency> {
    let cent = Decimal::new(1, 2);
    vec![
        Currency { id: 1, name: "CHF", round_factor: Decimal::new(5, 2) },
        Currency { id: 2, name: "EUR", round_factor: cent },
        Currency { id: 3, name: "USD", round_factor: cent },
        Currency { id: 4, name: "GBP", round_factor: cent },
        Currency { id: 5, name: "JPY", round_factor: Decimal::ONE },
    ]
}

fn languages() -> Vec<Language> {
    [(1, "Deutsch", "de"), (2, "Français", "fr"), (3, "Italiano", "it"), (4, "English", "en")]
        .map(|(id, name, iso_639_1)| Language {
            id,
            name,
            decimal_point: ".",
            thousands_separator: "'",
            date_format_id: 1,
            date_format: "d.m.Y",
            iso_639_1,
        })
        .into()
}

fn countries() -> Vec<Country> {
    [
        (1, "Schweiz", "CH"),
        (2, "Deutschland", "DE"),
        (3, "Österreich", "AT"),
        (4, "Frankreich", "FR"),
        (5, "Italien", "IT"),
        (6, "Liechtenstein", "LI"),
        (7, "Niederlande", "NL"),
        (8, "Vereinigtes Königreich", "GB"),
        (9, "Vereinigte Staaten", "US"),
        (10, "Japan", "JP"),
    ]
    .map(|(id, name, code)| Country { id, name, name_short: code, iso_3166_alpha2: code })
    .into()
}

fn users() -> Vec<User> {
    let user = |id, salutation_type, firstname, lastname, email, is_superadmin, is_accountant| User {
        id,
        salutation_type,
        firstname,
        lastname,
        email,
        is_superadmin,
        is_accountant,
    };
    vec![
        user(1, "female", "Eva", "Muster", "eva@beispiel.example", true, false),
        user(3, "male", "Jürg", "Häberli", "juerg@beispiel.example", false, false),
        user(4, "female", "Zoé", "Müller", "zoe@treuhand.example", false, true),
    ]
}

fn bank_accounts(owner: &str, accounts: &[Account]) -> Vec<BankAccount> {
    [
        (1, "Hauptkonto CHF", "CH9300762011623852957", 1, "1020"),
        (2, "Konto EUR", "CH5604835012345678009", 2, "1021"),
    ]
    .map(|(id, name, iban_nr, currency_id, account_no)| BankAccount {
        id,
        uuid: uuid(0xba00, id),
        name,
        owner: owner.to_owned(),
        owner_address: "Beispielstrasse",
        owner_house_number: "12",
        owner_zip: "8005",
        owner_city: "Zürich",
        owner_country_code: "CH",
        bc_nr: "",
        bank_name: "Beispielbank",
        bank_nr: "",
        bank_account_nr: "",
        iban_nr,
        currency_id,
        account_id: accounts.iter().find(|a| a.account_no == account_no).map_or(0, |a| a.id),
        remarks: "",
        invoice_mode: if id == 1 { "qr_invoice" } else { "none" },
        qr_invoice_iban: if id == 1 { "CH4431999123000889012" } else { "" },
        kind: "bank",
    })
    .into()
}
