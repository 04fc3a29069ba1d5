//! Small invoices for the unit tests of the book: name only what matters.

use std::sync::Arc;
use std::time::Duration;

use rust_decimal::Decimal;

use super::{
    CombinedInvoice, Deliveries, DeliveryEntry, ExternalId, FreshnessState, InvoiceBook, Snapshot, Source,
    SourceFreshness,
};
use crate::domain::delivery::{
    Acceptance, ContactNeed, Delivery, DeliveryId, DraftPromise, ExternalIdKind, State, accept,
};
use crate::domain::{
    AccountingInvoice, AccountingStatus, BexioContactId, CurrencyCode, Invoice, InvoiceCustomer,
    InvoiceStatus,
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

/// What a reader of `book` has on the first of March 2026, without deliveries.
pub(crate) fn snapshot(book: InvoiceBook) -> Snapshot {
    let taken_at = "2026-03-01T12:00:00Z".parse().unwrap();
    let fresh = |source| SourceFreshness {
        source,
        state: FreshnessState::Live,
        fetched_at: Some(taken_at),
        age: Some(Duration::ZERO),
        last_error: None,
    };
    Snapshot {
        version: book.version(),
        book: Arc::new(book),
        deliveries: Deliveries::default(),
        freshness: Source::ALL.map(fresh),
        taken_at,
        today: jiff::civil::date(2026, 3, 1),
        reusable_until: Duration::ZERO,
    }
}

/// Delivery `id` of PSOhub invoice `invoice`, accepted by Eva at the `id`th second of 2026.
pub(crate) fn delivery(id: i64, invoice_id: i64, state: State) -> DeliveryEntry {
    let invoice = invoice(invoice_id);
    let acceptance = Acceptance {
        invoice_id: invoice.id,
        snapshot: invoice.content_hash(),
        draft: DraftPromise {
            hash: invoice.content_hash(),
            api_reference: format!("psohub:{invoice_id}").into(),
            currency: CurrencyCode::CHF,
            positions: 1,
            total_net: invoice.total_ex_vat,
            total: invoice.total_inc_vat,
            tolerance: Decimal::new(5, 2),
        },
        contact: ContactNeed::Known { company: BexioContactId::new(31).unwrap(), person: None },
        mail: true,
        external_id: ExternalIdKind::DocumentNumber,
    };
    let at = jiff::Timestamp::from_second(1_767_225_600 + id).unwrap();
    let delivery = in_state(&accept(DeliveryId::new(id).unwrap(), acceptance, at), state);
    assert_eq!(delivery.state(), state);
    DeliveryEntry {
        delivery,
        invoice_number: invoice.number,
        recipient: None,
        accepted_by: "eva".into(),
        batch: None,
    }
}

/// The record as the store could hold it in `state`: what lies between is not this test's business.
fn in_state(delivery: &Delivery, state: State) -> Delivery {
    use serde_json::json;
    let change = match state {
        State::Accepted => json!({}),
        State::Contact => json!({ "stage": { "Contact": "Company" } }),
        State::Draft => json!({ "stage": "Draft" }),
        State::Verify => json!({ "stage": "Verify" }),
        State::Issue => json!({ "stage": "Issue" }),
        State::Email => json!({ "stage": "Issued" }),
        State::WriteBack => json!({ "stage": "Issued", "mail": "Skipped" }),
        State::Sweep => json!({ "stage": "Issued", "mail": "Skipped", "write_back": "Skipped", "sweep": {
            "due": "2026-01-01T00:00:00Z", "until": null, "is_clear": false, "doomed": [], "condemned": [],
        } }),
        State::Done => json!({ "stage": "Issued", "mail": "Skipped", "write_back": "Skipped" }),
        State::Failed => json!({ "halt": { "Failed": { "InvoiceChanged": { "Status": "Void" } } } }),
        State::NeedsReview => json!({ "halt": { "Review": { "Gone": 5 } } }),
        State::Discard => json!({ "stage": "Discard" }),
        State::Abandoned => json!({ "stage": "Dropped" }),
    };
    let mut record = serde_json::to_value(delivery).unwrap();
    let fields = record.as_object_mut().unwrap();
    fields.insert("version".to_owned(), json!(if state == State::Accepted { 1 } else { 2 }));
    fields.extend(change.as_object().unwrap().clone());
    serde_json::from_value(record).unwrap()
}
