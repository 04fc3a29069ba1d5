//! What the operator has set, seen in what Bexio gets.

use invoice_gateway::domain::delivery::State;
use invoice_gateway::domain::plan::{ProblemCode, SendOptions};
use rust_decimal::Decimal;
use upstream_simulator::psohub::{Line, NewPsohubInvoice};

use super::company::{Company, request};
use crate::support::app::TestOptions;

async fn company(settings: &[(&str, &str)]) -> Company {
    let options =
        settings.iter().fold(TestOptions::default(), |options, (name, value)| options.set(name, *value));
    let company = Company::of(options).await;
    company.add_contact("Muster Bau AG", "eva.muster@bau.example");
    company
}

#[tokio::test(flavor = "multi_thread")]
async fn language_bank_account_payment_type_and_unit_are_as_set() {
    let settings = [("INVOICE_LANGUAGE", "FR"), ("BANK_ACCOUNT", "1"), ("PAYMENT_TYPE", "3"), ("UNIT", "2")];
    let company = company(&settings).await;
    let id = company.invoice(NewPsohubInvoice::default()).await;
    let plan = company.app.deliveries().preview(id, &SendOptions::default()).await.unwrap();
    let language = plan.header.language.unwrap();
    assert_eq!((language.code.as_deref(), plan.positions[0].unit_id), (Some("fr"), Some(2)));
    let sent = company.send(id).await.unwrap();
    assert_eq!(sent.delivery.state(), State::Done, "{:#?}", sent.delivery);
    let booked = &company.booked(id)[0];
    assert_eq!(booked.language_id, language.id);
    assert_eq!((booked.bank_account_id, booked.payment_type_id), (1, Some(3)));
    let mails = company.bexio(|bexio| bexio.mails().to_vec());
    assert_eq!(mails[0].subject, format!("Facture {}", booked.document_nr));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_e_mail_is_written_from_its_templates() {
    let settings = [
        ("EMAIL_SUBJECT", "Rechnung {documentNumber} für {customer}"),
        ("EMAIL_MESSAGE", "Guten Tag {contact}\\n\\n{total} bis {dueDate} [Network Link]"),
        ("EMAIL_ATTACH_PDF", "false"),
    ];
    let company = company(&settings).await;
    let without_note = NewPsohubInvoice { note: "".into(), ..NewPsohubInvoice::default() };
    let id = company.invoice(without_note).await;
    let plan = company.app.deliveries().preview(id, &SendOptions::default()).await.unwrap();
    assert!(plan.problems.is_empty(), "{:#?}", plan.problems);
    company.send(id).await.unwrap();
    let number = company.booked(id)[0].document_nr.clone();
    let mail = company.bexio(|bexio| bexio.mails()[0].clone());
    assert_eq!(mail.subject, format!("Rechnung {number} für Muster Bau AG"));
    let due = plan.header.due_date.unwrap();
    let due = format!("{:02}.{:02}.{}", due.day(), due.month(), due.year());
    let text = format!("Guten Tag Eva Muster<br /><br />CHF 1081.00 bis {due} ");
    assert!(mail.message.starts_with(&text), "{}", mail.message);
    assert!(!mail.attach_pdf);

    // What a caller writes goes before what is set, and an invoice's note before the text.
    let noted = company.invoice(NewPsohubInvoice::default()).await;
    let mut request = request(noted);
    request.options.subject = Some("{number}".into());
    company.app.deliveries().send(request).await.unwrap();
    let mail = company.bexio(|bexio| bexio.mails()[1].clone());
    assert!(mail.subject.starts_with("INV-"), "{}", mail.subject);
    assert!(mail.message.starts_with("Vielen Dank für Ihren Auftrag."), "{}", mail.message);
}

#[tokio::test(flavor = "multi_thread")]
async fn vat_stands_on_the_invoice_as_set() {
    for (mode, in_bexio, price) in [("added", (0, true), "1000"), ("included", (0, false), "1081")] {
        let company = company(&[("VAT_MODE", mode)]).await;
        let id = company.invoice(NewPsohubInvoice::default()).await;
        let plan = company.app.deliveries().preview(id, &SendOptions::default()).await.unwrap();
        assert_eq!(
            (plan.positions[0].unit_price.unwrap().to_string(), plan.refusals().count()),
            (price.into(), 0)
        );
        assert_eq!(
            (plan.totals.net.round_dp(2).normalize().to_string(), plan.totals.bexio.to_string()),
            ("1000".into(), "1081".into())
        );
        let sent = company.send(id).await.unwrap();
        assert_eq!(sent.delivery.state(), State::Done, "{:#?}", sent.delivery);
        let booked = &company.booked(id)[0];
        assert_eq!((booked.mwst_type, booked.mwst_is_net), in_bexio, "{mode}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_vat_only_what_has_none_is_sent() {
    for (mode, mwst_type) in [("without", 1), ("exempt", 2)] {
        let company = company(&[("VAT_MODE", mode)]).await;
        let taxed = company.invoice(NewPsohubInvoice::default()).await;
        let refused = company.app.deliveries().preview(taxed, &SendOptions::default()).await.unwrap();
        let codes: Vec<_> = refused.refusals().map(|problem| problem.code).collect();
        assert_eq!(codes, [ProblemCode::AmountMismatch], "1081.00 is not 1000.00");
        let total = Some(Decimal::from(1000));
        let line = Line { total_inc_vat: Decimal::from(1000), ..Line::default() };
        let plain =
            NewPsohubInvoice { lines: vec![line], total_inc_vat: total, ..NewPsohubInvoice::default() };
        let id = company.invoice(plain).await;
        let sent = company.send(id).await.unwrap();
        assert_eq!(sent.delivery.state(), State::Done, "{:#?}", sent.delivery);
        assert_eq!(company.booked(id)[0].mwst_type, mwst_type);
    }
}
