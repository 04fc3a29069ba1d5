//! The settings of callers' tokens.

use std::time::Duration;

use super::reader::Reader;
use crate::domain::Role;

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
