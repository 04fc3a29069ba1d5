//! What a token says of itself, where it is a JSON Web Token. Nothing is verified: this is to tell a person
//! why a token is refused, and decides nothing.
//!
//! <https://www.rfc-editor.org/rfc/rfc7519>: header, claims and signature in base64url, with dots between.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use super::json::{Fields, elements_of, integer_of, text_of};
use crate::domain::connection_test::TokenClaims;

/// The claims of `token`; `None` where it is no such token.
pub fn claims_of(token: &SecretString) -> Option<TokenClaims> {
    let mut parts = token.expose_secret().trim().split('.');
    let (_, claims, _) = (parts.next()?, parts.next()?, parts.next()?);
    let claims = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
    let mut fields = Fields::parse(std::str::from_utf8(&claims).ok()?).ok()?;
    let mut instant = |name: &str| {
        let seconds = fields.value(&[name]).and_then(|raw| integer_of(raw).ok())?;
        Timestamp::from_second(seconds).ok()
    };
    let (issued_at, expires_at) = (instant("iat"), instant("exp"));
    let scopes = fields.value(&["scope", "scp"]).and_then(|raw| match elements_of(raw) {
        Ok(list) => list.into_iter().map(|raw| Some(text_of(raw).ok()?.into())).collect(),
        Err(_) => Some(text_of(raw).ok()?.split_whitespace().map(Into::into).collect()),
    });
    Some(TokenClaims { issued_at, expires_at, scopes })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(text: &str) -> Option<TokenClaims> {
        claims_of(&SecretString::from(format!("eyJhbGciOiJSUzI1NiJ9.{}.c2ln", URL_SAFE_NO_PAD.encode(text))))
    }

    #[test]
    fn the_claims_of_a_web_token_are_read_and_of_anything_else_none() {
        let read = claims(r#"{"exp":1772438400,"scope":"openid accounting"}"#).unwrap();
        assert_eq!(read.expires_at, Some("2026-03-02T08:00:00Z".parse().unwrap()));
        assert_eq!(read.scopes, Some(vec!["openid".into(), "accounting".into()]));
        assert_eq!(claims(r#"{"scp":["a"]}"#).unwrap().scopes, Some(vec!["a".into()]));
        assert_eq!(claims("{}"), Some(TokenClaims::default()));
        assert_eq!(claims("[]"), None);
        for token in ["bexio-token", "a.b", "a.%.c", "", "a..c"] {
            assert_eq!(claims_of(&SecretString::from(token)), None, "{token}");
        }
    }
}
