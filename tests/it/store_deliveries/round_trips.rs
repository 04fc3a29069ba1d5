//! JSON loses nothing: not a digit of an id or an amount, not a character of a text.

use invoice_gateway::domain::delivery::{Delivery, DeliveryId};
use invoice_gateway::domain::plan::Plan;
use invoice_gateway::domain::{Invoice, InvoiceLine, InvoiceStatus, LineDetail, Money, PsohubInvoiceId};
use jiff::civil::Date;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{ProptestConfig, Strategy, any};
use rust_decimal::Decimal;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::walk::Walk;
use super::{invoice, plan};

/// The value that `value` is after it was stored. Amounts are equal whatever their scale, so the text
/// must be the same, too.
fn again<T: Serialize + DeserializeOwned>(value: &T) -> T {
    let text = serde_json::to_string(value).unwrap();
    let read: T = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), text);
    read
}

fn amount() -> impl Strategy<Value = Decimal> {
    (any::<i128>(), 0_u32..=28).prop_map(|(digits, scale)| Decimal::from_i128_with_scale(digits >> 32, scale))
}

fn text() -> impl Strategy<Value = Box<str>> {
    any::<String>().prop_map(Into::into)
}

fn date() -> impl Strategy<Value = Date> {
    (-9999_i16..=9999, 1_i8..=12, 1_i8..=28)
        .prop_map(|(year, month, day)| jiff::civil::date(year, month, day))
}

fn detail() -> impl Strategy<Value = LineDetail> {
    let texts = (option::of(text()), option::of(text()));
    let amounts = [option::of(amount()), option::of(amount()), option::of(amount())];
    (texts, amounts, option::of(date())).prop_map(|((person, role), [hours, rate, sum], date)| {
        let template = &invoice(1).lines[0].details[0];
        LineDetail { date, person, role, hours, hourly_rate: rate, amount_ex_vat: sum, ..template.clone() }
    })
}

fn line() -> impl Strategy<Value = InvoiceLine> {
    (text(), option::of(text()), option::of(amount()), vec(detail(), 0..3)).prop_map(
        |(number, description, total, details)| {
            let template = &invoice(1).lines[0];
            InvoiceLine {
                number,
                description,
                total_ex_vat: total,
                details: details.into(),
                ..template.clone()
            }
        },
    )
}

/// The template's fields that are of a kind with these are left to the template.
fn any_invoice() -> impl Strategy<Value = Invoice> {
    let head = (1..=i64::MAX, text(), option::of(text()), option::of(date()));
    (head, amount(), amount(), vec(line(), 0..4)).prop_map(|((id, number, note, date), net, total, lines)| {
        let template = invoice(1);
        Invoice {
            id: PsohubInvoiceId::new(id).unwrap(),
            number,
            note,
            date,
            status: InvoiceStatus::Approved,
            total_ex_vat: net,
            total_inc_vat: total,
            total_inc_vat_base: Some(Money::new(net, template.currency)),
            lines: lines.into(),
            ..template
        }
    })
}

proptest::proptest! {
    // A walk has a hundred records.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn of_an_invoice_and_its_plan(invoice in any_invoice(), price in amount(), words in text()) {
        let read = again(&invoice);
        // A delivery under way compares by this.
        assert_eq!(read.content_hash(), invoice.content_hash());
        assert_eq!(read, invoice);

        let mut plan: Plan = plan(&invoice);
        plan.positions[0].unit_price = Some(price);
        plan.positions[0].text = words.clone();
        plan.totals.bexio = price;
        plan.email.as_mut().unwrap().message = words;
        let read = again(&plan);
        assert_eq!(read.content_hash(), plan.content_hash());
        assert_eq!(read.acceptance(), plan.acceptance());
        assert_eq!(read, plan);
    }

    #[test]
    fn of_every_version_of_a_delivery(seed: u64, id in 1..=i64::MAX) {
        let walk = Walk::new(seed, DeliveryId::new(id).unwrap(), &invoice(id));
        for (delivery, entry) in walk.steps() {
            assert_eq!(again::<Delivery>(&delivery), delivery);
            assert_eq!(again(&entry), entry);
        }
    }
}

#[test]
fn of_numbers_that_a_float_would_round() {
    let walk =
        Walk::new(1, DeliveryId::new(9_007_199_254_740_993).unwrap(), &invoice(41_939_771_881_672_249));
    let text = serde_json::to_string(&walk.delivery).unwrap();
    assert!(text.contains(r#""id":9007199254740993"#), "{text}");
    assert!(text.contains(r#""invoice_id":41939771881672249"#), "{text}");
    assert!(text.contains(r#""total":"29943.7""#), "amounts are texts: {text}");
    let high = text.replace(r#""version":1,"#, r#""version":18446744073709551615,"#);
    let read: Delivery = serde_json::from_str(&high).unwrap();
    assert_eq!(read.version(), u64::MAX);
    assert_eq!(serde_json::to_string(&read).unwrap(), high);
    // A number for an amount would be read through a float: it is refused.
    let number = text.replace(r#""total":"29943.7""#, r#""total":29943.7"#);
    assert!(serde_json::from_str::<Delivery>(&number).is_err());
}
