//! The process ends in the middle, and another one goes on.

use std::time::Duration;

use invoice_gateway::domain::delivery::State;
use upstream_simulator::faults::{LateAnswer, When};
use upstream_simulator::psohub::NewPsohubInvoice;

use super::company::Company;
use crate::support::app::TestOptions;

/// Every call that changes something, by its route.
const WRITES: [(&str, &str); 4] = [
    ("POST", "/2.0/contact"),
    ("POST", "/2.0/kb_invoice"),
    ("POST", "/2.0/kb_invoice/*/issue"),
    ("POST", "/2.0/kb_invoice/*/send"),
];

#[tokio::test(flavor = "multi_thread")]
async fn what_a_stopped_process_left_goes_on_in_the_next() {
    for (method, path) in WRITES {
        let company = Company::of(TestOptions::default().set("SHUTDOWN_GRACE_SECONDS", "0.1")).await;
        // Whoever asked is gone when the answer comes.
        company.hold_and_answer(LateAnswer::Hang, method, path, When::First(1));
        let id = company.invoice(NewPsohubInvoice::default()).await;
        company.begin(id).await;
        company.until_held(1).await;
        let company = Company { app: company.app.restart().await };
        company.app.simulator.world().faults.clear();
        company.app.look_at_both().await;
        assert!(!company.shown(id).state().is_settled(), "{path}: a call is open");
        company.release().await;
        let is_mail = path.ends_with("/send");
        company.until(id, if is_mail { State::NeedsReview } else { State::Done }).await;
        assert_eq!(company.booked(id).len(), 1, "{path}");
        assert_eq!(company.bexio(|bexio| bexio.mails().len()), 1, "{path}");
        assert_eq!(company.bexio(|bexio| bexio.contacts().len()), 2, "{path}");
        assert_eq!(company.external_id(id).as_deref(), Some(&*company.booked(id)[0].document_nr), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_ends_the_open_call_and_begins_no_other() {
    let company = Company::start().await;
    company.hold("POST", "/2.0/kb_invoice", When::First(1));
    let id = company.invoice(NewPsohubInvoice::default()).await;
    company.begin(id).await;
    company.until_held(1).await;
    let draining = company.app.deliveries().drain(Duration::from_mins(1));
    tokio::pin!(draining);
    assert!(futures_util::poll!(&mut draining).is_pending());
    company.release().await;
    draining.await;
    let shown = company.shown(id);
    assert_eq!(shown.state(), State::Verify, "the draft's answer is stored");
    assert!(shown.delivery.pin().is_some() && shown.delivery.intent().is_none());
}
