//! Each change is told once, in its own kind, to those whose filter lets it through.

use super::*;
use crate::book::{ExternalId, LinkOrigin, fixtures};
use crate::domain::{AccountingInvoice, AccountingStatus, BexioInvoiceId, Invoice, InvoiceStatus};

const TODAY: Date = jiff::civil::date(2026, 3, 1);

fn book(rows: Vec<Arc<CombinedInvoice>>) -> Arc<InvoiceBook> {
    Arc::new(InvoiceBook::new(1, rows, Vec::new()))
}

fn compared(before: Vec<Arc<CombinedInvoice>>, after: Vec<Arc<CombinedInvoice>>) -> InvoiceChanges {
    let none = Deliveries::default();
    compare::compare((&book(before), &none), (&book(after), &none))
}

fn booked(invoice: Invoice, bexio: AccountingInvoice) -> CombinedInvoice {
    CombinedInvoice {
        bexio: Some(Arc::new(bexio)),
        link: Some(LinkOrigin::ApiReference),
        ..CombinedInvoice::clone(&fixtures::row(invoice))
    }
}

/// The kinds that `change` of a booked invoice is told as.
fn kinds_of(change: impl FnOnce(&mut CombinedInvoice)) -> Vec<ChangeKind> {
    let before = booked(fixtures::invoice(1), fixtures::accounting(512));
    let mut after = before.clone();
    change(&mut after);
    let changes = compared(vec![Arc::new(before)], vec![Arc::new(after)]);
    changes.all().iter().flat_map(|change| change.kinds.iter()).collect()
}

fn psohub(row: &mut CombinedInvoice) -> &mut Invoice {
    Arc::make_mut(&mut row.psohub)
}

fn bexio(row: &mut CombinedInvoice) -> &mut AccountingInvoice {
    Arc::make_mut(row.bexio.as_mut().unwrap())
}

#[test]
fn every_field_is_told_in_its_kind() {
    use ChangeKind::{
        Amounts, BexioDetails, BexioStatus, Details, ExternalId as External, Lines, Link, Payment, Status,
    };
    let mut later = "2026-01-16T10:00:00Z".parse().unwrap();
    assert_eq!(kinds_of(|_| {}), []);
    assert_eq!(kinds_of(|row| psohub(row).status = InvoiceStatus::Paid), [Status]);
    assert_eq!(kinds_of(|row| psohub(row).status_raw = "approved".into()), [Status]);
    assert_eq!(kinds_of(|row| psohub(row).total_inc_vat += rust_decimal::Decimal::ONE), [Amounts]);
    assert_eq!(kinds_of(|row| psohub(row).due_date = None), [Details]);
    assert_eq!(kinds_of(|row| psohub(row).has_pdf = false), [Details]);
    assert_eq!(kinds_of(|row| psohub(row).external_id = Some("RE-1".into())), [External]);
    assert_eq!(kinds_of(|row| row.external_id = ExternalId::Absent), [External]);
    assert_eq!(kinds_of(|row| row.link = Some(LinkOrigin::Recorded)), [Link]);
    assert_eq!(kinds_of(|row| row.duplicates = Box::new([BexioInvoiceId::new(3).unwrap()])), [Link]);
    assert_eq!(kinds_of(|row| bexio(row).id = BexioInvoiceId::new(3).unwrap()), [Link]);
    assert_eq!(kinds_of(|row| (row.bexio, row.link) = (None, None)), [Link]);
    assert_eq!(kinds_of(|row| bexio(row).status = AccountingStatus::Paid), [BexioStatus]);
    assert_eq!(kinds_of(|row| bexio(row).remaining = rust_decimal::Decimal::ZERO), [Payment]);
    assert_eq!(kinds_of(|row| bexio(row).title = Some("A title".into())), [BexioDetails]);
    assert_eq!(kinds_of(|row| std::mem::swap(&mut bexio(row).updated_at, &mut later)), [BexioDetails]);
    let line = |row: &mut CombinedInvoice| {
        psohub(row).lines = Box::new([crate::domain::InvoiceLine {
            number: "1".into(),
            name: None,
            description: None,
            gl_account: None,
            tax_code: None,
            tax_name: None,
            total_ex_vat: None,
            total_inc_vat: None,
            details: Box::default(),
        }]);
    };
    assert_eq!(kinds_of(line), [Lines]);
    let paid = |row: &mut CombinedInvoice| {
        psohub(row).status = InvoiceStatus::Paid;
        bexio(row).status = AccountingStatus::Paid;
        bexio(row).remaining = rust_decimal::Decimal::ZERO;
        bexio(row).updated_at = "2026-01-17T10:00:00Z".parse().unwrap();
    };
    assert_eq!(kinds_of(paid), [Status, BexioStatus, Payment]);
}

#[test]
fn what_comes_and_goes_is_told_as_that_alone() {
    let [one, two] = [1, 2].map(|id| fixtures::row(fixtures::invoice(id)));
    let changes = compared(vec![Arc::clone(&one)], vec![Arc::clone(&two)]);
    let told: Vec<_> = changes
        .all()
        .iter()
        .map(|change| {
            (change.id.get(), change.before.is_some(), change.after.is_some(), change.kinds.iter().collect())
        })
        .collect();
    assert_eq!(
        told,
        [(2, false, true, vec![ChangeKind::Added]), (1, true, false, vec![ChangeKind::Removed])]
    );
    assert!(compared(vec![one, Arc::clone(&two)], Vec::new()).all().len() == 2);
}

#[test]
fn a_large_change_is_looked_through_piece_by_piece() {
    let rows = |status: InvoiceStatus| {
        (1..=10)
            .map(|id| {
                let mut invoice = fixtures::invoice(id);
                invoice.status = status;
                fixtures::row(invoice)
            })
            .collect()
    };
    let changes = compared(rows(InvoiceStatus::Approved), rows(InvoiceStatus::Sent));
    let filter = InvoiceFilter { status: Some(vec![InvoiceStatus::Approved]), ..InvoiceFilter::default() };
    let (mut seen, mut place) = (Vec::new(), 0);
    while place < changes.all().len() {
        let (piece, next) = changes.seen_through(&filter, TODAY, place, 3);
        assert!(piece.len() <= 3 && next > place);
        seen.extend(piece.into_iter().map(|(change, presence)| (change.id.get(), presence)));
        place = next;
    }
    assert_eq!(seen, (1..=10).map(|id| (id, Presence::Left)).collect::<Vec<_>>());
}
