//! Which tokens of callers are taken: those of an issuer that the configuration names.

use std::sync::Arc;

use super::{AppError, bounded};
use crate::config::Config;
use crate::domain::SharedClock;
use crate::services::access::JwtRules;
use crate::transport::{RetryConfig, Transport, TransportConfig, Url};

/// Whether tokens are taken.
pub(super) fn are_set(config: &Config) -> Result<bool, AppError> {
    Ok(named(config)?.is_some())
}

/// Issuer, audience and where the keys are: all of them or none.
fn named(config: &Config) -> Result<Option<(&str, &str, &str)>, AppError> {
    match (&config.jwt.issuer, &config.jwt.audience, &config.jwt.jwks_url) {
        (None, None, None) => Ok(None),
        (Some(issuer), Some(audience), Some(url)) => Ok(Some((issuer, audience, url))),
        _ => {
            let what =
                "of JWT_ISSUER, JWT_AUDIENCE and JWT_JWKS_URL some are set and some are not; set all three";
            Err(AppError::Tokens(what.to_owned()))
        }
    }
}

/// The rules for tokens with what reads their issuer's keys; none where no issuer is set.
pub(super) fn tokens(
    config: &Config,
    clock: &SharedClock,
) -> Result<Option<(JwtRules, Transport)>, AppError> {
    let jwt = &config.jwt;
    let Some((issuer, audience, url)) = named(config)? else { return Ok(None) };
    let jwks_url = Url::parse(url).map_err(|error| AppError::Tokens(format!("JWT_JWKS_URL: {error}")))?;
    let rules = JwtRules {
        issuer: issuer.to_owned(),
        audience: audience.to_owned(),
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
