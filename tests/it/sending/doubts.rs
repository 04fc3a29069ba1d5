//! Calls whose outcome is not known: nothing is doubled, and what can be learned is learned.

use invoice_gateway::domain::delivery::{Decision, Mail, MailDoubt, State, WriteBack};
use upstream_simulator::faults::{FaultAction, FaultBody, FaultRule, When};
use upstream_simulator::psohub::NewPsohubInvoice;
use upstream_simulator::traffic::Upstream;

use super::company::Company;

async fn company_that_loses(method: &str, path: &str, action: FaultAction) -> Company {
    let company = Company::start().await;
    let upstream = if path.starts_with("/rest") { Upstream::Psohub } else { Upstream::Bexio };
    let rule = FaultRule::on(upstream, action).method(method).path(path).when(When::First(1));
    company.app.simulator.world().faults.add(rule);
    company
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_whose_answer_was_lost_is_found_by_its_reference() {
    for action in [FaultAction::DropAfterEffect, FaultAction::DropBeforeEffect, FaultAction::InvalidJson] {
        let company = company_that_loses("POST", "/2.0/kb_invoice", action).await;
        let id = company.invoice(NewPsohubInvoice::default()).await;
        company.begin(id).await;
        company.app.settle().await;
        let shown = company.shown(id);
        assert!(!shown.state().is_settled(), "it waits until the request cannot be in flight");
        company.until(id, State::Done).await;
        assert_eq!(company.booked(id).len(), 1);
        assert_eq!(company.bexio(|bexio| bexio.mails().len()), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issue_whose_answer_was_lost_is_learned_by_reading() {
    for action in [FaultAction::DropAfterEffect, FaultAction::DropBeforeEffect] {
        let company = company_that_loses("POST", "/2.0/kb_invoice/*/issue", action).await;
        let id = company.invoice(NewPsohubInvoice::default()).await;
        company.begin(id).await;
        company.until(id, State::Done).await;
        assert_eq!(company.booked(id).len(), 1);
        assert_eq!(company.bexio(|bexio| bexio.mails().len()), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_e_mail_of_unknown_fate_is_a_persons_to_judge_and_the_external_id_is_written() {
    let company = company_that_loses("POST", "/2.0/kb_invoice/*/send", FaultAction::DropAfterEffect).await;
    let id = company.invoice(NewPsohubInvoice::default()).await;
    company.begin(id).await;
    let shown = company.until(id, State::NeedsReview).await;
    let Mail::Doubt { doubt: MailDoubt::OutcomeUnknown, .. } = shown.delivery.mail() else {
        panic!("{:#?}", shown.delivery.mail())
    };
    assert!(matches!(shown.delivery.write_back(), WriteBack::Written { .. }));
    assert!(company.external_id(id).is_some());

    let shown = company.resolve(&shown, Decision::MailArrived).await;
    assert_eq!(shown.state(), State::Done);
    assert_eq!(company.bexio(|bexio| bexio.mails().len()), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_write_back_that_took_effect_does_not_keep_the_send_from_going_on() {
    let path = "/rest/psohubapi/v1/invoices/external";
    let refused = FaultAction::Status { code: 404, body: FaultBody::Html, after_effect: true };
    let company = company_that_loses("PATCH", path, refused).await;
    let id = company.invoice(NewPsohubInvoice::default()).await;
    company.begin(id).await;
    company.until(id, State::Failed).await;
    assert!(company.external_id(id).is_some());

    let sent = company.send(id).await.unwrap();
    assert_eq!(sent.delivery.state(), State::Done);
    assert_eq!((company.booked(id).len(), company.bexio(|bexio| bexio.mails().len())), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_external_id_whose_answer_was_lost_is_written_again() {
    let path = "/rest/psohubapi/v1/invoices/external";
    let company = company_that_loses("PATCH", path, FaultAction::DropAfterEffect).await;
    let id = company.invoice(NewPsohubInvoice::default()).await;
    company.begin(id).await;
    company.until(id, State::Done).await;
    assert_eq!(company.external_id(id).as_deref(), Some(&*company.booked(id)[0].document_nr));
}
