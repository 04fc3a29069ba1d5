//! What callers get wrong: a user error with its code, place and hint, and not one writing request.

use serde_json::{Value, json};
use upstream_simulator::psohub::{NewPsohubInvoice, Status};

use super::company::{data, invoice, send, writes};
use crate::sending::company::Company;

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_a_user_error_and_nothing_is_written() {
    let company = Company::start().await;
    let (_, name) = invoice(&company).await;
    let draft =
        company.invoice(NewPsohubInvoice { status: Status::Draft, ..NewPsohubInvoice::default() }).await;
    let option = |options: Value| json!({"invoice": name, "options": options});
    for (input, code, field) in [
        (json!({"invoice": {"number": "INV-404"}}), "INVOICE_NOT_FOUND", "input.invoice"),
        (
            json!({"invoice": {"psohubId": 41_939_771_881_672_249_i64}}),
            "ID_INVALID",
            "input.invoice.psohubId",
        ),
        (json!({"invoice": {"psohubId": draft.to_string()}}), "STATUS_NOT_SENDABLE", "input.invoice"),
        (option(json!({"recipient": "nobody"})), "RECIPIENT_INVALID", "input.options.recipient"),
        (option(json!({"message": "x".repeat(10_001)})), "MESSAGE_TOO_LONG", "input.options.message"),
        (option(json!({"revenueAccount": "9999"})), "ACCOUNT_UNKNOWN", "input.options.revenueAccount"),
        (option(json!({"taxCode": "NONE"})), "TAX_CODE_UNKNOWN", "input.options.taxCode"),
        (json!({"invoice": name, "waitSeconds": 61}), "VALUE_INVALID", "input.waitSeconds"),
        (json!({"invoice": name, "expectedPlan": "1"}), "VALUE_INVALID", "input.expectedPlan"),
        (json!({"invoice": name, "expectedPlan": "0".repeat(64)}), "PLAN_CHANGED", "input.expectedPlan"),
        (json!({"invoice": name, "idempotencyKey": ""}), "IDEMPOTENCY_KEY_INVALID", "input.idempotencyKey"),
        (
            json!({"invoice": name, "idempotencyKey": "a\nb"}),
            "IDEMPOTENCY_KEY_INVALID",
            "input.idempotencyKey",
        ),
    ] {
        let sent = send(&company, input.clone()).await;
        let error = &sent["userErrors"][0];
        assert_eq!(
            (&error["code"], &error["outcome"]),
            (&json!(code), &json!("NOT_APPLIED")),
            "{input}: {sent:#}"
        );
        assert_eq!(error["field"], json!(field.split('.').collect::<Vec<_>>()), "{input}");
        assert!(error["hint"].as_str().unwrap().len() > 5, "{error:#}");
        assert_eq!(sent["delivery"], json!(null));
    }
    let decimal = "mutation ($least: Decimal) { sendInvoices(input: {invoices: {filter: {totalIncVat: {from: $least}}}})
        { batch { id } userErrors { code } } }";
    let answer = company.app.answer(decimal, json!({"least": 10.5})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{answer:#}");
    assert!(answer["errors"][0]["extensions"]["hint"].as_str().unwrap().contains("as a string"));

    assert_eq!(writes(&company), Vec::<String>::new());
    let nothing = company.app.data("{ deliveries { totalCount } batches { nodes { id } } }").await;
    assert_eq!(nothing, json!({"deliveries": {"totalCount": 0}, "batches": {"nodes": []}}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_gives_its_delivery_again_and_refuses_another_input() {
    let company = Company::start().await;
    let (_, name) = invoice(&company).await;
    let first = send(&company, json!({"invoice": name, "idempotencyKey": "k"})).await;
    assert_eq!(first["delivery"]["state"], "DONE");
    let again = send(&company, json!({"invoice": name, "idempotencyKey": "k"})).await;
    assert_eq!((&again["delivery"], &again["userErrors"]), (&first["delivery"], &json!([])));
    let other = json!({"invoice": name, "idempotencyKey": "k", "options": {"email": false}});
    let refused = send(&company, other).await;
    assert_eq!(refused["userErrors"][0]["code"], "IDEMPOTENCY_KEY_REUSED");
    assert_eq!(refused["userErrors"][0]["field"], json!(["input", "idempotencyKey"]));

    let unkeyed = send(&company, json!({"invoice": name})).await;
    let error = &unkeyed["userErrors"][0];
    assert_eq!((&error["code"], &error["outcome"]), (&json!("ALREADY_UNDER_DELIVERY"), &json!("APPLIED")));
    assert_eq!(unkeyed["delivery"]["id"], first["delivery"]["id"]);
    assert_eq!(company.bexio(|bexio| bexio.mails().len()), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_writes_nothing() {
    let company = Company::start().await;
    let (_, name) = invoice(&company).await;
    let sent = send(&company, json!({"invoice": name, "dryRun": true})).await;
    assert_eq!((&sent["delivery"], &sent["userErrors"]), (&json!(null), &json!([])));
    assert_eq!(sent["preview"]["planHash"].as_str().unwrap().len(), 64);
    let many = "mutation ($name: InvoiceLookup!) { sendInvoices(input: {invoices: {lookups: [$name]}, dryRun: true}) {
        batch { id } previews { planHash } userErrors { code } } }";
    let many = data(&company, many, json!({"name": name})).await["sendInvoices"].take();
    assert_eq!(many["previews"][0]["planHash"], sent["preview"]["planHash"]);
    assert_eq!((&many["batch"], &many["userErrors"]), (&json!(null), &json!([])));
    assert_eq!(writes(&company), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mutation_is_not_taken_from_an_address_nor_a_hundred_times_over() {
    let company = Company::start().await;
    let (_, name) = invoice(&company).await;
    let mutation = format!(
        "mutation{{sendInvoice(input:{{invoice:{{psohubId:{}}}}}){{delivery{{id}}}}}}",
        name["psohubId"]
    );
    let url = format!("{}/graphql", company.app.url());
    let answer = company.app.http.get(url).query(&[("query", &mutation)]).send().await.unwrap();
    assert_eq!(answer.status(), 405);

    let field =
        format!("sendInvoice(input:{{invoice:{{psohubId:{}}}}}){{delivery{{id}}}} ", name["psohubId"]);
    let hundred = (0..100).map(|n| format!("s{n}:{field}")).collect::<Vec<_>>().join(" ");
    let answer = company.app.answer(&format!("mutation{{{hundred}}}"), json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "TOO_MANY_ROOT_FIELDS");
    assert_eq!(writes(&company), Vec::<String>::new());
}
