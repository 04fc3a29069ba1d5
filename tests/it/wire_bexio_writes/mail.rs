//! Letting Bexio mail an invoice.

use invoice_gateway::domain::plan::Email;
use serde_json::json;

use super::{Setup, invoice};

#[tokio::test]
async fn an_issued_invoice_is_mailed_once() {
    let setup = Setup::start().await;
    let id = setup.draft().await;
    setup.client.issue_invoice(id).await.unwrap();
    setup.simulator.world().traffic.reset();
    let email: Email = setup.plan(&invoice()).email.unwrap().for_document("RE-00001");
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
