//! PSOhub's OAuth: a code for a token, a token for a list, a refresh for a token.

use std::collections::HashMap;
use std::time::Duration;

use reqwest::{Response, Url};
use serde_json::Value;

use crate::support::Sim;

const REDIRECT: &str = "http://127.0.0.1:1/callback?from=psohub";

async fn authorize(sim: &Sim, extra: &[(&str, &str)]) -> Response {
    let mut query = HashMap::from([
        ("clientid", "psohub-simulator-client"),
        ("clientsecret", "psohub-simulator-secret"),
        ("scope", "invoices"),
        ("redirecturl", REDIRECT),
    ]);
    query.extend(extra.iter().copied());
    let url = format!("{}/link/apiauthorization", sim.simulator.psohub_url());
    sim.client.get(url).query(&query).send().await.unwrap()
}

/// The query of the address that the user is sent back to.
fn sent_back(response: &Response) -> HashMap<String, String> {
    let location = response.headers()["location"].to_str().unwrap();
    assert!(location.starts_with(REDIRECT), "{location}");
    Url::parse(location).unwrap().query_pairs().into_owned().collect()
}

async fn token(sim: &Sim, form: &[(&str, &str)]) -> (u16, Value) {
    let mut fields = HashMap::from([
        ("client_id", "psohub-simulator-client"),
        ("client_secret", "psohub-simulator-secret"),
        ("redirect_uri", REDIRECT),
    ]);
    fields.extend(form.iter().copied());
    let url = format!("{}/link/apitoken", sim.simulator.psohub_url());
    let response = sim.client.post(url).form(&fields).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

async fn list_status(sim: &Sim, token: &str) -> u16 {
    let url = format!("{}/rest/psohubapi/v1/invoices", sim.simulator.psohub_url());
    sim.client.get(url).bearer_auth(token).send().await.unwrap().status().as_u16()
}

async fn code(sim: &Sim) -> String {
    sent_back(&authorize(sim, &[]).await)["code"].clone()
}

#[tokio::test]
async fn a_code_is_good_once_and_its_token_for_an_hour() {
    let sim = Sim::empty().await;
    let back = sent_back(&authorize(&sim, &[("state", "a b&c")]).await);
    assert_eq!((&back["state"][..], &back["from"][..]), ("a b&c", "psohub"));
    let exchange = [("grant_type", "authorization_code"), ("code", back["code"].as_str())];
    let (status, answer) = token(&sim, &exchange).await;
    assert_eq!((status, answer["token_type"].as_str()), (200, Some("Bearer")));
    let access_token = answer["access_token"].as_str().unwrap();
    assert_eq!(list_status(&sim, access_token).await, 200);
    let (status, answer) = token(&sim, &exchange).await;
    assert_eq!((status, answer["error"].as_str()), (400, Some("invalid_grant")));
    sim.simulator.world().clock.advance(Duration::from_mins(61));
    assert_eq!(list_status(&sim, access_token).await, 401);
}

#[tokio::test]
async fn a_code_ends_and_belongs_to_its_address() {
    let sim = Sim::empty().await;
    let code_one = code(&sim).await;
    let other =
        [("grant_type", "authorization_code"), ("code", &code_one), ("redirect_uri", "http://x.example/")];
    assert_eq!(token(&sim, &other).await.0, 400);
    let code_two = code(&sim).await;
    sim.simulator.world().clock.advance(Duration::from_mins(11));
    assert_eq!(token(&sim, &[("grant_type", "authorization_code"), ("code", &code_two)]).await.0, 400);
}

#[tokio::test]
async fn refresh_tokens_stay_or_rotate_as_switched() {
    let sim = Sim::empty().await;
    let code_one = code(&sim).await;
    let (_, first) = token(&sim, &[("grant_type", "authorization_code"), ("code", &code_one)]).await;
    let refresh_token = first["refresh_token"].as_str().unwrap().to_owned();
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", refresh_token.as_str())];
    for _ in 0..2 {
        let (status, answer) = token(&sim, &refresh).await;
        assert_eq!((status, answer.get("refresh_token")), (200, None));
        assert_eq!(list_status(&sim, answer["access_token"].as_str().unwrap()).await, 200);
    }
    sim.simulator.world().psohub().options.oauth.rotate_refresh_tokens = true;
    let (status, answer) = token(&sim, &refresh).await;
    assert_eq!(status, 200);
    assert_ne!(answer["refresh_token"], refresh_token);
    assert_eq!(token(&sim, &refresh).await.0, 400);
    sim.simulator.world().psohub().revoke_tokens();
    let rotated = answer["refresh_token"].as_str().unwrap();
    assert_eq!(token(&sim, &[("grant_type", "refresh_token"), ("refresh_token", rotated)]).await.0, 400);
}

#[tokio::test]
async fn strangers_are_refused() {
    let sim = Sim::empty().await;
    assert_eq!(authorize(&sim, &[("clientsecret", "wrong")]).await.status(), 401);
    assert_eq!(authorize(&sim, &[("redirecturl", "javascript:alert(1)")]).await.status(), 400);
    sim.simulator.world().psohub().options.oauth.redirect_urls =
        vec!["https://gateway.example/cb".to_owned()];
    assert_eq!(authorize(&sim, &[]).await.status(), 400);
    let (status, answer) = token(&sim, &[("grant_type", "refresh_token"), ("client_secret", "wrong")]).await;
    assert_eq!((status, answer["error"].as_str()), (401, Some("invalid_client")));
    let (status, answer) = token(&sim, &[("grant_type", "password")]).await;
    assert_eq!((status, answer["error"].as_str()), (400, Some("unsupported_grant_type")));
}

#[tokio::test]
async fn the_consent_page_asks_and_can_be_denied() {
    let sim = Sim::empty().await;
    sim.simulator.world().psohub().options.oauth.consent_page = true;
    let page = authorize(&sim, &[("state", "\"><script>")]).await;
    assert_eq!(page.status(), 200);
    let text = page.text().await.unwrap();
    assert!(text.contains("id=\"allow\"") && !text.contains("<script>"), "{text}");
    assert!(sent_back(&authorize(&sim, &[("consent", "allow")]).await).contains_key("code"));
    assert_eq!(sent_back(&authorize(&sim, &[("consent", "deny")]).await)["error"], "access_denied");
}

#[tokio::test]
async fn the_token_call_takes_json_too() {
    let sim = Sim::empty().await;
    let body = serde_json::json!({
        "granttype": "authorization_code",
        "code": code(&sim).await,
        "clientid": "psohub-simulator-client",
        "clientsecret": "psohub-simulator-secret",
        "redirecturl": REDIRECT,
    });
    let url = format!("{}/link/apitoken", sim.simulator.psohub_url());
    let request = sim.client.post(url).header("content-type", "application/json").body(body.to_string());
    assert_eq!(request.send().await.unwrap().status(), 200);
}
