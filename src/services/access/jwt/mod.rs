//! Bearer tokens: JWTs (RFC 7519) of one issuer, signed (RFC 7515) with a key of its published set (RFC 7517).
//!
//! What is checked follows RFC 8725, "JSON Web Token Best Current Practices": the algorithm by a list of
//! ours, issuer and audience exactly, never a key that a token brings along.

mod claims;
mod issuer_keys;
mod token;
mod verifier;

use std::time::Duration;

pub(super) use verifier::Verifier;

use crate::domain::Role;
use crate::transport::Url;

/// Which tokens are taken, and what they give.
#[derive(Debug, Clone)]
pub struct JwtRules {
    /// `iss`, exactly.
    pub issuer: String,
    /// What `aud` has to be, or to hold.
    pub audience: String,
    /// Where the issuer publishes its keys.
    pub jwks_url: Url,
    /// How far the issuer's clock may be from ours.
    pub leeway: Duration,
    /// The claim that names roles: its name, or a path with dots.
    pub role_claim: String,
    /// The claim that says whose the token is, likewise.
    pub name_claim: String,
    /// The issuer's names for roles; empty where they are VIEWER, OPERATOR and ADMIN, in capitals or not.
    pub roles: Vec<(String, Role)>,
}
