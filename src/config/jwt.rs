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

/// Which tokens of callers are taken.
#[derive(Debug, Clone)]
pub struct JwtConfig {
    /// Whose; `None` where no tokens are taken.
    pub issuer: Option<JwtIssuer>,
    /// `JWT_LEEWAY_SECONDS`.
    pub leeway: Duration,
    /// `JWT_ROLE_CLAIM`.
    pub role_claim: String,
    /// `JWT_NAME_CLAIM`.
    pub name_claim: String,
    /// `JWT_ROLES`: the issuer's names and what each gives.
    pub roles: Vec<(String, Role)>,
}

/// Whose tokens are taken: all of this or nothing.
#[derive(Debug, Clone)]
pub struct JwtIssuer {
    /// `JWT_ISSUER`.
    pub name: String,
    /// `JWT_AUDIENCE`.
    pub audience: String,
    /// `JWT_JWKS_URL`.
    pub jwks_url: String,
}

impl JwtConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let issuer = JwtIssuer::read(reader);
        let leeway = reader.seconds("JWT_LEEWAY_SECONDS");
        let role_claim = reader.text("JWT_ROLE_CLAIM");
        let name_claim = reader.text("JWT_NAME_CLAIM");
        let roles = reader.optional("JWT_ROLES", roles).unwrap_or_default();
        Some(Self { issuer, leeway: leeway?, role_claim: role_claim?, name_claim: name_claim?, roles })
    }
}

impl JwtIssuer {
    const TOGETHER: [&'static str; 3] = ["JWT_ISSUER", "JWT_AUDIENCE", "JWT_JWKS_URL"];

    /// None where none is set; some without the others are a fault.
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let (set, missing): (Vec<_>, Vec<_>) =
            Self::TOGETHER.into_iter().partition(|name| reader.text(name).is_some());
        if let (Some(first), false) = (set.first(), missing.is_empty()) {
            let expected = format!("{} beside it: set all three or none", missing.join(" and "));
            reader.fault(first, None, expected);
        }
        let name = reader.text("JWT_ISSUER");
        let audience = reader.text("JWT_AUDIENCE");
        let jwks_url = reader.optional_url("JWT_JWKS_URL");
        Some(Self { name: name?, audience: audience?, jwks_url: jwks_url? })
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
