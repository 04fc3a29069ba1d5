//! Small documents that kill a stock async-graphql server, or keep it busy for seconds: refused
//! with a code, and the process lives on. The first kind overflows the stack in release builds
//! only, so CI runs these tests on the release binary as well (`GATEWAY_BINARY`).

use serde_json::{Value, json};

use crate::support::app::client;
use crate::support::process::GatewayProcess;

/// Literals nested so deep that a parser which recurses runs out of stack, wherever one can stand.
fn deep_documents() -> Vec<(String, String)> {
    let mut documents = Vec::new();
    for depth in [65, 1_500, 2_000, 7_000] {
        let objects = format!("{}1{}", "{a:".repeat(depth), "}".repeat(depth));
        let lists = format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        for (kind, literal) in [("objects", objects), ("lists", lists)] {
            for (place, document) in [
                ("an argument of a field", format!("{{ invoices(filter: {literal}) {{ totalCount }} }}")),
                ("an argument of an unknown field", format!("{{ nothing(x: {literal}) }}")),
                ("a directive", format!("{{ viewer @include(if: {literal}) {{ role }} }}")),
                ("a variable's default", format!("query ($x: Int = {literal}) {{ viewer {{ role }} }}")),
                (
                    "an operation that is not run",
                    format!("query A {{ viewer {{ role }} }} query B {{ x(y: {literal}) }}"),
                ),
                ("after a block string", format!("{{ a(b: \"\"\"{{[(\"\"\") c(d: {literal}) }}")),
            ] {
                documents.push((format!("{kind} nested {depth} deep in {place}"), document));
            }
        }
        documents.push((
            format!("selections nested {depth} deep"),
            format!("{}__typename{}", "{ a ".repeat(depth), "}".repeat(depth)),
        ));
        documents.push((
            format!("a type nested {depth} deep"),
            format!("query ($x: {}Int{}) {{ viewer {{ role }} }}", "[".repeat(depth), "]".repeat(depth)),
        ));
    }
    documents
}

/// Fragments that each spread the next one twice: 2^40 selections in under 2 KB.
fn doubling_fragments() -> String {
    let fragment = |n| format!("fragment F{n} on Query {{ ...F{next} ...F{next} }} ", next = n + 1);
    let fragments = (0..40).map(fragment).collect::<Vec<_>>().concat();
    format!("{{ ...F0 }} {fragments} fragment F40 on Query {{ __typename }}")
}

/// The same with fields that differ in their aliases, so that nothing can be merged.
fn doubling_fields() -> String {
    let fragment = |n| {
        let next = n + 1;
        format!(
            "fragment F{n} on Invoice {{ a{n}: lines {{ number }} ...F{next} b{n}: lines {{ number }} ...F{next} }} "
        )
    };
    let fragments = (0..30).map(fragment).collect::<Vec<_>>().concat();
    format!("{{ invoices {{ nodes {{ ...F0 }} }} }} {fragments} fragment F30 on Invoice {{ number }}")
}

/// Fragments that spread themselves, at once or round a corner.
const CYCLES: [&str; 2] = [
    "{ ...A } fragment A on Query { ...A }",
    "{ ...A } fragment A on Query { ...B } fragment B on Query { ...C } fragment C on Query { ...A }",
];

async fn post(url: &str, body: impl Into<reqwest::Body>) -> (u16, Value) {
    let request = client()
        .post(format!("{url}/graphql"))
        .header("content-type", "application/json")
        .header("accept", "application/graphql-response+json")
        .body(body);
    let response = request.send().await.unwrap_or_else(|error| panic!("no answer: {error}"));
    let status = response.status().as_u16();
    (status, response.json().await.unwrap())
}

#[tokio::test]
async fn no_document_kills_the_process_or_keeps_it_busy() {
    let mut demo = GatewayProcess::demo(20);
    let mut documents = deep_documents();
    documents.push(("fragments that double".to_owned(), doubling_fragments()));
    documents.push(("fields that double".to_owned(), doubling_fields()));
    documents.extend(CYCLES.map(|cycle| ("a cycle of fragments".to_owned(), cycle.to_owned())));
    for (name, document) in documents {
        let body = json!({ "query": document, "operationName": null }).to_string();
        let (status, answer) = post(demo.url(), body).await;
        assert!((400..500).contains(&status), "{name}: {status} {answer}");
        assert!(answer["errors"][0]["extensions"]["code"].is_string(), "{name}: {answer}");
        assert_eq!(answer.get("data"), None, "{name}: {answer}");
        assert!(demo.is_alive(), "{name} ended the process");
    }
    let (status, answer) = post(demo.url(), r#"{"query":"{ viewer { role } }"}"#).await;
    assert_eq!((status, answer.get("errors")), (200, None));
}

#[tokio::test]
async fn no_body_kills_the_process() {
    let mut demo = GatewayProcess::demo(20);
    let deep = |open: &str, close: &str, depth| format!("{}1{}", open.repeat(depth), close.repeat(depth));
    let variables =
        |json: String| format!(r#"{{"query":"{{ viewer {{ role }} }}","variables":{{"a":{json}}}}}"#);
    let bodies: Vec<(&str, Vec<u8>)> = vec![
        ("lists nested deep", deep("[", "]", 20_000).into_bytes()),
        ("variables of lists nested deep", variables(deep("[", "]", 15_000)).into_bytes()),
        ("variables of objects nested deep", variables(deep(r#"{"a":"#, "}", 9_000)).into_bytes()),
        ("20 MB", vec![b'a'; 20 * 1024 * 1024]),
        ("bytes that are no text", vec![0xFF; 1000]),
        ("half of a text", br#"{"query":"{ viewer"#.to_vec()),
        ("nothing", Vec::new()),
    ];
    for (name, body) in bodies {
        let (status, answer) = post(demo.url(), body).await;
        assert!((400..500).contains(&status), "{name}: {status} {answer}");
        assert!(answer["errors"][0]["extensions"]["code"].is_string(), "{name}: {answer}");
        assert!(demo.is_alive(), "{name} ended the process");
    }
}
