//! What callers get: all at once, again, with keys, with what they saw, and with time to wait.

use std::time::Duration;

use futures_util::future::join_all;
use invoice_gateway::domain::delivery::State;
use invoice_gateway::domain::plan::{ProblemCode, SendOptions};
use invoice_gateway::domain::{Clock, PsohubInvoiceId};
use invoice_gateway::services::deliveries::{SendError, SendRequest};
use upstream_simulator::faults::{FaultAction, FaultBody, FaultRule, When};
use upstream_simulator::psohub::{NewPsohubInvoice, Status};
use upstream_simulator::traffic::Upstream;

use super::company::{Company, WAIT, request};

/// An invoice, what is asked of it, and the problem that stands against it.
type Case<'a> = (NewPsohubInvoice, &'a dyn Fn(&mut SendRequest), ProblemCode);

#[tokio::test(flavor = "multi_thread")]
async fn fifty_callers_at_once_get_one_delivery_and_fifty_equal_answers() {
    let company = Company::start().await;
    let id = company.invoice(NewPsohubInvoice::default()).await;
    let sent: Vec<_> =
        join_all((0..50).map(|_| company.send(id))).await.into_iter().map(Result::unwrap).collect();
    let first = &sent[0].delivery;
    assert_eq!(first.state(), State::Done);
    assert!(sent.iter().all(|sent| sent.delivery == *first));
    assert_eq!(sent.iter().filter(|sent| !sent.replayed).count(), 1);
    assert_eq!(company.booked(id).len(), 1);
    assert_eq!(company.bexio(|bexio| bexio.mails().len()), 1);
    let searches = company.app.simulator.world().traffic.calls_like(Upstream::Bexio, "POST */contact/search");
    assert_eq!(searches, 1, "one plan was made");
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_callers_of_an_invoice_that_needs_a_choice_are_asked_once() {
    let company = Company::start().await;
    company.add_contact("Muster Bau AG", "eva.muster@bau.example");
    let id = company.invoice(NewPsohubInvoice::default()).await;
    let sent = join_all((0..50).map(|_| company.send(id))).await;
    for sent in sent {
        let delivery = sent.unwrap().delivery;
        assert_eq!((delivery.state(), delivery.delivery.version()), (State::NeedsReview, 1));
    }
    // Nothing has changed, so the same question stands.
    let again = company.send(id).await;
    let Err(SendError::NotResumable { state, .. }) = again else { panic!("{again:?}") };
    assert_eq!(state, State::NeedsReview);
}

#[tokio::test(flavor = "multi_thread")]
async fn pressing_send_twice_while_it_is_under_way_is_pressing_it_once() {
    let company = Company::start().await;
    company.hold("POST", "/2.0/kb_invoice", When::First(1));
    let id = company.invoice(NewPsohubInvoice::default()).await;
    company.begin(id).await;
    company.until_held(1).await;
    let (again, ()) = tokio::join!(company.send(id), company.release());
    let again = again.unwrap();
    assert_eq!((again.delivery.state(), again.replayed), (State::Done, true));
    assert_eq!(company.booked(id).len(), 1);
}

fn with_key(id: PsohubInvoiceId, key: &str) -> SendRequest {
    SendRequest { idempotency_key: Some(key.into()), ..request(id) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_gives_the_same_delivery_again_also_when_it_is_done() {
    let company = Company::start().await;
    let id = company.invoice(NewPsohubInvoice::default()).await;
    let other = company.invoice(NewPsohubInvoice::default()).await;
    let deliveries = company.app.deliveries();
    let first = deliveries.send(with_key(id, "click-1")).await.unwrap();
    let again = deliveries.send(with_key(id, "click-1")).await.unwrap();
    assert_eq!((first.replayed, again.replayed), (false, true));
    assert_eq!(first.delivery, again.delivery);

    let conflict = deliveries.send(with_key(other, "click-1")).await;
    assert!(matches!(conflict, Err(SendError::KeyConflict)), "{conflict:?}");
    let mut changed = with_key(id, "click-1");
    changed.options.email = false;
    let conflict = deliveries.send(changed).await;
    assert!(matches!(conflict, Err(SendError::KeyConflict)), "{conflict:?}");
    let bad = deliveries.send(with_key(other, "a\nb")).await;
    assert!(matches!(bad, Err(SendError::BadKey)), "{bad:?}");
    assert!(company.booked(other).is_empty());

    // Another person's same text is another key.
    let theirs = SendRequest { by: "anna".into(), ..with_key(other, "click-1") };
    assert_eq!(deliveries.send(theirs).await.unwrap().delivery.state(), State::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_came_while_it_was_under_way_is_remembered() {
    let company = Company::start().await;
    company.hold("POST", "/2.0/kb_invoice", When::First(1));
    let id = company.invoice(NewPsohubInvoice::default()).await;
    company.begin(id).await;
    company.until_held(1).await;
    let joined = SendRequest { wait: Duration::ZERO, ..with_key(id, "click-2") };
    assert!(company.app.deliveries().send(joined).await.unwrap().replayed);
    company.release().await;
    company.app.settle().await;
    let again = company.app.deliveries().send(with_key(id, "click-2")).await.unwrap();
    assert_eq!((again.delivery.state(), again.replayed), (State::Done, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_kept_for_ninety_days_and_then_forgotten() {
    const DAY: Duration = Duration::from_hours(24);
    let company = Company::start().await;
    let id = company.invoice(NewPsohubInvoice::default()).await;
    let again = || company.app.deliveries().send(with_key(id, "click-1"));
    again().await.unwrap();
    for _ in 0..89 {
        company.app.advance(DAY);
        company.app.settle().await;
    }
    assert!(again().await.unwrap().replayed, "after 89 days");
    let began = company.app.clock().elapsed();
    // It is forgotten by a task of its own. The invoice's delivery stands all the same.
    let forgotten = async {
        loop {
            match again().await {
                Err(SendError::NotResumable { state, .. }) => return state,
                answer => assert!(answer.unwrap().replayed),
            }
            company.app.advance(Duration::from_hours(8));
        }
    };
    assert_eq!(tokio::time::timeout(Duration::from_secs(20), forgotten).await.unwrap(), State::Done);
    assert!(company.app.clock().elapsed() >= began + DAY);
    assert_eq!(company.booked(id).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_is_what_was_seen_or_nothing() {
    let company = Company::start().await;
    let id = company.invoice(NewPsohubInvoice::default()).await;
    let seen = company.app.deliveries().preview(id, &SendOptions::default()).await.unwrap();
    let expecting = |plan| SendRequest { expected_plan: Some(plan), ..request(id) };
    let mut other = expecting(seen.content_hash());
    other.options.subject = Some("Anders".into());
    let refused = company.app.deliveries().send(other).await;
    let Err(SendError::PlanChanged(plan)) = refused else { panic!("{refused:?}") };
    assert_eq!(&*plan.email.unwrap().subject, "Anders");
    assert!(company.booked(id).is_empty());

    let sent = company.app.deliveries().send(expecting(seen.content_hash())).await.unwrap();
    assert_eq!(sent.delivery.state(), State::Done);
    let plan = company.app.deliveries().plan_of(sent.delivery.delivery.id()).await.unwrap().unwrap();
    assert_eq!(plan.content_hash(), seen.content_hash());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_sent_is_refused_with_its_reason_and_nothing_is_written() {
    let company = Company::start().await;
    let unknown = company.send(PsohubInvoiceId::new(7).unwrap()).await;
    assert!(matches!(unknown, Err(SendError::UnknownInvoice(_))), "{unknown:?}");
    let draft = NewPsohubInvoice { status: Status::Draft, ..NewPsohubInvoice::default() };
    let elsewhere = NewPsohubInvoice { external_id: Some("X-1".into()), ..NewPsohubInvoice::default() };
    let mail = |request: &mut SendRequest| request.options.recipient = Some("nobody".into());
    let account = |request: &mut SendRequest| request.options.revenue_account = Some("9999".into());
    let tax = |request: &mut SendRequest| request.options.tax_code = Some("NONE".into());
    let unchanged = |_: &mut SendRequest| ();
    let cases: [Case<'_>; 5] = [
        (draft, &unchanged, ProblemCode::StatusNotSendable),
        (elsewhere, &unchanged, ProblemCode::AlreadyHasExternalId),
        (NewPsohubInvoice::default(), &mail, ProblemCode::RecipientInvalid),
        (NewPsohubInvoice::default(), &account, ProblemCode::AccountUnknown),
        (NewPsohubInvoice::default(), &tax, ProblemCode::TaxCodeUnknown),
    ];
    for (invoice, change, code) in cases {
        let id = company.invoice(invoice).await;
        let mut request = request(id);
        change(&mut request);
        let refused = company.app.deliveries().send(request).await;
        let Err(SendError::Refused(plan)) = refused else { panic!("{code}: {refused:?}") };
        assert!(plan.refusals().any(|problem| problem.code == code), "{code}: {:#?}", plan.problems);
    }
    assert_eq!(company.app.book().deliveries().current().len(), 0);
    assert_eq!(company.bexio(|bexio| bexio.invoices().len()), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_read_is_named() {
    let company = Company::start().await;
    let id = company.invoice(NewPsohubInvoice::default()).await;
    let action = FaultAction::Status { code: 404, body: FaultBody::Json, after_effect: false };
    company.app.simulator.world().faults.add(FaultRule::on(Upstream::Bexio, action).path("/2.0/accounts"));
    let failed = company.send(id).await;
    let Err(SendError::Unavailable(words)) = failed else { panic!("{failed:?}") };
    assert!(words.starts_with("Bexio's accounts could not be read"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_waits_as_long_as_it_asked_and_no_longer() {
    let company = Company::start().await;
    company.hold("POST", "/2.0/kb_invoice", When::First(1));
    let id = company.invoice(NewPsohubInvoice::default()).await;
    let send = company.send(id);
    tokio::pin!(send);
    while company.app.simulator.world().faults.held() == 0 {
        assert!(futures_util::poll!(&mut send).is_pending());
        tokio::task::yield_now().await;
    }
    company.app.advance(WAIT.saturating_sub(Duration::from_secs(1)));
    assert!(futures_util::poll!(&mut send).is_pending());
    company.app.advance(Duration::from_secs(1));
    let shown = send.await.unwrap();
    assert_eq!(shown.delivery.state(), State::Draft, "it is on its way");
    company.release().await;
    company.app.settle().await;
    assert_eq!(company.shown(id).state(), State::Done, "it goes on by itself");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_does_not_wait_for_what_comes_later_than_it_would() {
    let company = Company::start().await;
    let action = FaultAction::DropAfterEffect;
    let rule = FaultRule::on(Upstream::Bexio, action).method("POST").path("/2.0/kb_invoice");
    company.app.simulator.world().faults.add(rule.when(When::First(1)));
    let id = company.invoice(NewPsohubInvoice::default()).await;
    // The clock stands still: this ends because the quiet period is longer than the waiting time.
    let sent = company.send(id).await.unwrap();
    assert_eq!(sent.delivery.state(), State::Draft);
    assert!(sent.delivery.delivery.trouble().is_some());
}
