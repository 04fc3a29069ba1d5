//! Tests of the planner. [`Case`] is a plain invoice over CHF 108.10 that can be sent as it is; a test
//! changes what it is about.

mod accounts;
mod contacts;
mod emails;
mod hashes;
mod headers;
mod refusals;
mod standings;
mod sums;
mod taxes;
mod texts;

use jiff::civil::{Date, date};
use rust_decimal::Decimal;

use super::{
    CatalogSnapshot, ContactResolution, FoundBy, KnownContact, Plan, PlanInput, Problem, ProblemCode,
    SendOptions, SendSettings, Severity, Standing, plan,
};
use crate::domain::catalog::{Account, AccountKind, BankAccount, Coded, InvoiceSettings, Named, Tax};
use crate::domain::{
    BexioContactId, Currencies, Currency, CurrencyCode, Invoice, InvoiceContact, InvoiceCustomer,
    InvoiceLine, InvoiceStatus, PsohubInvoiceId,
};

pub(super) struct Case {
    pub(super) invoice: Invoice,
    pub(super) standing: Standing,
    pub(super) options: SendOptions,
    pub(super) settings: SendSettings,
    pub(super) catalog: CatalogSnapshot,
    pub(super) contact: ContactResolution,
    pub(super) today: Date,
}

impl Case {
    pub(super) fn plan(&self) -> Plan {
        plan(&PlanInput {
            invoice: &self.invoice,
            standing: &self.standing,
            options: &self.options,
            settings: &self.settings,
            catalog: &self.catalog,
            contact: &self.contact,
            today: self.today,
        })
    }

    /// The invoice with these lines (amount without VAT, tax name) and PSOhub's totals to match.
    pub(super) fn with_lines(mut self, lines: Vec<InvoiceLine>, ex_vat: &str, inc_vat: &str) -> Self {
        self.invoice.lines = lines.into();
        self.invoice.total_ex_vat = decimal(ex_vat);
        self.invoice.total_inc_vat = decimal(inc_vat);
        self
    }

    /// The plain invoice with its only line changed.
    pub(super) fn with_line(change: impl FnOnce(&mut InvoiceLine)) -> Self {
        let mut case = Self::default();
        change(&mut case.invoice.lines[0]);
        case
    }
}

impl Default for Case {
    fn default() -> Self {
        Self {
            invoice: invoice(),
            standing: Standing::default(),
            options: SendOptions::default(),
            settings: SendSettings {
                revenue_account: Some("3400".into()),
                tax_code: Some("UN81".into()),
                ..SendSettings::default()
            },
            catalog: catalog(),
            contact: ContactResolution::Found {
                contact: KnownContact { id: contact_id(31), name: None, person: None, language_id: None },
                by: FoundBy::NameAndEmail,
            },
            today: date(2026, 3, 10),
        }
    }
}

pub(super) fn contact_id(id: i64) -> BexioContactId {
    BexioContactId::new(id).unwrap()
}

pub(super) fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub(super) fn line(ex_vat: &str) -> InvoiceLine {
    InvoiceLine {
        number: "10.001".into(),
        name: Some("Consulting".into()),
        description: None,
        gl_account: None,
        tax_code: None,
        tax_name: None,
        total_ex_vat: Some(decimal(ex_vat)),
        total_inc_vat: None,
        details: Box::default(),
    }
}

fn invoice() -> Invoice {
    Invoice {
        id: PsohubInvoiceId::new(41_939_771_881_672_249).unwrap(),
        number: "INV-2026-33".into(),
        name: Some("Website relaunch".into()),
        date: Some(date(2026, 3, 2)),
        due_date: Some(date(2026, 4, 1)),
        note: Some("Dear Anna\nThank you.".into()),
        status: InvoiceStatus::Approved,
        status_raw: "Approved".into(),
        customer: Some(InvoiceCustomer { id: None, name: "Muster Bau AG".into() }),
        contact: Some(InvoiceContact {
            id: None,
            name: Some("Anna Maria Muster".into()),
            email: Some("ap@muster.example".into()),
        }),
        currency: CurrencyCode::CHF,
        total_ex_vat: Decimal::from(100),
        total_inc_vat: decimal("108.10"),
        total_ex_vat_base: None,
        total_inc_vat_base: None,
        lines: [line("100")].into(),
        external_id: None,
        has_pdf: true,
    }
}

pub(super) fn account(id: i64, number: &str, kind: AccountKind) -> Account {
    Account {
        id,
        number: number.into(),
        name: format!("Konto {number}").into(),
        kind,
        tax_id: None,
        is_active: true,
    }
}

pub(super) fn tax(id: i64, code: &str, kind: &str, rate: &str) -> Tax {
    Tax {
        id,
        code: code.into(),
        name: code.into(),
        kind: kind.into(),
        rate: decimal(rate),
        valid_from: None,
        valid_to: None,
        is_active: true,
    }
}

fn catalog() -> CatalogSnapshot {
    let new = Some(date(2024, 1, 1));
    let over = Some(date(2023, 12, 31));
    let old = |tax: Tax| Tax { valid_from: Some(date(2018, 1, 1)), valid_to: over, is_active: false, ..tax };
    let currency = |id, code: &str, step: &str| Currency {
        id,
        code: code.parse().unwrap(),
        round_factor: Some(decimal(step)),
    };
    CatalogSnapshot {
        accounts: vec![
            account(101, "3400", AccountKind::Revenue),
            account(102, "3200", AccountKind::Revenue),
            account(103, "4000", AccountKind::Expense),
            account(104, "1100", AccountKind::Asset),
            Account { is_active: false, ..account(105, "3999", AccountKind::Revenue) },
        ],
        taxes: vec![
            Tax { valid_from: new, ..tax(16, "UN81", "sales_tax", "8.1") },
            Tax { valid_from: new, ..tax(17, "UR26", "sales_tax", "2.6") },
            old(tax(8, "UN77", "sales_tax", "7.7")),
            Tax { is_active: false, ..tax(18, "UB38", "sales_tax", "3.8") },
            tax(21, "VM81", "pre_tax_material", "8.1"),
            tax(25, "UO81", "opted_sales_tax", "8.1"),
            tax(3, "UEX", "not_taxable_turnover", "0"),
        ],
        currencies: [currency(1, "CHF", "0.05"), currency(2, "EUR", "0.01"), currency(3, "JPY", "1")]
            .into_iter()
            .collect::<Currencies>(),
        languages: ["de", "fr", "it", "en"]
            .iter()
            .zip(1..)
            .map(|(code, id)| Coded { id, name: (*code).into(), code: Some((*code).into()) })
            .collect(),
        bank_accounts: vec![bank_account(1, 1), bank_account(2, 1), bank_account(3, 2)],
        payment_types: vec![Named { id: 4, name: "Rechnung".into() }],
        units: vec![Named { id: 2, name: "h".into() }],
        invoice_settings: Some(InvoiceSettings {
            automatic_numbering: true,
            due_days: Some(30),
            language_id: Some(1),
            bank_account_id: Some(2),
            currency_id: Some(1),
            payment_type_id: Some(4),
            vat_mode: Some(0),
            vat_is_net: Some(true),
        }),
        user_id: Some(3),
        default_tax_id: None,
    }
}

fn bank_account(id: i64, currency_id: i64) -> BankAccount {
    BankAccount {
        id,
        name: format!("Bank {id}").into(),
        iban: None,
        qr_iban: None,
        currency_id: Some(currency_id),
        invoice_mode: None,
    }
}

pub(super) fn codes(plan: &Plan, severity: Severity) -> Vec<ProblemCode> {
    plan.problems.iter().filter(|problem| problem.severity == severity).map(|problem| problem.code).collect()
}

/// What refuses the case.
pub(super) fn refusals(case: &Case) -> Vec<ProblemCode> {
    codes(&case.plan(), Severity::Refusal)
}

pub(super) fn warnings(case: &Case) -> Vec<ProblemCode> {
    codes(&case.plan(), Severity::Warning)
}

pub(super) fn problem(case: &Case, code: ProblemCode) -> Problem {
    let plan = case.plan();
    let found = plan.problems.iter().find(|problem| problem.code == code);
    found.unwrap_or_else(|| panic!("no {code} in {:?}", plan.problems)).clone()
}

#[test]
fn a_plain_invoice_is_planned_without_a_word() {
    let plan = Case::default().plan();
    assert_eq!(plan.problems, []);
    let header = &plan.header;
    assert_eq!(&*header.title, "INV-2026-33 Website relaunch");
    assert_eq!(&*header.api_reference, "psohub:41939771881672249");
    assert_eq!((header.date, header.due_date), (date(2026, 3, 2), Some(date(2026, 4, 1))));
    let id = |choice: &Option<super::Choice>| choice.as_ref().map(|choice| choice.id);
    assert_eq!((header.currency_id, header.user_id, &header.document_number), (Some(1), Some(3), &None));
    assert_eq!(
        (id(&header.language), id(&header.bank_account), id(&header.payment_type)),
        (Some(1), Some(2), Some(4))
    );
    let position = &plan.positions[0];
    assert_eq!((&*position.text, position.unit_price), ("Consulting", Some(Decimal::from(100))));
    assert_eq!(position.account.as_ref().map(|account| (account.id, &*account.number)), Some((101, "3400")));
    assert_eq!(position.tax.as_ref().map(|tax| (tax.id, &*tax.code)), Some((16, "UN81")));
    let email = plan.email.as_ref().unwrap();
    assert_eq!(&*email.recipient, "ap@muster.example");
    assert_eq!(&*email.subject, "Rechnung {documentNumber}");
    assert_eq!(&*email.message, "Dear Anna<br />Thank you.<br /><br />[Network Link]");
    assert_eq!((plan.totals.bexio, plan.totals.rounding_difference), (decimal("108.1"), Decimal::ZERO));
}
