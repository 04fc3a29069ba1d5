//! Small invoices for the unit tests of the book: name only what matters.

use std::sync::Arc;

use rust_decimal::Decimal;

use super::{CombinedInvoice, ExternalId};
use crate::domain::{
    AccountingInvoice, AccountingStatus, CurrencyCode, Invoice, InvoiceCustomer, InvoiceStatus,
};

/// An approved invoice over CHF 108.10 with the number INV-`id`.
pub(crate) fn invoice(id: i64) -> Invoice {
    Invoice {
        id: crate::domain::PsohubInvoiceId::new(id).unwrap(),
        number: format!("INV-{id}").into(),
        name: None,
        date: Some(jiff::civil::date(2026, 1, 15)),
        due_date: Some(jiff::civil::date(2026, 2, 14)),
        note: None,
        status: InvoiceStatus::Approved,
        status_raw: "Approved".into(),
        customer: Some(InvoiceCustomer { id: None, name: "Muster Bau AG".into() }),
        contact: None,
        currency: CurrencyCode::CHF,
        total_ex_vat: Decimal::from(100),
        total_inc_vat: Decimal::new(10810, 2),
        total_ex_vat_base: None,
        total_inc_vat_base: None,
        lines: Box::default(),
        external_id: None,
        has_pdf: true,
    }
}

/// An issued, unpaid Bexio invoice RE-`id` over CHF 108.10 without any reference.
pub(crate) fn accounting(id: i64) -> AccountingInvoice {
    AccountingInvoice {
        id: crate::domain::BexioInvoiceId::new(id).unwrap(),
        document_number: format!("RE-{id}").into(),
        title: None,
        status: AccountingStatus::Pending,
        status_raw: 8,
        contact_id: None,
        currency: CurrencyCode::CHF,
        total: Decimal::new(10810, 2),
        total_net: Decimal::from(100),
        total_taxes: Decimal::new(81000, 4),
        received: Decimal::ZERO,
        credited: Decimal::ZERO,
        remaining: Decimal::new(10810, 2),
        date: Some(jiff::civil::date(2026, 1, 15)),
        due_date: Some(jiff::civil::date(2026, 2, 14)),
        reference: None,
        api_reference: None,
        updated_at: "2026-01-15T10:00:00Z".parse().unwrap(),
    }
}

/// A row with PSOhub's side only.
pub(crate) fn row(psohub: Invoice) -> Arc<CombinedInvoice> {
    Arc::new(CombinedInvoice {
        psohub: Arc::new(psohub),
        bexio: None,
        link: None,
        duplicates: Box::default(),
        external_id: ExternalId::Unknown,
    })
}
