//! Which tokens of callers are taken: those of an issuer that the configuration names.

use std::sync::Arc;

use super::AppError;
use super::clients::bounded;
use crate::config::Config;
use crate::domain::SharedClock;
use crate::services::access::JwtRules;
use crate::transport::{RetryConfig, Transport, TransportConfig, Url};

/// The rules for tokens with what reads their issuer's keys; none where no issuer is set.
pub(super) fn tokens(
    config: &Config,
    clock: &SharedClock,
) -> Result<Option<(JwtRules, Transport)>, AppError> {
    let jwt = &config.jwt;
    let Some(issuer) = &jwt.issuer else { return Ok(None) };
    let jwks_url =
        Url::parse(&issuer.jwks_url).map_err(|error| AppError::Tokens(format!("JWT_JWKS_URL: {error}")))?;
    let rules = JwtRules {
        issuer: issuer.name.clone(),
        audience: issuer.audience.clone(),
        jwks_url,
        leeway: jwt.leeway,
        role_claim: jwt.role_claim.clone(),
        name_claim: jwt.name_claim.clone(),
        roles: jwt.roles.clone(),
    };
    // Somebody waits, and asks again: no repeats behind their back.
    let retry = RetryConfig { retries_max: 0, ..RetryConfig::default() };
    let bounds = TransportConfig { retry, ..bounded(TransportConfig::new("the tokens' issuer"), config) };
    Ok(Some((rules, Transport::new(bounds, Arc::clone(clock))?)))
}
