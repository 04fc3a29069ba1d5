//! What may become Paid, over every combination of what can be known.

use jiff::civil::date;
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;
use crate::book::fixtures;
use crate::domain::RoundingTolerance;
use crate::domain::delivery::State;
use crate::domain::{AccountingInvoice, CurrencyCode, Invoice, Money, PaymentKind};

const STATUSES: [InvoiceStatus; 6] = [
    InvoiceStatus::Draft,
    InvoiceStatus::Approved,
    InvoiceStatus::Sent,
    InvoiceStatus::Paid,
    InvoiceStatus::Void,
    InvoiceStatus::Unknown,
];
const CLAIMS: [Claim; 3] = [Claim::Sole, Claim::Duplicate, Claim::Shared];
const KINDS: [PaymentKind; 4] =
    [PaymentKind::Money, PaymentKind::CreditVoucher, PaymentKind::CashDiscount, PaymentKind::ClientAccount];

/// What a case is made of, owned.
#[derive(Debug, Clone)]
struct Case {
    invoice: Invoice,
    bexio: Option<AccountingInvoice>,
    claim: Claim,
    delivery: Option<State>,
    payments: Vec<Payment>,
    order: ReadOrder,
}

impl Case {
    fn evidence(&self) -> Evidence<'_> {
        let Self { invoice, bexio, claim, delivery, .. } = self;
        Evidence {
            invoice,
            bexio: bexio.as_ref(),
            claim: *claim,
            delivery: *delivery,
            tolerance: RoundingTolerance::STANDARD,
        }
    }

    fn decide(&self) -> Decision {
        decide(&self.evidence(), &self.payments, self.order)
    }

    /// The rule once more, in other words.
    fn may_be_paid(&self) -> bool {
        let Some(bexio) = &self.bexio else { return false };
        let is_owed = [InvoiceStatus::Approved, InvoiceStatus::Sent].contains(&self.invoice.status);
        let step = if bexio.currency.as_str() == "CHF" { 5 } else { 1 };
        let gap = (bexio.total - self.invoice.total_inc_vat).abs();
        let at_rest = [None, Some(State::Done), Some(State::Failed), Some(State::Abandoned)];
        is_owed
            && bexio.status_raw == 9
            && self.claim == Claim::Sole
            && at_rest.contains(&self.delivery)
            && bexio.currency == self.invoice.currency
            && gap <= Decimal::new(step, 2)
    }
}

fn payment(rappen: i64, kind: PaymentKind, day: Option<i8>) -> Payment {
    Payment {
        id: 1,
        date: day.map(|day| date(2026, 3, day)),
        value: Money::new(Decimal::new(rappen, 2), CurrencyCode::CHF),
        kind,
        title: None,
    }
}

/// Sent, linked, paid by one payment of money.
fn paid() -> Case {
    let mut invoice = fixtures::invoice(1);
    invoice.status = InvoiceStatus::Sent;
    let mut bexio = fixtures::accounting(2);
    (bexio.status, bexio.status_raw) = (AccountingStatus::Paid, 9);
    let payments = vec![payment(10_810, PaymentKind::Money, Some(4))];
    Case {
        invoice,
        bexio: Some(bexio),
        claim: Claim::Sole,
        delivery: None,
        payments,
        order: ReadOrder::InvoiceFirst,
    }
}

fn payments() -> impl Strategy<Value = Vec<Payment>> {
    let row = (-200i64..12_000, 0usize..4, proptest::option::of(1i8..29));
    let row = row.prop_map(|(rappen, kind, day)| payment(rappen, KINDS[kind], day));
    proptest::collection::vec(row, 0..4)
}

prop_compose! {
    /// Cases around the one that is paid, so that each rule is met alone and with others.
    fn cases()(
        status in prop_oneof![3 => Just(2usize), 1 => 0usize..6],
        raw in prop_oneof![
            3 => Just(Some(9i64)),
            1 => proptest::option::of(proptest::sample::select(vec![7i64, 8, 16, 19, 31, 0, 10, 90])),
        ],
        claim in prop_oneof![3 => Just(0usize), 1 => 0usize..3],
        delivery in proptest::option::of(0usize..State::ALL.len()),
        gap in prop_oneof![3 => -5i64..6, 1 => -200i64..200],
        foreign in prop_oneof![4 => Just((false, false)), 1 => any::<(bool, bool)>()],
        remaining in 0i64..2,
        payments in payments(),
        reread in any::<bool>(),
    ) -> Case {
        let mut case = paid();
        let currency = |foreign| if foreign { "EUR".parse().unwrap() } else { CurrencyCode::CHF };
        case.invoice.status = STATUSES[status];
        case.invoice.currency = currency(foreign.0);
        case.bexio = case.bexio.zip(raw).map(|(bexio, raw)| AccountingInvoice {
            status: AccountingStatus::from_raw(raw),
            status_raw: raw,
            currency: currency(foreign.1),
            total: case.invoice.total_inc_vat + Decimal::new(gap, 2),
            remaining: Decimal::from(remaining),
            ..bexio
        });
        case.claim = CLAIMS[claim];
        case.delivery = delivery.map(|state| State::ALL[state]);
        case.payments = payments;
        case.order = if reread { ReadOrder::PaymentsFirst } else { ReadOrder::InvoiceFirst };
        case
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// The worst failure there is: both directions, whatever else is the case.
    #[test]
    fn paid_is_what_bexio_calls_paid_and_the_rule_allows_and_nothing_else(case in cases()) {
        match case.decide() {
            Decision::MarkPaid(_) | Decision::ReadAgain => prop_assert!(case.may_be_paid()),
            Decision::Skip(reason) => {
                prop_assert!(!case.may_be_paid(), "{reason:?}");
                prop_assert_eq!(obstacle(&case.evidence()), Some(reason));
            }
        }
    }

    /// Once the invoice was read after its payments there is nothing left to ask.
    #[test]
    fn reading_again_ends(case in cases()) {
        let again = Case { order: ReadOrder::PaymentsFirst, ..case };
        prop_assert_ne!(again.decide(), Decision::ReadAgain);
    }

    #[test]
    fn a_payment_that_is_missing_is_asked_about(payments in payments(), order in any::<bool>()) {
        let order = if order { ReadOrder::PaymentsFirst } else { ReadOrder::InvoiceFirst };
        let case = Case { payments, order, ..paid() };
        let booked: Decimal = case.payments.iter().map(|payment| payment.value.amount).sum();
        let is_short = booked < Decimal::new(10_805, 2);
        let asks = case.decide() == Decision::ReadAgain;
        prop_assert_eq!(asks, is_short && order == ReadOrder::InvoiceFirst);
    }

    #[test]
    fn what_settled_it_and_when_follows_from_what_was_booked(payments in payments()) {
        let settled = Settled::by(&payments);
        let booked: Vec<_> = payments.iter().filter(|row| row.value.amount > Decimal::ZERO).collect();
        let has = |kind| booked.iter().any(|row| row.kind == kind);
        match settled.by {
            SettledBy::NotShown => prop_assert!(booked.is_empty()),
            SettledBy::Mixed => prop_assert!(KINDS.into_iter().filter(|kind| has(*kind)).count() > 1),
            one => prop_assert!(KINDS.into_iter().all(|kind| has(kind) == (SettledBy::from(kind) == one))),
        }
        let last = booked.iter().filter(|row| row.kind == PaymentKind::Money).filter_map(|row| row.date).max();
        prop_assert_eq!(settled.paid_on, last);
    }
}

#[test]
fn nothing_left_to_pay_is_not_paid() {
    for raw in [7, 8, 16, 19, 31, 12] {
        let mut case = paid();
        let bexio = case.bexio.as_mut().unwrap();
        (bexio.status, bexio.status_raw) = (AccountingStatus::from_raw(raw), raw);
        (bexio.remaining, bexio.received) = (Decimal::ZERO, bexio.total);
        assert!(matches!(case.decide(), Decision::Skip(_)), "{raw}");
    }
}

#[test]
fn which_of_two_invoices_was_paid_is_asked_before_whether() {
    let mut case = paid();
    case.claim = Claim::Duplicate;
    case.bexio.as_mut().unwrap().status = AccountingStatus::Pending;
    assert_eq!(case.decide(), Decision::Skip(SkipReason::AmbiguousLink));
}

#[test]
fn a_payment_deleted_after_marking_is_reported() {
    let mut case = paid();
    case.invoice.status = InvoiceStatus::Paid;
    assert_eq!(case.decide(), Decision::Skip(SkipReason::AlreadyPaid));
    case.bexio.as_mut().unwrap().status = AccountingStatus::Partial;
    assert_eq!(case.decide(), Decision::Skip(SkipReason::PaidOnlyInPsohub));
    assert!(SkipReason::PaidOnlyInPsohub.is_reported());
}

#[test]
fn money_with_a_discount_is_told_apart_and_dated_by_the_money() {
    let rows = [
        payment(10_000, PaymentKind::Money, Some(2)),
        payment(500, PaymentKind::Money, Some(9)),
        payment(310, PaymentKind::CashDiscount, Some(20)),
    ];
    assert_eq!(Settled::by(&rows), Settled { by: SettledBy::Mixed, paid_on: Some(date(2026, 3, 9)) });
    let credit = [payment(10_810, PaymentKind::CreditVoucher, Some(2))];
    assert_eq!(Settled::by(&credit), Settled { by: SettledBy::Credit, paid_on: None });
}

#[test]
fn every_reason_has_a_word_that_is_its_stored_one() {
    for reason in SkipReason::ALL {
        assert_eq!(serde_json::to_value(reason).unwrap(), reason.code());
    }
}
