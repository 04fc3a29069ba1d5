//! Many who press Send at once.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::company::{data, invoice};
use crate::sending::company::Company;

#[tokio::test(flavor = "multi_thread")]
async fn fifty_who_send_one_invoice_get_one_delivery_and_equal_answers() {
    let company = Company::start().await;
    let (id, name) = invoice(&company).await;
    let query = "mutation ($input: SendInvoiceInput!) { sendInvoice(input: $input) {
        delivery { id version state documentNumber bexioId email { state } writeBack { value } }
        invoice { number bexio { documentNumber } } userErrors { code } } }";
    let send = |n: usize| {
        // Every other one has a key of its own.
        let key = if n.is_multiple_of(2) { json!(format!("key-{n}")) } else { Value::Null };
        data(&company, query, json!({"input": {"invoice": name, "idempotencyKey": key}}))
    };
    let answers = join_all((0..50).map(send)).await;
    assert_eq!(answers[0]["sendInvoice"]["delivery"]["state"], "DONE", "{:#}", answers[0]);
    for answer in &answers {
        assert_eq!(answer, &answers[0]);
    }
    assert_eq!(company.booked(id).len(), 1);
    assert_eq!(company.bexio(|bexio| bexio.mails().len()), 1);
    let deliveries = company.app.data("{ deliveries { totalCount } }").await;
    assert_eq!(deliveries["deliveries"]["totalCount"], 1);
}
