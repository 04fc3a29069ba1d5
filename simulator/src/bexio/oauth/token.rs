//! The token endpoint and what asks about tokens: userinfo, introspect, revoke, logout.

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::Parameters;
use super::issuer::{ACCESS_SECONDS, Pair, SESSION_SECONDS, is_offline};
use super::pages::{error, json_answer, status};
use crate::bexio::options::Quirk;
use crate::bexio::state::Bexio;

const SUBJECT: &str = "0b0d9f0e-6c1e-4d0a-8f3a-5a6d3b2c1e4f";

impl Bexio {
    /// Exchanges a code or a refresh token.
    pub(super) fn token(&mut self, headers: &HeaderMap, form: &Parameters) -> Response {
        if let Some(refusal) = self.client_refusal(headers, form) {
            return refusal;
        }
        let outcome = match form.get("grant_type") {
            Some("authorization_code") => self.exchange_code(form),
            Some("refresh_token") => self.exchange_refresh_token(form),
            Some(_) => Err(("unsupported_grant_type", "Unsupported grant_type")),
            None => Err(("invalid_request", "Missing form parameter: grant_type")),
        };
        match outcome {
            Ok(pair) => token_answer(pair),
            Err((code, description)) => error(StatusCode::BAD_REQUEST, code, description),
        }
    }

    fn exchange_code(&mut self, form: &Parameters) -> Result<Pair, (&'static str, &'static str)> {
        let now = self.now();
        let code = form.get("code").ok_or(("invalid_request", "Missing parameter: code"))?;
        let code = self.issuer.take_code(code, now).ok_or(("invalid_grant", "Code not valid"))?;
        if form.get("redirect_uri") != Some(code.redirect_uri.as_str()) {
            return Err(("invalid_grant", "Incorrect redirect_uri"));
        }
        match (&code.challenge, form.get("code_verifier")) {
            (None, None) => {}
            (None, Some(_)) => {
                return Err((
                    "invalid_grant",
                    "PKCE code verifier specified but challenge not present in authorization",
                ));
            }
            (Some(_), None) => return Err(("invalid_grant", "PKCE code verifier not specified")),
            (Some(challenge), Some(verifier)) if challenge.is_met_by(verifier) => {}
            (Some(_), Some(_)) => return Err(("invalid_grant", "PKCE verification failed: Code mismatch")),
        }
        Ok(self.issuer.issue(&code.scopes, now))
    }

    /// Rotates: the old token is dead from here on. Scopes cannot grow.
    fn exchange_refresh_token(&mut self, form: &Parameters) -> Result<Pair, (&'static str, &'static str)> {
        let now = self.now();
        let token = form.get("refresh_token").ok_or(("invalid_request", "No refresh token"))?;
        let granted =
            self.issuer.refresh_scopes(token, now).ok_or(("invalid_grant", "Token is not active"))?.to_vec();
        let asked: Vec<&str> = form.get("scope").unwrap_or_default().split_whitespace().collect();
        if asked.iter().any(|scope| !granted.iter().any(|known| known == scope)) {
            return Err(("invalid_scope", "Invalid scopes"));
        }
        if self.has(Quirk::RefreshTokenKept) {
            return Ok(self.issuer.issue_access(&granted, now));
        }
        self.issuer.forget(token);
        Ok(self.issuer.issue(&granted, now))
    }

    /// Claims of the one user, as far as the scopes go.
    pub(super) fn userinfo(&self, headers: &HeaderMap) -> Response {
        let token = headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "));
        let Some(scopes) = token.and_then(|token| self.issuer.scopes_of(token, self.now())) else {
            return error(StatusCode::UNAUTHORIZED, "invalid_token", "Token verification failed");
        };
        let has = |wanted: &str| scopes.iter().any(|scope| scope == wanted);
        if !has("openid") {
            return error(StatusCode::FORBIDDEN, "insufficient_scope", "Missing openid scope");
        }
        let mut claims = Map::from_iter([("sub".to_owned(), json!(SUBJECT))]);
        if let Some(user) = self.company.users.first() {
            if has("email") {
                claims.insert("email".to_owned(), json!(user.email));
                claims.insert("email_verified".to_owned(), json!(true));
            }
            if has("profile") {
                claims.insert("given_name".to_owned(), json!(user.firstname));
                claims.insert("family_name".to_owned(), json!(user.lastname));
                claims.insert("gender".to_owned(), json!("female"));
                claims.insert("locale".to_owned(), json!("de-CH"));
            }
            if has("company_profile") {
                claims.insert("company_id".to_owned(), json!(self.options.company_id));
                claims.insert("company_name".to_owned(), json!(self.options.company_name));
                claims.insert("company_user_id".to_owned(), json!(user.id));
            }
        }
        json_answer(StatusCode::OK, &Value::Object(claims))
    }

    /// RFC 7662.
    pub(super) fn introspect(&self, headers: &HeaderMap, form: &Parameters) -> Response {
        if let Some(refusal) = self.client_refusal(headers, form) {
            return refusal;
        }
        let now = self.now();
        let token = form.get("token").unwrap_or_default();
        let body = match self.issuer.scopes_of(token, now) {
            Some(scopes) => json!({
                "active": true, "scope": scopes.join(" "), "client_id": self.options.client.id, "sub": SUBJECT,
                "token_type": "Bearer", "exp": self.issuer.access_expiry(token).map(jiff::Timestamp::as_second),
            }),
            None => json!({ "active": self.issuer.refresh_scopes(token, now).is_some() }),
        };
        json_answer(StatusCode::OK, &body)
    }

    /// RFC 7009: 200 also for a token that nobody knows.
    pub(super) fn revoke(&mut self, headers: &HeaderMap, form: &Parameters) -> Response {
        if let Some(refusal) = self.client_refusal(headers, form) {
            return refusal;
        }
        match form.get("token") {
            None => error(StatusCode::BAD_REQUEST, "invalid_request", "Token not provided"),
            Some(token) => {
                self.issuer.forget(token);
                status(StatusCode::OK)
            }
        }
    }

    /// Ends the session of a refresh token.
    pub(super) fn logout(&mut self, headers: &HeaderMap, form: &Parameters) -> Response {
        if let Some(refusal) = self.client_refusal(headers, form) {
            return refusal;
        }
        self.issuer.forget(form.get("refresh_token").unwrap_or_default());
        status(StatusCode::NO_CONTENT)
    }

    /// The answer to a client that did not prove itself by `client_secret_basic` or `client_secret_post`.
    fn client_refusal(&self, headers: &HeaderMap, form: &Parameters) -> Option<Response> {
        let basic =
            headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(basic_credentials);
        let posted = || Some((form.get("client_id")?.to_owned(), form.get("client_secret")?.to_owned()));
        let client = &self.options.client;
        match basic.or_else(posted) {
            Some((id, secret)) if id == client.id && secret == client.secret => None,
            _ => {
                let description = "Invalid client or Invalid client credentials";
                Some(error(StatusCode::UNAUTHORIZED, "invalid_client", description))
            }
        }
    }
}

fn basic_credentials(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((decode(id), decode(secret)))
}

/// Both halves are form-encoded before they are joined (RFC 6749, 2.3.1).
fn decode(text: &str) -> String {
    let pairs = axum::http::Uri::try_from(format!("/?v={text}"))
        .ok()
        .and_then(|uri| axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&uri).ok());
    let value =
        pairs.and_then(|axum::extract::Query(pairs)| pairs.into_iter().next()).map(|(_, value)| value);
    value.unwrap_or_else(|| text.to_owned())
}

fn token_answer(pair: Pair) -> Response {
    let refresh_expires_in = if is_offline(&pair.scopes) { 0 } else { SESSION_SECONDS };
    let mut body = json!({
        "access_token": pair.access_token,
        "expires_in": ACCESS_SECONDS,
        "refresh_expires_in": refresh_expires_in,
        "token_type": "Bearer",
        "not-before-policy": 0,
        "session_state": "5d1f0c9e-2f4b-4f57-9a3e-6d7a",
        "scope": pair.scopes.join(" "),
    });
    if let (Some(refresh_token), Some(fields)) = (pair.refresh_token, body.as_object_mut()) {
        fields.insert("refresh_token".to_owned(), json!(refresh_token));
    }
    json_answer(StatusCode::OK, &body)
}
