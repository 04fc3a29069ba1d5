//! What one run does, as a finance person sees it.

use serde_json::json;
use upstream_simulator::psohub::Status;
use upstream_simulator::traffic::Upstream;

use super::support::{booked, mutate, today};
use crate::support::app::TestApp;

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
