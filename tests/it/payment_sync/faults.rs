//! What fails, and what becomes of it: nothing is marked wrongly, and the next run makes up for it.

use std::time::Duration;

use invoice_gateway::domain::payment::run::{FailureCode, ItemResult, RunStatus};
use invoice_gateway::services::payment_sync::Started;
use serde_json::json;
use upstream_simulator::SimulatorOptions;
use upstream_simulator::faults::{FaultAction, FaultBody, FaultRule, When};
use upstream_simulator::psohub::Status;
use upstream_simulator::traffic::Upstream;

use super::support::{Booked, booked, by_hand, ended, items, mutate, run, wait_until};
use crate::support::app::{TestApp, TestOptions};

const PAID: &str = "/rest/psohubapi/v1/invoices/paid";

/// So many invoices, all paid in Bexio, none of it known yet.
async fn paid(app: &TestApp, invoices: usize) -> Vec<Booked> {
    let booked: Vec<_> =
        (0..invoices).map(|number| booked(app, &format!("INV-{number}"), Status::Sent)).collect();
    app.look_at_both().await;
    for invoice in &booked {
        invoice.pay(app);
    }
    booked
}

fn marked(app: &TestApp, invoices: &[Booked]) -> usize {
    invoices.iter().filter(|invoice| invoice.status(app) == Status::Paid).count()
}

fn spoil_marking(app: &TestApp, action: FaultAction, when: When) {
    app.simulator.world().faults.add(FaultRule::on(Upstream::Psohub, action).path(PAID).when(when));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_look_at_bexio_nothing_is_marked() {
    let app = TestApp::start().await;
    let invoices = paid(&app, 2).await;
    // The book knows that one of them is paid, from an earlier look.
    app.look_at_both().await;
    app.simulator.stop_bexio().await;
    app.forget_calls();
    let payload = mutate(&app, json!({})).await;
    let failed = &payload["run"];
    assert_eq!(
        (&failed["status"], &failed["failure"]["code"]),
        (&json!("FAILED"), &json!("BEXIO_UNAVAILABLE"))
    );
    assert_eq!(payload["userErrors"][0]["code"], "PAYMENT_SYNC_FAILED");
    assert_eq!((marked(&app, &invoices), app.calls(Upstream::Psohub)), (0, 0));

    app.simulator.start_bexio().await.unwrap();
    let run = run(&app).await;
    assert_eq!((run.status, run.counts.paid), (RunStatus::Succeeded, 2), "{run:#?}");
    assert_eq!(marked(&app, &invoices), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_psohub_that_is_down_is_given_up_and_made_up_for() {
    let app = TestApp::start().await;
    let invoices = paid(&app, 8).await;
    app.simulator.stop_psohub().await;
    let down = run(&app).await;
    assert_eq!((down.status, down.counts.paid, down.counts.failed), (RunStatus::Failed, 0, 8), "{down:#?}");
    let codes: Vec<_> = items(&app, &down)
        .await
        .into_iter()
        .map(|item| match item.result {
            ItemResult::Failed(failure) => failure.code,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(codes[..5], [FailureCode::PsohubUnavailable; 5]);
    assert_eq!(codes[5..], [FailureCode::NotTried; 3]);

    app.simulator.start_psohub().await.unwrap();
    let up = run(&app).await;
    assert_eq!((up.status, up.counts.paid), (RunStatus::Succeeded, 8), "{up:#?}");
    assert_eq!(marked(&app, &invoices), 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_fails_does_not_keep_the_others() {
    let app = TestApp::start().await;
    let invoices = paid(&app, 4).await;
    let refused = FaultAction::Status { code: 422, body: FaultBody::Json, after_effect: false };
    let query = format!("invoiceid={}", invoices[1].psohub);
    let rule = FaultRule::on(Upstream::Psohub, refused).path(PAID).query(&query);
    app.simulator.world().faults.add(rule);
    for _ in 0..2 {
        let some = run(&app).await;
        assert_eq!((some.status, some.counts.failed), (RunStatus::SucceededWithFailures, 1), "{some:#?}");
        assert_eq!(marked(&app, &invoices), 3);
        let last =
            items(&app, &some).await.into_iter().find(|item| item.invoice == invoices[1].id()).unwrap();
        assert!(
            matches!(last.result, ItemResult::Failed(failure) if failure.code == FailureCode::PsohubRefused)
        );
    }
    app.simulator.world().faults.clear();
    assert_eq!(run(&app).await.counts.paid, 1);
    assert_eq!(marked(&app, &invoices), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_requests_are_waited_out() {
    let app = TestApp::start().await;
    let invoices = paid(&app, 3).await;
    let too_many = FaultAction::TooManyRequests { retry_after: Some(1), ratelimit_reset: None };
    spoil_marking(&app, too_many, When::First(1));
    let run = run(&app).await;
    assert_eq!((run.status, run.counts.paid), (RunStatus::Succeeded, 3), "{run:#?}");
    assert_eq!(marked(&app, &invoices), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_learned_and_not_repeated() {
    let app = TestApp::start().await;
    let invoices = paid(&app, 3).await;
    spoil_marking(&app, FaultAction::DropAfterEffect, When::Nth(2));
    app.forget_calls();
    let run = run(&app).await;
    assert_eq!((run.status, run.counts.paid), (RunStatus::Succeeded, 3), "{run:#?}");
    assert_eq!(marked(&app, &invoices), 3);
    let world = app.simulator.world();
    assert_eq!(world.traffic.calls_like(Upstream::Psohub, "PATCH */invoices/paid"), 3, "one for each");
}

#[tokio::test(flavor = "multi_thread")]
async fn payments_that_cannot_be_read_fail_their_invoice_alone() {
    let app = TestApp::start().await;
    let invoices = paid(&app, 3).await;
    let broken = FaultAction::Status { code: 500, body: FaultBody::Html, after_effect: false };
    let path = format!("/2.0/kb_invoice/{}/payment", invoices[0].bexio);
    app.simulator.world().faults.add(FaultRule::on(Upstream::Bexio, broken).path(&path));
    let some = run(&app).await;
    assert_eq!((some.counts.paid, some.counts.failed), (2, 1), "{some:#?}");
    assert_eq!(invoices[0].status(&app), Status::Sent);
    app.simulator.world().faults.clear();
    assert_eq!(run(&app).await.counts.paid, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_look_at_psohub_is_made_again_and_its_failure_ends_the_run() {
    let app = TestOptions::default().set("PSOHUB_REFRESH_SECONDS", "900").start().await;
    let invoices = paid(&app, 1).await;
    app.advance(Duration::from_hours(3));
    app.simulator.stop_psohub().await;
    let old = run(&app).await;
    assert_eq!(old.failure.unwrap().code, FailureCode::PsohubUnavailable);
    app.simulator.start_psohub().await.unwrap();
    app.forget_calls();
    assert_eq!(run(&app).await.counts.paid, 1);
    assert_eq!(app.calls(Upstream::Psohub), 3 + 1, "its three lists, and the mark");
    assert_eq!(marked(&app, &invoices), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn half_of_the_rate_limit_is_left_to_people() {
    let limits = |options: &mut SimulatorOptions| options.bexio.limits.general = 20;
    let app = TestOptions::default().simulator(limits).start().await;
    let invoices = paid(&app, 15).await;
    // The next minute.
    app.advance(Duration::from_mins(1));
    app.forget_calls();
    let service = app.payment_sync().clone();
    let Started::Began(run) = service.start(by_hand(false)).await.unwrap() else {
        panic!("nobody else runs")
    };
    // It stands still, half-way, until the minute is over.
    wait_until(|| app.clock().sleepers() > 0 && app.calls(Upstream::Bexio) >= 10).await;
    assert!(app.calls(Upstream::Bexio) <= 11, "{} calls within a minute", app.calls(Upstream::Bexio));
    while service.running().await.unwrap().is_some() {
        app.advance(Duration::from_secs(20));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let run = ended(&service, &run).await;
    assert_eq!((run.status, run.counts.paid), (RunStatus::Succeeded, 15), "{run:#?}");
    assert_eq!(marked(&app, &invoices), 15);
}
