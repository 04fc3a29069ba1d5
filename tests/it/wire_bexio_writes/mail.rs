//! Letting Bexio mail an invoice.

use invoice_gateway::domain::BexioInvoiceId;
use invoice_gateway::domain::plan::{Email, RefusedPart};
use serde_json::json;
use upstream_simulator::bexio::{Quirk, status};

use super::{Setup, invoice, refused};

fn email() -> Email {
    Email {
        recipient: "ap@muster.example".into(),
        subject: "Invoice".into(),
        message: "Please see [Network Link]".into(),
        attach_pdf: false,
    }
}

async fn issued(setup: &Setup) -> BexioInvoiceId {
    let id = setup.draft().await;
    setup.client.issue_invoice(id).await.unwrap();
    setup.forget_calls();
    id
}

#[tokio::test]
async fn an_issued_invoice_is_mailed_once() {
    let setup = Setup::start().await;
    let id = issued(&setup).await;
    let email = setup.plan(&invoice()).email.unwrap().for_document("RE-00001");
    setup.client.mail_invoice(id, &email).await.unwrap();
    assert_eq!(
        setup.only_call().json().unwrap(),
        json!({
            "recipient_email": "ap@muster.example",
            "subject": "Rechnung RE-00001",
            "message": "Dear Anna<br />Thank you.<br /><br />[Network Link]",
            "mark_as_open": true,
            "attach_pdf": true,
        })
    );
    let bexio = setup.simulator.world().bexio();
    let [mail] = bexio.mails() else { panic!("{:?}", bexio.mails()) };
    assert_eq!((mail.kb_invoice_id, &*mail.recipient_email), (id.get(), "ap@muster.example"));
    assert!(mail.attach_pdf && mail.message.contains("https://"), "{mail:?}");
}

#[tokio::test]
async fn a_refused_mail_is_named_with_what_is_wrong_and_does_not_leave() {
    let setup = Setup::start().await;
    let id = issued(&setup).await;
    for (mail, part) in [
        (Email { recipient: "ap@muster.example, cc@x.example".into(), ..email() }, RefusedPart::Recipient),
        (Email { recipient: "".into(), ..email() }, RefusedPart::Recipient),
        (Email { message: "No link".into(), ..email() }, RefusedPart::Message),
        (Email { subject: "".into(), ..email() }, RefusedPart::Subject),
    ] {
        setup.forget_calls();
        assert_eq!(refused(setup.client.mail_invoice(id, &mail).await), (422, vec![(None, part)]));
        setup.only_call();
    }
    setup.simulator.world().bexio().set_quirk(Quirk::Trial, true);
    let to_others = refused(setup.client.mail_invoice(id, &email()).await);
    assert_eq!(to_others, (422, vec![(None, RefusedPart::Recipient)]), "a trial mails only itself");
    assert_eq!(setup.simulator.world().bexio().mails(), []);
}

#[tokio::test]
async fn what_is_cancelled_or_gone_is_not_mailed() {
    let setup = Setup::start().await;
    let id = issued(&setup).await;
    setup.simulator.world().bexio().set_status(id.get(), status::CANCELED).unwrap();
    assert_eq!(refused(setup.client.mail_invoice(id, &email()).await), (422, vec![]));
    let gone = BexioInvoiceId::new(4711).unwrap();
    assert_eq!(refused(setup.client.mail_invoice(gone, &email()).await), (404, vec![]));
    assert_eq!(setup.simulator.world().bexio().mails(), []);
}

#[tokio::test]
async fn a_mail_without_a_pdf_says_so() {
    let setup = Setup::start().await;
    let id = issued(&setup).await;
    setup.client.mail_invoice(id, &email()).await.unwrap();
    assert_eq!(setup.only_call().json().unwrap()["attach_pdf"], false);
    assert!(!setup.simulator.world().bexio().mails()[0].attach_pdf);
}
