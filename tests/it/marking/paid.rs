//! The service that marks invoices as paid, without GraphQL around it: which answers of PSOhub's lead
//! to what, and that no call is repeated before the invoice was read.

use std::time::Duration;

use futures_util::future::join_all;
use invoice_gateway::domain::InvoiceStatus;
use invoice_gateway::services::invoice_write::InvoiceWriteFailure;
use invoice_gateway::services::marking::{MarkError, Marked};
use upstream_simulator::faults::{FaultAction, FaultBody, When};
use upstream_simulator::psohub::Status;
use upstream_simulator::traffic::Upstream;

use crate::support::app::TestApp;

use super::support::{PAID, add, company, in_psohub, mark, shown, spoil, writes};

fn answers(code: u16, body: FaultBody, after_effect: bool) -> FaultAction {
    FaultAction::Status { code, body, after_effect }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sent_invoice_is_paid_everywhere_at_once() {
    let (app, id) = company().await;
    assert_eq!(mark(&app, id).await.unwrap(), Marked::Paid);
    assert_eq!((in_psohub(&app, id), shown(&app, "INV-1").await.as_str()), (Status::Paid, "PAID"));
    assert_eq!(mark(&app, id).await.unwrap(), Marked::AlreadyPaid);
    assert_eq!(app.calls(Upstream::Psohub), 1, "the second one changes nothing and calls nobody");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_rule_forbids_is_refused_without_a_call() {
    let app = TestApp::start().await;
    let forbidden = [
        (Status::Draft, InvoiceStatus::Draft, "Draft"),
        (Status::Void, InvoiceStatus::Void, "Void"),
        (Status::Other("Disputed".into()), InvoiceStatus::Unknown, "Disputed"),
    ];
    let ids: Vec<_> = forbidden.iter().map(|(status, _, raw)| add(&app, raw, status.clone())).collect();
    app.look_at_both().await;
    app.forget_calls();
    for (id, (_, status, raw)) in ids.into_iter().zip(forbidden) {
        match mark(&app, id).await.unwrap_err() {
            MarkError::NotAllowed { number, status: found, raw: found_raw } => {
                assert_eq!((&*number, found, &*found_raw), (raw, status, raw));
            }
            other => panic!("{other}"),
        }
    }
    let nobody = invoice_gateway::domain::PsohubInvoiceId::new(7).unwrap();
    assert!(matches!(mark(&app, nobody).await, Err(MarkError::UnknownInvoice(_))));
    assert_eq!(app.calls(Upstream::Psohub), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_at_once_make_one_call() {
    let (app, id) = company().await;
    for marked in join_all((0..50).map(|_| mark(&app, id))).await {
        marked.unwrap();
    }
    assert_eq!(writes(&app), [PAID]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_doubt_is_resolved_by_reading_and_one_more_call_at_most() {
    let applied = [
        FaultAction::DropAfterEffect,
        answers(500, FaultBody::Json, true),
        answers(200, FaultBody::Html, true),
        answers(200, FaultBody::Raw(r#"{"error":"internal"}"#.to_owned()), true),
    ];
    for action in applied {
        let (app, id) = company().await;
        spoil(&app, "PATCH", PAID, When::First(1), action.clone());
        assert_eq!(mark(&app, id).await.unwrap(), Marked::Paid, "{action:?}");
        assert_eq!(writes(&app).len(), 1, "it was applied, so it is not repeated: {action:?}");
        assert_eq!(shown(&app, "INV-1").await, "PAID");
    }
    let lost = [
        FaultAction::DropBeforeEffect,
        answers(503, FaultBody::Html, false),
        answers(200, FaultBody::Html, false),
    ];
    for action in lost {
        let (app, id) = company().await;
        spoil(&app, "PATCH", PAID, When::First(1), action.clone());
        assert_eq!(mark(&app, id).await.unwrap(), Marked::Paid, "{action:?}");
        let calls: Vec<String> =
            app.simulator.world().traffic.exchanges().into_iter().map(|made| made.call.method).collect();
        assert_eq!(calls, ["PATCH", "GET", "PATCH"], "read before it was repeated: {action:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_learned_is_said_to_be_unknown() {
    let (app, id) = company().await;
    spoil(&app, "PATCH", PAID, When::Always, FaultAction::DropAfterEffect);
    spoil(&app, "GET", "*", When::Always, answers(503, FaultBody::Html, false));
    let error = mark(&app, id).await.unwrap_err();
    assert!(
        matches!(&error, MarkError::NotWritten { number, failure: InvoiceWriteFailure::OutcomeUnknown { .. } } if &**number == "INV-1"),
        "{error}"
    );
    assert_eq!((writes(&app).len(), shown(&app, "INV-1").await.as_str()), (1, "SENT"));

    // It was applied. The next who asks learns it by PSOhub's refusal to do it twice.
    app.simulator.world().faults.clear();
    assert_eq!(mark(&app, id).await.unwrap(), Marked::AlreadyPaid);
    assert_eq!(shown(&app, "INV-1").await, "PAID");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_fails_twice_is_left_in_doubt_and_says_what_psohub_shows() {
    let (app, id) = company().await;
    spoil(&app, "PATCH", PAID, When::Always, answers(500, FaultBody::Json, false));
    let error = mark(&app, id).await.unwrap_err();
    assert!(
        matches!(error, MarkError::NotWritten { failure: InvoiceWriteFailure::OutcomeUnknown { .. }, .. }),
        "{error}"
    );
    assert!(error.to_string().contains("still showed it as Sent"), "{error}");
    assert_eq!(writes(&app).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_looked_into() {
    // Somebody marked it a moment ago; the book does not know yet.
    let (app, id) = company().await;
    app.simulator.world().psohub().mark_paid(id.get()).unwrap();
    assert_eq!(mark(&app, id).await.unwrap(), Marked::AlreadyPaid);
    assert_eq!(shown(&app, "INV-1").await, "PAID");

    // Somebody voided it.
    let (app, id) = company().await;
    app.simulator.world().psohub().set_status(id.get(), Status::Void).unwrap();
    let error = mark(&app, id).await.unwrap_err();
    assert!(matches!(error, MarkError::NotAllowed { status: InvoiceStatus::Void, .. }), "{error}");

    // PSOhub says no, and nothing else.
    let (app, id) = company().await;
    let body = FaultBody::Raw(r#"{"message":"The period is closed"}"#.to_owned());
    spoil(&app, "PATCH", PAID, When::Always, answers(422, body, false));
    let error = mark(&app, id).await.unwrap_err();
    assert!(
        matches!(
            &error,
            MarkError::NotWritten { failure: InvoiceWriteFailure::Refused { status: 422, .. }, .. }
        ),
        "{error}"
    );
    assert!(error.to_string().contains("The period is closed"), "{error}");
    assert_eq!(in_psohub(&app, id), Status::Sent);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_that_is_not_about_the_invoice_costs_one_call() {
    let (app, id) = company().await;
    let wait = FaultAction::TooManyRequests { retry_after: Some(17), ratelimit_reset: None };
    spoil(&app, "PATCH", PAID, When::First(1), wait);
    let error = mark(&app, id).await.unwrap_err();
    let MarkError::NotWritten { failure: InvoiceWriteFailure::Refused { status, retry_after, .. }, .. } =
        error
    else {
        panic!("{error}")
    };
    assert_eq!((status, retry_after), (429, Some(Duration::from_secs(17))));
    assert_eq!(app.calls(Upstream::Psohub), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_goes_away_does_not_end_it() {
    let (app, id) = company().await;
    spoil(&app, "PATCH", PAID, When::Always, FaultAction::Delay { ms: 50 });
    let asked = tokio::time::timeout(std::time::Duration::from_millis(1), mark(&app, id)).await;
    assert!(asked.is_err());
    // The second one joins the call of the first.
    assert_eq!(mark(&app, id).await.unwrap(), Marked::Paid);
    assert_eq!(writes(&app).len(), 1);
}
