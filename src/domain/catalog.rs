//! What a Bexio company has set up: accounts, taxes, currencies and the like. Ids differ from
//! company to company; nothing here is the same everywhere.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{BexioContactId, CurrencyCode};

/// A currency that the company uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Currency {
    /// `id`
    pub id: i64,
    /// `name`: Bexio keeps the ISO code there.
    pub code: CurrencyCode,
    /// `round_factor`: the step that totals are rounded to, such as 0.05.
    pub round_factor: Option<Decimal>,
}

/// The company's currencies by their id.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Currencies(BTreeMap<i64, Currency>);

impl Currencies {
    /// The currency of a `currency_id`.
    pub fn get(&self, id: i64) -> Option<&Currency> {
        self.0.get(&id)
    }

    /// The currency of an ISO code.
    pub fn by_code(&self, code: CurrencyCode) -> Option<&Currency> {
        self.0.values().find(|currency| currency.code == code)
    }

    /// All of them, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Currency> {
        self.0.values()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Currency> for Currencies {
    fn from_iter<I: IntoIterator<Item = Currency>>(currencies: I) -> Self {
        Self(currencies.into_iter().map(|currency| (currency.id, currency)).collect())
    }
}

/// `account_type`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AccountKind {
    /// 1
    Revenue,
    /// 2
    Expense,
    /// 3
    Asset,
    /// 4
    Liability,
    /// 5
    Closing,
    /// A number that is not known.
    Unknown,
}

impl AccountKind {
    /// Reads Bexio's number.
    pub const fn from_raw(raw: i64) -> Self {
        match raw {
            1 => Self::Revenue,
            2 => Self::Expense,
            3 => Self::Asset,
            4 => Self::Liability,
            5 => Self::Closing,
            _ => Self::Unknown,
        }
    }
}

/// An account of the chart of accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// `id`
    pub id: i64,
    /// `account_no`, such as 3400: what PSOhub's `GLAccount` holds.
    pub number: Box<str>,
    /// `name`
    pub name: Box<str>,
    /// `account_type`, understood.
    pub kind: AccountKind,
    /// `tax_id`: the tax that is proposed with it.
    pub tax_id: Option<i64>,
    /// `is_active`
    pub is_active: bool,
}

impl Account {
    /// Whether invoice lines may post to it: Bexio refuses asset and liability accounts.
    /// `is_locked` means a system account only and hinders nothing.
    pub const fn takes_invoice_lines(&self) -> bool {
        self.is_active && matches!(self.kind, AccountKind::Revenue | AccountKind::Expense)
    }
}

/// A tax rate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tax {
    /// `id`
    pub id: i64,
    /// `code`, such as UN81: what PSOhub's `TaxCode` is matched to.
    pub code: Box<str>,
    /// `display_name`, else `name`.
    pub name: Box<str>,
    /// `type`, such as `sales_tax`; Bexio has many more.
    pub kind: Box<str>,
    /// `value`: the rate in percent, such as 8.1.
    pub rate: Decimal,
    /// First day it may be used, from `start_year` and `start_month`.
    pub valid_from: Option<Date>,
    /// Last day it may be used, from `end_year` and `end_month`.
    pub valid_to: Option<Date>,
    /// `is_active`
    pub is_active: bool,
}

/// A unit, a payment type: an id with a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// `id`
    pub id: i64,
    /// `name`
    pub name: Box<str>,
}

/// A language or a country: an id with a name and an ISO code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coded {
    /// `id`
    pub id: i64,
    /// `name`
    pub name: Box<str>,
    /// `iso_639_1` of a language, `iso_3166_alpha2` of a country.
    pub code: Option<Box<str>>,
}

/// A bank account of the company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BankAccount {
    /// `id`
    pub id: i64,
    /// `name`
    pub name: Box<str>,
    /// `iban_nr`
    pub iban: Option<Box<str>>,
    /// `qr_invoice_iban`
    pub qr_iban: Option<Box<str>>,
    /// `currency_id`
    pub currency_id: Option<i64>,
    /// `invoice_mode`: `none` or `qr_invoice`.
    pub invoice_mode: Option<Box<str>>,
}

/// A user of the company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// `id`: what `user_id` of an invoice and `owner_id` of a contact mean.
    pub id: i64,
    /// `firstname`
    pub first_name: Option<Box<str>>,
    /// `lastname`
    pub last_name: Option<Box<str>>,
    /// `email`
    pub email: Option<Box<str>>,
}

/// The company that the token belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompanyProfile {
    /// `id`
    pub id: i64,
    /// `name`
    pub name: Box<str>,
    /// `city`
    pub city: Option<Box<str>>,
    /// `mail`
    pub email: Option<Box<str>>,
    /// `mwst_nr`
    pub vat_number: Option<Box<str>>,
}

/// How the company numbers and presets its invoices: the `KbInvoice` row of `kb_item_setting`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceSettings {
    /// `use_automatic_enumeration`: where false, every invoice needs a number of its own.
    pub automatic_numbering: bool,
    /// `default_time_period_in_days`: from invoice date to due date.
    pub due_days: Option<i64>,
    /// `default_language_id`
    pub language_id: Option<i64>,
    /// `default_client_bank_account_new_id`
    pub bank_account_id: Option<i64>,
    /// `default_currency_id`
    pub currency_id: Option<i64>,
    /// `default_payment_type_id`
    pub payment_type_id: Option<i64>,
    /// `default_mwst_type`: 0 with VAT, 1 without, 2 exempt.
    pub vat_mode: Option<i64>,
    /// `default_mwst_is_net`: whether VAT comes on top.
    pub vat_is_net: Option<bool>,
}

/// A contact of the company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BexioContact {
    /// `id`
    pub id: BexioContactId,
    /// `nr`
    pub number: Option<Box<str>>,
    /// `contact_type_id`: 1 is a company, 2 a person.
    pub is_person: bool,
    /// `name_1`: a company's name or a person's last name.
    pub name: Box<str>,
    /// `name_2`: an addition or a person's first name.
    pub name_addition: Option<Box<str>>,
    /// `mail`
    pub email: Option<Box<str>>,
    /// `mail_second`
    pub email_second: Option<Box<str>>,
    /// `postcode`
    pub postcode: Option<Box<str>>,
    /// `city`
    pub city: Option<Box<str>>,
    /// `country_id`
    pub country_id: Option<i64>,
    /// `language_id`
    pub language_id: Option<i64>,
}
