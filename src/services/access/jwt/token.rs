//! A token's parts, read and not yet believed.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::core::CoreJwsSigningAlgorithm;
use serde::Deserialize;
use serde_json::Value;

use crate::services::access::TokenFault;

/// Longest token, in bytes.
pub(super) const TOKEN_BYTES_MAX: usize = 8 * 1024;

/// A token in its three parts.
pub(super) struct Token<'t> {
    /// The key that it says it is signed with.
    pub(super) key_id: Option<String>,
    /// The algorithm, one of those that are taken.
    pub(super) algorithm: CoreJwsSigningAlgorithm,
    /// What is signed.
    pub(super) signed: &'t str,
    /// The signature.
    pub(super) signature: Vec<u8>,
    claims: &'t str,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default)]
    crit: Option<Value>,
}

impl<'t> Token<'t> {
    /// Reads the header; whatever else it names (`jwk`, `jku`, `x5u`) is not looked at.
    pub(super) fn parse(text: &'t str) -> Result<Self, TokenFault> {
        if text.len() > TOKEN_BYTES_MAX {
            return Err(TokenFault::Shape);
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(TokenFault::Shape)?;
        let (header, claims) = signed.split_once('.').ok_or(TokenFault::Shape)?;
        let header: Header = serde_json::from_slice(&decoded(header)?).map_err(|_| TokenFault::Shape)?;
        // RFC 7515, section 4.1.11: an extension that must be understood is not.
        if header.crit.is_some() {
            return Err(TokenFault::Shape);
        }
        let algorithm = algorithm(&header.alg).ok_or(TokenFault::Algorithm)?;
        Ok(Self { key_id: header.kid, algorithm, signed, signature: decoded(signature)?, claims })
    }

    /// The claims, once the signature was found to be right.
    pub(super) fn claims(&self) -> Result<Value, TokenFault> {
        serde_json::from_slice(&decoded(self.claims)?).map_err(|_| TokenFault::Shape)
    }
}

fn decoded(part: &str) -> Result<Vec<u8>, TokenFault> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenFault::Shape)
}

/// The algorithms that are taken. None is symmetric: a public key would then be a secret that everybody has.
fn algorithm(name: &str) -> Option<CoreJwsSigningAlgorithm> {
    match name {
        "RS256" => Some(CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256),
        "ES256" => Some(CoreJwsSigningAlgorithm::EcdsaP256Sha256),
        "EdDSA" => Some(CoreJwsSigningAlgorithm::EdDsa),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(header: &str) -> Result<(), TokenFault> {
        let text = format!("{}.{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode("{}"), "c2ln");
        Token::parse(&text).map(drop)
    }

    #[test]
    fn only_listed_algorithms_are_taken_as_they_are_written() {
        for name in ["RS256", "ES256", "EdDSA"] {
            assert_eq!(token(&format!(r#"{{"alg":"{name}"}}"#)), Ok(()));
        }
        for name in ["none", "None", "", "HS256", "HS512", "RS512", "PS256", "ES384", "rs256", "RS256 "] {
            assert_eq!(token(&format!(r#"{{"alg":"{name}"}}"#)), Err(TokenFault::Algorithm), "{name}");
        }
        for header in [r#"{"alg":"RS256","crit":["b64"]}"#, "{}", "[]", r#"{"alg":1}"#] {
            assert_eq!(token(header), Err(TokenFault::Shape), "{header}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[A-Za-z0-9_.=-]{0,200}") {
            drop(Token::parse(&text));
        }
    }
}
