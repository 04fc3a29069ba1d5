//! What a token says, once its signature was found to be right.

use jiff::Timestamp;
use serde_json::Value;

use super::JwtRules;
use crate::domain::{Caller, Role};
use crate::services::access::{AccessError, TokenFault};

/// Longest name in records, in letters.
const NAME_CHARS_MAX: usize = 128;

/// Whom a token is for, and until when it is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bearer {
    pub(super) caller: Caller,
    /// Its `exp` with the leeway.
    pub(super) ends_at: Timestamp,
}

/// Judges the claims of a token at `now`.
pub(super) fn judge(claims: &Value, rules: &JwtRules, now: Timestamp) -> Result<Bearer, AccessError> {
    let fault = |fault| Err(AccessError::Token(fault));
    if claims.get("iss").and_then(Value::as_str) != Some(&rules.issuer) {
        return fault(TokenFault::Issuer);
    }
    if !texts(claims.get("aud")).any(|audience| audience == rules.audience) {
        return fault(TokenFault::Audience);
    }
    let ends_at = time(claims, "exp").and_then(|end| end.saturating_add(rules.leeway).ok());
    let Some(ends_at) = ends_at.filter(|end| now < *end) else { return fault(TokenFault::Expired) };
    if claims.get("nbf").is_some() {
        let begins = time(claims, "nbf").and_then(|begin| begin.saturating_sub(rules.leeway).ok());
        if begins.is_none_or(|begin| now < begin) {
            return fault(TokenFault::NotYet);
        }
    }
    let Some(name) = name(claims, &rules.name_claim) else { return fault(TokenFault::Nameless) };
    let role = role(claims, rules);
    let role = role.ok_or_else(|| AccessError::NoRole { claim: rules.role_claim.as_str().into() })?;
    Ok(Bearer { caller: Caller { role, name: name.into() }, ends_at })
}

/// A `NumericDate` (RFC 7519, section 2): seconds since 1970, possibly with a fraction, which is left out.
fn time(claims: &Value, name: &str) -> Option<Timestamp> {
    let Value::Number(number) = claims.get(name)? else { return None };
    let text = number.to_string();
    let seconds = text.split_once('.').map_or(text.as_str(), |(whole, _)| whole);
    Timestamp::from_second(seconds.parse().ok()?).ok()
}

/// Whose the token is, for records. No key's name holds a colon, so that nobody passes for a key.
fn name(claims: &Value, claim: &str) -> Option<String> {
    let name = at(claims, claim)?.as_str()?.trim();
    let plain = name.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    let plain: String = plain.take(NAME_CHARS_MAX).collect();
    (!plain.is_empty()).then(|| format!("jwt:{plain}"))
}

/// The highest role that the claim names.
fn role(claims: &Value, rules: &JwtRules) -> Option<Role> {
    let role = |name: &str| {
        if rules.roles.is_empty() {
            return name.parse().ok();
        }
        rules.roles.iter().filter(|(theirs, _)| theirs == name).map(|(_, role)| *role).max()
    };
    texts(at(claims, &rules.role_claim)).flat_map(str::split_whitespace).filter_map(role).max()
}

/// The claim of this name, else the one at this path: some issuers' names have dots, others nest.
fn at<'c>(claims: &'c Value, path: &str) -> Option<&'c Value> {
    claims.get(path).or_else(|| path.split('.').try_fold(claims, |value, name| value.get(name)))
}

/// A text, or the texts of a list.
fn texts(value: Option<&Value>) -> impl Iterator<Item = &str> {
    let list = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    value.and_then(Value::as_str).into_iter().chain(list.iter().filter_map(Value::as_str))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_772_438_400;

    fn rules() -> JwtRules {
        JwtRules {
            issuer: "https://id.example".to_owned(),
            audience: "invoices".to_owned(),
            jwks_url: "https://id.example/keys".parse().unwrap(),
            leeway: Duration::from_mins(1),
            role_claim: "realm_access.roles".to_owned(),
            name_claim: "sub".to_owned(),
            roles: Vec::new(),
        }
    }

    fn claims(changes: Value) -> Value {
        let mut claims = json!({
            "iss": "https://id.example", "aud": "invoices", "exp": NOW + 300, "sub": "eva",
            "realm_access": {"roles": ["offline_access", "operator"]},
        });
        let Value::Object(changes) = changes else { panic!("no object: {changes}") };
        for (name, value) in changes {
            claims[name.as_str()] = value;
        }
        claims
    }

    fn judged(changes: Value) -> Result<Bearer, AccessError> {
        judge(&claims(changes), &rules(), Timestamp::from_second(NOW).unwrap())
    }

    #[test]
    fn who_comes_is_named_after_the_token_and_goes_with_it() {
        let bearer = judged(json!({})).unwrap();
        assert_eq!((&*bearer.caller.name, bearer.caller.role), ("jwt:eva", Role::Operator));
        assert_eq!(bearer.ends_at.as_second(), NOW + 360);
        assert!(judged(json!({"aud": ["other", "invoices"], "exp": 1_772_438_700.75_f64})).is_ok());
    }

    #[test]
    fn times_count_with_the_leeway_and_not_beyond_it() {
        let fault = |changes| match judged(changes) {
            Err(AccessError::Token(fault)) => Some(fault),
            Ok(_) => None,
            Err(other) => panic!("{other}"),
        };
        assert_eq!(fault(json!({"exp": NOW - 59})), None);
        assert_eq!(fault(json!({"nbf": NOW + 60})), None);
        for (changes, expected) in [
            (json!({"exp": NOW - 60}), TokenFault::Expired),
            (json!({"exp": null}), TokenFault::Expired),
            (json!({"exp": "1772438700"}), TokenFault::Expired),
            (json!({"exp": 1e300}), TokenFault::Expired),
            (json!({"exp": -1}), TokenFault::Expired),
            (json!({"nbf": NOW + 61}), TokenFault::NotYet),
            (json!({"nbf": "soon"}), TokenFault::NotYet),
            (json!({"iss": "https://id.example/"}), TokenFault::Issuer),
            (json!({"iss": null}), TokenFault::Issuer),
            (json!({"aud": "invoices2"}), TokenFault::Audience),
            (json!({"aud": []}), TokenFault::Audience),
            (json!({"sub": " "}), TokenFault::Nameless),
            (json!({"sub": 7}), TokenFault::Nameless),
        ] {
            assert_eq!(fault(changes.clone()), Some(expected), "{changes}");
        }
    }

    #[test]
    fn the_highest_role_counts_and_none_is_none() {
        let given = |roles: Value, rules: &JwtRules| role(&json!({"realm_access": {"roles": roles}}), rules);
        let mut rules = rules();
        assert_eq!(given(json!(["viewer", "ADMIN", "operator"]), &rules), Some(Role::Admin));
        assert_eq!(given(json!("profile viewer"), &rules), Some(Role::Viewer));
        for none in [json!([]), json!(["admins"]), json!({"admin": true}), json!(3), json!([["admin"]])] {
            assert_eq!(given(none.clone(), &rules), None, "{none}");
        }
        rules.roles = vec![("finance".to_owned(), Role::Operator), ("it".to_owned(), Role::Admin)];
        assert_eq!(given(json!(["finance", "it"]), &rules), Some(Role::Admin));
        assert_eq!(
            given(json!(["admin", "Finance"]), &rules),
            None,
            "only what is mapped counts, as written"
        );
        let named = json!({"https://example.com/roles": "viewer"});
        let rules =
            JwtRules { role_claim: "https://example.com/roles".to_owned(), roles: Vec::new(), ..rules };
        assert_eq!(role(&named, &rules), Some(Role::Viewer), "a claim's own name may have dots");
    }

    #[test]
    fn a_name_stays_in_its_line() {
        let bearer = judged(json!({"sub": format!("eva\nlevel=ERROR{}", "x".repeat(500))})).unwrap();
        assert!(bearer.caller.name.starts_with("jwt:eva level=ERROR"), "{}", bearer.caller.name);
        assert_eq!(bearer.caller.name.chars().count(), NAME_CHARS_MAX + 4);
    }
}
