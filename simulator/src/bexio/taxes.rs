//! Taxes (`/3.0/taxes`): the Swiss rates of today and of before 2024, with their dates.
//!
//! A company's default has no active 0 % `sales_tax`: export (UEX) is `not_taxable_turnover`, which the `types`
//! filter hides although invoice lines accept it.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Serialize;

use super::company::uuid;
use super::wire::number;

/// A tax as it is kept.
#[derive(Clone, Debug)]
pub struct Tax {
    /// Bexio's id.
    pub id: i64,
    /// The code, for example `UN81`.
    pub code: &'static str,
    name: &'static str,
    digit: &'static str,
    /// `sales_tax`, `not_taxable_turnover`, `pre_tax_material`, ...
    pub kind: &'static str,
    /// Rate in percent.
    pub rate: Decimal,
    first: Option<(i16, i8)>,
    last: Option<(i16, i8)>,
    /// Whether a person switched it off, whatever its dates.
    pub(super) is_switched_off: bool,
}

/// A tax as it is written on the wire.
#[derive(Debug, Serialize)]
pub struct TaxRow {
    id: i64,
    uuid: String,
    name: String,
    code: &'static str,
    digit: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    account_id: Option<i64>,
    tax_settlement_type: &'static str,
    #[serde(serialize_with = "number")]
    value: Decimal,
    net_tax_value: Option<i64>,
    start_year: Option<i16>,
    end_year: Option<i16>,
    start_month: Option<i8>,
    end_month: Option<i8>,
    is_active: bool,
    display_name: String,
}

impl Tax {
    /// Whether it can be used on `date`.
    pub fn is_active_on(&self, date: Date) -> bool {
        !self.is_switched_off && self.is_valid_on(date)
    }

    /// Whether `date` lies within its months.
    pub fn is_valid_on(&self, date: Date) -> bool {
        let month = (date.year(), date.month());
        self.first.is_none_or(|first| first <= month) && self.last.is_none_or(|last| month <= last)
    }

    /// Whether an invoice line may carry it.
    pub fn is_for_sales(&self) -> bool {
        !self.kind.starts_with("pre_tax")
    }

    /// Whether the `types` filter of the list keeps it.
    pub fn is_of_type(&self, wanted: &str) -> bool {
        match wanted {
            "pre_tax" => self.kind.starts_with("pre_tax"),
            wanted => self.kind == wanted,
        }
    }

    /// As written, seen on `date`.
    pub fn row(&self, date: Date, account_id: Option<i64>) -> TaxRow {
        TaxRow {
            id: self.id,
            uuid: uuid(0x7a80, self.id),
            name: format!("lib.model.tax.ch.{}.name", self.code.to_lowercase()),
            code: self.code,
            digit: self.digit,
            kind: self.kind,
            account_id,
            tax_settlement_type: if self.is_for_sales() { "sales" } else { "none" },
            value: self.rate,
            net_tax_value: None,
            start_year: self.first.map(|(year, _)| year),
            end_year: self.last.map(|(year, _)| year),
            start_month: self.first.map(|(_, month)| month),
            end_month: self.last.map(|(_, month)| month),
            is_active: self.is_active_on(date),
            display_name: format!("{} - {} {}%", self.code, self.name, super::money::fixed(self.rate, 2)),
        }
    }
}

/// The id of the tax of [`swiss`] that is proposed on revenue accounts (UN81).
pub const STANDARD_ID: i64 = 16;

/// First and last month of a tax.
type Months = (Option<(i16, i8)>, Option<(i16, i8)>);

/// The Swiss taxes.
pub fn swiss() -> Vec<Tax> {
    const OLD: Months = (Some((2018, 1)), Some((2023, 12)));
    const NEW: Months = (Some((2024, 1)), None);
    const ALWAYS: Months = (None, None);
    let tax = |id, code, name, digit, kind, tenths: i64, (first, last): Months| {
        let rate = Decimal::new(tenths, 1);
        Tax { id, code, name, digit, kind, rate, first, last, is_switched_off: false }
    };
    let special = tax(18, "UB38", "Umsatz Sondersatz Beherbergung", "342", "sales_tax", 38, NEW);
    vec![
        tax(3, "UEX", "Exportumsätze", "220", "not_taxable_turnover", 0, ALWAYS),
        tax(4, "UNS", "Nicht steuerbare Umsätze", "230", "not_taxable_turnover", 0, ALWAYS),
        tax(8, "UN77", "Umsatz Normalsatz bis 2023", "302", "sales_tax", 77, OLD),
        tax(9, "UR25", "Umsatz reduzierter Satz bis 2023", "312", "sales_tax", 25, OLD),
        tax(12, "VM77", "Vorsteuer Material bis 2023", "400", "pre_tax_material", 77, OLD),
        tax(STANDARD_ID, "UN81", "Umsatz Normalsatz", "303", "sales_tax", 81, NEW),
        tax(17, "UR26", "Umsatz reduzierter Satz", "313", "sales_tax", 26, NEW),
        Tax { is_switched_off: true, ..special },
        tax(21, "VM81", "Vorsteuer Material, Dienstleistungen", "400", "pre_tax_material", 81, NEW),
        tax(22, "VB81", "Vorsteuer Betriebsaufwand", "405", "pre_tax_investment", 81, NEW),
        tax(25, "UO81", "Optierte Umsätze", "205", "opted_sales_tax", 81, NEW),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn active_sales(date: &str) -> Vec<&'static str> {
        let date = date.parse().unwrap();
        swiss()
            .iter()
            .filter(|tax| tax.is_active_on(date) && tax.is_of_type("sales_tax"))
            .map(|tax| tax.code)
            .collect()
    }

    #[test]
    fn the_rates_changed_with_2024() {
        assert_eq!(active_sales("2023-12-31"), ["UN77", "UR25"]);
        assert_eq!(active_sales("2024-01-01"), ["UN81", "UR26"]);
    }
}
