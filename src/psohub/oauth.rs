//! PSOhub's OAuth. Only the page on which a person agrees is documented, with names of its own and the
//! client's secret in the browser's address; the token call is assumed to be OAuth 2's with such names
//! (docs/quirks.md). All of that can be set.
//!
//! "PSOhub API - OAuth 2.0 Quickstart Guide", help.psohub.com

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use secrecy::{ExposeSecret, SecretString};

use crate::domain::connection::{Grant, GrantError};
use crate::transport::json::{self, Fields};
use crate::transport::{Ask, Method, NoToken, OauthServer, Request, Transport, TransportError, Url, form_of};

/// The app as PSOhub registered it, and what is assumed of the token call.
#[derive(Debug, Clone)]
pub struct PsohubApp {
    /// The page on which a person agrees.
    pub authorize_url: String,
    /// The token call.
    pub token_url: String,
    /// `clientid`.
    pub client_id: String,
    /// `clientsecret`.
    pub client_secret: SecretString,
    /// What is asked for.
    pub scopes: Vec<String>,
    /// OAuth 2's name and PSOhub's, where they differ, of the token call's parameters.
    pub token_names: Vec<(String, String)>,
    /// Whether the token call's body is JSON instead of a form.
    pub token_body_is_json: bool,
}

/// PSOhub's OAuth server.
#[derive(Debug, Clone)]
pub struct PsohubAuthority {
    app: PsohubApp,
    transport: Transport,
}

impl PsohubAuthority {
    /// The server of `app`, asked through `transport`.
    pub const fn new(app: PsohubApp, transport: Transport) -> Self {
        Self { app, transport }
    }

    fn authorize(&self, ask: &Ask) -> Result<SecretString, GrantError> {
        let mut url = usable(&self.app.authorize_url, "PSOHUB_AUTHORIZE_URL")?;
        let query = [
            ("clientid", self.app.client_id.as_str()),
            ("scope", &self.app.scopes.join(" ")),
            ("redirecturl", &ask.redirect_url),
            ("clientsecret", self.app.client_secret.expose_secret()),
            // Not documented; harmless where it is not known.
            ("state", ask.state.expose_secret()),
        ];
        url.query_pairs_mut().extend_pairs(query);
        // Scopes are to be separated by an encoded blank, and not every server reads a plus as one.
        let escaped = url.query().map(|query| query.replace('+', "%20"));
        url.set_query(escaped.as_deref());
        Ok(String::from(url).into())
    }

    async fn token(
        &self,
        route: &'static str,
        parameters: &[(&str, &str)],
        sent: &SecretString,
        deadline: Option<Duration>,
    ) -> Result<Grant, GrantError> {
        let own = [
            ("client_id", self.app.client_id.as_str()),
            ("client_secret", self.app.client_secret.expose_secret()),
        ];
        let named = parameters.iter().chain(&own).map(|(name, value)| (self.name(name), *value));
        let url = usable(&self.app.token_url, "PSOHUB_TOKEN_URL")?;
        let request = if self.app.token_body_is_json {
            let body: serde_json::Map<_, _> =
                named.map(|(name, value)| (name.to_owned(), serde_json::Value::from(value))).collect();
            let body = serde_json::Value::from(body).to_string();
            Request::write(Method::POST, url, route, Some(body.into()))
        } else {
            Request::form(url, route, form_of(named))
        };
        let request = match deadline {
            Some(deadline) => request.deadline(deadline),
            None => request,
        };
        let answer = self.transport.fetch(&request.without_token(), &NoToken).await;
        let answer = answer.map_err(|error| refusal(&error).without(&self.secrets(sent)))?;
        read_grant(&answer.body).ok_or_else(|| {
            GrantError::Unavailable(format!(
                "PSOhub answered {} in place of tokens",
                json::describe(&answer.body)
            ))
        })
    }

    /// What the server was sent and must not be quoted with.
    fn secrets<'a>(&'a self, sent: &'a SecretString) -> [&'a SecretString; 2] {
        [sent, &self.app.client_secret]
    }

    fn name<'a>(&'a self, standard: &'a str) -> &'a str {
        let named = self.app.token_names.iter().find(|(name, _)| name == standard);
        named.map_or(standard, |(_, theirs)| theirs)
    }
}

impl OauthServer for PsohubAuthority {
    fn authorize_url<'a>(&'a self, ask: &'a Ask) -> BoxFuture<'a, Result<SecretString, GrantError>> {
        ready(self.authorize(ask)).boxed()
    }

    fn exchange<'a>(
        &'a self,
        code: &'a SecretString,
        ask: &'a Ask,
    ) -> BoxFuture<'a, Result<Grant, GrantError>> {
        async move {
            let parameters = [
                ("grant_type", "authorization_code"),
                ("code", code.expose_secret()),
                ("redirect_uri", &ask.redirect_url),
            ];
            self.token("POST token (code)", &parameters, code, None).await
        }
        .boxed()
    }

    fn renew<'a>(
        &'a self,
        refresh_token: &'a SecretString,
        deadline: Duration,
    ) -> BoxFuture<'a, Result<Grant, GrantError>> {
        async move {
            let parameters =
                [("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose_secret())];
            self.token("POST token (refresh)", &parameters, refresh_token, Some(deadline)).await
        }
        .boxed()
    }

    fn revoke<'a>(&'a self, _token: &'a SecretString) -> BoxFuture<'a, Result<bool, GrantError>> {
        ready(Ok(false)).boxed()
    }

    fn company_id<'a>(
        &'a self,
        _access_token: &'a SecretString,
    ) -> BoxFuture<'a, Result<Option<String>, GrantError>> {
        ready(Ok(None)).boxed()
    }

    fn issuer(&self) -> Option<&str> {
        None
    }

    fn returns_state(&self) -> bool {
        false
    }
}

fn usable(url: &str, setting: &str) -> Result<Url, GrantError> {
    Url::parse(url).map_err(|error| GrantError::Misconfigured(format!("{setting} is not usable: {error}")))
}

/// Tokens in any of the usual spellings.
fn read_grant(body: &[u8]) -> Option<Grant> {
    let text = std::str::from_utf8(body).ok()?;
    let mut fields = Fields::parse(text).ok()?;
    let mut word = |names: &[&str]| {
        let raw = fields.value(names)?;
        json::text_of(raw).ok().filter(|text| !text.trim().is_empty()).map(|text| text.trim().to_owned())
    };
    Some(Grant {
        access_token: word(&["access_token", "accesstoken", "token"])?.into(),
        refresh_token: word(&["refresh_token", "refreshtoken"]).map(SecretString::from),
        scopes: word(&["scope", "scopes"]).map(|text| text.split_whitespace().map(str::to_owned).collect()),
        expires_in: word(&["expires_in", "expiresin", "expires"])
            .and_then(|text| text.parse().ok())
            .map(Duration::from_secs),
    })
}

/// A refusal in OAuth 2's words where it has them.
fn refusal(error: &TransportError) -> GrantError {
    let TransportError::Status { status: 400 | 401 | 403, body, .. } = error else {
        return GrantError::Unavailable(error.to_string());
    };
    let mut fields = Fields::parse(body.as_str()).ok();
    let mut word = |name: &str| json::text_of(fields.as_mut()?.value(&[name])?).ok();
    let code = word("error").unwrap_or_default();
    let words = word("error_description").or_else(|| word("message")).map(|text| format!(" ({text})"));
    let words = format!(
        "PSOhub answered {}{}",
        if code.is_empty() { "a refusal" } else { &*code },
        words.unwrap_or_default()
    );
    if code == "invalid_grant" { GrantError::NotHonoured(words) } else { GrantError::Misconfigured(words) }
}
