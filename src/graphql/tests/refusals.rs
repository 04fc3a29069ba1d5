//! What callers get wrong: a code, a message that names the argument, never a panic.

use serde_json::json;

use super::support::{Api, example, snapshot};

const INVOICES: &str =
    "query($first: Int, $last: Int, $after: String, $before: String, $filter: InvoiceFilter,
    $order: InvoiceOrder, $age: Int) { invoices(first: $first, last: $last, after: $after, before: $before,
    filter: $filter, orderBy: $order, maxAgeSeconds: $age) { totalCount } }";

#[tokio::test]
async fn a_value_that_cannot_be_used_is_named_with_what_is_taken() {
    let api = Api::new(snapshot(vec![example()]));
    let page = api.data("{ invoices { pageInfo { endCursor } } }").await;
    let cursor = page["invoices"]["pageInfo"]["endCursor"].clone();
    for (variables, words) in [
        (json!({"first": -1}), "'first' is -1: give a number from 0 to 500"),
        (json!({"first": 100_000}), "'first' is 100000: give a number from 0 to 500"),
        (json!({"last": 501}), "'last' is 501"),
        (json!({"first": 3_000_000_000_i64}), "first"),
        (json!({"first": 1.5}), "first"),
        (json!({"first": "5"}), "first"),
        (json!({"first": 1, "last": 1}), "'first' and 'last'"),
        (json!({"after": "garbage"}), "'after': this is not a cursor"),
        (json!({"after": ""}), "'after'"),
        (json!({"before": "A".repeat(5_000)}), "'before'"),
        (
            json!({"after": cursor, "order": {"field": "NUMBER"}}),
            "'after': this cursor belongs to a list in another",
        ),
        (json!({"age": -1}), "'maxAgeSeconds' is -1"),
        (json!({"filter": {"totalIncVat": {"from": 10.5}}}), "Decimal"),
        (json!({"filter": {"totalIncVat": {"from": 10}}}), "Decimal"),
        (json!({"filter": {"totalIncVat": {"from": "ten"}}}), "Decimal"),
        (json!({"filter": {"totalIncVat": {"from": "2", "to": "1"}}}), "filter.totalIncVat runs from 2 to 1"),
        (json!({"filter": {"date": {"from": "2026-13-01"}}}), "Date"),
        (json!({"filter": {"date": {"from": "2026-01-01T00:00:00Z"}}}), "Date"),
        (json!({"filter": {"date": {"from": "2026-02-02", "to": "2026-02-01"}}}), "filter.date runs from"),
        (json!({"filter": {"currency": ["FRANCS"]}}), "CurrencyCode"),
        (json!({"filter": {"status": ["OPEN"]}}), "InvoiceStatus"),
        (json!({"filter": {"customerIds": ["x"]}}), "filter.customerIds: 'x' is not a PSOhub customer id"),
        (json!({"filter": {"customerIds": [41_939_771_881_672_249_i64]}}), "send it as a string"),
        (json!({"filter": {"numbers": vec!["a"; 501]}}), "filter.numbers has 501 entries, at most 500"),
        (json!({"filter": {"text": "a".repeat(201)}}), "filter.text is longer than 200 characters"),
        (json!({"filter": {"state": "PAID"}}), "state"),
    ] {
        let (code, message) = api.error(INVOICES, variables.clone()).await;
        assert_eq!(code, "BAD_USER_INPUT", "{variables}: {message}");
        assert!(message.contains(words), "{variables}: {message}");
    }
}

#[tokio::test]
async fn an_id_that_is_none_is_refused_and_one_that_may_have_been_rounded_too() {
    let api = Api::new(snapshot(vec![example()]));
    let query = "query($by: InvoiceLookup!) { invoice(by: $by) { number } }";
    for (by, words) in [
        (json!({"psohubId": 41_939_771_881_672_249_i64}), "send it as a string"),
        (json!({"psohubId": 9_007_199_254_740_993_i64}), "send it as a string"),
        (json!({"psohubId": "0"}), "by.psohubId"),
        (json!({"psohubId": "41939771881672249.0"}), "by.psohubId"),
        (json!({"bexioId": "-1"}), "by.bexioId"),
        (json!({"id": "41939771881672249"}), "use invoice(by: ..)"),
        (json!({"number": "  "}), "by.number: it is empty"),
        (json!({"number": "INV-1", "bexioId": "1"}), "have exactly one"),
        (json!({}), "have exactly one"),
    ] {
        let (code, message) = api.error(query, json!({"by": by})).await;
        assert_eq!(code, "BAD_USER_INPUT", "{by}: {message}");
        assert!(message.contains(words), "{by}: {message}");
    }
    let literal = "{ invoice(by: {psohubId: 41939771881672249}) { number } }";
    assert_eq!(api.error(literal, json!({})).await.0, "BAD_USER_INPUT");
    assert_eq!(api.error(r#"{ node(id: "x") { id } }"#, json!({})).await.0, "BAD_USER_INPUT");
}

#[tokio::test]
async fn what_is_not_an_operation_of_the_schema_is_refused_without_data() {
    let api = Api::new(snapshot(vec![example()]));
    for (query, code) in [
        ("", "GRAPHQL_PARSE_FAILED"),
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ invoices(first: ) { totalCount } }", "GRAPHQL_PARSE_FAILED"),
        ("\u{0} {a}", "GRAPHQL_PARSE_FAILED"),
        ("{ invoice }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ invoices { nope } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ invoices { ...Missing } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }", "GRAPHQL_VALIDATION_FAILED"),
        ("mutation { sendNothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { invoiceChanged }", "BAD_REQUEST"),
        ("query A { viewer { name } } query B { viewer { name } }", "OPERATION_RESOLUTION_FAILURE"),
    ] {
        let answer = api.answer(query, json!({})).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], code, "{query}: {answer:#}");
        assert_eq!(answer["errors"][0]["extensions"]["retryable"], false);
        assert_eq!(answer.get("data"), None, "{query}: {answer:#}");
    }
    assert!(api.book.requests.lock().unwrap().len() <= 8, "what cannot run should not wait for the book");
}

#[tokio::test]
async fn a_variable_without_the_value_that_it_needs_refuses_the_operation() {
    let api = Api::new(snapshot(vec![example()]));
    let query = "query($n: Int!, $on: Boolean! = true) { viewer @include(if: $on) { name } invoices(first: $n) { totalCount } }";
    for (variables, words) in [
        (json!({}), "'$n' of type 'Int!' has no value"),
        (json!({"n": null}), "'$n' of type 'Int!' has no value"),
        (json!({"n": 1, "on": null}), "'$on' of type 'Boolean!' has no value"),
    ] {
        let answer = api.answer(query, variables).await;
        assert_eq!(answer.get("data"), None, "{answer:#}");
        assert_eq!(answer["errors"][0]["extensions"]["code"], "VARIABLE_MISSING");
        assert!(answer["errors"][0]["message"].as_str().unwrap().contains(words), "{answer:#}");
    }
    assert_eq!(api.book.requests.lock().unwrap().len(), 0, "what cannot run should not wait for the book");
    let data = api.data_with(query, json!({"n": 1})).await;
    assert_eq!(data, json!({"viewer": {"name": "local"}, "invoices": {"totalCount": 1}}));
}

#[tokio::test]
async fn an_operation_is_found_by_its_name() {
    let api = Api::new(snapshot(vec![example()]));
    let two = "query A { viewer { name } } query B { viewer { role } }";
    assert_eq!(api.named(two, "B").await["data"], json!({"viewer": {"role": "ADMIN"}}));
    assert_eq!(api.named(two, "C").await["errors"][0]["extensions"]["code"], "OPERATION_RESOLUTION_FAILURE");
    let one = "query A { viewer { name } }";
    assert_eq!(api.named(one, "A").await["data"], json!({"viewer": {"name": "local"}}));
    assert_eq!(
        api.named("{ viewer { name } }", "A").await["errors"][0]["extensions"]["code"],
        "OPERATION_RESOLUTION_FAILURE"
    );
}
