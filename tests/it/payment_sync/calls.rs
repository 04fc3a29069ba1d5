//! How many calls a run costs: as many as were paid, however many are tracked.

use std::collections::HashMap;
use std::time::Duration;

use invoice_gateway::domain::payment::run::RunStatus;
use upstream_simulator::psohub::Status;
use upstream_simulator::traffic::Upstream::{Bexio, Psohub};

use super::support::{Booked, booked, run};
use crate::support::app::{TestApp, TestOptions};

/// Invoices of the company where `TRACKED_INVOICES` names no other number; 100,000 take two minutes in a
/// debug build.
const TRACKED: usize = 5_000;
const PAID: u64 = 50;

fn tracked() -> usize {
    std::env::var("TRACKED_INVOICES").map_or(TRACKED, |number| number.parse().unwrap())
}

/// A large company whose books agree: nothing that Bexio calls paid is open in PSOhub.
async fn settled_company() -> TestApp {
    let app = TestOptions::company(tracked())
        .simulator(|options| options.psohub.pdf_size_bytes_min = 1024)
        .start()
        .await;
    let world = app.simulator.world();
    let mut psohub = world.psohub();
    let paid: HashMap<String, i64> = world
        .bexio()
        .invoices()
        .filter(|invoice| invoice.kb_item_status_id == 9)
        .filter_map(|invoice| Some((invoice.api_reference.as_deref()?.to_owned(), invoice.id)))
        .collect();
    for invoice in psohub.invoices().to_vec() {
        let is_paid = paid.contains_key(&format!("psohub:{}", invoice.id));
        if is_paid && matches!(invoice.status, Status::Approved | Status::Sent) {
            psohub.set_status(invoice.id, Status::Paid).unwrap();
        }
    }
    drop(psohub);
    app
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_paid_of_many_tracked_cost_a_look_and_two_calls_each() {
    let app = settled_company().await;
    let booked: Vec<Booked> =
        (0..PAID).map(|number| booked(&app, &format!("NEW-{number}"), Status::Sent)).collect();
    app.look_at_both().await;
    app.advance(Duration::from_mins(5));

    app.forget_calls();
    let idle = run(&app).await;
    assert_eq!((idle.status, idle.counts.paid), (RunStatus::Succeeded, 0), "{idle:#?}");
    assert_eq!((app.calls(Bexio), app.calls(Psohub)), (1, 0), "nothing has changed");

    for invoice in &booked {
        invoice.pay(&app);
    }
    app.forget_calls();
    let busy = run(&app).await;
    assert_eq!((busy.status, busy.counts.paid), (RunStatus::Succeeded, PAID), "{busy:#?}");
    assert!(app.calls(Bexio) <= 2 + PAID, "{} calls to Bexio", app.calls(Bexio));
    assert_eq!(app.calls(Psohub), PAID);
    assert_eq!((busy.calls.bexio, busy.calls.psohub), (app.calls(Bexio), PAID));
    assert!(booked.iter().all(|invoice| invoice.status(&app) == Status::Paid));

    app.forget_calls();
    assert_eq!(run(&app).await.counts.paid, 0);
    assert_eq!((app.calls(Bexio), app.calls(Psohub)), (1, 0));
}
