//! The authorization endpoint: consent is given at once, or declined when the quirk says so.

use std::fmt::Write as _;

use axum::response::Response;

use super::Parameters;
use super::issuer::{Challenge, Code};
use super::pages::{SCOPES, error_page, redirect};
use crate::bexio::options::Quirk;
use crate::bexio::state::Bexio;

impl Bexio {
    /// Sends the browser back with a code or an error. A wrong client or redirect URL is told to the user instead.
    pub(super) fn authorize(&mut self, query: &Parameters, issuer_url: &str) -> Response {
        if query.get("client_id") != Some(self.options.client.id.as_str()) {
            return error_page("Client not found.");
        }
        let Some(redirect_uri) = query.get("redirect_uri") else {
            return error_page("Invalid parameter: redirect_uri");
        };
        if !self.options.client.redirect_urls.iter().any(|known| known == redirect_uri) {
            return error_page("Invalid parameter: redirect_uri");
        }
        let redirect_uri = redirect_uri.to_owned();
        let mut back = match self.consent(query, &redirect_uri) {
            Ok(code) => vec![("session_state", "5d1f0c9e-2f4b-4f57-9a3e-6d7a".to_owned()), ("code", code)],
            Err((error, description)) => {
                vec![("error", error.to_owned()), ("error_description", description.to_owned())]
            }
        };
        if let Some(state) = query.get("state") {
            back.push(("state", state.to_owned()));
        }
        back.push(("iss", issuer_url.to_owned()));
        redirect(&with_query(&redirect_uri, &back))
    }

    fn consent(
        &mut self,
        query: &Parameters,
        redirect_uri: &str,
    ) -> Result<String, (&'static str, &'static str)> {
        if query.get("response_type") != Some("code") {
            return Err(("unsupported_response_type", "Missing or unknown parameter: response_type"));
        }
        let scopes: Vec<String> =
            query.get("scope").unwrap_or_default().split_whitespace().map(str::to_owned).collect();
        if scopes.iter().any(|scope| !SCOPES.contains(&scope.as_str())) {
            return Err(("invalid_scope", "Invalid scopes"));
        }
        let challenge = match (query.get("code_challenge"), query.get("code_challenge_method")) {
            (None, None) => None,
            (Some(challenge), Some("S256")) => Some(Challenge::S256(challenge.to_owned())),
            (Some(challenge), None | Some("plain")) => Some(Challenge::Plain(challenge.to_owned())),
            (None, Some(_)) => return Err(("invalid_request", "Missing parameter: code_challenge")),
            (Some(_), Some(_)) => {
                return Err(("invalid_request", "Invalid parameter: code_challenge_method"));
            }
        };
        if self.has(Quirk::ConsentDenied) {
            return Err(("access_denied", "User denied consent"));
        }
        let at = self.now();
        Ok(self.issuer.add_code(Code { redirect_uri: redirect_uri.to_owned(), scopes, challenge, at }))
    }

    /// Every access and refresh token that was given out and not taken back: for tests that look for them where
    /// they must not be.
    pub fn given_tokens(&self) -> Vec<String> {
        self.issuer.tokens().cloned().collect()
    }

    /// The user disconnects the app: every code and token is dead.
    pub fn revoke_all_tokens(&mut self) {
        self.issuer.forget_all();
    }

    /// Ends every access token before its time; refresh tokens stay good.
    pub fn expire_access_tokens(&mut self) {
        self.issuer.expire_access();
    }
}

fn with_query(url: &str, parameters: &[(&str, String)]) -> String {
    let separator = if url.contains('?') { '&' } else { '?' };
    let pairs: Vec<String> =
        parameters.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    format!("{url}{separator}{}", pairs.join("&"))
}

/// Percent-encodes all but the unreserved characters (RFC 3986).
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing into a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}
