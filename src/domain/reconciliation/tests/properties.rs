//! What holds whatever the sides say; no amounts make it panic.

use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;
use crate::domain::CurrencyCode;

fn amounts() -> impl Strategy<Value = Decimal> + Clone {
    prop_oneof![
        4 => (-20i64..20).prop_map(|cents| Decimal::new(10810 + cents, 2)),
        2 => any::<i32>().prop_map(|cents| Decimal::new(cents.into(), 2)),
        1 => (any::<[u32; 3]>(), any::<bool>(), 0u32..=28)
            .prop_map(|([lo, mid, hi], negative, scale)| Decimal::from_parts(lo, mid, hi, negative, scale)),
        1 => proptest::sample::select(vec![Decimal::MAX, Decimal::MIN, Decimal::ZERO]),
    ]
}

fn currencies() -> impl Strategy<Value = CurrencyCode> {
    proptest::sample::select(vec!["CHF", "CHF", "EUR", "JPY"]).prop_map(|code| code.parse().unwrap())
}

fn due_dates() -> impl Strategy<Value = Option<Date>> {
    proptest::sample::select(vec![None, Some(date(2026, 2, 14)), Some(date(2026, 2, 15))])
}

fn accountings(id: i64) -> impl Strategy<Value = AccountingInvoice> {
    let figures = (amounts(), amounts(), amounts(), prop_oneof![2 => Just(Decimal::ZERO), 1 => amounts()]);
    let contact = proptest::option::of(30i64..33);
    (proptest::sample::select(&BEXIO_STATUSES[..]), currencies(), figures, due_dates(), contact).prop_map(
        move |(status, currency, (total, total_net, total_taxes, credited), due_date, contact)| {
            AccountingInvoice {
                currency,
                total,
                total_net,
                total_taxes,
                credited,
                due_date,
                contact_id: contact.and_then(BexioContactId::new),
                ..bexio(id, status)
            }
        },
    )
}

fn invoices() -> impl Strategy<Value = Invoice> {
    let lines = proptest::collection::vec(proptest::option::of(amounts()), 0..3);
    let status = proptest::sample::select(&STATUSES[..]);
    (status, currencies(), (amounts(), amounts()), lines, due_dates()).prop_map(
        |(status, currency, (total_ex_vat, total_inc_vat), lines, due_date)| Invoice {
            status,
            currency,
            total_ex_vat,
            total_inc_vat,
            due_date,
            lines: lines
                .into_iter()
                .map(|amount| InvoiceLine { total_ex_vat: amount, ..line(Decimal::ONE) })
                .collect(),
            ..psohub()
        },
    )
}

fn cases() -> impl Strategy<Value = Case> {
    let external_id = proptest::sample::select(vec![
        ExternalId::Unknown,
        ExternalId::Absent,
        ExternalId::Present(None),
        ExternalId::Present(Some("RE-5".into())),
        ExternalId::Present(Some("something else".into())),
    ]);
    (
        proptest::option::weighted(0.9, invoices()),
        proptest::option::weighted(0.9, accountings(5)),
        proptest::collection::vec(accountings(6).prop_map(Arc::new), 0..2),
        external_id,
        proptest::option::of((30i64..33).prop_map(|id| BexioContactId::new(id).unwrap())),
        proptest::option::of(proptest::sample::select(&State::ALL[..])),
        (any::<bool>(), knowledge(), knowledge()),
    )
        .prop_map(|(psohub, bexio, duplicates, external_id, contact, delivery, known)| Case {
            psohub,
            bexio,
            duplicates,
            external_id,
            contact,
            delivery,
            is_linked_by_hand: known.0,
            psohub_known: known.1,
            bexio_known: known.2,
        })
}

fn knowledge() -> impl Strategy<Value = Knowledge> {
    proptest::sample::select(vec![Knowledge::Read, Knowledge::Failing, Knowledge::Never])
}

/// Of which currencies a reason's amounts are.
fn currencies_of(reason: &Reason) -> Vec<CurrencyCode> {
    let money = [&reason.psohub, &reason.bexio].into_iter().flatten().filter_map(|value| match value {
        Value::Money(money) => Some(money.currency),
        Value::Text(_) | Value::Date(_) => None,
    });
    money.chain(reason.difference.map(|difference| difference.currency)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn whatever_the_sides_say_the_verdict_is_that_of_the_weightiest_reason(case in cases()) {
        let found = case.compared();
        let weightiest = found.reasons.iter().map(|reason| reason.rule.verdict()).max();
        prop_assert_eq!(found.verdict, weightiest.unwrap_or(Verdict::Matched));
        // Nobody has to do anything exactly where no reason asks for it.
        let asks = found.reasons.iter().any(|reason| reason.rule.severity() > Severity::Info);
        prop_assert_eq!(found.verdict.is_settled(), !asks);
        prop_assert_eq!(found.verdict == Verdict::Matched, found.reasons.is_empty());
        prop_assert!(found.reasons.is_sorted_by(|a, b| a.rule.severity() >= b.rule.severity()));
        for reason in &found.reasons {
            prop_assert!(reason.psohub.is_some() || reason.bexio.is_some(), "{:?}", reason);
            let both = case.psohub.as_ref().zip(case.bexio.as_ref());
            for currency in currencies_of(reason) {
                let (psohub, bexio) = both.unwrap();
                prop_assert_eq!((psohub.currency, bexio.currency), (currency, currency));
            }
        }
        // Comparing is a matter of what is compared only.
        prop_assert_eq!(case.compared(), found);
    }

    #[test]
    fn a_side_that_is_missing_is_told_as_that_and_nothing_else_is_compared(case in cases()) {
        let found = case.compared();
        let one_sided = case.psohub.is_none() != case.bexio.is_none();
        let is_presence = |reason: &Reason| matches!(reason.rule.field(), Field::Presence | Field::Status);
        prop_assert!(!one_sided || found.reasons.iter().all(is_presence));
        let of_missing = [Verdict::MissingInBexio, Verdict::MissingInPsohub];
        let unread = case.bexio.is_none() && case.bexio_known != Knowledge::Read
            || case.psohub.is_none() && case.psohub_known != Knowledge::Read;
        // The send's own record tells that it stopped.
        let told = case.delivery == Some(State::Failed);
        prop_assert!(!unread || told || !of_missing.contains(&found.verdict), "{:?}", found);
    }

    /// Which side is larger is no matter, nor by what both are larger.
    #[test]
    fn totals_are_compared_by_their_difference(
        base in -1_000_000i64..1_000_000, shift in -1_000_000i64..1_000_000, difference in -20i64..20, currency in currencies(),
    ) {
        let rule = |psohub: i64, bexio: i64| {
            let case = Case::agreeing()
                .psohub(|invoice| (invoice.currency, invoice.total_inc_vat) = (currency, Decimal::new(psohub, 2)))
                .bexio(|invoice| (invoice.currency, invoice.total) = (currency, Decimal::new(bexio, 2)));
            let reasons = case.compared().reasons;
            let total = reasons.into_iter().find(|reason| reason.rule.field() == Field::Total);
            total.map(|reason| (reason.rule, reason.difference.unwrap().amount))
        };
        // Yen have no cents.
        let unit = if currency.minor_digits() == 0 { 100 } else { 1 };
        let [base, shift, difference] = [base, shift, difference].map(|cents| cents * unit);
        let found = rule(base, base + difference);
        prop_assert_eq!(rule(base + difference, base), found.map(|(rule, amount)| (rule, -amount)));
        prop_assert_eq!(rule(base + shift, base + shift + difference), found);
        prop_assert_eq!(found.is_none(), difference == 0);
    }
}
