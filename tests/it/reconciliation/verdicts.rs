//! Each verdict, made to happen in the upstreams as people make it happen.

use invoice_gateway::book::Source;
use jiff::civil::date;
use rust_decimal::Decimal;
use upstream_simulator::bexio::{InvoiceChange, NewContact, NewInvoice};
use upstream_simulator::faults::{FaultAction, FaultRule};
use upstream_simulator::psohub::{EditPsohubInvoice, NewPsohubInvoice, Status};
use upstream_simulator::traffic::Upstream;

use super::books::{Books, assert_found};

#[tokio::test(flavor = "multi_thread")]
async fn what_agrees_is_matched_through_its_whole_life() {
    let books = Books::start().await;
    let pair = books.agreeing();
    assert_found(books.verdict(pair.psohub).await, "MATCHED", &[]);
    books.bexio(|bexio| bexio.pay(pair.bexio, Some(Decimal::from(500)), date(2026, 3, 2))).unwrap();
    assert_found(books.verdict(pair.psohub).await, "MATCHED", &[]);
    books.bexio(|bexio| bexio.pay(pair.bexio, None, date(2026, 3, 2))).unwrap();
    books.psohub(|psohub| psohub.mark_paid(pair.psohub)).unwrap();
    assert_found(books.verdict(pair.psohub).await, "MATCHED", &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn rounding_and_a_credit_voucher_explain_a_difference() {
    let books = Books::start().await;
    let (rounded, credited) = (books.agreeing(), books.agreeing());
    let total = Some(Decimal::new(108_103, 2));
    books
        .psohub(|psohub| {
            psohub.edit(rounded.psohub, EditPsohubInvoice { total_inc_vat: total, ..Default::default() })
        })
        .unwrap();
    books.bexio(|bexio| bexio.credit(credited.bexio, Some(Decimal::from(100)), date(2026, 3, 2))).unwrap();
    let reasons = ["TOTAL_ROUNDED INFO -", "VAT_ROUNDED INFO -"];
    assert_found(books.verdict(rounded.psohub).await, "EXPLAINED", &reasons);
    assert_found(books.verdict(credited.psohub).await, "EXPLAINED", &["CREDITED_IN_BEXIO INFO -"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_in_no_books_and_an_approved_invoice_has_until_it_is_due() {
    let books = Books::start().await;
    let draft = NewPsohubInvoice { status: Status::Draft, ..Default::default() };
    let draft = books.psohub(|psohub| psohub.add(draft));
    let approved = books.invoice();
    assert_found(books.verdict(draft).await, "NOT_APPLICABLE", &["DRAFT_ONLY INFO -"]);
    assert_found(books.verdict(approved).await, "NOT_SENT_YET", &["NOT_SENT_YET INFO SEND_INVOICE"]);
    let yesterday = Some(date(2026, 3, 1));
    books
        .psohub(|psohub| {
            psohub.edit(approved, EditPsohubInvoice { due_date: yesterday, ..Default::default() })
        })
        .unwrap();
    let late = ["NOT_SENT_IN_TIME WARNING SEND_INVOICE"];
    assert_found(books.verdict(approved).await, "MISSING_IN_BEXIO", &late);
    books.psohub(|psohub| psohub.set_status(approved, Status::Void)).unwrap();
    assert_found(books.verdict(approved).await, "NOT_APPLICABLE", &["WITHDRAWN_ONLY INFO -"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_unknown_and_not_missing() {
    let books = Books::start().await;
    let sent = NewPsohubInvoice { status: Status::Sent, ..Default::default() };
    let sent = books.psohub(|psohub| psohub.add(sent));
    let outage = FaultRule::on(Upstream::Bexio, FaultAction::DropBeforeEffect);
    let rule = books.app.simulator.world().faults.add(outage);
    books.app.look(Source::Psohub).await.unwrap();
    let unread = ["BEXIO_NOT_READ WARNING -"];
    assert_found(books.verdict_as_held(sent).await, "UNKNOWN", &unread);

    books.app.simulator.world().faults.remove(rule);
    let missing = ["SENT_WITHOUT_BEXIO ERROR SEND_INVOICE"];
    assert_found(books.verdict(sent).await, "MISSING_IN_BEXIO", &missing);

    // It was read once, and now it fails for an hour.
    let outage = FaultRule::on(Upstream::Bexio, FaultAction::DropBeforeEffect);
    books.app.simulator.world().faults.add(outage);
    books.app.advance(std::time::Duration::from_hours(1));
    books.app.look(Source::Psohub).await.unwrap();
    books.app.look(Source::Bexio).await.unwrap_err();
    assert_found(books.verdict_as_held(sent).await, "UNKNOWN", &unread);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_on_either_side_is_a_mismatch() {
    let books = Books::start().await;
    let [total, due, contact, voided] = [(); 4].map(|()| books.agreeing());
    let change = |id, change: InvoiceChange| books.bexio(|bexio| bexio.edit(id, change)).unwrap();
    let more = Some(Decimal::from(2000));
    books
        .psohub(|psohub| {
            psohub.edit(total.psohub, EditPsohubInvoice { total_inc_vat: more, ..Default::default() })
        })
        .unwrap();
    change(due.bexio, InvoiceChange { is_valid_to: Some(date(2026, 12, 24)), ..Default::default() });
    let other = books
        .bexio(|bexio| bexio.add_contact(NewContact { name_1: "Other AG".into(), ..Default::default() }));
    change(contact.bexio, InvoiceChange { contact_id: Some(other), ..Default::default() });
    books.psohub(|psohub| psohub.set_status(voided.psohub, Status::Void)).unwrap();

    let reasons = ["TOTAL_DIFFERS ERROR -", "VAT_DIFFERS WARNING -"];
    assert_found(books.verdict(total.psohub).await, "MISMATCH", &reasons);
    assert_found(books.verdict(due.psohub).await, "MISMATCH", &["DUE_DATE_DIFFERS WARNING -"]);
    // Three of four of the customer's invoices stand under another contact.
    assert_found(books.verdict(contact.psohub).await, "MISMATCH", &["OTHER_CONTACT WARNING -"]);
    assert_found(books.verdict(voided.psohub).await, "MISMATCH", &["WITHDRAWN_IN_PSOHUB ERROR -"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_external_id_is_seen_once_psohub_was_asked() {
    let books = Books::start().await;
    let pair = books.agreeing();
    let none = EditPsohubInvoice { external_id: Some("".into()), ..Default::default() };
    books.psohub(|psohub| psohub.edit(pair.psohub, none)).unwrap();
    let reasons = ["EXTERNAL_ID_MISSING WARNING SET_INVOICE_EXTERNAL_ID"];
    assert_found(books.verdict(pair.psohub).await, "MISMATCH", &reasons);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_one_side_calls_paid() {
    let books = Books::start().await;
    let (in_bexio, in_psohub) = (books.agreeing(), books.agreeing());
    books.bexio(|bexio| bexio.pay(in_bexio.bexio, None, date(2026, 3, 2))).unwrap();
    books.psohub(|psohub| psohub.mark_paid(in_psohub.psohub)).unwrap();
    let reasons = ["PAID_ONLY_IN_BEXIO WARNING MARK_INVOICE_PAID"];
    assert_found(books.verdict(in_bexio.psohub).await, "PAID_ONLY_IN_BEXIO", &reasons);
    let reasons = ["PAID_ONLY_IN_PSOHUB ERROR -"];
    assert_found(books.verdict(in_psohub.psohub).await, "PAID_ONLY_IN_PSOHUB", &reasons);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_bexio_cancelled() {
    let books = Books::start().await;
    let pair = books.agreeing();
    books.bexio(|bexio| bexio.cancel(pair.bexio)).unwrap();
    let reasons = ["CANCELLED_IN_BEXIO ERROR LINK_INVOICE"];
    assert_found(books.verdict(pair.psohub).await, "CANCELLED_IN_BEXIO", &reasons);
    books.psohub(|psohub| psohub.set_status(pair.psohub, Status::Void)).unwrap();
    assert_found(books.verdict(pair.psohub).await, "MATCHED", &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_bexio_has_twice() {
    let books = Books::start().await;
    let pair = books.agreeing();
    let second = books.app.simulator.world().book_in_bexio(pair.psohub).unwrap();
    assert_found(books.verdict(pair.psohub).await, "MISMATCH", &["DUPLICATE_DRAFT WARNING -"]);
    books.bexio(|bexio| bexio.issue(second)).unwrap();
    assert_found(books.verdict(pair.psohub).await, "DUPLICATE_IN_BEXIO", &["DUPLICATE ERROR -"]);
    books.bexio(|bexio| bexio.cancel(second)).unwrap();
    assert_found(books.verdict(pair.psohub).await, "EXPLAINED", &["DUPLICATE_CANCELLED INFO -"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_bexio_has() {
    let books = Books::start().await;
    let pair = books.agreeing();
    books.bexio(|bexio| bexio.create_invoice(NewInvoice::default()));
    books.app.look_at_both().await;
    books.psohub(|psohub| psohub.delete(pair.psohub)).unwrap();
    books.app.look_at_both().await;
    // Bexio's invoice without our reference is nobody's business.
    let report = books.app.data(
        "{ reconciliation(verdicts: [MISSING_IN_PSOHUB]) {
        verdicts { verdict count totals { currency total { amount } } }
        items { totalCount nodes { verdict total { amount currency } invoice { number } bexio { status }
            reasons { code severity mutation fix psohubValue bexioValue } } } } }",
    );
    let report = report.await["reconciliation"].take();
    let item = &report["items"]["nodes"][0];
    assert_eq!(
        (&report["items"]["totalCount"], &item["invoice"]),
        (&1.into(), &serde_json::Value::Null),
        "{report:#}"
    );
    assert_eq!((&item["bexio"]["status"], &item["total"]["amount"]), (&"PENDING".into(), &"1081.00".into()));
    let found = super::books::found(item);
    assert_found(found, "MISSING_IN_PSOHUB", &["NO_PSOHUB_INVOICE ERROR -"]);
}
