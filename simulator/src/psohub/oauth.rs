//! PSOhub's OAuth: the authorize page and the token call.
//!
//! Documented is only the authorize address with its query (`clientid`, `scope`, `redirecturl`, `clientsecret`:
//! "PSOhub API - OAuth 2.0 Quickstart Guide"); the token call is a guess and takes both spellings of each name, as
//! form or JSON.

use std::collections::HashMap;

use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::error::error;
use super::options::OauthOptions;
use crate::world::SharedWorld;

/// Codes and tokens that were given out.
#[derive(Debug, Default)]
pub(super) struct Oauth {
    given: u64,
    codes: HashMap<String, Code>,
    /// Access token → when it ends.
    access_tokens: HashMap<String, Timestamp>,
    /// Refresh token → its scope.
    refresh_tokens: HashMap<String, String>,
}

#[derive(Debug)]
struct Code {
    ends: Timestamp,
    redirect_url: String,
    scope: String,
}

/// Why a token is refused, in OAuth's own words (RFC 6749, section 5.2).
type TokenRefusal = (&'static str, &'static str);

impl Oauth {
    /// Whether the access token was given out and has not ended.
    pub(super) fn is_live(&self, token: &str, now: Timestamp) -> bool {
        self.access_tokens.get(token).is_some_and(|&ends| now < ends)
    }

    /// Every token of either kind that is not forgotten.
    pub(super) fn tokens(&self) -> impl Iterator<Item = &String> {
        self.access_tokens.keys().chain(self.refresh_tokens.keys())
    }

    /// Forgets every token: what an administrator does who disconnects the application.
    pub(super) fn revoke_all(&mut self) {
        self.codes.clear();
        self.access_tokens.clear();
        self.refresh_tokens.clear();
    }

    fn give_code(&mut self, options: &OauthOptions, query: &AuthorizeQuery, now: Timestamp) -> String {
        let code = self.secret("code");
        let ends = after(now, options.code_seconds);
        let (redirect_url, scope) = (query.redirecturl.clone(), query.scope.clone());
        self.codes.insert(code.clone(), Code { ends, redirect_url, scope });
        code
    }

    fn use_code(&mut self, asked: &TokenQuery, now: Timestamp) -> Result<String, TokenRefusal> {
        let code = self.codes.remove(&asked.code).ok_or(("invalid_grant", "unknown or used code"))?;
        if now >= code.ends {
            return Err(("invalid_grant", "the code has expired"));
        }
        if asked.redirecturl != code.redirect_url {
            return Err(("invalid_grant", "another redirecturl than that of the code"));
        }
        Ok(code.scope)
    }

    fn use_refresh_token(&mut self, asked: &TokenQuery, rotate: bool) -> Result<String, TokenRefusal> {
        let scope = if rotate {
            self.refresh_tokens.remove(&asked.refresh_token)
        } else {
            self.refresh_tokens.get(&asked.refresh_token).cloned()
        };
        scope.ok_or(("invalid_grant", "unknown or used refresh token"))
    }

    fn give_tokens(
        &mut self,
        options: &OauthOptions,
        scope: String,
        with_refresh_token: bool,
        now: Timestamp,
    ) -> serde_json::Value {
        let access_token = self.secret("access");
        self.access_tokens.retain(|_, ends| now < *ends);
        self.access_tokens.insert(access_token.clone(), after(now, options.access_token_seconds));
        let mut answer = json!({
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": options.access_token_seconds,
            "scope": scope,
        });
        if with_refresh_token {
            let refresh_token = self.secret("refresh");
            answer["refresh_token"] = refresh_token.clone().into();
            self.refresh_tokens.insert(refresh_token, scope);
        }
        answer
    }

    /// Not guessable by looking, yet the same in each run.
    fn secret(&mut self, kind: &str) -> String {
        self.given += 1;
        let digest = Sha256::digest(format!("psohub {kind} {}", self.given));
        format!("pso_{kind}_{}", URL_SAFE_NO_PAD.encode(digest))
    }
}

fn after(now: Timestamp, seconds: u64) -> Timestamp {
    let life = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
    now.saturating_add(life).unwrap_or(Timestamp::MAX)
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct AuthorizeQuery {
    clientid: String,
    scope: String,
    redirecturl: String,
    clientsecret: String,
    /// Not documented; handed back when given.
    state: Option<String>,
    /// Ours: what the consent page's links add.
    consent: Option<String>,
}

/// GET `/link/apiauthorization`: the page on which the user allows the application.
pub(super) async fn authorize(
    State(world): State<SharedWorld>,
    Query(query): Query<AuthorizeQuery>,
) -> Response {
    let mut psohub = world.psohub();
    let shape = psohub.options.error_shape;
    let options = psohub.options.oauth.clone();
    if query.clientid != options.client_id || query.clientsecret != options.client_secret {
        return error(shape, StatusCode::UNAUTHORIZED, "Unknown clientid or wrong clientsecret");
    }
    let registered = options.redirect_urls.is_empty() || options.redirect_urls.contains(&query.redirecturl);
    if !registered || !query.redirecturl.starts_with("http") {
        return error(shape, StatusCode::BAD_REQUEST, "redirecturl is not registered");
    }
    if options.consent_page && query.consent.is_none() {
        return Html(consent_page(&query)).into_response();
    }
    let result = if query.consent.as_deref() == Some("deny") {
        "error=access_denied".to_owned()
    } else {
        format!("code={}", psohub.oauth.give_code(&options, &query, world.clock.now()))
    };
    let state = query.state.as_deref().map(|state| format!("&{}", pair("state", state))).unwrap_or_default();
    let separator = if query.redirecturl.contains('?') { '&' } else { '?' };
    Redirect::to(&format!("{}{separator}{result}{state}", query.redirecturl)).into_response()
}

fn consent_page(query: &AuthorizeQuery) -> String {
    let mut link = [
        pair("clientid", &query.clientid),
        pair("scope", &query.scope),
        pair("redirecturl", &query.redirecturl),
        pair("clientsecret", &query.clientsecret),
    ]
    .join("&amp;");
    if let Some(state) = &query.state {
        link = format!("{link}&amp;{}", pair("state", state));
    }
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>PSOhub simulator</title></head><body>\
         <h1>Allow this application?</h1>\
         <p><a id=\"allow\" href=\"?{link}&amp;consent=allow\">Allow</a> \
         <a id=\"deny\" href=\"?{link}&amp;consent=deny\">Deny</a></p></body></html>"
    )
}

/// `name=value`, percent-encoded.
fn pair(name: &str, value: &str) -> String {
    use std::fmt::Write as _;
    let mut out = format!("{name}=");
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TokenQuery {
    #[serde(alias = "granttype")]
    grant_type: String,
    #[serde(alias = "client_id")]
    clientid: String,
    #[serde(alias = "client_secret")]
    clientsecret: String,
    #[serde(alias = "redirect_uri", alias = "redirecturi")]
    redirecturl: String,
    code: String,
    #[serde(alias = "refreshtoken")]
    refresh_token: String,
}

/// POST `/link/apitoken`: a code or a refresh token for an access token.
pub(super) async fn token(State(world): State<SharedWorld>, headers: HeaderMap, body: Bytes) -> Response {
    let is_json = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with("application/json"));
    let asked = if is_json { serde_json::from_slice::<TokenQuery>(&body).ok() } else { form(&body) };
    let Some(asked) = asked else { return refused(("invalid_request", "the body cannot be read")) };
    let now = world.clock.now();
    let mut psohub = world.psohub();
    let options = psohub.options.oauth.clone();
    if asked.clientid != options.client_id || asked.clientsecret != options.client_secret {
        return refused(("invalid_client", "unknown client or wrong secret"));
    }
    let granted = match asked.grant_type.as_str() {
        "authorization_code" => psohub.oauth.use_code(&asked, now).map(|scope| (scope, true)),
        "refresh_token" => psohub
            .oauth
            .use_refresh_token(&asked, options.rotate_refresh_tokens)
            .map(|scope| (scope, options.rotate_refresh_tokens)),
        _ => Err(("unsupported_grant_type", "authorization_code or refresh_token")),
    };
    match granted {
        Ok((scope, with_refresh_token)) => {
            axum::Json(psohub.oauth.give_tokens(&options, scope, with_refresh_token, now)).into_response()
        }
        Err(refusal) => refused(refusal),
    }
}

/// The form's fields, by axum's own decoder.
fn form(body: &[u8]) -> Option<TokenQuery> {
    let uri = format!("/?{}", std::str::from_utf8(body).ok()?).parse().ok()?;
    Query::try_from_uri(&uri).ok().map(|Query(query)| query)
}

fn refused((error, description): TokenRefusal) -> Response {
    let status = if error == "invalid_client" { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST };
    (status, axum::Json(json!({ "error": error, "error_description": description }))).into_response()
}
