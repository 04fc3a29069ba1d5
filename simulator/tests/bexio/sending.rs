//! Mails: what `send` asks for and what it leaves behind.

use serde_json::{Value, json};
use upstream_simulator::bexio::{Deed, Quirk};

use crate::support::Company;

fn mail() -> Value {
    json!({
        "recipient_email": "ap@muster.example", "subject": "Rechnung", "message": "Bitte: [Network Link]",
        "mark_as_open": true, "attach_pdf": true,
    })
}

#[tokio::test]
async fn an_issued_invoice_is_mailed_and_stays_pending() {
    let company = Company::start().await;
    let id = company.issued("100").await;
    let reply = company.post(&format!("/2.0/kb_invoice/{id}/send"), mail()).await;
    assert_eq!(reply.json(), json!({ "success": true }));
    let invoice = company.show(id).await;
    assert_eq!(invoice["kb_item_status_id"], 8);
    let link = invoice["network_link"].as_str().unwrap();
    let bexio = company.bexio();
    let [sent] = bexio.mails() else { panic!("{:?}", bexio.mails()) };
    assert_eq!((sent.kb_invoice_id, sent.recipient_email.as_str()), (id, "ap@muster.example"));
    assert_eq!(sent.message, format!("Bitte: {link}"));
    assert!(sent.attach_pdf);
}

#[tokio::test]
async fn the_journal_remembers_what_no_reading_tells() {
    let company = Company::start().await;
    let (kept, gone) = (company.issued("100").await, company.draft("200").await);
    company.post(&format!("/2.0/kb_invoice/{kept}/send"), mail()).await;
    company.delete(&format!("/2.0/kb_invoice/{gone}")).await;
    let bexio = company.bexio();
    let deeds: Vec<_> = bexio.journal().map(|entry| (entry.kb_invoice_id, entry.deed)).collect();
    assert_eq!(
        deeds,
        [
            (kept, Deed::Created),
            (kept, Deed::Status(8)),
            (gone, Deed::Created),
            (kept, Deed::Mailed),
            (gone, Deed::Deleted),
        ]
    );
}

#[tokio::test]
async fn a_draft_needs_mark_as_open_which_issues_it() {
    let company = Company::start().await;
    let id = company.draft("100").await;
    let path = format!("/2.0/kb_invoice/{id}/send");
    let mut closed = mail();
    closed["mark_as_open"] = json!(false);
    assert_eq!(company.post(&path, closed).await.status, 422);
    assert_eq!(company.bexio().mails().len(), 0);
    assert_eq!(company.post(&path, mail()).await.status, 200);
    assert_eq!(company.show(id).await["kb_item_status_id"], 8);
}

#[tokio::test]
async fn wrong_mails_do_not_leave() {
    let company = Company::start().await;
    let id = company.issued("100").await;
    let path = format!("/2.0/kb_invoice/{id}/send");
    let bare = company.act(&path).await;
    assert_eq!((bare.status, &bare.json()["message"]), (422, &json!("missing data")));
    for (key, value, expected) in [
        ("message", json!("Ohne Link"), "message: Diese Eingabe ist nicht korrekt."),
        ("subject", json!(""), "subject: Pflichtfeld"),
        (
            "recipient_email",
            json!("a@b.example, c@d.example"),
            "recipient_email: Diese Eingabe ist nicht korrekt.",
        ),
        ("cc_email", json!("x@y.example"), "global: Unexpected extra form field named \"cc_email\"."),
    ] {
        let mut body = mail();
        body[key] = value;
        assert_eq!(company.post(&path, body).await.form_error(), expected);
    }
    company.turn_on(Quirk::Trial);
    assert!(company.post(&path, mail()).await.form_error().starts_with("recipient_email"));
    company.act(&format!("/2.0/kb_invoice/{id}/cancel")).await;
    let own =
        json!({ "recipient_email": "eva@beispiel.example", "subject": "s", "message": "[Network Link]" });
    assert_eq!(company.post(&path, own).await.status, 422);
    assert_eq!(company.bexio().mails().len(), 0);
}

#[tokio::test]
async fn a_mail_can_leave_no_trace() {
    let company = Company::start().await;
    let id = company.issued("100").await;
    company.turn_on(Quirk::SendLeavesNoTrace);
    let before = company.show(id).await;
    company.set_clock("2026-06-19T00:00:00Z");
    assert_eq!(company.post(&format!("/2.0/kb_invoice/{id}/send"), mail()).await.status, 200);
    assert_eq!(company.show(id).await, before);
    assert_eq!(company.bexio().mails().len(), 1);
}

#[tokio::test]
async fn reminders_are_mailed_too() {
    let company = Company::start().await;
    let id = company.issued("100").await;
    let path = format!("/2.0/kb_invoice/{id}/kb_reminder");
    let reminder = company.act(&path).await.json()["id"].as_i64().unwrap();
    let mail = json!({ "recipient_email": "ap@muster.example", "subject": "s", "message": "[Network Link]" });
    assert_eq!(company.post(&format!("{path}/{reminder}/send"), mail).await.status, 200);
    assert_eq!(company.get(&format!("{path}/{reminder}")).await.json()["is_sent"], true);
    assert_eq!(company.bexio().mails()[0].kb_reminder_id, Some(reminder));
}
