//! A send to which nothing happens.

use invoice_gateway::book::{ExternalId, LinkOrigin};
use invoice_gateway::domain::AccountingStatus;
use invoice_gateway::domain::delivery::{Call, LogKind, Outcome, State};
use invoice_gateway::domain::plan::SendOptions;
use invoice_gateway::services::deliveries::SendError;
use upstream_simulator::bexio::status;
use upstream_simulator::psohub::NewPsohubInvoice;
use upstream_simulator::traffic::Upstream;

use super::company::Company;

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_is_created_issued_mailed_and_written_back() {
    let company = Company::start().await;
    let id = company.invoice(NewPsohubInvoice::default()).await;
    let sent = company.send(id).await.unwrap();
    assert_eq!(sent.delivery.state(), State::Done, "{:#?}", sent.delivery);
    assert!(!sent.replayed);

    let booked = company.booked(id);
    assert_eq!(booked.len(), 1);
    assert_eq!(booked[0].kb_item_status_id, status::PENDING);
    let mails = company.bexio(|bexio| bexio.mails().to_vec());
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].kb_invoice_id, booked[0].id);
    assert_eq!(mails[0].recipient_email, "eva.muster@bau.example");
    assert_eq!(mails[0].subject, format!("Rechnung {}", booked[0].document_nr));
    assert!(mails[0].message.starts_with("Vielen Dank für Ihren Auftrag."), "{}", mails[0].message);
    assert_eq!(company.external_id(id).as_deref(), Some(&*booked[0].document_nr));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_send_with_a_warm_catalog_costs_seven_calls_to_bexio_and_one_to_psohub() {
    let company = Company::start().await;
    let id = company.invoice(NewPsohubInvoice::default()).await;
    let plan = company.app.deliveries().preview(id, &SendOptions::default()).await.unwrap();
    assert!(plan.is_sendable(), "{plan:#?}");
    company.app.forget_calls();
    let sent = company.send(id).await.unwrap();
    assert_eq!(sent.delivery.state(), State::Done);
    let calls = |upstream| company.app.calls(upstream);
    let counts = company.app.simulator.world().traffic.counts();
    assert_eq!((calls(Upstream::Bexio), calls(Upstream::Psohub)), (7, 1), "{counts:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_book_shows_it_at_once_and_the_history_tells_each_step() {
    let company = Company::start().await;
    let id = company.invoice(NewPsohubInvoice::default()).await;
    let sent = company.send(id).await.unwrap();
    let snapshot = company.app.book().reader().peek();
    let row = snapshot.book.by_psohub_id(id).unwrap();
    let bexio = row.bexio.as_ref().unwrap();
    assert_eq!((bexio.status, row.link), (AccountingStatus::Pending, Some(LinkOrigin::Recorded)));
    assert_eq!(row.external_id, ExternalId::Present(Some(bexio.document_number.clone())));
    assert_eq!(bexio.total, "1081.00".parse().unwrap());

    let log = company.log(&sent.delivery).await;
    let pin = bexio.id;
    let kinds: Vec<LogKind> = log.iter().map(|entry| entry.kind).collect();
    let answered = |call| LogKind::Answered(call, Outcome::Done);
    let nothing = |call| LogKind::Answered(call, Outcome::NothingFound);
    assert_eq!(
        kinds,
        [
            LogKind::Accepted,
            nothing(Call::FindOwn),
            nothing(Call::FindLookalikes),
            LogKind::Announced(Call::CreateDraft),
            answered(Call::CreateDraft),
            answered(Call::Read(pin)),
            LogKind::Announced(Call::Issue(pin)),
            answered(Call::Issue(pin)),
            LogKind::Announced(Call::SendMail(pin)),
            answered(Call::SendMail(pin)),
            LogKind::Announced(Call::WriteExternalId),
            answered(Call::WriteExternalId),
        ]
    );
    assert_eq!(log[0].actor.as_deref(), Some("eva"));
    assert!(log[1..].iter().all(|entry| entry.actor.is_none()));
    assert_eq!(log.iter().map(|entry| entry.version).collect::<Vec<_>>(), (1..=12).collect::<Vec<u64>>());
    let words = |at: usize| log[at].detail.as_deref().unwrap_or_default().to_owned();
    assert_eq!(words(4), format!("Bexio invoice {} (id {pin})", bexio.document_number));
    assert_eq!(words(7), format!("{} is issued", bexio.document_number));
    assert_eq!(words(9), "the e-mail is on its way");
    assert_eq!(words(11), format!("the external id is {}", bexio.document_number));
    assert!(log.iter().all(|entry| !format!("{entry:?}").contains('@')), "no address");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_is_not_sent_again() {
    let company = Company::start().await;
    let id = company.invoice(NewPsohubInvoice::default()).await;
    company.send(id).await.unwrap();
    let again = company.send(id).await;
    let Err(SendError::NotResumable { state, delivery }) = again else { panic!("{again:?}") };
    assert_eq!((state, delivery.delivery.invoice_id()), (State::Done, id));
    assert_eq!(company.booked(id).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_e_mail_everything_else_is_done() {
    let company = Company::start().await;
    let id = company.invoice(NewPsohubInvoice::default()).await;
    let mut request = super::company::request(id);
    request.options.email = false;
    let sent = company.app.deliveries().send(request).await.unwrap();
    assert_eq!(sent.delivery.state(), State::Done);
    assert_eq!(company.bexio(|bexio| bexio.mails().len()), 0);
    assert!(company.external_id(id).is_some());
}
