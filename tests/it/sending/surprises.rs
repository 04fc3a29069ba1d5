//! What others do meanwhile, and what people decide then.

use std::time::Duration;

use invoice_gateway::domain::BexioInvoiceId;
use invoice_gateway::domain::delivery::{
    Decision, Failure, Halt, InvoiceChange, Mail, MailDoubt, Review, State, WriteBack,
};
use invoice_gateway::services::deliveries::{ResolveRefused, ResolveRequest};
use upstream_simulator::bexio::{InvoiceChange as Edit, NewInvoice, status};
use upstream_simulator::faults::{FaultAction, FaultBody, FaultRule, When};
use upstream_simulator::psohub::{EditPsohubInvoice, NewPsohubInvoice};
use upstream_simulator::traffic::Upstream;

use super::company::{Company, WAIT};
use invoice_gateway::domain::PsohubInvoiceId;

/// A company with an invoice whose delivery is stuck behind a call that Bexio answers with 503 for a
/// while.
async fn stuck_before(method: &str, path: &str) -> (Company, PsohubInvoiceId) {
    let company = Company::start().await;
    let action = FaultAction::Status { code: 503, body: FaultBody::Html, after_effect: false };
    let rule = FaultRule::on(Upstream::Bexio, action).method(method).path(path);
    company.app.simulator.world().faults.add(rule);
    let id = company.invoice(NewPsohubInvoice::default()).await;
    company.begin(id).await;
    company.app.settle().await;
    (company, id)
}

/// Bexio works again; nothing has happened in the meantime.
async fn go_on(company: &Company) {
    company.app.simulator.world().faults.clear();
    // Before time passes: what waits goes on as soon as its time has come.
    company.app.look_at_both().await;
    company.app.advance(Duration::from_mins(10));
    company.app.settle().await;
}

fn edit(company: &Company, id: PsohubInvoiceId) {
    let edit = EditPsohubInvoice { note: Some("Ein anderer Text.".into()), ..EditPsohubInvoice::default() };
    company.app.simulator.world().psohub().edit(id.get(), edit).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_that_was_changed_before_the_draft_is_not_sent_as_it_was() {
    let (company, id) = stuck_before("POST", "/2.0/kb_invoice/search").await;
    edit(&company, id);
    go_on(&company).await;
    let shown = company.shown(id);
    let Some(Halt::Failed(Failure::InvoiceChanged(InvoiceChange::Content(_)))) = shown.delivery.halt() else {
        panic!("{:#?}", shown.delivery)
    };
    assert!(company.booked(id).is_empty());
    let log = company.log(&shown).await;
    assert!(log.last().unwrap().detail.as_deref().unwrap().starts_with("the invoice changed in PSOhub"));

    // Sent again, it goes out as it is now.
    assert_eq!(company.send(id).await.unwrap().delivery.state(), State::Done);
    let mail = company.bexio(|bexio| bexio.mails()[0].clone());
    assert!(mail.message.starts_with("Ein anderer Text."), "{}", mail.message);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_that_was_changed_between_issue_and_e_mail_is_a_persons_to_judge() {
    let (company, id) = stuck_before("POST", "/2.0/kb_invoice/*/send").await;
    // A 503 to the e-mail is a doubt by itself: take that away first.
    let shown = company.shown(id);
    assert!(matches!(shown.delivery.mail(), Mail::Doubt { doubt: MailDoubt::OutcomeUnknown, .. }));
    company.app.simulator.world().faults.clear();

    let other = company.invoice(NewPsohubInvoice::default()).await;
    let action = FaultAction::TooManyRequests { retry_after: Some(30), ratelimit_reset: Some(30) };
    let rule = FaultRule::on(Upstream::Bexio, action).path("/2.0/kb_invoice/*/send").when(When::First(1));
    company.app.simulator.world().faults.add(rule);
    company.begin(other).await;
    company.app.settle().await;
    assert_eq!(company.shown(other).state(), State::Email, "{:#?}", company.shown(other).delivery);
    edit(&company, other);
    go_on(&company).await;
    let shown = company.shown(other);
    let Mail::Doubt { doubt: MailDoubt::InvoiceChanged(_), .. } = shown.delivery.mail() else {
        panic!("{:#?}", shown.delivery)
    };
    let shown = company.resolve(&shown, Decision::SendAgain).await;
    assert_eq!(shown.state(), State::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_that_somebody_entered_by_hand_is_found_by_its_number() {
    let company = Company::start().await;
    let id = company
        .invoice(NewPsohubInvoice { number: Some("INV-2026-4711".into()), ..Default::default() })
        .await;
    let by_hand = |title: &str| {
        company.bexio(|bexio| {
            let contact_id = bexio.contacts().next().map(|contact| contact.id);
            bexio.create_invoice(NewInvoice {
                title: Some(title.to_owned()),
                contact_id,
                ..Default::default()
            })
        })
    };
    by_hand("Rechnung INV-2026-471");
    let twin = by_hand("Rechnung inv-2026-4711 (Beratung)");
    let sent = company.send(id).await.unwrap();
    let claimed = vec![BexioInvoiceId::new(twin).unwrap()];
    let asked = Halt::Review(Review::ExistingInvoice(claimed.clone()));
    assert_eq!(sent.delivery.delivery.halt(), Some(&asked));
    assert!(company.booked(id).is_empty());

    // It is another one after all: renamed, and looked at again.
    company.bexio(|bexio| {
        bexio.edit(twin, Edit { title: Some("Beratung".to_owned()), ..Default::default() }).unwrap();
    });
    company.app.look_at_both().await;
    let shown = company.resolve(&sent.delivery, Decision::SendAgain).await;
    assert_eq!(shown.state(), State::Done);
    assert_eq!(company.booked(id).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_that_exists_is_taken_over_without_another_e_mail() {
    let company = Company::start().await;
    let id = company
        .invoice(NewPsohubInvoice { number: Some("INV-2026-4711".into()), ..Default::default() })
        .await;
    let other = company.invoice(NewPsohubInvoice::default()).await;
    company.send(other).await.unwrap();
    let template = company.booked(other)[0].clone();
    let twin = company.bexio(|bexio| {
        let twin = bexio.create_invoice(NewInvoice {
            title: Some("INV-2026-4711".to_owned()),
            contact_id: template.contact_id,
            positions: template.positions.iter().map(|placed| placed.position.clone()).collect(),
            ..Default::default()
        });
        bexio.issue(twin).unwrap();
        twin
    });
    let sent = company.send(id).await.unwrap();
    assert_eq!(sent.delivery.state(), State::NeedsReview);
    let twin_id = BexioInvoiceId::new(twin).unwrap();
    let shown = company.resolve(&sent.delivery, Decision::UseExisting(twin_id)).await;
    assert_eq!(shown.state(), State::Done, "{:#?}", shown.delivery);
    assert_eq!(shown.delivery.mail(), &Mail::Skipped);
    let number = company.bexio(|bexio| bexio.invoice(twin).unwrap().document_nr.clone());
    assert_eq!(company.external_id(id).as_deref(), Some(&*number));
    let book = company.app.book().reader().peek().book;
    assert_eq!(book.by_psohub_id(id).unwrap().bexio.as_ref().unwrap().id, twin_id);
}

/// An invoice that is issued, with an e-mail of unknown fate.
async fn mail_in_doubt() -> (Company, PsohubInvoiceId) {
    let company = Company::start().await;
    let rule = FaultRule::on(Upstream::Bexio, FaultAction::DropBeforeEffect).path("/2.0/kb_invoice/*/send");
    company.app.simulator.world().faults.add(rule.when(When::First(1)));
    let id = company.invoice(NewPsohubInvoice::default()).await;
    company.begin(id).await;
    company.app.settle().await;
    assert_eq!(company.shown(id).state(), State::NeedsReview);
    (company, id)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_e_mail_in_doubt_is_sent_again_when_a_person_says_so() {
    let (company, id) = mail_in_doubt().await;
    let shown = company.resolve(&company.shown(id), Decision::SendAgain).await;
    assert_eq!(shown.state(), State::Done);
    assert_eq!(company.bexio(|bexio| bexio.mails().len()), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_e_mail_in_doubt_that_is_given_up_leaves_the_invoice_and_its_external_id() {
    let (company, id) = mail_in_doubt().await;
    let shown = company.resolve(&company.shown(id), Decision::Abandon).await;
    assert_eq!(shown.state(), State::Abandoned);
    assert_eq!(shown.delivery.mail(), &Mail::Skipped);
    assert_eq!(company.booked(id)[0].kb_item_status_id, status::PENDING);
    assert!(company.external_id(id).is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_that_is_not_as_planned_is_given_up_and_deleted() {
    let company = Company::start().await;
    // The draft's answer is lost, and somebody edits the draft before it is found.
    let rule =
        FaultRule::on(Upstream::Bexio, FaultAction::DropAfterEffect).method("POST").path("/2.0/kb_invoice");
    company.app.simulator.world().faults.add(rule.when(When::First(1)));
    let id = company.invoice(NewPsohubInvoice::default()).await;
    company.begin(id).await;
    company.app.settle().await;
    let draft = company.booked(id)[0].id;
    let stranger = company.add_contact("Jemand anders", "x@muster.example");
    company.bexio(|bexio| {
        bexio.edit(draft, Edit { contact_id: Some(stranger), ..Default::default() }).unwrap();
    });
    let shown = company.until(id, State::NeedsReview).await;
    assert!(matches!(shown.delivery.halt(), Some(Halt::Review(Review::Differs(_)))), "{:#?}", shown.delivery);
    company.resolve(&shown, Decision::Abandon).await;
    company.app.settle().await;
    assert_eq!(company.shown(id).state(), State::Abandoned);
    assert!(company.booked(id).is_empty());
    assert!(company.app.book().reader().peek().book.by_psohub_id(id).unwrap().bexio.is_none());

    // Sent again, it begins anew; what the lost request left behind is looked for.
    let sent = company.send(id).await.unwrap();
    assert!(matches!(sent.delivery.state(), State::Done | State::Sweep), "{:#?}", sent.delivery.delivery);
    company.until(id, State::Done).await;
    assert_eq!(company.booked(id).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_on_what_has_changed_since_is_refused() {
    let (company, id) = mail_in_doubt().await;
    let shown = company.shown(id);
    let decide = |decision, expected_version| ResolveRequest {
        delivery: shown.delivery.id(),
        decision,
        expected_version,
        by: "anna".into(),
        wait: WAIT,
    };
    let deliveries = company.app.deliveries();
    let version = shown.delivery.version();
    let old = deliveries.resolve(decide(Decision::MailArrived, version - 1)).await;
    assert!(matches!(old, Err(ResolveRefused::Decision(_))), "{old:?}");
    let odd = BexioInvoiceId::new(1).unwrap();
    let odd = deliveries.resolve(decide(Decision::UseExisting(odd), version)).await;
    assert!(matches!(odd, Err(ResolveRefused::Decision(_))), "{odd:?}");
    let race = tokio::join!(
        deliveries.resolve(decide(Decision::MailArrived, version)),
        deliveries.resolve(decide(Decision::SendAgain, version)),
    );
    assert_eq!([race.0.is_ok(), race.1.is_ok()].iter().filter(|taken| **taken).count(), 1, "one of two");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_mapped_to_its_line_and_what_is_mended_goes_on() {
    let company = Company::start().await;
    let complaint = r#"{"error_code":422,"message":"The form could not be saved due to the following errors:","errors":["positions: 0 [account_id [Diese Eingabe ist nicht korrekt.]]"]}"#;
    let action =
        FaultAction::Status { code: 422, body: FaultBody::Raw(complaint.to_owned()), after_effect: false };
    let rule = FaultRule::on(Upstream::Bexio, action).method("POST").path("/2.0/kb_invoice");
    company.app.simulator.world().faults.add(rule);
    let id = company.invoice(NewPsohubInvoice::default()).await;
    let sent = company.send(id).await.unwrap();
    let Some(Halt::Failed(Failure::Refused { refusal, .. })) = sent.delivery.delivery.halt() else {
        panic!("{:#?}", sent.delivery.delivery)
    };
    assert_eq!(refusal.status, 422);
    assert!(refusal.message.starts_with("line 10.001: account 3400 ("), "{}", refusal.message);
    assert!(refusal.raw.as_deref().unwrap().contains("Diese Eingabe ist nicht korrekt."));
    let log = company.log(&sent.delivery).await;
    assert!(log.last().unwrap().detail.as_deref().unwrap().contains("line 10.001: account 3400 ("));

    company.app.simulator.world().faults.clear();
    let again = company.send(id).await.unwrap();
    assert_eq!((again.delivery.state(), again.replayed), (State::Done, false));
    assert_eq!(again.delivery.delivery.id(), sent.delivery.delivery.id(), "the same delivery");
    assert_eq!(company.booked(id).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_e_mail_goes_out_when_the_invoice_is_sent_again() {
    let company = Company::start().await;
    let action = FaultAction::Status { code: 422, body: FaultBody::Json, after_effect: false };
    let rule = FaultRule::on(Upstream::Bexio, action).path("/2.0/kb_invoice/*/send").when(When::First(1));
    company.app.simulator.world().faults.add(rule);
    let id = company.invoice(NewPsohubInvoice::default()).await;
    let sent = company.send(id).await.unwrap();
    assert_eq!(sent.delivery.state(), State::Failed);
    assert!(matches!(sent.delivery.delivery.write_back(), WriteBack::Written { .. }));
    let again = company.send(id).await.unwrap();
    assert_eq!(again.delivery.state(), State::Done, "{:#?}", again.delivery.delivery);
    assert_eq!((company.booked(id).len(), company.bexio(|bexio| bexio.mails().len())), (1, 1));
}
