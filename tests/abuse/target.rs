//! The service under attack, and what every answer of it is held to.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Value, json};

use crate::live_client::{self, Client, Heard};

/// Reasons for which the service may put off a request.
const PUT_OFF: [&str; 4] =
    ["TOO_MANY_CONNECTIONS", "UPSTREAM_UNAVAILABLE", "OPERATION_TIMEOUT", "BODY_TOO_SLOW"];

/// The service under attack.
pub struct Target {
    pub url: String,
    pub http: reqwest::Client,
    answers: Mutex<BTreeMap<String, u64>>,
}

impl Target {
    pub fn new(url: &str) -> Self {
        // Ignored when another test was first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(30)).build().unwrap();
        Self { url: format!("{url}/graphql"), http, answers: Mutex::default() }
    }

    /// Where it listens.
    pub fn address(&self) -> std::net::SocketAddr {
        self.url.trim_start_matches("http://").trim_end_matches("/graphql").parse().unwrap()
    }

    /// Waits until there is something to attack.
    pub async fn wait_for_invoices(&self) {
        let query = json!({ "query": "{ invoices(first: 1) { totalCount } }" });
        for _ in 0..200 {
            let answer: Value =
                self.http.post(&self.url).json(&query).send().await.unwrap().json().await.unwrap();
            if answer["data"]["invoices"]["totalCount"].as_u64().is_some_and(|count| count > 0) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the service reads no invoices");
    }

    /// Posts `body`; its answer must be one that a client can read, and no fault of the service.
    pub async fn post(&self, name: &str, body: impl Into<reqwest::Body>) -> Value {
        let request = self.http.post(&self.url).header("content-type", "application/json");
        let request = request.header("accept", "application/graphql-response+json").body(body);
        self.judge(name, request.send().await.unwrap_or_else(|error| panic!("{name}: no answer: {error}")))
            .await
    }

    /// Posts `document`.
    pub async fn ask(&self, name: &str, document: &str) -> Value {
        self.post(name, json!({ "query": document }).to_string()).await
    }

    /// Sends `document` by GET.
    pub async fn get(&self, name: &str, document: &str) -> Value {
        let request = self.http.get(&self.url).query(&[("query", document)]);
        self.judge(name, request.send().await.unwrap_or_else(|error| panic!("{name}: no answer: {error}")))
            .await
    }

    async fn judge(&self, name: &str, response: reqwest::Response) -> Value {
        let status = response.status().as_u16();
        let body = response.bytes().await.unwrap_or_else(|error| panic!("{name}: half an answer: {error}"));
        // What hyper refuses by itself has no body: a head that is too long.
        if status == 431 || (status == 414 && body.is_empty()) {
            self.count(&status.to_string());
            return Value::Null;
        }
        let answer: Value = serde_json::from_slice(&body)
            .unwrap_or_else(|error| panic!("{name}: {status} {error}: {body:?}"));
        let code = answer["errors"][0]["extensions"]["code"].as_str();
        if let Some(code) = code {
            assert!(status < 500 || PUT_OFF.contains(&code), "{name}: {status} {answer}");
            assert_ne!(code, "INTERNAL", "{name}: {answer}");
            self.count(code);
        } else {
            assert!(answer.get("errors").is_none(), "{name}: an error without a code: {answer}");
            assert_eq!(status, 200, "{name}: {answer}");
            self.count("answered");
        }
        answer
    }

    /// Sends `document` over a WebSocket of its own; it is refused or answered, and the service says which.
    pub async fn subscribe(&self, name: &str, document: &str) {
        let mut client = live_client::connect(self.address()).await;
        client.subscribe("a", document).await;
        self.hear(name, &mut client).await;
    }

    /// Hears the next message or the end, which must have a reason.
    pub async fn hear(&self, name: &str, client: &mut Client) {
        let heard = tokio::time::timeout(Duration::from_secs(30), client.hear());
        match heard.await.unwrap_or_else(|_| panic!("{name}: nothing is heard")) {
            Heard::Message(message) => {
                let code = message["payload"][0]["extensions"]["code"].as_str().unwrap_or("answered");
                assert_ne!(code, "INTERNAL", "{name}: {message}");
                self.count(&format!("WebSocket {code}"));
            }
            Heard::Closed(code, reason) => {
                assert!(
                    (4400..4500).contains(&code) || [1002, 1007, 1009].contains(&code),
                    "{name}: {code} {reason}"
                );
                self.count(&format!("WebSocket {code}"));
            }
            Heard::Gone => panic!("{name}: the connection broke without a reason"),
        }
    }

    fn count(&self, kind: &str) {
        *self.answers.lock().unwrap().entry(kind.to_owned()).or_default() += 1;
    }

    /// What was answered how often.
    pub fn tally(&self) -> Tally {
        Tally(self.answers.lock().unwrap().clone())
    }
}

/// Answers by code.
pub struct Tally(BTreeMap<String, u64>);

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.values().sum::<u64>())?;
        self.0.iter().try_for_each(|(kind, count)| write!(f, "; {kind} {count}"))
    }
}
