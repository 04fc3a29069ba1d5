//! The chart of accounts (`/2.0/accounts`): a Swiss SME chart with the traps that line accounts must avoid.
//!
//! Inactive accounts, assets and liabilities are refused on lines; a locked one is not (6999 was accepted in every
//! recorded create: locked only means that the system made it).

use serde::Serialize;

use super::company::uuid;

/// `account_type`.
pub mod kind {
    /// Earnings.
    pub const EARNINGS: i64 = 1;
    /// Expenditure.
    pub const EXPENDITURE: i64 = 2;
    /// Assets.
    pub const ASSETS: i64 = 3;
    /// Liabilities.
    pub const LIABILITIES: i64 = 4;
    /// Closing.
    pub const CLOSING: i64 = 5;
}

/// An account as it is written on the wire.
#[derive(Clone, Debug, Serialize)]
pub struct Account {
    /// Bexio's id; not the number.
    pub id: i64,
    /// A UUID.
    pub uuid: String,
    /// The number that people know, for example `3400`.
    pub account_no: String,
    /// The name.
    pub name: String,
    /// One of [`kind`].
    pub account_type: i64,
    /// The tax proposed with it.
    pub tax_id: Option<i64>,
    /// The group.
    pub fibu_account_group_id: i64,
    /// Inactive accounts cannot be used.
    pub is_active: bool,
    /// Made by the system.
    pub is_locked: bool,
}

impl Account {
    /// Whether an invoice line may post to it.
    pub fn takes_lines(&self) -> bool {
        self.is_active && matches!(self.account_type, kind::EARNINGS | kind::EXPENDITURE)
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    Usual,
    Inactive,
    Locked,
}

use Mark::{Inactive, Locked, Usual};
use kind::{ASSETS, CLOSING, EARNINGS, EXPENDITURE, LIABILITIES};

const CHART: &[(&str, &str, i64, Mark)] = &[
    ("260", "Beratungsertrag PSO", EARNINGS, Usual),
    ("1000", "Kasse", ASSETS, Usual),
    ("1010", "PostFinance", ASSETS, Usual),
    ("1020", "Bankguthaben CHF", ASSETS, Usual),
    ("1021", "Bankguthaben EUR", ASSETS, Usual),
    ("1100", "Forderungen aus Lieferungen und Leistungen", ASSETS, Locked),
    ("1109", "Delkredere", ASSETS, Usual),
    ("1170", "Vorsteuer MWST Material, Waren, Dienstleistungen", ASSETS, Locked),
    ("1171", "Vorsteuer MWST Investitionen, übriger Betriebsaufwand", ASSETS, Locked),
    ("1300", "Aktive Rechnungsabgrenzungen", ASSETS, Usual),
    ("1520", "Büromaschinen, Informatik", ASSETS, Usual),
    ("2000", "Verbindlichkeiten aus Lieferungen und Leistungen", LIABILITIES, Locked),
    ("2200", "Geschuldete MWST (Umsatzsteuer)", LIABILITIES, Locked),
    ("2201", "Abrechnungskonto MWST", LIABILITIES, Locked),
    ("2300", "Passive Rechnungsabgrenzungen", LIABILITIES, Usual),
    ("2800", "Aktienkapital", LIABILITIES, Usual),
    ("2970", "Gewinnvortrag oder Verlustvortrag", LIABILITIES, Usual),
    ("3000", "Produktionserlöse", EARNINGS, Usual),
    ("3200", "Handelserlöse", EARNINGS, Usual),
    ("3400", "Dienstleistungserlöse", EARNINGS, Usual),
    ("3401", "Dienstleistungserlöse Ausland", EARNINGS, Usual),
    ("3410", "Beratungserlöse alt", EARNINGS, Inactive),
    ("3600", "Übrige Erlöse", EARNINGS, Usual),
    ("3800", "Erlösminderungen", EARNINGS, Usual),
    ("3805", "Verluste Forderungen, Veränderung Delkredere", EARNINGS, Usual),
    ("4000", "Materialaufwand", EXPENDITURE, Usual),
    ("4400", "Aufwand für bezogene Dienstleistungen", EXPENDITURE, Usual),
    ("5000", "Lohnaufwand", EXPENDITURE, Usual),
    ("6000", "Raumaufwand", EXPENDITURE, Usual),
    ("6200", "Fahrzeugaufwand", EXPENDITURE, Inactive),
    ("6510", "Telefon, Internet", EXPENDITURE, Usual),
    ("6640", "Reisespesen", EXPENDITURE, Usual),
    ("6940", "Bankspesen", EXPENDITURE, Usual),
    ("6999", "Rundungsdifferenzen", EARNINGS, Locked),
    ("8900", "Direkte Steuern", EXPENDITURE, Usual),
    ("9100", "Eröffnungsbilanz", CLOSING, Locked),
    ("9200", "Jahresgewinn oder Jahresverlust", CLOSING, Locked),
];

/// The id of the first account: far from the numbers, so that nobody takes one for the other.
const FIRST_ID: i64 = 77;

/// The chart. `sales_tax_id` is proposed with revenue accounts.
pub fn swiss_sme(sales_tax_id: i64) -> Vec<Account> {
    (FIRST_ID..)
        .zip(CHART)
        .map(|(id, &(account_no, name, account_type, mark))| Account {
            id,
            uuid: uuid(0xacc0, id),
            account_no: account_no.to_owned(),
            name: name.to_owned(),
            account_type,
            tax_id: (account_type == EARNINGS).then_some(sales_tax_id),
            fibu_account_group_id: account_type * 10,
            is_active: mark != Inactive,
            is_locked: mark == Locked,
        })
        .collect()
}
