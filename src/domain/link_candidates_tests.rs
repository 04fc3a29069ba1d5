//! What is proposed, in which order, and what never is.

use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;
use crate::book::fixtures;
use crate::domain::{BexioInvoiceId, CurrencyCode, RoundingTolerance};

const STATUSES: [AccountingStatus; 5] = [
    AccountingStatus::Draft,
    AccountingStatus::Pending,
    AccountingStatus::Paid,
    AccountingStatus::Cancelled,
    AccountingStatus::Unknown,
];
const TEXTS: [Option<&str>; 7] = [
    None,
    Some("INV-1"),
    Some("Invoice inv-1, March"),
    Some("INV-12"),
    Some("psohub:1"),
    Some("psohub:2"),
    Some("Works for Muster Bau AG"),
];

fn bexio_invoices() -> impl Strategy<Value = Vec<Arc<AccountingInvoice>>> {
    let one = (
        proptest::sample::select(&STATUSES[..]),
        proptest::sample::select(&TEXTS[..]),
        proptest::sample::select(&TEXTS[..]),
        0i64..4,
        10_808i64..10_816,
        any::<bool>(),
        0i8..28,
    );
    proptest::collection::vec(one, 0..30).prop_map(|specs| {
        let made = (100i64..).zip(specs).map(|(id, (status, title, reference, contact, total, chf, day))| {
            let mut invoice = fixtures::accounting(id);
            invoice.status = status;
            invoice.title = title.map(Into::into);
            invoice.api_reference = reference.map(Into::into);
            invoice.contact_id = BexioContactId::new(contact);
            invoice.total = Decimal::new(total, 2);
            invoice.currency = if chf { CurrencyCode::CHF } else { "EUR".parse().unwrap() };
            invoice.date = (day > 0).then(|| jiff::civil::date(2026, 1, day));
            Arc::new(invoice)
        });
        made.collect()
    })
}

fn ids(candidates: &[LinkCandidate]) -> Vec<BexioInvoiceId> {
    candidates.iter().map(|candidate| candidate.bexio.id).collect()
}

proptest! {
    #[test]
    fn what_is_cancelled_or_anothers_is_never_proposed_and_the_order_is_always_the_same(
        bexio in bexio_invoices(), shift in 0usize..30,
    ) {
        let invoice = fixtures::invoice(1);
        let subject = LinkSubject { invoice: &invoice, contact: BexioContactId::new(1), tolerance: RoundingTolerance::STANDARD };
        let found = link_candidates(subject, &bexio);
        for candidate in &found {
            prop_assert!(candidate.bexio.status != AccountingStatus::Cancelled);
            prop_assert!(candidate.bexio.psohub_id().is_none_or(|id| id == invoice.id));
            prop_assert!(!candidate.reasons.is_empty());
        }
        prop_assert!(found.is_sorted_by(|left, right| left.weight >= right.weight));
        let mut turned = bexio.clone();
        turned.rotate_left(shift.min(bexio.len()));
        prop_assert_eq!(ids(&link_candidates(subject, &turned)), ids(&found));
        turned.extend(bexio.iter().cloned());
        prop_assert_eq!(ids(&link_candidates(subject, &turned)), ids(&found), "each once");
    }
}

fn reasons_of(change: impl FnOnce(&mut AccountingInvoice)) -> Vec<LinkReason> {
    let invoice = fixtures::invoice(1);
    let mut bexio = fixtures::accounting(9);
    bexio.total = Decimal::ONE;
    bexio.date = None;
    change(&mut bexio);
    let subject = LinkSubject {
        invoice: &invoice,
        contact: BexioContactId::new(31),
        tolerance: RoundingTolerance::STANDARD,
    };
    let found = link_candidates(subject, &[Arc::new(bexio)]);
    found.into_iter().next().map(|candidate| candidate.reasons).unwrap_or_default()
}

#[test]
fn each_reason_is_found_where_it_is() {
    let number = LinkReason::Number;
    assert_eq!(
        reasons_of(|bexio| bexio.title = Some("Rechnung (inv-1).".into())),
        [number(NumberPlace::Title)]
    );
    assert_eq!(reasons_of(|bexio| bexio.reference = Some("INV-1".into())), [number(NumberPlace::Reference)]);
    assert_eq!(
        reasons_of(|bexio| bexio.document_number = "INV-1".into()),
        [number(NumberPlace::DocumentNumber)]
    );
    assert_eq!(
        reasons_of(|bexio| bexio.api_reference = Some("x INV-1".into())),
        [number(NumberPlace::ApiReference)]
    );
    assert_eq!(reasons_of(|bexio| bexio.title = Some("INV-12".into())), [], "another number");
    let francs = |rappen| Money::new(Decimal::new(rappen, 2), CurrencyCode::CHF);
    assert_eq!(
        reasons_of(|bexio| bexio.total = Decimal::new(108_100, 3)),
        [LinkReason::SameTotal(francs(10_810))]
    );
    assert_eq!(
        reasons_of(|bexio| {
            bexio.total = Decimal::new(10_805, 2);
            bexio.contact_id = BexioContactId::new(31);
        }),
        [
            LinkReason::RoundedTotal { psohub: francs(10_810), bexio: francs(10_805) },
            LinkReason::SameContact(BexioContactId::new(31).unwrap()),
        ]
    );
    assert_eq!(
        reasons_of(|bexio| {
            bexio.contact_id = BexioContactId::new(31);
            bexio.date = Some(jiff::civil::date(2026, 1, 12));
        }),
        [LinkReason::SameContact(BexioContactId::new(31).unwrap()), LinkReason::DateWithin { days: 3 },]
    );
    assert_eq!(reasons_of(|bexio| bexio.date = Some(jiff::civil::date(2026, 1, 15))), [], "a coincidence");
}
