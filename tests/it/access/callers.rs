//! Callers of a guarded service, and what they are answered.

use std::time::Duration;

use invoice_gateway::domain::{AccessKey, Clock as _, Role};
use invoice_gateway::services::access::FreshKey;
use invoice_gateway::store::StoredAccessKey;
use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::support::app::TestApp;

/// What a caller is answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(super) challenge: String,
    pub(super) json: Value,
}

impl Answer {
    pub(super) fn code(&self) -> &str {
        self.json["errors"][0]["extensions"]["code"].as_str().unwrap_or_default()
    }

    pub(super) fn message(&self) -> &str {
        self.json["errors"][0]["message"].as_str().unwrap_or_default()
    }

    /// The data of an answer without errors.
    pub(super) fn data(&self) -> &Value {
        assert_eq!((self.status, self.json.get("errors")), (200, None), "{self:?}");
        &self.json["data"]
    }
}

pub(crate) const VIEWER: &str = "{ viewer { name role } }";

/// A new key, as `keys add` makes one.
pub(crate) async fn key(app: &TestApp, name: &str, role: Role) -> String {
    key_until(app, name, role, None).await
}

pub(super) async fn key_until(
    app: &TestApp,
    name: &str,
    role: Role,
    expires_at: Option<Timestamp>,
) -> String {
    let fresh = FreshKey::generate();
    let key = AccessKey {
        id: fresh.id,
        name: name.into(),
        role,
        created_at: app.clock().now(),
        expires_at,
        revoked_at: None,
        last_used_at: None,
    };
    let stored = StoredAccessKey { key, secret_sha256: fresh.secret_sha256 };
    assert!(app.store().add_access_key(&stored).await.unwrap());
    fresh.text.expose_secret().to_owned()
}

/// Revokes a key, as another process does.
pub(crate) async fn revoke(app: &TestApp, name: &str) {
    app.store().revoke_access_key(name, app.clock().now()).await.unwrap().unwrap();
}

/// Asks with the header `Authorization` as given.
pub(super) async fn ask(app: &TestApp, authorization: Option<&str>, query: &str) -> Answer {
    ask_with(app, authorization, query, json!({})).await
}

pub(super) async fn ask_with(
    app: &TestApp,
    authorization: Option<&str>,
    query: &str,
    variables: Value,
) -> Answer {
    let request = app.http.post(format!("{}/graphql", app.url()));
    let request = request.header("accept", "application/graphql-response+json");
    let request = request.json(&json!({ "query": query, "variables": variables }));
    answer(authorization.into_iter().fold(request, |request, value| request.header("authorization", value)))
        .await
}

/// Asks with this key or token.
pub(crate) async fn ask_as(app: &TestApp, credential: &str, query: &str) -> Answer {
    ask(app, Some(&format!("Bearer {credential}")), query).await
}

pub(super) async fn answer(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let challenge = response.headers().get("www-authenticate");
    let challenge = challenge.map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    Answer { status, challenge, json: serde_json::from_str(&text).unwrap_or(Value::String(text)) }
}

/// What comes while the clock goes on: the keys are read every two seconds, and again only after that.
pub(crate) async fn as_time_passes<T>(app: &TestApp, comes: impl Future<Output = T>) -> T {
    let mut comes = std::pin::pin!(comes);
    loop {
        tokio::select! {
            came = &mut comes => return came,
            () = tokio::time::sleep(Duration::from_millis(20)) => app.advance(Duration::from_secs(2)),
        }
    }
}
