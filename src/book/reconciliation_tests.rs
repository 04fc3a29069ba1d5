//! Reports over a book: they count what they list, and pages give every comparison once.

use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;
use crate::book::{Cursor, InvoiceBook, InvoiceOrder, LinkOrigin, fixtures};
use crate::domain::receivables::{Age, Dimension};
use crate::domain::reconciliation::Rule;
use crate::domain::{
    AccountingStatus as B, BexioContactId, CurrencyCode, InvoiceCustomer, InvoiceStatus as P,
    PsohubCustomerId,
};

fn invoice(id: i64, status: P, currency: &str) -> Arc<CombinedInvoice> {
    let mut invoice = fixtures::invoice(id);
    invoice.status = status;
    invoice.currency = currency.parse().unwrap();
    fixtures::row(invoice)
}

/// The row with a Bexio invoice of the same currency in this status.
fn booked(row: &Arc<CombinedInvoice>, status: B) -> Arc<CombinedInvoice> {
    let mut bexio = fixtures::accounting(row.psohub.id.get());
    bexio.status = status;
    bexio.currency = row.psohub.currency;
    let mut row = CombinedInvoice::clone(row);
    (row.bexio, row.link) = (Some(Arc::new(bexio)), Some(LinkOrigin::ApiReference));
    Arc::new(row)
}

fn only_in_bexio(id: i64) -> Arc<AccountingInvoice> {
    Arc::new(AccountingInvoice { api_reference: Some("psohub:999".into()), ..fixtures::accounting(id) })
}

fn report(snapshot: &Snapshot, verdicts: Option<&[Verdict]>) -> ReconciliationReport {
    snapshot.reconciliation_report(&InvoiceFilter::default(), verdicts)
}

fn places(rows: &[ReconciledRow]) -> Vec<(Verdict, bool, i64)> {
    rows.iter()
        .map(ReconciliationCursor::of)
        .map(|place| (place.verdict.0, place.bexio_only, place.id.0))
        .collect()
}

#[test]
fn a_report_counts_what_it_lists_and_sums_it_by_verdict_and_currency() {
    let rows = vec![
        booked(&invoice(1, P::Sent, "CHF"), B::Pending),
        booked(&invoice(2, P::Sent, "EUR"), B::Paid),
        booked(&invoice(3, P::Sent, "CHF"), B::Paid),
        invoice(4, P::Sent, "CHF"),
        invoice(5, P::Draft, "CHF"),
    ];
    let others = vec![only_in_bexio(8), Arc::new(fixtures::accounting(9))];
    let snapshot = fixtures::snapshot(InvoiceBook::new(1, rows, others));
    let whole = report(&snapshot, None);
    assert_eq!(
        places(whole.rows()),
        [
            // Bexio 9 was made for no PSOhub invoice, so nothing is to be said of it.
            (Verdict::MissingInPsohub, true, 8),
            (Verdict::MissingInBexio, false, 4),
            (Verdict::PaidOnlyInBexio, false, 3),
            (Verdict::PaidOnlyInBexio, false, 2),
            (Verdict::NotApplicable, false, 5),
            (Verdict::Matched, false, 1),
        ]
    );
    let totals = &whole.verdicts[Verdict::PaidOnlyInBexio as usize];
    let sums: Vec<_> = totals.totals.iter().map(|sum| (sum.currency.to_string(), sum.amount)).collect();
    let amount = Some(Decimal::new(10810, 2));
    assert_eq!((totals.count, sums), (2, vec![("CHF".to_owned(), amount), ("EUR".to_owned(), amount)]));

    let by_filter =
        InvoiceFilter { verdict: Some(vec![Verdict::MissingInPsohub]), ..InvoiceFilter::default() };
    let missing = snapshot.reconciliation_report(&by_filter, None);
    assert_eq!(places(missing.rows()), [(Verdict::MissingInPsohub, true, 8)]);
    assert_eq!(missing.verdicts.iter().map(|total| total.count).sum::<usize>(), 1);
    let by_filter =
        InvoiceFilter { verdict: Some(vec![Verdict::PaidOnlyInBexio]), ..InvoiceFilter::default() };
    let listed = snapshot.list(&by_filter, InvoiceOrder::default());
    assert_eq!(listed.iter().map(|row| row.psohub.id.get()).collect::<Vec<_>>(), [3, 2]);

    let paid = report(&snapshot, Some(&[Verdict::PaidOnlyInBexio]));
    assert_eq!(paid.rows().len(), 2);
    assert_eq!(paid.verdicts, whole.verdicts);
    let of_sent = InvoiceFilter { status: Some(vec![P::Sent]), ..InvoiceFilter::default() };
    let of_sent = snapshot.reconciliation_report(&of_sent, None);
    assert_eq!(places(of_sent.rows()).iter().map(|(_, _, id)| *id).collect::<Vec<_>>(), [4, 3, 2, 1]);
}

#[test]
fn a_second_invoice_in_bexio_is_looked_at_and_not_taken_for_one_of_its_own() {
    let row = booked(&invoice(1, P::Sent, "CHF"), B::Pending);
    let second =
        Arc::new(AccountingInvoice { api_reference: Some("psohub:1".into()), ..fixtures::accounting(7) });
    let row = Arc::new(CombinedInvoice { duplicates: Box::new([second.id]), ..CombinedInvoice::clone(&row) });
    let snapshot = fixtures::snapshot(InvoiceBook::new(1, vec![row], vec![second]));
    assert!(snapshot.book.unlinked().is_empty());
    assert_eq!(places(report(&snapshot, None).rows()), [(Verdict::DuplicateInBexio, false, 1)]);
}

#[test]
fn a_customer_stands_under_the_contact_of_most_of_its_invoices() {
    let row = |id, contact| {
        let mut row = CombinedInvoice::clone(&booked(&invoice(id, P::Sent, "CHF"), B::Pending));
        let customer = InvoiceCustomer { id: PsohubCustomerId::new(1), name: "Muster Bau AG".into() };
        Arc::make_mut(&mut row.psohub).customer = Some(customer);
        Arc::make_mut(row.bexio.as_mut().unwrap()).contact_id = BexioContactId::new(contact);
        Arc::new(row)
    };
    let rules = |rows: Vec<_>| {
        let snapshot = fixtures::snapshot(InvoiceBook::new(1, rows, Vec::new()));
        let rows = report(&snapshot, None).rows;
        let reasons = |row: &ReconciledRow| snapshot.reconciliation_of(&row.subject).reasons;
        let differing =
            rows.iter().filter(|row| reasons(row).iter().any(|reason| reason.rule == Rule::OtherContact));
        differing.map(|row| ReconciliationCursor::of(row).id.0).collect::<Vec<_>>()
    };
    assert_eq!(rules(vec![row(1, 31), row(2, 31), row(3, 44)]), [3]);
    // Of two, nobody can say which one is right.
    assert!(rules(vec![row(1, 31), row(3, 44)]).is_empty());
}

#[test]
fn what_is_owed_is_told_by_age_in_the_invoices_currency_and_in_the_companys() {
    let owed = |id, due: &str, currency: &str, base: Option<&str>| {
        let mut row = CombinedInvoice::clone(&invoice(id, P::Sent, currency));
        let psohub = Arc::make_mut(&mut row.psohub);
        psohub.due_date = Some(due.parse().unwrap());
        psohub.total_inc_vat_base = base.map(|base| Money::new(base.parse().unwrap(), CurrencyCode::CHF));
        Arc::new(row)
    };
    let partly_paid = {
        let mut row =
            CombinedInvoice::clone(&booked(&owed(3, "2026-01-01", "EUR", Some("200.00")), B::Partial));
        Arc::make_mut(row.bexio.as_mut().unwrap()).remaining = Decimal::new(5405, 2);
        Arc::new(row)
    };
    let rows = vec![
        owed(1, "2026-03-01", "CHF", None),
        owed(2, "2026-02-27", "EUR", Some("200.00")),
        partly_paid,
        invoice(4, P::Paid, "CHF"),
    ];
    let snapshot = fixtures::snapshot(InvoiceBook::new(1, rows, Vec::new()));
    let groups = snapshot.receivables(&InvoiceFilter::default(), &[Dimension::Age]);
    let told: Vec<_> = groups
        .iter()
        .map(|group| {
            let amounts = |sums: &Sums| sums.iter().map(|sum| sum.amount.unwrap().to_string()).collect();
            let (open, base): (Vec<String>, Vec<String>) = (amounts(&group.open), amounts(&group.open_base));
            (group.key.age.unwrap(), open.join(" "), base.join(" "), group.without_base)
        })
        .collect();
    let row = |age, open: &str, base: &str, without| (age, open.to_owned(), base.to_owned(), without);
    assert_eq!(
        told,
        [
            row(Age::NotDue, "108.10", "", 1),
            row(Age::Days1To30, "108.10", "200.00", 0),
            row(Age::Days31To60, "54.05", "100.00", 0),
        ]
    );
}

#[test]
fn a_cursor_of_another_list_is_refused() {
    let invoices = Cursor::of(&invoice(1, P::Sent, "CHF"), InvoiceOrder::default()).encode();
    assert_eq!(ReconciliationCursor::decode(&invoices), Err(CursorError::Malformed));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn pages_walked_in_either_direction_give_every_comparison_once(
        statuses in proptest::collection::vec((0usize..6, proptest::option::of(0usize..7)), 0..30),
        bexio_only in 0i64..4, size in 1usize..6,
    ) {
        let psohub = [P::Draft, P::Approved, P::Sent, P::Paid, P::Void, P::Unknown];
        let bexio = [B::Draft, B::Pending, B::Paid, B::Partial, B::Cancelled, B::Unpaid, B::Unknown];
        let rows: Vec<_> = (1i64..)
            .zip(statuses)
            .map(|(id, (in_psohub, in_bexio))| {
                let row = invoice(id, psohub[in_psohub], if id % 3 == 0 { "EUR" } else { "CHF" });
                in_bexio.map_or_else(|| Arc::clone(&row), |status| booked(&row, bexio[status]))
            })
            .collect();
        let count = rows.len();
        let others: Vec<_> = (101..101 + bexio_only).map(only_in_bexio).collect();
        let snapshot = fixtures::snapshot(InvoiceBook::new(1, rows, others.clone()));
        let report = report(&snapshot, None);
        let whole = places(report.rows());
        prop_assert_eq!(whole.len(), count + others.len());
        prop_assert!(whole.is_sorted_by(|a, b| (a.0, Reverse(a.1), a.2) > (b.0, Reverse(b.1), b.2)));
        prop_assert_eq!(report.verdicts.iter().map(|total| total.count).sum::<usize>(), whole.len());
        for total in &report.verdicts {
            prop_assert_eq!(whole.iter().filter(|(verdict, ..)| *verdict == total.verdict).count(), total.count);
        }

        let mut forward = Vec::new();
        let mut request = PageRequest { after: None, before: None, size, from_end: false };
        loop {
            let page = report.page(&request);
            prop_assert_eq!((page.total_count, page.has_previous), (whole.len(), !forward.is_empty()));
            forward.extend(places(&page.rows));
            prop_assert_eq!(page.has_next, forward.len() < whole.len());
            let Some(last) = page.rows.last().filter(|_| page.has_next) else { break };
            request.after = Some(ReconciliationCursor::decode(&ReconciliationCursor::of(last).encode()).unwrap());
        }
        prop_assert_eq!(&forward, &whole);

        let mut backward = Vec::new();
        let mut request = PageRequest { after: None, before: None, size, from_end: true };
        loop {
            let page = report.page(&request);
            backward.splice(0..0, places(&page.rows));
            prop_assert_eq!(page.has_previous, backward.len() < whole.len());
            let Some(first) = page.rows.first().filter(|_| page.has_previous) else { break };
            request.before = Some(ReconciliationCursor::of(first));
        }
        prop_assert_eq!(&backward, &whole);
    }
}
