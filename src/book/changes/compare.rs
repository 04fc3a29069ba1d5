//! Two states of the invoices, compared.

use std::sync::Arc;

use super::{InvoiceChange, InvoiceChanges};
use crate::book::{CombinedInvoice, Deliveries, InvoiceBook};
use crate::domain::{AccountingInvoice, Invoice, PsohubInvoiceId};

/// One respect in which an invoice differs from what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChangeKind {
    /// It is new; then nothing else is told.
    Added,
    /// PSOhub has it no more; then nothing else is told.
    Removed,
    /// Its status in PSOhub.
    Status,
    /// Its totals or its currency in PSOhub.
    Amounts,
    /// Its lines.
    Lines,
    /// Anything else that PSOhub says of it: dates, texts, customer, contact, PDF.
    Details,
    /// What is known of its external id.
    ExternalId,
    /// Which Bexio invoices belong to it.
    Link,
    /// The status of its Bexio invoice.
    BexioStatus,
    /// What was paid, credited or remains by its Bexio invoice.
    Payment,
    /// Anything else that its Bexio invoice says.
    BexioDetails,
    /// Its delivery.
    Delivery,
}

impl ChangeKind {
    /// Every kind.
    pub const ALL: [Self; 12] = [
        Self::Added,
        Self::Removed,
        Self::Status,
        Self::Amounts,
        Self::Lines,
        Self::Details,
        Self::ExternalId,
        Self::Link,
        Self::BexioStatus,
        Self::Payment,
        Self::BexioDetails,
        Self::Delivery,
    ];
}

/// A set of [`ChangeKind`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct ChangeKinds(u16);

impl ChangeKinds {
    /// The set of `kind` alone.
    pub const fn only(kind: ChangeKind) -> Self {
        Self(1 << kind as u16)
    }

    /// Whether `kind` is in it.
    pub const fn contains(self, kind: ChangeKind) -> bool {
        self.0 & Self::only(kind).0 != 0
    }

    /// Whether nothing is in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// What is in it, in the order of [`ChangeKind::ALL`].
    pub fn iter(self) -> impl Iterator<Item = ChangeKind> {
        ChangeKind::ALL.into_iter().filter(move |kind| self.contains(*kind))
    }

    fn add_if(&mut self, differs: bool, kind: ChangeKind) {
        if differs {
            self.0 |= Self::only(kind).0;
        }
    }
}

/// The changes from `before` to `after`.
pub(super) fn compare(
    before: (&Arc<InvoiceBook>, &Deliveries),
    after: (&Arc<InvoiceBook>, &Deliveries),
) -> InvoiceChanges {
    let mut changes = compare_books(before.0, after.0);
    let steps: Vec<PsohubInvoiceId> =
        after.1.changed_since(before.1).map(|entry| entry.delivery.invoice_id()).collect();
    for id in steps {
        note_delivery(&mut changes, after.0, id);
    }
    InvoiceChanges { changes, deliveries: (before.1.clone(), after.1.clone()) }
}

fn compare_books(before: &Arc<InvoiceBook>, after: &Arc<InvoiceBook>) -> Vec<InvoiceChange> {
    if Arc::ptr_eq(before, after) {
        return Vec::new();
    }
    let mut changes = Vec::new();
    let mut known = 0;
    for row in after.rows() {
        let was = before.by_psohub_id(row.psohub.id);
        known += usize::from(was.is_some());
        let kinds = match was {
            Some(was) if Arc::ptr_eq(was, row) => continue,
            Some(was) => differences(was, row),
            None => ChangeKinds::only(ChangeKind::Added),
        };
        if !kinds.is_empty() {
            let (before, after) = (was.cloned(), Some(Arc::clone(row)));
            changes.push(InvoiceChange { id: row.psohub.id, before, after, kinds });
        }
    }
    if known < before.rows().len() {
        let gone = before.rows().iter().filter(|row| after.by_psohub_id(row.psohub.id).is_none());
        changes.extend(gone.map(|row| InvoiceChange {
            id: row.psohub.id,
            before: Some(Arc::clone(row)),
            after: None,
            kinds: ChangeKinds::only(ChangeKind::Removed),
        }));
    }
    changes
}

/// Notes that the delivery of an invoice changed. Of an invoice that no book has, nothing can be shown.
fn note_delivery(changes: &mut Vec<InvoiceChange>, book: &InvoiceBook, id: PsohubInvoiceId) {
    if let Some(change) = changes.iter_mut().find(|change| change.id == id) {
        let is_there = change.before.is_some() && change.after.is_some();
        change.kinds.add_if(is_there, ChangeKind::Delivery);
    } else if let Some(row) = book.by_psohub_id(id) {
        let (before, after) = (Some(Arc::clone(row)), Some(Arc::clone(row)));
        let kinds = ChangeKinds::only(ChangeKind::Delivery);
        changes.push(InvoiceChange { id, before, after, kinds });
    }
}

/// In which respects `after` differs from `before`. Each field is named, so that a new one cannot be
/// forgotten here.
fn differences(before: &CombinedInvoice, after: &CombinedInvoice) -> ChangeKinds {
    let CombinedInvoice { psohub, bexio, link, duplicates, external_id } = before;
    let mut kinds = ChangeKinds::default();
    note_psohub(&mut kinds, psohub, &after.psohub);
    kinds.add_if(*external_id != after.external_id, ChangeKind::ExternalId);
    let tied = (bexio.as_ref().map(|bexio| bexio.id), link, duplicates);
    let tied_after = (after.bexio.as_ref().map(|bexio| bexio.id), &after.link, &after.duplicates);
    kinds.add_if(tied != tied_after, ChangeKind::Link);
    if let (Some(bexio), Some(now)) = (bexio, &after.bexio)
        && bexio.id == now.id
    {
        note_bexio(&mut kinds, bexio, now);
    }
    kinds
}

fn note_psohub(kinds: &mut ChangeKinds, before: &Invoice, after: &Invoice) {
    let Invoice {
        id: _,
        number,
        name,
        date,
        due_date,
        note,
        status,
        status_raw,
        customer,
        contact,
        currency,
        total_ex_vat,
        total_inc_vat,
        total_ex_vat_base,
        total_inc_vat_base,
        lines,
        external_id,
        has_pdf,
    } = before;
    let stands_otherwise = (status, status_raw) != (&after.status, &after.status_raw);
    kinds.add_if(stands_otherwise, ChangeKind::Status);
    let has_other_amounts = (currency, total_ex_vat, total_inc_vat, total_ex_vat_base, total_inc_vat_base)
        != (
            &after.currency,
            &after.total_ex_vat,
            &after.total_inc_vat,
            &after.total_ex_vat_base,
            &after.total_inc_vat_base,
        );
    kinds.add_if(has_other_amounts, ChangeKind::Amounts);
    kinds.add_if(*lines != after.lines, ChangeKind::Lines);
    kinds.add_if(*external_id != after.external_id, ChangeKind::ExternalId);
    let has_other_details = (number, name, date, due_date, note, customer, contact, has_pdf)
        != (
            &after.number,
            &after.name,
            &after.date,
            &after.due_date,
            &after.note,
            &after.customer,
            &after.contact,
            &after.has_pdf,
        );
    kinds.add_if(has_other_details, ChangeKind::Details);
}

fn note_bexio(kinds: &mut ChangeKinds, before: &AccountingInvoice, after: &AccountingInvoice) {
    let AccountingInvoice {
        id: _,
        document_number,
        title,
        status,
        status_raw,
        contact_id,
        currency,
        total,
        total_net,
        total_taxes,
        received,
        credited,
        remaining,
        date,
        due_date,
        reference,
        api_reference,
        updated_at,
    } = before;
    kinds.add_if((status, status_raw) != (&after.status, &after.status_raw), ChangeKind::BexioStatus);
    let paid = (&after.received, &after.credited, &after.remaining);
    kinds.add_if((received, credited, remaining) != paid, ChangeKind::Payment);
    let has_other_texts = (document_number, title, contact_id, reference, api_reference)
        != (&after.document_number, &after.title, &after.contact_id, &after.reference, &after.api_reference);
    let has_other_figures = (currency, total, total_net, total_taxes, date, due_date)
        != (
            &after.currency,
            &after.total,
            &after.total_net,
            &after.total_taxes,
            &after.date,
            &after.due_date,
        );
    let was_touched = kinds.is_empty() && *updated_at != after.updated_at;
    kinds.add_if(has_other_texts || has_other_figures || was_touched, ChangeKind::BexioDetails);
}
