//! How the gateway gets into each upstream: by a token from the configuration, else by an account
//! that a person connects.

use std::sync::Arc;

use secrecy::SecretString;

use super::AppError;
use super::clients::bounded;
use crate::bexio::{BexioApp, BexioIssuer};
use crate::config::Config;
use crate::domain::{SharedClock, Upstream};
use crate::psohub::{PsohubApp, PsohubAuthority};
use crate::services::connect::{Access, ConfiguredToken, Link, LinkParts};
use crate::store::TokenVault;
use crate::transport::{OauthServer, Transport, TransportConfig};

/// The ways into both.
pub(super) struct Accesses {
    pub(super) psohub: Access,
    pub(super) bexio: Access,
}

/// The ways that `config` sets up.
pub(super) fn of(config: &Config, vault: &TokenVault, clock: &SharedClock) -> Result<Accesses, AppError> {
    let account = |upstream: Upstream, server, variables| {
        let parts = LinkParts {
            upstream,
            server,
            vault: vault.clone(),
            clock: Arc::clone(clock),
            connect_url: format!("{}/connect/{}", config.public_url(), upstream.key()),
            lease: config.lease,
        };
        Access::Account { link: Link::new(parts), variables }
    };
    let configured = |upstream, variable, token: &SecretString| {
        Access::Configured(Arc::new(ConfiguredToken::new(
            upstream,
            variable,
            token.clone(),
            Arc::clone(clock),
        )))
    };
    let psohub = match &config.psohub.access_token {
        Some(token) => configured(Upstream::Psohub, "PSOHUB_ACCESS_TOKEN", token),
        None => account(
            Upstream::Psohub,
            psohub_server(config, clock)?,
            "PSOHUB_CLIENT_ID and PSOHUB_CLIENT_SECRET",
        ),
    };
    let bexio = match &config.bexio.access_token {
        Some(token) => configured(Upstream::Bexio, "BEXIO_ACCESS_TOKEN", token),
        None => {
            account(Upstream::Bexio, bexio_server(config, clock)?, "BEXIO_CLIENT_ID and BEXIO_CLIENT_SECRET")
        }
    };
    Ok(Accesses { psohub, bexio })
}

type Server = Option<Arc<dyn OauthServer>>;

fn bexio_server(config: &Config, clock: &SharedClock) -> Result<Server, AppError> {
    let Some((id, secret)) = config.bexio.client.both() else { return Ok(None) };
    let app = BexioApp {
        issuer_url: config.bexio.issuer_url.clone(),
        client_id: id.to_owned(),
        client_secret: secret.clone(),
        scopes: config.bexio.scopes.clone(),
    };
    let transport = sign_in("Bexio's OAuth server", config, clock)?;
    Ok(Some(Arc::new(BexioIssuer::new(app, transport, Arc::clone(clock)))))
}

fn psohub_server(config: &Config, clock: &SharedClock) -> Result<Server, AppError> {
    let oauth = &config.psohub.oauth;
    let Some((id, secret)) = oauth.client.both() else { return Ok(None) };
    let at = |path: &str| format!("{}{path}", config.psohub.base_url);
    let app = PsohubApp {
        authorize_url: oauth.authorize_url.clone().unwrap_or_else(|| at("/link/apiauthorization")),
        token_url: oauth.token_url.clone().unwrap_or_else(|| at("/link/apitoken")),
        client_id: id.to_owned(),
        client_secret: secret.clone(),
        scopes: oauth.scopes.clone(),
        token_names: oauth.token_names.clone(),
        token_body_is_json: oauth.token_body_is_json,
    };
    let transport = sign_in("PSOhub's OAuth server", config, clock)?;
    Ok(Some(Arc::new(PsohubAuthority::new(app, transport))))
}

/// A sender of its own: its calls are no calls of the API, and its limits are others.
fn sign_in(name: &'static str, config: &Config, clock: &SharedClock) -> Result<Transport, AppError> {
    Ok(Transport::new(bounded(TransportConfig::new(name), config), Arc::clone(clock))?)
}
