//! What one run does, as a finance person sees it.

use std::time::Duration;

use invoice_gateway::domain::payment::run::{ItemResult, RunStatus};
use invoice_gateway::domain::payment::{SettledBy, SkipReason};
use invoice_gateway::services::payment_sync::Started;
use rust_decimal::Decimal;
use serde_json::json;
use upstream_simulator::bexio::Quirk;
use upstream_simulator::faults::{FaultAction, FaultRule, When};
use upstream_simulator::psohub::{EditPsohubInvoice, Status};
use upstream_simulator::traffic::Upstream;

use super::support::{booked, by_hand, ended, items, mutate, run, today};
use crate::support::app::{TestApp, TestOptions};

#[tokio::test(flavor = "multi_thread")]
async fn what_bexio_calls_paid_is_paid_in_psohub_and_nothing_else() {
    let app = TestApp::start().await;
    let paid = booked(&app, "INV-1", Status::Sent);
    let open = booked(&app, "INV-2", Status::Approved);
    let part = booked(&app, "INV-3", Status::Sent);
    app.look_at_both().await;
    paid.pay(&app);
    part.pay_part(&app, 10);
    app.forget_calls();

    let payload = mutate(&app, json!({})).await;
    let run = &payload["run"];
    assert_eq!(payload["userErrors"], json!([]), "{payload:#}");
    assert_eq!((&run["status"], &run["trigger"]), (&json!("SUCCEEDED"), &json!("MANUAL")));
    assert_eq!(run["startedBy"], "local");
    assert_eq!(
        run["counts"],
        json!({ "checked": 3, "paid": 1, "skipped": 2, "failed": 0, "skippedByReason": [
            { "reason": "NOT_PAID_IN_BEXIO", "count": 1 }, { "reason": "PARTLY_PAID", "count": 1 },
        ] })
    );
    assert_eq!((app.calls(Upstream::Bexio), app.calls(Upstream::Psohub)), (2, 1));
    assert_eq!(run["calls"], json!({ "psohub": 1, "bexio": 2 }));
    let items = run["items"]["nodes"].as_array().unwrap();
    assert_eq!(items.len(), 2, "{items:#?}");
    assert_eq!((&items[0]["outcome"], &items[0]["reason"]), (&json!("REPORTED"), &json!("PARTLY_PAID")));
    assert_eq!(items[0]["message"], "Invoice INV-3 is only partly paid in Bexio.");
    assert_eq!((&items[1]["outcome"], &items[1]["settledBy"]), (&json!("PAID"), &json!("MONEY")));
    assert_eq!(items[1]["paidOn"], today(&app).to_string());
    assert_eq!(items[1]["invoice"], json!({ "number": "INV-1", "status": "PAID" }));
    assert_eq!([paid, open, part].map(|it| it.status(&app)), [Status::Paid, Status::Approved, Status::Sent]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_shows_what_would_be_paid_and_writes_nothing() {
    let app = TestApp::start().await;
    let invoice = booked(&app, "INV-1", Status::Sent);
    app.look_at_both().await;
    invoice.pay(&app);
    app.forget_calls();
    let payload = mutate(&app, json!({ "dryRun": true })).await;
    let items = &payload["run"]["items"];
    assert_eq!((&payload["run"]["dryRun"], &payload["run"]["counts"]["paid"]), (&json!(true), &json!(1)));
    assert_eq!((&items["totalCount"], &items["nodes"][0]["outcome"]), (&json!(1), &json!("WOULD_BE_PAID")));
    assert_eq!(items["nodes"][0]["invoice"]["status"], "SENT");
    assert_eq!((invoice.status(&app), app.calls(Upstream::Psohub)), (Status::Sent, 0));

    // It does not count as a run that was done.
    let data = app.data("{ paymentSync { schedule nextRun lastSuccess { id } running { id } } }").await;
    assert_eq!(
        data["paymentSync"],
        json!({ "schedule": "0 0 */2 * * *", "nextRun": "2026-03-02T10:00:00Z", "lastSuccess": null, "running": null })
    );
    let payload = mutate(&app, json!({ "dryRun": false })).await;
    assert_eq!(payload["run"]["items"]["nodes"][0]["outcome"], "PAID");
    assert_eq!(invoice.status(&app), Status::Paid);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_repeated_under_its_key_gives_the_first_run() {
    let app = TestApp::start().await;
    booked(&app, "INV-1", Status::Sent);
    let first = mutate(&app, json!({ "idempotencyKey": "morning" })).await;
    assert_eq!(first["wasThereBefore"], false);
    let again = mutate(&app, json!({ "idempotencyKey": "morning" })).await;
    assert_eq!((&again["wasThereBefore"], &again["run"]["id"]), (&json!(true), &first["run"]["id"]));
    let other = mutate(&app, json!({ "idempotencyKey": "morning", "dryRun": true })).await;
    assert_eq!(other["userErrors"][0]["code"], "IDEMPOTENCY_KEY_REUSED");
    assert_eq!(other["run"], json!(null));
    let bad = mutate(&app, json!({ "idempotencyKey": "a\nb" })).await;
    assert_eq!(bad["userErrors"][0]["code"], "IDEMPOTENCY_KEY_INVALID");
    let bad = mutate(&app, json!({ "waitSeconds": 61 })).await;
    assert_eq!(bad["userErrors"][0]["code"], "VALUE_INVALID");
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_are_listed_newest_first_and_found_by_their_id() {
    let app = TestApp::start().await;
    for _ in 0..3 {
        mutate(&app, json!({})).await;
    }
    let page =
        "{ paymentSyncRuns(first: 2) { nodes { id startedAt status } pageInfo { hasNextPage endCursor } } }";
    let first = app.data(page).await["paymentSyncRuns"].take();
    assert_eq!(
        (&first["nodes"][1]["status"], &first["pageInfo"]["hasNextPage"]),
        (&json!("SUCCEEDED"), &json!(true))
    );
    let cursor = &first["pageInfo"]["endCursor"];
    let rest =
        format!("{{ paymentSyncRuns(after: {cursor}) {{ nodes {{ id }} pageInfo {{ hasNextPage }} }} }}");
    let rest = app.data(&rest).await["paymentSyncRuns"].take();
    assert_eq!(
        (rest["nodes"].as_array().unwrap().len(), &rest["pageInfo"]["hasNextPage"]),
        (1, &json!(false))
    );
    let id = &rest["nodes"][0]["id"];
    let found = format!(
        "{{ paymentSyncRun(id: {id}) {{ id counts {{ checked }} }} node(id: {id}) {{ id ... on PaymentSyncRun {{ trigger }} }} }}"
    );
    let found = app.data(&found).await;
    assert_eq!((&found["paymentSyncRun"]["id"], &found["node"]["id"]), (id, id));
    assert_eq!(found["node"]["trigger"], "MANUAL");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_doubt_is_reported_and_left_alone() {
    let app = TestApp::start().await;
    let world = app.simulator.world();
    let doubled = booked(&app, "INV-1", Status::Sent);
    let second = world.book_in_bexio(doubled.psohub).unwrap();
    world.bexio().issue(second).unwrap();
    let cancelled = booked(&app, "INV-2", Status::Sent);
    let dearer = booked(&app, "INV-3", Status::Sent);
    let unknown = booked(&app, "INV-4", Status::Sent);
    let void = booked(&app, "INV-5", Status::Void);
    for paid in [doubled, dearer, void] {
        paid.pay(&app);
    }
    world.bexio().cancel(cancelled.bexio).unwrap();
    world.bexio().set_status(unknown.bexio, 77).unwrap();
    let total =
        EditPsohubInvoice { total_inc_vat: Some(Decimal::from(2000)), ..EditPsohubInvoice::default() };
    world.psohub().edit(dearer.psohub, total).unwrap();

    let run = mutate(&app, json!({})).await["run"].take();
    let mut reasons: Vec<_> = run["items"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (item["invoiceNumber"].as_str().unwrap(), item["reason"].as_str().unwrap()))
        .collect();
    reasons.sort_unstable();
    assert_eq!(
        reasons,
        [
            ("INV-1", "AMBIGUOUS_LINK"),
            ("INV-2", "CANCELLED_IN_BEXIO"),
            ("INV-3", "TOTAL_DIFFERS"),
            ("INV-4", "UNKNOWN_STATUS"),
        ]
    );
    assert_eq!((&run["counts"]["paid"], &run["status"]), (&json!(0), &json!("SUCCEEDED")));
    for left in [doubled, cancelled, dearer, unknown] {
        assert_eq!(left.status(&app), Status::Sent);
    }
    // The double is cancelled: then it is plain what was paid.
    world.bexio().cancel(second).unwrap();
    app.advance(Duration::from_mins(1));
    mutate(&app, json!({})).await;
    assert_eq!(doubled.status(&app), Status::Paid);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_deleted_after_marking_is_reported_and_not_undone() {
    let app = TestApp::start().await;
    let invoice = booked(&app, "INV-1", Status::Sent);
    let payment = invoice.pay(&app);
    mutate(&app, json!({})).await;
    assert_eq!(invoice.status(&app), Status::Paid);
    app.simulator.world().bexio().delete_payment(invoice.bexio, payment).unwrap();
    app.advance(Duration::from_mins(1));
    let run = mutate(&app, json!({})).await["run"].take();
    assert_eq!(run["items"]["nodes"][0]["reason"], "PAID_ONLY_IN_PSOHUB");
    assert_eq!((invoice.status(&app), &run["counts"]["paid"]), (Status::Paid, &json!(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_deleted_after_the_look_is_seen_before_it_is_marked() {
    let app = TestOptions::default().set("UPSTREAM_READ_SECONDS", "0.5").start().await;
    let invoice = booked(&app, "INV-1", Status::Sent);
    let payment = invoice.pay(&app);
    // The look says 9; then the payment goes, before anybody asks for the payments.
    let delay = FaultRule::on(Upstream::Bexio, FaultAction::Hang { after_effect: false })
        .path(&format!("/2.0/kb_invoice/{}/payment", invoice.bexio))
        .when(When::First(1));
    let rule = app.simulator.world().faults.add(delay);
    let running = app.payment_sync().start(by_hand(false)).await.unwrap();
    let Started::Began(run) = running else { panic!("{running:?}") };
    while app.simulator.world().faults.fired(rule) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    app.simulator.world().bexio().delete_payment(invoice.bexio, payment).unwrap();
    // The call that hangs is given up and repeated.
    let run = ended(app.payment_sync(), &run).await;
    assert_eq!((run.status, run.counts.paid), (RunStatus::Succeeded, 0), "{run:#?}");
    assert_eq!(invoice.status(&app), Status::Sent);
    assert_eq!(run.counts.skipped.get(&SkipReason::NotPaidInBexio), Some(&1));
}

#[tokio::test(flavor = "multi_thread")]
async fn credit_and_cash_discount_are_told_apart_from_money() {
    let app = TestApp::start().await;
    let [money, credit, mixed] = ["INV-1", "INV-2", "INV-3"].map(|number| booked(&app, number, Status::Sent));
    money.pay(&app);
    let day = today(&app);
    let world = app.simulator.world();
    world.bexio().credit(credit.bexio, None, day).unwrap();
    world.bexio().cash_discount(mixed.bexio, Some(Decimal::from(20)), day).unwrap();
    mixed.pay(&app);
    let run = run(&app).await;
    let mut settled: Vec<_> = items(&app, &run)
        .await
        .into_iter()
        .map(|item| match item.result {
            ItemResult::Paid(settled) => (item.number.to_string(), settled.by, settled.paid_on),
            other => panic!("{other:?}"),
        })
        .collect();
    settled.sort();
    assert_eq!(
        settled,
        [
            ("INV-1".to_owned(), SettledBy::Money, Some(day)),
            ("INV-2".to_owned(), SettledBy::Credit, None),
            ("INV-3".to_owned(), SettledBy::Mixed, Some(day)),
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_leaves_no_trace_is_found_within_a_day() {
    let app = TestApp::start().await;
    let invoice = booked(&app, "INV-1", Status::Sent);
    app.look_at_both().await;
    app.simulator.world().bexio().set_quirk(Quirk::PaymentKeepsUpdatedAt, true);
    // Bexio's overlap of two hours would find it as well.
    app.advance(Duration::from_hours(5));
    run(&app).await;
    invoice.pay(&app);
    assert_eq!(run(&app).await.counts.paid, 0);
    app.advance(Duration::from_hours(20));
    assert_eq!(run(&app).await.counts.paid, 1);
    assert_eq!(invoice.status(&app), Status::Paid);
}
