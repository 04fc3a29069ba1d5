//! Many invoices by one request.

use invoice_gateway::domain::delivery::State;
use invoice_gateway::domain::{Batch, BatchProgress, PsohubInvoiceId};
use invoice_gateway::services::deliveries::{BatchError, SendManyRequest};
use upstream_simulator::faults::When;
use upstream_simulator::psohub::{NewPsohubInvoice, Status};

use super::company::{Company, many};
use crate::support::app::TestOptions;

/// The stable words of what was refused, and whether all the rest is done.
fn outcome(company: &Company, batch: &Batch) -> Vec<String> {
    let words = |invoice: PsohubInvoiceId, progress: &BatchProgress| match progress {
        BatchProgress::Waiting => "WAITING".to_owned(),
        BatchProgress::Delivery(id) => {
            let shown = company.shown(invoice);
            assert_eq!(shown.delivery.id(), *id);
            format!("{:?}", shown.state())
        }
        BatchProgress::Refused { code, .. } => code.to_string(),
        BatchProgress::Cancelled => "CANCELLED".to_owned(),
    };
    batch.items.iter().map(|item| words(item.invoice, &item.progress)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_invoice_of_a_batch_has_an_outcome_of_its_own() {
    let company = Company::start().await;
    let draft = NewPsohubInvoice { status: Status::Draft, ..NewPsohubInvoice::default() };
    let draft = company.invoice(draft).await;
    let sent_before = company.invoice(NewPsohubInvoice::default()).await;
    company.send(sent_before).await.unwrap();
    let mut ids = company.invoices(12).await;
    ids.extend([draft, sent_before, PsohubInvoiceId::new(7).unwrap(), ids[0]]);

    let batch = company.send_many(&ids).await;
    assert_eq!(batch.items.len(), 15, "doubles are dropped");
    company.app.settle().await;
    let batch = company.batch(batch.id).await;
    let mut expected = vec!["Done"; 12];
    expected.extend(["STATUS_NOT_SENDABLE", "ALREADY_UNDER_DELIVERY", "UNKNOWN_INVOICE"]);
    assert_eq!(outcome(&company, &batch), expected);
    for id in &ids[..12] {
        assert_eq!(company.booked(*id).len(), 1);
        let shown = company.shown(*id);
        assert_eq!((shown.batch, &*shown.accepted_by), (Some(batch.id), "eva"));
    }
    assert_eq!(company.bexio(|bexio| bexio.mails().len()), 13);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_gives_the_same_batch_again() {
    let company = Company::start().await;
    let ids = company.invoices(3).await;
    let request =
        |ids: &[PsohubInvoiceId]| SendManyRequest { idempotency_key: Some("click-1".into()), ..many(ids) };
    let deliveries = company.app.deliveries();
    let first = deliveries.send_many(request(&ids)).await.unwrap();
    let again = deliveries.send_many(request(&ids)).await.unwrap();
    assert_eq!(first.id, again.id);
    let other = deliveries.send_many(request(&ids[..2])).await;
    assert!(matches!(other, Err(BatchError::KeyConflict)), "{other:?}");
    let empty = deliveries.send_many(many(&[])).await;
    assert!(matches!(empty, Err(BatchError::Size(0))), "{empty:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_is_cancelled_begins_nothing_more_and_ends_what_it_began() {
    let company = Company::start().await;
    company.hold("POST", "/2.0/kb_invoice", When::First(3));
    let ids = company.invoices(10).await;
    let batch = company.send_many(&ids).await;
    company.until_held(3).await;
    let cancelled = company.app.deliveries().cancel_batch(batch.id, "anna").await.unwrap();
    assert!(cancelled.cancelled_at.is_some());
    company.release().await;
    company.app.settle().await;
    let batch = company.batch(batch.id).await;
    let mut expected = vec!["Done"; 3];
    expected.extend(["CANCELLED"; 7]);
    assert_eq!(outcome(&company, &batch), expected);
    assert_eq!(company.bexio(|bexio| bexio.invoices().len()), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_goes_on_after_a_restart() {
    let options = TestOptions::default().set("SHUTDOWN_GRACE_SECONDS", "0.1");
    let company = Company::of(options).await;
    company.add_contact("Muster Bau AG", "eva.muster@bau.example");
    company.hold("POST", "/2.0/kb_invoice", When::First(3));
    let ids = company.invoices(10).await;
    let batch = company.send_many(&ids).await;
    company.until_held(3).await;

    let company = Company { app: company.app.restart().await };
    company.release().await;
    company.app.look_at_both().await;
    for id in &ids {
        company.until(*id, State::Done).await;
    }
    let batch = company.batch(batch.id).await;
    assert_eq!(outcome(&company, &batch), vec!["Done"; 10]);
    for id in &ids {
        assert_eq!(company.booked(*id).len(), 1);
    }
    assert_eq!(company.bexio(|bexio| bexio.mails().len()), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_go_first() {
    let company = Company::start().await;
    company.hold("POST", "/2.0/kb_invoice/*/send", When::First(3));
    let ids = company.invoices(9).await;
    let (single, many) = ids.split_last().unwrap();
    company.send_many(many).await;
    company.until_held(3).await;
    let sent = company.send(*single).await.unwrap();
    assert_eq!(sent.delivery.state(), State::Done, "while the batch is stuck");
    company.release().await;
    company.app.settle().await;
    assert_eq!(company.bexio(|bexio| bexio.mails().len()), 9);
}
