//! The issuer: consent, codes, tokens, rotation, scopes.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use upstream_simulator::bexio::Quirk;

use crate::support::{Company, Reply, send};

const CALLBACK: &str = "http://127.0.0.1:8080/connect/bexio/callback";
const SCOPE: &str = "openid offline_access kb_invoice_edit contact_show";
/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

async fn authorize(company: &Company, changes: &[(&str, &str)]) -> Reply {
    let mut query = vec![
        ("response_type", "code"),
        ("client_id", "simulated-app"),
        ("redirect_uri", CALLBACK),
        ("scope", SCOPE),
        ("state", "a b&c"),
    ];
    for change in changes {
        query.retain(|(name, _)| *name != change.0);
        query.push(*change);
    }
    let url = format!("{}/protocol/openid-connect/auth", company.issuer());
    send(company.request(Method::GET, &url).query(&query)).await
}

/// A parameter of the URL that the browser is sent to.
fn landed(reply: &Reply, name: &str) -> Option<String> {
    assert_eq!(reply.status, 302, "{}", reply.text);
    let url = reqwest::Url::parse(reply.header("location").unwrap()).unwrap();
    assert!(url.as_str().starts_with(CALLBACK));
    url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

async fn code(company: &Company, changes: &[(&str, &str)]) -> String {
    landed(&authorize(company, changes).await, "code").unwrap()
}

async fn token(company: &Company, form: &[(&str, &str)]) -> Reply {
    let url = format!("{}/protocol/openid-connect/token", company.issuer());
    let mut all = vec![("client_id", "simulated-app"), ("client_secret", "simulated-secret")];
    all.extend(form);
    send(company.request(Method::POST, &url).form(&all)).await
}

async fn exchange(company: &Company, code: &str) -> Reply {
    token(company, &[("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK)]).await
}

async fn refresh(company: &Company, refresh_token: &str) -> Reply {
    token(company, &[("grant_type", "refresh_token"), ("refresh_token", refresh_token)]).await
}

async fn connect(company: &Company) -> Value {
    exchange(company, &code(company, &[]).await).await.object()
}

async fn call(company: &Company, method: Method, path: &str, access_token: &Value) -> u16 {
    let request = company.request(method, &company.url(path)).bearer_auth(access_token.as_str().unwrap());
    send(request.header("accept", "application/json")).await.status
}

fn refused(reply: &Reply, status: u16, error: &str) {
    assert_eq!((reply.status, reply.json()["error"].as_str()), (status, Some(error)), "{}", reply.text);
    assert!(reply.json()["error_description"].is_string());
}

#[tokio::test]
async fn discovery_names_the_endpoints_of_this_listener() {
    let company = Company::start().await;
    let url = format!("{}/.well-known/openid-configuration", company.issuer());
    let document = send(company.request(Method::GET, &url)).await.object();
    assert_eq!(document["issuer"], company.issuer());
    assert_eq!(document["token_endpoint"], format!("{}/protocol/openid-connect/token", company.issuer()));
    let certs = send(company.request(Method::GET, document["jwks_uri"].as_str().unwrap())).await;
    assert_eq!(certs.json(), json!({ "keys": [] }));
}

#[tokio::test]
async fn a_code_becomes_tokens_that_open_what_was_agreed_to() {
    let company = Company::start().await;
    let back = authorize(&company, &[]).await;
    assert_eq!(landed(&back, "state").as_deref(), Some("a b&c"));
    assert_eq!(landed(&back, "iss"), Some(company.issuer()));
    let tokens = exchange(&company, &landed(&back, "code").unwrap()).await;
    assert_eq!(tokens.header("cache-control"), Some("no-store"));
    let tokens = tokens.object();
    assert_eq!((&tokens["expires_in"], &tokens["refresh_expires_in"]), (&json!(3600), &json!(0)));
    assert_eq!((&tokens["token_type"], &tokens["scope"]), (&json!("Bearer"), &json!(SCOPE)));

    let access = &tokens["access_token"];
    for (method, path, status) in [
        (Method::GET, "/2.0/kb_invoice", 200),
        (Method::POST, "/2.0/kb_invoice", 422),
        (Method::POST, "/2.0/kb_invoice/search", 200),
        (Method::GET, "/2.0/contact", 200),
        (Method::POST, "/2.0/contact", 403),
        (Method::DELETE, "/2.0/contact/1", 403),
        (Method::POST, "/2.0/contact/search", 200),
        (Method::GET, "/2.0/accounts", 403),
        (Method::GET, "/3.0/banking/accounts", 403),
        (Method::GET, "/3.0/taxes", 200),
        (Method::GET, "/3.0/users/me", 200),
    ] {
        assert_eq!(call(&company, method.clone(), path, access).await, status, "{method} {path}");
    }
}

#[tokio::test]
async fn an_access_token_ends_after_an_hour() {
    let company = Company::start().await;
    let tokens = connect(&company).await;
    company.clock.advance(Duration::from_secs(3599));
    assert_eq!(call(&company, Method::GET, "/3.0/taxes", &tokens["access_token"]).await, 200);
    company.clock.advance(Duration::from_secs(1));
    assert_eq!(call(&company, Method::GET, "/3.0/taxes", &tokens["access_token"]).await, 401);
}

#[tokio::test]
async fn refreshing_rotates_and_the_old_token_is_dead() {
    let company = Company::start().await;
    let first = connect(&company).await;
    let old = first["refresh_token"].as_str().unwrap();
    company.clock.advance(Duration::from_hours(24 * 300));
    let second = refresh(&company, old).await.object();
    let new = second["refresh_token"].as_str().unwrap();
    assert_ne!(old, new);
    refused(&refresh(&company, old).await, 400, "invalid_grant");
    assert_eq!(call(&company, Method::GET, "/3.0/taxes", &second["access_token"]).await, 200);
    // A refresh within the year keeps the session alive; a year without one ends it.
    company.clock.advance(Duration::from_hours(24 * 300));
    let third = refresh(&company, new).await.object();
    company.clock.advance(Duration::from_hours(24 * 365));
    refused(&refresh(&company, third["refresh_token"].as_str().unwrap()).await, 400, "invalid_grant");
}

#[tokio::test]
async fn two_refreshes_at_once_have_one_winner() {
    let company = Company::start().await;
    let tokens = connect(&company).await;
    let old = tokens["refresh_token"].as_str().unwrap();
    let (a, b) = tokio::join!(refresh(&company, old), refresh(&company, old));
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400]);
}

#[tokio::test]
async fn rotation_can_be_switched_off() {
    let company = Company::start().await;
    let tokens = connect(&company).await;
    company.turn_on(Quirk::RefreshTokenKept);
    let old = tokens["refresh_token"].as_str().unwrap();
    let second = refresh(&company, old).await.object();
    assert!(second.get("refresh_token").is_none());
    assert_eq!(refresh(&company, old).await.status, 200);
}

#[tokio::test]
async fn without_offline_access_the_session_ends_soon() {
    let company = Company::start().await;
    let tokens =
        exchange(&company, &code(&company, &[("scope", "openid kb_invoice_show")]).await).await.object();
    assert_eq!(tokens["refresh_expires_in"], 1800);
    company.clock.advance(Duration::from_mins(30));
    refused(&refresh(&company, tokens["refresh_token"].as_str().unwrap()).await, 400, "invalid_grant");
}

#[tokio::test]
async fn a_code_is_good_once_for_a_minute_and_for_its_redirect_url() {
    let company = Company::start().await;
    let used = code(&company, &[]).await;
    assert_eq!(exchange(&company, &used).await.status, 200);
    refused(&exchange(&company, &used).await, 400, "invalid_grant");

    let late = code(&company, &[]).await;
    company.clock.advance(Duration::from_mins(1));
    refused(&exchange(&company, &late).await, 400, "invalid_grant");

    let moved = code(&company, &[]).await;
    let other = "http://localhost:8080/connect/bexio/callback";
    let form = [("grant_type", "authorization_code"), ("code", moved.as_str()), ("redirect_uri", other)];
    refused(&token(&company, &form).await, 400, "invalid_grant");
}

#[tokio::test]
async fn pkce_is_checked() {
    let company = Company::start().await;
    let pkce = [("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];
    let with = async |verifier: &str| {
        let code = code(&company, &pkce).await;
        let form =
            [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", CALLBACK)];
        let mut form = form.to_vec();
        if !verifier.is_empty() {
            form.push(("code_verifier", verifier));
        }
        token(&company, &form).await
    };
    assert_eq!(with(VERIFIER).await.status, 200);
    refused(&with("").await, 400, "invalid_grant");
    refused(&with("another-verifier-that-is-long-enough-for-the-rfc").await, 400, "invalid_grant");
}

#[tokio::test]
async fn errors_go_back_to_the_app_unless_the_redirect_url_is_not_its_own() {
    let company = Company::start().await;
    for (changes, error) in [
        (&[("scope", "openid general")][..], "invalid_scope"),
        (&[("response_type", "token")], "unsupported_response_type"),
        (&[("code_challenge", "x"), ("code_challenge_method", "S512")], "invalid_request"),
    ] {
        let back = authorize(&company, changes).await;
        assert_eq!(landed(&back, "error").as_deref(), Some(error));
        assert_eq!(landed(&back, "state").as_deref(), Some("a b&c"));
        assert_eq!(landed(&back, "code"), None);
    }
    company.turn_on(Quirk::ConsentDenied);
    assert_eq!(landed(&authorize(&company, &[]).await, "error").as_deref(), Some("access_denied"));
    for change in [("redirect_uri", "http://127.0.0.1:8080/connect/bexio/callback/"), ("client_id", "other")]
    {
        let reply = authorize(&company, &[change]).await;
        assert_eq!((reply.status, reply.header("location")), (400, None));
    }
}

#[tokio::test]
async fn clients_prove_themselves_in_the_body_or_by_basic_and_never_in_the_query() {
    let company = Company::start().await;
    let url = format!("{}/protocol/openid-connect/token", company.issuer());
    let form = |code: String| {
        vec![
            ("grant_type", "authorization_code".to_owned()),
            ("code", code),
            ("redirect_uri", CALLBACK.to_owned()),
        ]
    };
    let basic = company.request(Method::POST, &url).basic_auth("simulated-app", Some("simulated-secret"));
    assert_eq!(send(basic.form(&form(code(&company, &[]).await))).await.status, 200);
    let wrong = company.request(Method::POST, &url).basic_auth("simulated-app", Some("wrong"));
    refused(&send(wrong.form(&form(code(&company, &[]).await))).await, 401, "invalid_client");
    let query = company.request(Method::POST, &url).query(&form(code(&company, &[]).await));
    let query = query.basic_auth("simulated-app", Some("simulated-secret"));
    refused(&send(query).await, 400, "invalid_request");
    refused(&token(&company, &[("grant_type", "client_credentials")]).await, 400, "unsupported_grant_type");
}

#[tokio::test]
async fn scopes_cannot_grow_on_refresh() {
    let company = Company::start().await;
    let tokens = connect(&company).await;
    let token_text = tokens["refresh_token"].as_str().unwrap();
    let form =
        [("grant_type", "refresh_token"), ("refresh_token", token_text), ("scope", "openid accounting")];
    refused(&token(&company, &form).await, 400, "invalid_scope");
}

#[tokio::test]
async fn userinfo_introspection_revocation_and_logout() {
    let company = Company::start().await;
    let scope = "openid profile email company_profile offline_access";
    let tokens = exchange(&company, &code(&company, &[("scope", scope)]).await).await.object();
    let (access, refresh_token) =
        (tokens["access_token"].as_str().unwrap(), tokens["refresh_token"].as_str().unwrap());
    let at = |path: &str| format!("{}/protocol/openid-connect/{path}", company.issuer());
    let userinfo = async || send(company.request(Method::GET, &at("userinfo")).bearer_auth(access)).await;
    let claims = userinfo().await.object();
    assert_eq!((&claims["company_id"], &claims["locale"]), (&json!("k7p2mq9xw4tz"), &json!("de-CH")));

    let client = [("client_id", "simulated-app"), ("client_secret", "simulated-secret")];
    let post = async |path: &str, name: &str, value: &str| {
        let mut form = client.to_vec();
        form.push((name, value));
        send(company.request(Method::POST, &at(path)).form(&form)).await
    };
    assert_eq!(post("token/introspect", "token", access).await.json()["active"], true);
    assert_eq!(post("revoke", "token", access).await.status, 200);
    assert_eq!(post("token/introspect", "token", access).await.json(), json!({ "active": false }));
    refused(&userinfo().await, 401, "invalid_token");
    assert_eq!(post("logout", "refresh_token", refresh_token).await.status, 204);
    refused(&refresh(&company, refresh_token).await, 400, "invalid_grant");
}

#[tokio::test]
async fn the_user_can_disconnect() {
    let company = Company::start().await;
    let tokens = connect(&company).await;
    company.bexio().expire_access_tokens();
    assert_eq!(call(&company, Method::GET, "/3.0/taxes", &tokens["access_token"]).await, 401);
    let tokens = refresh(&company, tokens["refresh_token"].as_str().unwrap()).await.object();
    company.bexio().revoke_all_tokens();
    refused(&refresh(&company, tokens["refresh_token"].as_str().unwrap()).await, 400, "invalid_grant");
}
