//! Nothing is left in Bexio, wherever a test ends: what it made is found by its marker and deleted.

use std::time::Duration;

use invoice_gateway::book::Source;
use invoice_gateway::domain::BexioInvoiceId;
use invoice_gateway::domain::connection_test::TestLevel;
use serde_json::json;
use upstream_simulator::faults::{FaultAction, FaultRule, LateAnswer, LateTrigger, When};
use upstream_simulator::traffic::Upstream;

use super::company::{code, left, options, says, spoil, step, test};
use crate::support::app::TestApp;

/// Longer than a lost create can still take effect.
const SETTLED: Duration = Duration::from_mins(3);

/// The calls of a test that write, in their order.
const WRITES: [(&str, &str); 4] = [
    ("POST", "/2.0/contact"),
    ("POST", "/2.0/kb_invoice"),
    ("DELETE", "/2.0/kb_invoice/*"),
    ("DELETE", "/2.0/contact/*"),
];

/// Starts a test that stops for ever at the call, and kills the service there.
async fn killed_at(method: &str, path: &str, action: FaultAction) -> TestApp {
    let app = options().start().await;
    spoil(&app, method, path, action);
    let tester = app.connection_tests().clone();
    let process = tokio::runtime::Runtime::new().unwrap();
    process.spawn(async move { tester.test(TestLevel::Write, "eva").await });
    while app.simulator.world().faults.held() == 0 {
        tokio::task::yield_now().await;
    }
    // As if the process were killed: none of its tasks is polled again.
    process.shutdown_background();
    let app = app.restart().await;
    app.simulator.world().faults.clear();
    app
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_before_or_after_each_write_nothing_is_left() {
    for (method, path) in WRITES {
        for after_effect in [false, true] {
            let app = killed_at(method, path, FaultAction::Hang { after_effect }).await;
            let place = format!("{method} {path} {after_effect}");
            assert_eq!(app.connection_tests().sweep_due().await.unwrap(), 1, "{place}: it is too early");
            app.advance(SETTLED);
            assert_eq!(app.connection_tests().sweep_due().await.unwrap(), 0, "{place}");
            assert_eq!(left(&app), Vec::<String>::new(), "{place}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_that_takes_effect_late_is_deleted_too() {
    let late = FaultAction::LateEffect { answer: LateAnswer::Hang, trigger: LateTrigger::Release };
    let app = killed_at("POST", "/2.0/kb_invoice", late).await;
    app.simulator.world().faults.release_late().await;
    assert_eq!(left(&app).len(), 2, "the draft and its contact are there now");
    app.advance(SETTLED);
    assert_eq!(app.connection_tests().sweep_due().await.unwrap(), 0);
    assert_eq!(left(&app), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_said_and_swept() {
    for (path, step_name) in [("/2.0/contact", "CREATE_CONTACT"), ("/2.0/kb_invoice", "CREATE_INVOICE")] {
        let app = options().start().await;
        spoil(&app, "POST", path, FaultAction::DropAfterEffect);
        let test = test(&app, "WRITE").await;
        assert_eq!(code(&test, step_name), "OUTCOME_UNKNOWN");
        assert!(!left(&app).is_empty());
        app.advance(SETTLED);
        assert_eq!(app.connection_tests().sweep_due().await.unwrap(), 0);
        assert_eq!(left(&app), Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_deleted_now_is_deleted_later() {
    let app = options().start().await;
    let rule = FaultRule::on(Upstream::Bexio, says(503, "Service unavailable")).method("DELETE");
    app.simulator.world().faults.add(rule.when(When::First(3)));
    let test = test(&app, "WRITE").await;
    let findings = step(&test, "DELETE_INVOICE")["findings"].as_array().unwrap();
    let codes: Vec<_> = findings.iter().map(|finding| finding["code"].clone()).collect();
    assert_eq!(codes, [json!("OUTCOME_UNKNOWN"), json!("LEFT_FOR_SWEEP")]);
    app.advance(SETTLED);
    assert_eq!(app.connection_tests().sweep_due().await.unwrap(), 1, "Bexio refuses once more");
    assert_eq!(app.connection_tests().sweep_due().await.unwrap(), 0);
    assert_eq!(left(&app), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_draft_is_nobodys_invoice_and_an_issued_one_is_not_deleted() {
    let app = killed_at("DELETE", "/2.0/kb_invoice/*", FaultAction::Hang { after_effect: false }).await;
    app.look_at_both().await;
    app.look(Source::Bexio).await.unwrap();
    let id = app.simulator.world().bexio().invoices().next().unwrap().id;
    let id = BexioInvoiceId::new(id).unwrap();
    assert!(app.book().reader().peek().book.bexio_invoice(id).is_none());

    app.simulator.world().bexio().issue(id.get()).unwrap();
    app.advance(SETTLED);
    assert_eq!(app.connection_tests().sweep_due().await.unwrap(), 0);
    assert_eq!(left(&app), ["invoice RE-00001"]);
}
