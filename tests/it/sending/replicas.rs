//! Two processes on one PostgreSQL database: one executes, the other shows it and takes over when the
//! first is gone. Each has a clock of its own; the lease is by the database's.

use std::future::Future;
use std::time::Duration;

use futures_util::future::join_all;
use invoice_gateway::domain::PsohubInvoiceId;
use invoice_gateway::domain::delivery::State;
use upstream_simulator::faults::{LateAnswer, When};
use upstream_simulator::psohub::NewPsohubInvoice;

use super::company::{Company, request};
use crate::support::app::{Replica, TestOptions};
use crate::support::postgres;

/// Longest real time that anything here takes: the lease's.
const PATIENCE: Duration = Duration::from_secs(60);

/// The first process leads; `None` where PostgreSQL is not installed.
async fn two_processes(lease_seconds: &str) -> Option<(Company, Replica)> {
    let url = postgres::database_url().await?;
    let options = TestOptions::default().set("DATABASE_URL", url).set("LEASE_SECONDS", lease_seconds);
    let company = Company::of(options).await;
    company.add_contact("Muster Bau AG", "eva.muster@bau.example");
    company.app.settle().await;
    let replica = company.app.replica().await;
    Some((company, replica))
}

/// Lets time pass for both processes until `done` is.
async fn driven<T>(company: &Company, replica: &Replica, done: impl Future<Output = T>) -> T {
    let drive = async {
        loop {
            company.app.advance(Duration::from_millis(100));
            replica.advance(Duration::from_millis(100));
            tokio::task::yield_now().await;
        }
    };
    let driven = async {
        tokio::select! {
            done = done => done,
            () = drive => unreachable!("it has no end"),
        }
    };
    tokio::time::timeout(PATIENCE, driven).await.unwrap()
}

fn state_at(replica: &Replica, id: PsohubInvoiceId) -> Option<State> {
    replica.book().deliveries().current().of_invoice(id).map(|entry| entry.state())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_process_takes_on_the_leading_one_executes() {
    let Some((company, replica)) = two_processes("30").await else { return };
    let id = company.invoice(NewPsohubInvoice::default()).await;
    replica.look_at_both().await;
    let sent = driven(&company, &replica, replica.deliveries().send(request(id))).await.unwrap();
    assert!(!sent.replayed);
    // The caller's time may be over by then; the delivery is shown there all the same.
    driven(&company, &replica, async {
        while state_at(&replica, id) != Some(State::Done) {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(company.booked(id).len(), 1);
    assert_eq!(company.bexio(|bexio| bexio.mails().len()), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_callers_of_two_processes_get_one_delivery() {
    let Some((company, replica)) = two_processes("30").await else { return };
    let id = company.invoice(NewPsohubInvoice::default()).await;
    replica.look_at_both().await;
    let callers = (0..50).map(|caller| {
        let deliveries = if caller % 2 == 0 { company.app.deliveries() } else { replica.deliveries() };
        deliveries.send(request(id))
    });
    let sent = driven(&company, &replica, join_all(callers)).await;
    let ids: Vec<_> = sent.into_iter().map(|sent| sent.unwrap().delivery.delivery.id()).collect();
    assert!(ids.iter().all(|id| *id == ids[0]));
    driven(&company, &replica, async {
        while state_at(&replica, id) != Some(State::Done) {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(company.booked(id).len(), 1);
    assert_eq!(company.bexio(|bexio| bexio.mails().len()), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_stalls_loses_its_lease_and_the_other_one_goes_on() {
    let Some((company, replica)) = two_processes("0.5").await else { return };
    company.hold_and_answer(LateAnswer::Hang, "POST", "/2.0/kb_invoice/*/issue", When::First(1));
    let id = company.invoice(NewPsohubInvoice::default()).await;
    replica.look_at_both().await;
    company.begin(id).await;
    company.until_held(1).await;
    company.release().await;
    // The first process's clock stands still: it neither renews its lease nor gives up its call.
    let taken_over = async {
        while state_at(&replica, id) != Some(State::Done) {
            replica.advance(Duration::from_millis(100));
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, taken_over).await.unwrap();
    assert_eq!(company.booked(id).len(), 1);
    assert_eq!(company.bexio(|bexio| bexio.mails().len()), 1);
    assert!(company.external_id(id).is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_stops_lets_the_other_one_lead_at_once() {
    let Some((company, replica)) = two_processes("3600").await else { return };
    company.app.deliveries().drain(Duration::from_secs(10)).await;
    let id = company.invoice(NewPsohubInvoice::default()).await;
    replica.look_at_both().await;
    let sent = driven(&company, &replica, replica.deliveries().send(request(id))).await.unwrap();
    driven(&company, &replica, async {
        while state_at(&replica, id) != Some(State::Done) {
            replica.deliveries().settle_due().await;
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(sent.delivery.delivery.invoice_id(), id);
    assert_eq!(company.booked(id).len(), 1);
}
