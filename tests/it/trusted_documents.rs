//! Documents that are named: the operator's own by their ids, and those that clients sent before by their hashes; over
//! each transport, in each mode.

use invoice_gateway::graphql::DocumentHash;
use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::live_client;
use crate::support::app::{TestApp, TestOptions};

const COUNT: &str = "query Count { invoices { totalCount } }";
const SEND: &str =
    "mutation Mark($id: ID!) { markInvoicePaid(input: { invoice: { id: $id } }) { userErrors { code } } }";
const WATCH: &str = "subscription Watch { paymentSyncProgress { id } }";
const OTHER: &str = "{ viewer { role } }";
const JSON: &str = "application/json";
const GRAPHQL_JSON: &str = "application/graphql-response+json";

fn hash(text: &str) -> String {
    DocumentHash::of(text).to_string()
}

fn manifest() -> NamedTempFile {
    let documents = json!({ "count-1": COUNT, hash(SEND): SEND, "sha256:".to_owned() + &hash(WATCH): WATCH });
    written(&documents)
}

fn written(manifest: &Value) -> NamedTempFile {
    let file = NamedTempFile::new().unwrap();
    std::fs::write(file.path(), manifest.to_string()).unwrap();
    file
}

async fn app(mode: &str, exempt: &str) -> TestApp {
    let file = manifest();
    let app = TestOptions::company(3)
        .set("TRUSTED_DOCUMENTS", file.path().to_str().unwrap())
        .set("TRUSTED_DOCUMENTS_MODE", mode)
        .set("TRUSTED_DOCUMENTS_EXEMPT", exempt)
        .start()
        .await;
    app.look_at_both().await;
    app
}

async fn post(app: &TestApp, accept: &str, body: &Value) -> (u16, Value) {
    let request = app.http.post(format!("{}/graphql", app.url())).header("accept", accept).json(body);
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

fn code(answer: &Value) -> &str {
    answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_default()
}

fn persisted(text: &str) -> Value {
    json!({ "persistedQuery": { "version": 1, "sha256Hash": hash(text) } })
}

#[tokio::test]
async fn a_trusted_document_is_named_by_its_id_or_its_hash() {
    for mode in ["off", "log", "enforce"] {
        let app = app(mode, "off").await;
        for body in [
            json!({ "documentId": "count-1" }),
            json!({ "documentId": format!("sha256:{}", hash(COUNT)) }),
            json!({ "extensions": persisted(COUNT) }),
            json!({ "query": COUNT }),
            json!({ "query": COUNT, "extensions": persisted(COUNT) }),
            json!({ "documentId": "count-1", "operationName": "Count", "variables": {} }),
        ] {
            let (status, answer) = post(&app, GRAPHQL_JSON, &body).await;
            assert_eq!(
                (status, &answer["data"]["invoices"]["totalCount"]),
                (200, &json!(3)),
                "{mode} {body}: {answer}"
            );
        }
    }
}

#[tokio::test]
async fn enforce_refuses_everything_else() {
    let app = app("enforce", "off").await;
    for body in [
        json!({ "query": OTHER }),
        json!({ "query": format!("{COUNT} ") }),
        json!({ "query": "{ __schema { queryType { name } } }" }),
        json!({ "query": OTHER, "extensions": persisted(OTHER) }),
        json!({ "extensions": persisted(OTHER) }),
        json!({ "documentId": "count-2" }),
        json!({ "documentId": format!("sha256:{}", hash(OTHER)) }),
    ] {
        let (status, answer) = post(&app, GRAPHQL_JSON, &body).await;
        assert_eq!(
            (status, code(&answer), answer.get("data")),
            (403, "DOCUMENT_NOT_TRUSTED", None),
            "{body}"
        );
    }
    let by_get =
        app.http.get(format!("{}/graphql?query={{viewer{{role}}}}", app.url())).send().await.unwrap();
    let by_get: Value = by_get.json().await.unwrap();
    assert_eq!(code(&by_get), "DOCUMENT_NOT_TRUSTED");
    let mut client = live_client::connect(app.address()).await;
    client.subscribe("a", OTHER).await;
    let refused = client.message().await;
    assert_eq!(
        (&refused["type"], &refused["payload"][0]["extensions"]["code"]),
        (&json!("error"), &json!("DOCUMENT_NOT_TRUSTED"))
    );
}

#[tokio::test]
async fn the_other_modes_run_what_is_not_trusted() {
    for mode in ["off", "log"] {
        let app = app(mode, "off").await;
        for _ in 0..2 {
            let (status, answer) = post(&app, GRAPHQL_JSON, &json!({ "query": OTHER })).await;
            assert_eq!((status, &answer["data"]["viewer"]["role"]), (200, &json!("ADMIN")), "{mode}");
        }
    }
}

#[tokio::test]
async fn whoever_is_exempt_may_send_any_document() {
    let app = app("enforce", "admin").await;
    let (status, answer) = post(&app, GRAPHQL_JSON, &json!({ "query": OTHER })).await;
    assert_eq!((status, &answer["data"]["viewer"]["role"]), (200, &json!("ADMIN")));
}

#[tokio::test]
async fn every_transport_takes_a_name_for_a_document() {
    let app = app("enforce", "off").await;
    let mut client = live_client::connect(app.address()).await;
    client.say(json!({ "id": "a", "type": "subscribe", "payload": { "documentId": "count-1" } })).await;
    assert_eq!(client.next_of("a").await["data"]["invoices"]["totalCount"], 3);
    let watch = json!({ "id": "b", "type": "subscribe", "payload": { "extensions": persisted(WATCH) } });
    assert_eq!(client.message().await["type"], "complete");
    client.say(watch).await;
    client.settle().await;

    let events = app
        .http
        .post(format!("{}/graphql", app.url()))
        .header("accept", "text/event-stream")
        .json(&json!({ "documentId": "count-1" }));
    let text = events.send().await.unwrap().text().await.unwrap();
    assert!(text.contains("\"totalCount\":3") && text.contains("event: complete"), "{text}");
}

#[tokio::test]
async fn a_get_runs_no_mutation_by_whatever_name() {
    let app = app("off", "off").await;
    let url = format!("{}/graphql?documentId={}&variables=%7B%22id%22:%221%22%7D", app.url(), hash(SEND));
    let response = app.http.get(url).send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.headers()["allow"].to_str().unwrap()), (405, "POST"));
}

#[tokio::test]
async fn automatic_persisted_queries_go_apollos_way() {
    let app = TestOptions::company(3).start().await;
    app.look_at_both().await;
    let named = json!({ "extensions": persisted(COUNT) });
    let (status, answer) = post(&app, JSON, &named).await;
    assert_eq!((status, code(&answer)), (200, "PERSISTED_QUERY_NOT_FOUND"));
    assert_eq!(answer["errors"][0]["message"], "PersistedQueryNotFound");
    assert_eq!(post(&app, GRAPHQL_JSON, &named).await.0, 404);

    let sent = json!({ "query": COUNT, "extensions": persisted(COUNT) });
    assert_eq!(post(&app, JSON, &sent).await.1["data"]["invoices"]["totalCount"], 3);
    assert_eq!(post(&app, JSON, &named).await.1["data"]["invoices"]["totalCount"], 3);
    let mut client = live_client::connect(app.address()).await;
    client.say(json!({ "id": "a", "type": "subscribe", "payload": named })).await;
    assert_eq!(client.next_of("a").await["data"]["invoices"]["totalCount"], 3);

    let wrong = json!({ "query": OTHER, "extensions": persisted(COUNT) });
    let (status, answer) = post(&app, GRAPHQL_JSON, &wrong).await;
    assert_eq!((status, code(&answer)), (400, "PERSISTED_QUERY_HASH_MISMATCH"));
    for extensions in [
        json!({ "persistedQuery": { "version": 1, "sha256Hash": "abc" } }),
        json!({ "persistedQuery": { "version": 1 } }),
    ] {
        let (_, answer) = post(&app, GRAPHQL_JSON, &json!({ "extensions": extensions })).await;
        assert_eq!(code(&answer), "BAD_USER_INPUT", "{extensions}");
    }
    let other_version =
        json!({ "extensions": { "persistedQuery": { "version": 2, "sha256Hash": hash(COUNT) } } });
    assert_eq!(code(&post(&app, GRAPHQL_JSON, &other_version).await.1), "PERSISTED_QUERY_NOT_SUPPORTED");
}

#[tokio::test]
async fn no_more_bytes_of_documents_are_kept_than_are_allowed() {
    let app = TestOptions::default().set("PERSISTED_QUERY_BYTES", "3000").start().await;
    let text = |n: usize| format!("query Q{n} {{ __typename }} #{:400}", "");
    for n in 0..50 {
        let body = json!({ "query": text(n), "extensions": persisted(&text(n)) });
        assert_eq!(post(&app, JSON, &body).await.1["data"]["__typename"], "Query");
    }
    let mut known = 0;
    for n in 0..50 {
        let (_, answer) = post(&app, JSON, &json!({ "extensions": persisted(&text(n)) })).await;
        known += usize::from(answer.get("errors").is_none());
    }
    assert!((1..=5).contains(&known), "{known} of about 600 bytes each are kept");

    let app = TestOptions::default().set("PERSISTED_QUERY_BYTES", "0").start().await;
    let sent = json!({ "query": OTHER, "extensions": persisted(OTHER) });
    assert_eq!(post(&app, JSON, &sent).await.1["data"]["viewer"]["role"], "ADMIN");
    let (_, answer) = post(&app, JSON, &json!({ "extensions": persisted(OTHER) })).await;
    assert_eq!(answer["errors"][0]["message"], "PersistedQueryNotSupported");
}

#[tokio::test]
async fn a_named_get_may_be_kept_by_who_asked_and_no_other_answer() {
    let app = app("off", "off").await;
    let url = |document: &str| format!("{}/graphql?{document}", app.url());
    // What was read within the last second is LIVE.
    app.advance(std::time::Duration::from_secs(2));
    let named = app.http.get(url("documentId=count-1")).send().await.unwrap();
    let tag = named.headers()["etag"].to_str().unwrap().to_owned();
    assert_eq!(named.headers()["cache-control"], "private, max-age=1");
    assert!(
        named.headers().get_all("vary").iter().any(|vary| vary == "authorization"),
        "{:?}",
        named.headers()
    );
    app.advance(std::time::Duration::from_secs(2));
    let again = app.http.get(url("documentId=count-1")).header("if-none-match", &tag).send().await.unwrap();
    assert_eq!(
        (again.status().as_u16(), again.headers()["etag"].to_str().unwrap()),
        (304, tag.as_str()),
        "only the ages differ"
    );
    assert_eq!(again.text().await.unwrap(), "");
    let changed =
        app.http.get(url("documentId=count-1")).header("if-none-match", "W/\"0\"").send().await.unwrap();
    assert_eq!(changed.status(), 200);
    for document in ["query={invoices{totalCount}}", "documentId=nothing"] {
        let answer = app.http.get(url(document)).send().await.unwrap();
        assert_eq!(answer.headers()["cache-control"], "no-store", "{document}");
        assert_eq!(answer.headers().get("etag"), None, "{document}");
    }
}

#[tokio::test]
async fn a_manifest_that_does_not_fit_the_schema_stops_the_start_and_names_all_of_it() {
    let file = written(&json!({
        "a": "query Unknown { nothing }",
        "b": "query Broken { invoices {",
        "c": COUNT,
        hash(COUNT): "query Forged { viewer { role } }",
        "d": "query Deep { invoices { nodes { lines { number } } } } query Two { viewer { nothing } }",
    }));
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", folder.path().join("gateway.db").display());
    let path = file.path().to_str().unwrap().to_owned();
    let config = invoice_gateway::config::Config::from_env_map(|name| match name {
        "DATABASE_URL" => Some(database.clone()),
        "TRUSTED_DOCUMENTS" => Some(path.clone()),
        _ => None,
    });
    let clock = std::sync::Arc::new(invoice_gateway::domain::SystemClock::new());
    let Err(error) = invoice_gateway::app::App::build(&config.unwrap(), clock).await else {
        panic!("it started");
    };
    let error = error.to_string();
    for says in
        ["Unknown (a): ", "Broken (b): ", "Forged (", "its id is a SHA-256", "Deep (d): ", "line 1, column"]
    {
        assert!(error.contains(says), "{says:?} is not in {error}");
    }
    assert!(!error.contains("Count ("), "{error}");
}
