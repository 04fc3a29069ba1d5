//! The table of invoices.

use rust_decimal::Decimal;

use super::cell::Cell;
use super::words;
use crate::book::{CombinedInvoice, ExternalId, Snapshot};
use crate::domain::AccountingInvoice;

/// The names of the columns, in their order.
pub(super) const COLUMNS: [&str; 30] = [
    "number",
    "psohub_reference",
    "name",
    "date",
    "due_date",
    "status",
    "status_raw",
    "customer",
    "contact",
    "contact_email",
    "currency",
    "total_ex_vat",
    "total_inc_vat",
    "base_currency",
    "total_inc_vat_base",
    "open_amount",
    "open_currency",
    "is_overdue",
    "external_id",
    "bexio_number",
    "bexio_id",
    "bexio_status",
    "bexio_currency",
    "bexio_total",
    "bexio_received",
    "bexio_remaining",
    "bexio_due_date",
    "delivery",
    "verdict",
    "is_settled",
];

/// The cells of one invoice.
pub(super) fn cells<'a>(row: &'a CombinedInvoice, snapshot: &Snapshot) -> [Cell<'a>; 30] {
    let invoice = &*row.psohub;
    let contact = invoice.contact.as_ref();
    let bexio = row.bexio.as_deref();
    let figure =
        |pick: fn(&AccountingInvoice) -> Decimal| Cell::amount(bexio.map(|bexio| bexio.money(pick(bexio))));
    let delivery = snapshot.deliveries.of_invoice(invoice.id);
    let verdict = snapshot.reconciliation(row).verdict;
    [
        Cell::text(Some(&invoice.number)),
        Cell::made(reference(invoice.id)),
        Cell::text(invoice.name.as_deref()),
        Cell::date(invoice.date),
        Cell::date(row.due_date()),
        Cell::text(Some(words::status(invoice.status))),
        Cell::text(Some(&invoice.status_raw)),
        Cell::text(invoice.customer.as_ref().map(|customer| &*customer.name)),
        Cell::text(contact.and_then(|contact| contact.name.as_deref())),
        Cell::text(contact.and_then(|contact| contact.email.as_deref())),
        Cell::made(invoice.currency.as_str()),
        Cell::amount(Some(invoice.total_ex_vat_money())),
        Cell::amount(Some(invoice.total_inc_vat_money())),
        Cell::currency(invoice.total_inc_vat_base),
        Cell::amount(invoice.total_inc_vat_base),
        Cell::amount(row.open_amount()),
        Cell::currency(row.open_amount()),
        Cell::Flag(row.is_overdue(snapshot.today)),
        Cell::text(match &row.external_id {
            ExternalId::Present(value) => value.as_deref(),
            ExternalId::Unknown | ExternalId::Absent => None,
        }),
        Cell::text(bexio.map(|bexio| &*bexio.document_number)),
        bexio.map_or(Cell::Empty, |bexio| Cell::made(bexio.id.to_string())),
        Cell::text(bexio.map(|bexio| words::bexio_status(bexio.status))),
        bexio.map_or(Cell::Empty, |bexio| Cell::made(bexio.currency.as_str())),
        figure(|bexio| bexio.total),
        figure(|bexio| bexio.received),
        figure(|bexio| bexio.remaining),
        Cell::date(bexio.and_then(|bexio| bexio.due_date)),
        Cell::text(delivery.map(|entry| entry.state().word())),
        Cell::text(Some(verdict.code())),
        Cell::Flag(verdict.is_settled()),
    ]
}

/// The id with its prefix: a spreadsheet rounds a number of 17 digits, and this is no number.
pub(super) fn reference(id: crate::domain::PsohubInvoiceId) -> String {
    format!("{}{id}", AccountingInvoice::REFERENCE_PREFIX)
}
