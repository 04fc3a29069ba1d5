//! The settings of callers' tokens.

use std::time::Duration;

use super::reader::Reader;
use super::setting::{Setting, setting};
use crate::domain::Role;

/// The rows of the table on callers' tokens.
pub(super) const SETTINGS: &[Setting] = &[
    setting(
        "JWT_ISSUER",
        None,
        "`iss` of the tokens that callers may present instead of a key, letter by letter. Set together with `JWT_AUDIENCE` and \
         `JWT_JWKS_URL`. Not set: only keys are taken (`invoice-gateway keys add`).",
        "https://id.example.com/realms/company",
    ),
    setting(
        "JWT_AUDIENCE",
        None,
        "What `aud` of a token has to be, or to hold: this service's name at the issuer.",
        "invoice-gateway",
    ),
    setting(
        "JWT_JWKS_URL",
        None,
        "Where the issuer publishes the keys that its tokens are signed with (JWKS). RS256, ES256 and EdDSA are taken.",
        "https://id.example.com/realms/company/protocol/openid-connect/certs",
    ),
    setting(
        "JWT_LEEWAY_SECONDS",
        Some("60"),
        "How far the issuer's clock may be from this one when a token begins and ends.",
        "5",
    ),
    setting(
        "JWT_ROLE_CLAIM",
        Some("roles"),
        "Claim of a token that names roles: its name, or a path with dots. A text with blanks between, or a list. The highest role counts.",
        "realm_access.roles",
    ),
    setting(
        "JWT_NAME_CLAIM",
        Some("sub"),
        "Claim of a token that says whose it is, for records and the log, where it stands behind `jwt:`. Take one that the issuer never gives \
         to two and that users cannot change.",
        "preferred_username",
    ),
    setting(
        "JWT_ROLES",
        None,
        "The issuer's names for roles with what they give, as pairs with blanks between. Not set: the names are `viewer`, `operator` and \
         `admin`, in capitals or not.",
        "finance=operator it-admin=admin",
    ),
];

/// Which tokens of callers are taken. None while issuer, audience and keys are not all set.
#[derive(Debug, Clone)]
pub struct JwtConfig {
    /// `JWT_ISSUER`.
    pub issuer: Option<String>,
    /// `JWT_AUDIENCE`.
    pub audience: Option<String>,
    /// `JWT_JWKS_URL`.
    pub jwks_url: Option<String>,
    /// `JWT_LEEWAY_SECONDS`.
    pub leeway: Duration,
    /// `JWT_ROLE_CLAIM`.
    pub role_claim: String,
    /// `JWT_NAME_CLAIM`.
    pub name_claim: String,
    /// `JWT_ROLES`: the issuer's names and what each gives.
    pub roles: Vec<(String, Role)>,
}

impl JwtConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let issuer = reader.text("JWT_ISSUER");
        let audience = reader.text("JWT_AUDIENCE");
        let jwks_url = reader.optional_url("JWT_JWKS_URL");
        let leeway = reader.seconds("JWT_LEEWAY_SECONDS");
        let role_claim = reader.text("JWT_ROLE_CLAIM");
        let name_claim = reader.text("JWT_NAME_CLAIM");
        let roles = reader.optional("JWT_ROLES", roles).unwrap_or_default();
        Some(Self {
            issuer,
            audience,
            jwks_url,
            leeway: leeway?,
            role_claim: role_claim?,
            name_claim: name_claim?,
            roles,
        })
    }
}

/// `theirs=role`, separated by blanks.
fn roles(value: &str) -> Result<Vec<(String, Role)>, String> {
    let pair = |word: &str| {
        let (theirs, role) = word.rsplit_once('=').filter(|(theirs, _)| !theirs.is_empty())?;
        Some((theirs.to_owned(), role.parse().ok()?))
    };
    let pairs: Option<Vec<_>> = value.split_whitespace().map(pair).collect();
    pairs.ok_or_else(|| "pairs such as finance=operator it-admin=admin, separated by blanks".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_pairs() {
        let expected = vec![("finance".to_owned(), Role::Operator), ("a=b".to_owned(), Role::Admin)];
        assert_eq!(roles("finance=operator  a=b=ADMIN"), Ok(expected));
        for text in ["finance", "finance=boss", "=admin", "finance = operator"] {
            assert!(roles(text).is_err(), "{text}");
        }
    }
}
