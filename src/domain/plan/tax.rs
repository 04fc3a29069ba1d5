//! The tax of a line: by its code, else by its rate, else the configured one, else Bexio's proposal.
//!
//! A rate that is stated is never replaced by another one: the customer would be billed another sum.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::problem::Problems;
use super::text::filled;
use super::{Field, Place, PlanInput, ProblemCode};
use crate::domain::InvoiceLine;
use crate::domain::catalog::{Account, Tax};
use crate::domain::money::decimal_text;

/// The tax of a position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedTax {
    /// Bexio's id.
    pub id: i64,
    /// Its code, such as UN81.
    pub code: Box<str>,
    /// The rate in percent.
    pub rate: Decimal,
    /// What told.
    pub basis: TaxBasis,
}

/// What told which tax a line has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TaxBasis {
    /// The line's tax code.
    Code,
    /// The rate in the line's tax name.
    StatedRate,
    /// The rate between the line's amounts.
    AmountsRate,
    /// The configured code.
    Configured,
    /// Bexio's proposal.
    BexioDefault,
}

/// Finds the taxes of one invoice's lines.
pub(super) struct TaxFinder<'a> {
    input: PlanInput<'a>,
    date: Date,
    usable: Vec<&'a Tax>,
}

impl<'a> TaxFinder<'a> {
    pub(super) fn new(input: &PlanInput<'a>, date: Date) -> Self {
        let usable = input
            .catalog
            .taxes
            .iter()
            .filter(|tax| is_for_sales(tax) && is_valid(tax, date, input.today))
            .collect();
        Self { input: *input, date, usable }
    }

    /// The tax of `line`, or a problem.
    pub(super) fn find(
        &self,
        line: &InvoiceLine,
        account: Option<&Account>,
        place: &Place,
        problems: &mut Problems,
    ) -> Option<PlannedTax> {
        let stated = line.tax_name.as_deref().and_then(percent_in);
        let unknown_code = match filled(line.tax_code.as_deref()) {
            None => None,
            Some(code) if self.is_known(code) => {
                let tax = self.by_code(code, place.clone(), problems)?;
                warn_of_other_rate(tax, stated, place, problems);
                return Some(planned(tax, TaxBasis::Code));
            }
            Some(code) => Some(code),
        };
        let by_amounts = || self.rate_between(line, account);
        let rate = stated.map(|rate| (rate, TaxBasis::StatedRate));
        if let Some((rate, basis)) = rate.or_else(|| by_amounts().map(|rate| (rate, TaxBasis::AmountsRate))) {
            let tax = self.by_rate(rate, account, place, problems)?;
            if let Some(code) = unknown_code {
                problems.warn(
                    ProblemCode::TaxCodeUnknown,
                    place.clone(),
                    format!("Bexio has no tax with the code {code}; {} was taken by its rate", tax.code),
                    "Give the line one of Bexio's tax codes in PSOhub.",
                );
            }
            return Some(planned(tax, basis));
        }
        if let Some(code) = unknown_code {
            problems.refuse(
                ProblemCode::TaxCodeUnknown,
                place.clone(),
                format!("Bexio has no tax with the code {code}"),
                "Give the line one of Bexio's tax codes in PSOhub.",
            );
            return None;
        }
        self.default_tax(account, problems)
    }

    fn is_known(&self, code: &str) -> bool {
        self.input.catalog.taxes.iter().any(|tax| is_code(tax, code))
    }

    /// The tax of a code that Bexio knows, if it can be used.
    fn by_code(&self, code: &str, place: Place, problems: &mut Problems) -> Option<&'a Tax> {
        if let Some(tax) = self.usable.iter().find(|tax| is_code(tax, code)) {
            return Some(tax);
        }
        match self.input.catalog.taxes.iter().find(|tax| is_code(tax, code)) {
            None => problems.refuse(
                ProblemCode::TaxCodeUnknown,
                place,
                format!("Bexio has no tax with the code {code}"),
                "Name one of Bexio's tax codes.",
            ),
            Some(tax) if !is_for_sales(tax) => problems.refuse(
                ProblemCode::TaxNotForSales,
                place,
                format!("tax {code} is no sales tax; Bexio refuses it on invoices"),
                "Name a sales tax code.",
            ),
            Some(_) => problems.refuse(
                ProblemCode::TaxNotValid,
                place,
                format!("tax {code} cannot be used on {}", self.date),
                "Name a tax code that is valid on the invoice's date, or switch this one on in Bexio.",
            ),
        }
        None
    }

    /// The rate between the line's two amounts: the usable one that leads from one to the other.
    fn rate_between(&self, line: &InvoiceLine, account: Option<&Account>) -> Option<Decimal> {
        let (ex_vat, inc_vat) = (line.total_ex_vat?, line.total_inc_vat?);
        if ex_vat.is_zero() {
            return None;
        }
        // Both amounts are rounded to the currency's smallest unit.
        let unit = Decimal::new(1, self.input.invoice.currency.minor_digits());
        let leads = |rate: Decimal| {
            let vat = ex_vat.checked_mul(rate)?.checked_div(Decimal::ONE_HUNDRED)?;
            let off = ex_vat.checked_add(vat)?.checked_sub(inc_vat)?.abs();
            (off <= unit).then_some((off, rate))
        };
        // A very small line fits several rates: then the usual one counts.
        let usual = self.quiet_default(account).map(|tax| tax.rate).filter(|rate| leads(*rate).is_some());
        usual
            .or_else(|| (ex_vat == inc_vat).then_some(Decimal::ZERO))
            .or_else(|| self.usable.iter().filter_map(|tax| leads(tax.rate)).min().map(|(_, rate)| rate))
            .or_else(|| {
                let vat = inc_vat.checked_sub(ex_vat)?;
                Some(vat.checked_mul(Decimal::ONE_HUNDRED)?.checked_div(ex_vat)?.round_dp(1).normalize())
            })
    }

    /// The tax of a rate. Several with one rate mean different things in the VAT return: only a plain
    /// sales tax, the configured or the account's own one is taken without asking.
    fn by_rate(
        &self,
        rate: Decimal,
        account: Option<&Account>,
        place: &Place,
        problems: &mut Problems,
    ) -> Option<&'a Tax> {
        let fitting: Vec<&'a Tax> = self.usable.iter().copied().filter(|tax| tax.rate == rate).collect();
        let settings = &self.input.settings;
        let zero = settings.zero_tax_code.as_deref().filter(|_| rate.is_zero());
        let codes = [zero, self.input.options.tax_code.as_deref(), settings.tax_code.as_deref()];
        let preferred = codes
            .into_iter()
            .flatten()
            .find_map(|code| fitting.iter().copied().find(|tax| is_code(tax, code.trim())));
        let plain: Vec<&'a Tax> = fitting.iter().copied().filter(|tax| &*tax.kind == SALES_TAX).collect();
        let proposed = account.and_then(|account| account.tax_id);
        let proposed = fitting.iter().copied().find(|tax| Some(tax.id) == proposed);
        match (preferred.or(proposed), &*plain, &*fitting) {
            (Some(tax), _, _) | (None, &[tax], _) | (None, _, &[tax]) => Some(tax),
            (None, _, []) => {
                self.refuse_rate(rate, place, problems);
                None
            }
            (None, _, several) => {
                let codes: Vec<&str> = several.iter().map(|tax| &*tax.code).collect();
                problems.refuse(
                    ProblemCode::TaxAmbiguous,
                    place.clone(),
                    format!("Bexio has several taxes of {} %: {}", decimal_text(rate, 0), codes.join(", ")),
                    "Give the line a tax code in PSOhub, or set the default tax codes in the settings.",
                );
                None
            }
        }
    }

    fn refuse_rate(&self, rate: Decimal, place: &Place, problems: &mut Problems) {
        let (code, what) = if rate.is_zero() {
            (ProblemCode::ZeroTaxMissing, "Bexio has no tax of 0 % that can be used".to_owned())
        } else {
            let what = format!("Bexio has no sales tax of {} % that is valid", decimal_text(rate, 0));
            (ProblemCode::TaxRateUnknown, what)
        };
        problems.refuse(
            code,
            place.clone(),
            format!("{what} on {}", self.date),
            "Switch such a tax on in Bexio, or correct the line's tax in PSOhub.",
        );
    }

    /// What a caller asks for must exist, also where no line needs it.
    pub(super) fn check_option(&self, problems: &mut Problems) {
        if let Some((code, place @ Place::Option(_))) = self.configured_code() {
            self.by_code(code, place, problems);
        }
    }

    /// The configured tax, else Bexio's proposal.
    fn default_tax(&self, account: Option<&Account>, problems: &mut Problems) -> Option<PlannedTax> {
        if let Some((code, place)) = self.configured_code() {
            return self.by_code(code, place, problems).map(|tax| planned(tax, TaxBasis::Configured));
        }
        let Some(tax) = self.proposal(account) else {
            problems.refuse(
                ProblemCode::TaxMissing,
                Place::Setting(Field::Tax),
                "a line names no tax, none is configured and Bexio proposes none",
                "Set the default tax code in the settings.",
            );
            return None;
        };
        problems.warn(
            ProblemCode::TaxDefaulted,
            Place::Setting(Field::Tax),
            format!("lines without a tax get {}, which Bexio proposes", tax.code),
            "Set the default tax code in the settings.",
        );
        Some(planned(tax, TaxBasis::BexioDefault))
    }

    fn configured_code(&self) -> Option<(&'a str, Place)> {
        let asked = filled(self.input.options.tax_code.as_deref());
        let configured = filled(self.input.settings.tax_code.as_deref());
        asked
            .map(|code| (code, Place::Option(Field::Tax)))
            .or_else(|| configured.map(|code| (code, Place::Setting(Field::Tax))))
    }

    /// The default without a word about it.
    fn quiet_default(&self, account: Option<&Account>) -> Option<&'a Tax> {
        match self.configured_code() {
            Some((code, _)) => self.usable.iter().copied().find(|tax| is_code(tax, code)),
            None => self.proposal(account),
        }
    }

    /// What Bexio would propose: its default, the account's tax, else the standard rate, which is the
    /// highest of the plain sales taxes.
    fn proposal(&self, account: Option<&Account>) -> Option<&'a Tax> {
        let by_id = |id: Option<i64>| self.usable.iter().copied().find(|tax| Some(tax.id) == id);
        by_id(self.input.catalog.default_tax_id)
            .or_else(|| by_id(account.and_then(|account| account.tax_id)))
            .or_else(|| {
                let plain = self.usable.iter().copied().filter(|tax| &*tax.kind == SALES_TAX);
                plain.max_by_key(|tax| (tax.rate, std::cmp::Reverse(tax.id)))
            })
    }
}

/// The kind of a plain sales tax. Turnover that is opted, exported or not taxable has its own.
const SALES_TAX: &str = "sales_tax";

fn is_for_sales(tax: &Tax) -> bool {
    !tax.kind.starts_with("pre_tax")
}

/// Whether it can be used on `date`. Bexio calls a tax inactive also when it is merely over today: for
/// an invoice of its time it is the right one.
fn is_valid(tax: &Tax, date: Date, today: Date) -> bool {
    let within = tax.valid_from.is_none_or(|from| from <= date) && tax.valid_to.is_none_or(|to| date <= to);
    let is_over = tax.valid_to.is_some_and(|to| to < today);
    within && (tax.is_active || is_over)
}

fn is_code(tax: &Tax, code: &str) -> bool {
    tax.code.trim().eq_ignore_ascii_case(code)
}

fn planned(tax: &Tax, basis: TaxBasis) -> PlannedTax {
    PlannedTax { id: tax.id, code: tax.code.clone(), rate: tax.rate, basis }
}

fn warn_of_other_rate(tax: &Tax, stated: Option<Decimal>, place: &Place, problems: &mut Problems) {
    if let Some(stated) = stated.filter(|stated| *stated != tax.rate) {
        problems.warn(
            ProblemCode::TaxRateDiffers,
            place.clone(),
            format!(
                "tax {} is {} % in Bexio and {} % in PSOhub",
                tax.code,
                decimal_text(tax.rate, 0),
                decimal_text(stated, 0)
            ),
            "Correct the line's tax in PSOhub.",
        );
    }
}

/// The percentage in a tax's name: "MWST 8.1%", "BTW 21 %", "TVA 2,6%".
pub fn percent_in(name: &str) -> Option<Decimal> {
    let before = name.split_once('%')?.0.trim_end();
    let start = before.rfind(|letter: char| !(letter.is_ascii_digit() || letter == '.' || letter == ','));
    let digits = start.map_or(before, |at| {
        before
            .split_at(at)
            .1
            .trim_start_matches(|letter: char| !(letter.is_ascii_digit() || letter == '.' || letter == ','))
    });
    let rate: Decimal = digits.replace(',', ".").parse().ok()?;
    (rate <= Decimal::ONE_HUNDRED).then(|| rate.normalize())
}
