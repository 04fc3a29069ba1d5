//! How many calls the upstreams get: as many as changed, however many ask.

use std::time::Duration;

use futures_util::future::join_all;
use rust_decimal::Decimal;
use upstream_simulator::traffic::Upstream::{Bexio, Psohub};

use crate::support::app::{TestApp, TestOptions};

/// The README's query: invoices with their Bexio status.
const INVOICES: &str = "{ invoices(first: 100) { totalCount nodes { number name status customer { name }
    totalIncVat { amount currency } bexio { documentNumber status received { amount } remaining { amount } } } } }";

/// Starts over a company of `invoices` and asks once, cold.
async fn cold(invoices: usize) -> TestApp {
    let app = TestOptions::company(invoices)
        .simulator(|options| options.psohub.pdf_size_bytes_min = 1024)
        .set("REFRESH_WAIT_SECONDS", "120")
        .start()
        .await;
    let data = app.data(INVOICES).await;
    assert_eq!(data["invoices"]["totalCount"], invoices);
    app
}

fn bexio_calls_max(invoices: usize) -> u64 {
    1 + u64::try_from(invoices.div_ceil(2000)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cold_book_of_any_size_costs_a_handful_of_calls_and_a_warm_one_none() {
    for invoices in [10, 1_000, 20_000] {
        let app = cold(invoices).await;
        assert!(app.calls(Psohub) <= 4, "{invoices}: {} calls to PSOhub", app.calls(Psohub));
        assert!(
            app.calls(Bexio) <= bexio_calls_max(invoices),
            "{invoices}: {} calls to Bexio",
            app.calls(Bexio)
        );

        app.forget_calls();
        app.data(INVOICES).await;
        app.data("{ invoices(filter: { status: [SENT] }, last: 7) { nodes { number lines { number } } } }")
            .await;
        assert_eq!((app.calls(Psohub), app.calls(Bexio)), (0, 0), "{invoices}, warm");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_callers_of_a_cold_service_cost_what_one_costs() {
    let one = cold(200).await;
    let expected = (one.calls(Psohub), one.calls(Bexio));

    let app = TestOptions::company(200).set("REFRESH_WAIT_SECONDS", "120").start().await;
    let answers = join_all((0..500).map(|_| app.data(INVOICES))).await;
    assert!(answers.iter().all(|data| data["invoices"]["totalCount"] == 200));
    assert_eq!((app.calls(Psohub), app.calls(Bexio)), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_costs_the_lists_of_what_is_open_and_one_call_for_each_invoice_that_left_them() {
    let app = cold(300).await;
    for left in [0, 1, 5] {
        let paid = pay_in_both(&app, left);
        app.advance(Duration::from_mins(10));
        app.forget_calls();
        app.look_at_both().await;
        assert_eq!(app.calls(Psohub), 3 + left, "{left} left the open lists");
        assert_eq!(app.calls(Bexio), 1);
        for number in paid {
            let query =
                format!(r#"{{ invoice(by: {{ number: "{number}" }}) {{ status bexio {{ status }} }} }}"#);
            let data = app.data(&query).await;
            assert_eq!(data["invoice"]["status"], "PAID", "{number}");
            assert_eq!(data["invoice"]["bexio"]["status"], "PAID", "{number}");
        }
    }
}

/// Pays `count` sent invoices that are open in Bexio, there and in PSOhub; gives their numbers.
fn pay_in_both(app: &TestApp, count: u64) -> Vec<String> {
    let world = app.simulator.world();
    let (mut psohub, mut bexio) = (world.psohub(), world.bexio());
    let mut paid = Vec::new();
    for invoice in psohub.invoices().to_vec() {
        if paid.len() as u64 == count {
            break;
        }
        let reference = format!("psohub:{}", invoice.id);
        let open = bexio
            .invoices()
            .filter(|booked| booked.api_reference.as_deref() == Some(&reference))
            .filter(|booked| booked.totals.total > Decimal::ZERO)
            .map(|booked| (booked.id, booked.kb_item_status_id))
            .collect::<Vec<_>>();
        if let [(id, 8)] = open[..]
            && psohub.mark_paid(invoice.id).is_ok()
        {
            bexio.pay(id, None, jiff::civil::date(2026, 3, 2)).unwrap();
            paid.push(invoice.number.to_string());
        }
    }
    assert_eq!(paid.len() as u64, count);
    paid
}
