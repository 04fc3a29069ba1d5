//! What an operation asks of the book, and which answers may be given again.

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::support::{Api, example, snapshot};
use crate::book::ReadRequest;
use crate::graphql::Reusable;

async fn request(query: &str, variables: Json) -> Vec<ReadRequest> {
    let api = Api::new(snapshot(vec![example()]));
    let executed = api.execute(query, variables).await;
    assert!(executed.response.errors.is_empty(), "{:?}", executed.response.errors);
    api.book.requests.lock().unwrap().clone()
}

#[tokio::test]
async fn one_snapshot_is_taken_as_young_as_any_field_asks() {
    let plain = ReadRequest::default();
    let aged = |seconds| ReadRequest { max_age: Some(Duration::from_secs(seconds)), external_ids: false };
    let with_ids = ReadRequest { max_age: None, external_ids: true };
    for (query, variables, expected) in [
        ("{ invoices { totalCount } }", json!({}), vec![plain]),
        (
            "{ a: invoices { totalCount } b: invoices(maxAgeSeconds: 9) { totalCount }
            invoice(by: {number: \"x\"}, maxAgeSeconds: 3) { name } }",
            json!({}),
            vec![aged(3)],
        ),
        (
            "query($s: Int) { ...F } fragment F on Query { invoices(maxAgeSeconds: $s) { totalCount } }",
            json!({"s": 0}),
            vec![aged(0)],
        ),
        ("query($s: Int = 4) { invoices(maxAgeSeconds: $s) { totalCount } }", json!({}), vec![aged(4)]),
        (
            "{ invoices { nodes { ...I } } } fragment I on Invoice { externalId { state } }",
            json!({}),
            vec![with_ids],
        ),
        ("{ invoices(filter: {hasExternalId: false}) { totalCount } }", json!({}), vec![with_ids]),
        (
            "query($f: InvoiceFilter) { invoices(filter: $f) { totalCount } }",
            json!({"f": {"hasExternalId": true}}),
            vec![with_ids],
        ),
        (
            "query($b: Boolean) { invoices(filter: {hasExternalId: $b}) { totalCount } }",
            json!({"b": null}),
            vec![plain],
        ),
        (
            "{ __typename viewer { name } connections { state } bexioCatalog { accounts { name } } }",
            json!({}),
            vec![],
        ),
    ] {
        assert_eq!(request(query, variables).await, expected, "{query}");
    }
}

#[tokio::test]
async fn an_answer_from_the_book_alone_may_be_given_again() {
    let api = Api::new(snapshot(vec![example()]));
    let reusable = Some(Reusable { book_version: 7, until: Duration::from_secs(30) });
    for (query, expected) in [
        ("{ invoices { nodes { number bexio { documentNumber } } } }", reusable),
        (r#"{ invoice(by: {number: "none"}) { number } }"#, reusable),
        ("{ invoices { nodes { bexio { payments { kind } } } } }", None),
        ("{ invoices { totalCount } viewer { name } }", None),
        ("{ invoices { totalCount } connections { state } }", None),
        ("{ invoices { totalCount } bexioCatalog { taxes { code } } }", None),
        ("{ invoices(first: -1) { totalCount } }", None),
        ("{ __typename }", None),
        ("{", None),
    ] {
        assert_eq!(api.execute(query, json!({})).await.reusable, expected, "{query}");
    }
}

#[tokio::test]
async fn freshness_is_told_beside_every_answer_from_the_book() {
    let api = Api::new(snapshot(vec![example()]));
    let answer = api.answer("{ invoices { totalCount } }", json!({})).await;
    assert_eq!(
        answer["extensions"]["freshness"]["bexio"],
        json!({"state": "CACHED", "fetchedAt": "2026-03-31T08:00:00Z", "ageSeconds": 60})
    );
    let answer = api.answer("{ viewer { name } }", json!({})).await;
    assert_eq!(answer["extensions"].get("freshness"), None);
}

#[tokio::test]
async fn the_look_at_external_ids_is_told_of_only_where_it_was_asked_for() {
    let api = Api::new(snapshot(vec![example()]));
    for (query, told) in [
        ("{ invoices { nodes { number } } }", false),
        ("{ invoices { nodes { externalId { state } } } }", true),
        ("{ invoices(filter: {hasExternalId: true}) { totalCount } }", true),
    ] {
        let answer = api.answer(query, json!({})).await;
        let freshness = answer["extensions"]["freshness"].as_object().unwrap();
        assert_eq!(freshness.contains_key("psohubExternalIds"), told, "{query}");
        assert!(freshness.contains_key("psohub") && freshness.contains_key("bexio"), "{query}");
    }
}
