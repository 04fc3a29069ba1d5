//! What the store's tests write: rows with everything in them, and with nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use invoice_gateway::domain::{
    AccountingInvoice, AccountingStatus, BexioInvoiceId, CurrencyCode, DetailKind, Invoice, InvoiceContact,
    InvoiceCustomer, InvoiceLine, InvoiceStatus, LineDetail, Money, PsohubContactId, PsohubCustomerId,
    PsohubInvoiceId,
};
use invoice_gateway::store::{Link, MirrorState, MirrorWrite};
use jiff::Timestamp;

pub(crate) const T0: &str = "2026-01-01T00:00:00Z";
pub(crate) const T1: &str = "2026-01-01T00:05:00Z";

pub(crate) fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn state(fetched_at: &str) -> MirrorState {
    MirrorState {
        fetched_at: instant(fetched_at),
        watermark: None,
        full_pass_at: None,
        extra: BTreeMap::new(),
    }
}

pub(crate) fn all<T, Id>(rows: Vec<Arc<T>>, state: MirrorState) -> MirrorWrite<T, Id> {
    MirrorWrite { upserts: rows, deletes: Vec::new(), replace_all: true, state }
}

pub(crate) fn psohub_id(id: i64) -> PsohubInvoiceId {
    PsohubInvoiceId::new(id).unwrap()
}

pub(crate) fn bexio_id(id: i64) -> BexioInvoiceId {
    BexioInvoiceId::new(id).unwrap()
}

pub(crate) fn link(psohub: i64, bexio: i64) -> Link {
    Link {
        psohub_invoice_id: psohub_id(psohub),
        bexio_invoice_id: bexio_id(bexio),
        origin: "delivery".to_owned(),
        created_at: instant(T0),
    }
}

pub(crate) fn sorted(mut rows: Vec<Arc<Invoice>>) -> Vec<Arc<Invoice>> {
    rows.sort_by_key(|row| row.id);
    rows
}

pub(crate) fn by_id(mut rows: Vec<Arc<AccountingInvoice>>) -> Vec<Arc<AccountingInvoice>> {
    rows.sort_by_key(|row| row.id);
    rows
}

/// Every field holds something, and amounts that a float or two digits would lose.
pub(crate) fn invoice(id: i64) -> Arc<Invoice> {
    let text = |text: &str| Some(text.into());
    let amount = |text: &str| text.parse().unwrap();
    let detail = LineDetail {
        kind: DetailKind::Time,
        date: Some(jiff::civil::date(2024, 10, 28)),
        person: text("Ada Müller"),
        role: text("Architect"),
        description: text("<script>alert(1)</script> \u{1F600}"),
        hours: Some(amount("7.75")),
        hourly_rate: Some(amount("150.0000")),
        amount_ex_vat: Some(amount("1162.5")),
        amount_inc_vat: Some(amount("-0.01")),
    };
    let line = InvoiceLine {
        number: "10.002".into(),
        name: text("Line"),
        description: text(&"long ".repeat(400)),
        gl_account: text("3400"),
        tax_code: text("UN81"),
        tax_name: text("BTW 21%"),
        total_ex_vat: Some(amount("79228162514264337593543950335")),
        total_inc_vat: Some(amount("0.0000000000000000000000000001")),
        details: vec![detail.clone(), LineDetail { kind: DetailKind::Expense, date: None, ..detail }].into(),
    };
    let base = |text| Some(Money::new(amount(text), CurrencyCode::CHF));
    Arc::new(Invoice {
        id: psohub_id(id),
        number: "INV-2024-33".into(),
        name: text("Umbau Zürich"),
        date: Some(jiff::civil::date(-9999, 1, 1)),
        due_date: Some(jiff::civil::date(9999, 12, 31)),
        note: text(""),
        status: InvoiceStatus::Unknown,
        status_raw: "Partially paid".into(),
        customer: Some(InvoiceCustomer {
            id: PsohubCustomerId::new(21_110_623_256_832_211),
            name: "Kunde".into(),
        }),
        contact: Some(InvoiceContact {
            id: PsohubContactId::new(1),
            name: text("Grace"),
            email: text("grace@example.com"),
        }),
        currency: "USD".parse().unwrap(),
        total_ex_vat: amount("27700"),
        total_inc_vat: amount("33517.10"),
        total_ex_vat_base: base("743.80165289"),
        total_inc_vat_base: base("900.00"),
        lines: vec![line.clone(), line].into(),
        external_id: text("RE-00512"),
        has_pdf: true,
    })
}

/// Every field that may be absent is.
pub(crate) fn bare_invoice(id: i64) -> Arc<Invoice> {
    Arc::new(Invoice {
        number: "".into(),
        name: None,
        date: None,
        due_date: None,
        note: None,
        status: InvoiceStatus::Draft,
        status_raw: "".into(),
        customer: None,
        contact: None,
        total_ex_vat: rust_decimal::Decimal::ZERO,
        total_inc_vat: rust_decimal::Decimal::ZERO,
        total_ex_vat_base: None,
        total_inc_vat_base: None,
        lines: Box::default(),
        external_id: None,
        has_pdf: false,
        ..(*invoice(id)).clone()
    })
}

pub(crate) fn accounting(id: i64) -> Arc<AccountingInvoice> {
    let amount = |text: &str| text.parse().unwrap();
    Arc::new(AccountingInvoice {
        id: bexio_id(id),
        document_number: format!("RE-{id:05}").into(),
        title: Some("Rechnung".into()),
        status: AccountingStatus::Partial,
        status_raw: 16,
        contact_id: None,
        currency: CurrencyCode::CHF,
        total: amount("108.10"),
        total_net: amount("100.000000"),
        total_taxes: amount("8.1000"),
        received: amount("50"),
        credited: amount("0"),
        remaining: amount("58.10"),
        date: Some(jiff::civil::date(2026, 3, 29)),
        due_date: None,
        reference: None,
        api_reference: Some(format!("psohub:{id}").into()),
        updated_at: instant("2026-03-29T00:59:59.123456789Z"),
    })
}
