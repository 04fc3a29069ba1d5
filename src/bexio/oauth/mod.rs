//! Bexio's OAuth: a Keycloak realm, found by its discovery document. Authorization code with PKCE;
//! every parameter of a token call travels in its body.
//!
//! <https://docs.bexio.com/#section/Authentication>. The protocol is `openidconnect`'s, the sending is
//! the transport's.

mod errors;
mod sender;

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthenticationFlow, CoreClaimName, CoreClaimType, CoreClient, CoreClientAuthMethod,
    CoreGrantType, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm,
    CoreResponseMode, CoreResponseType, CoreSubjectIdentifierType, CoreTokenResponse,
};
use openidconnect::{
    AdditionalProviderMetadata, AuthType, AuthorizationCode, ClientId, ClientSecret, CsrfToken,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge,
    PkceCodeVerifier, ProviderMetadata, RedirectUrl, RefreshToken, Scope, TokenResponse,
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;

use crate::domain::SharedClock;
use crate::domain::connection::{Grant, GrantError};
use crate::transport::{Ask, NoToken, OauthServer, Request, StaticToken, Transport, Url, form_of};
use errors::{discovery_error, misconfigured, token_error};
use sender::Sender;

/// The app as it is registered at developer.bexio.com.
#[derive(Debug, Clone)]
pub struct BexioApp {
    /// The issuer, such as `https://auth.bexio.com/realms/bexio`.
    pub issuer_url: String,
    /// `client_id`.
    pub client_id: String,
    /// `client_secret`.
    pub client_secret: SecretString,
    /// What is asked for. Bexio refuses the whole request for one that it does not know.
    pub scopes: Vec<String>,
}

/// Bexio's OAuth server. Cloning shares it.
#[derive(Debug, Clone)]
pub struct BexioIssuer(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    app: BexioApp,
    transport: Transport,
    clock: SharedClock,
    metadata: OnceCell<Metadata>,
}

/// What the discovery document says beside the standard's own fields.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Beside {
    revocation_endpoint: Option<String>,
}

impl AdditionalProviderMetadata for Beside {}

/// Of `userinfo`, what is wanted here.
#[derive(Deserialize)]
struct Claims {
    company_id: Option<String>,
}

type Metadata = ProviderMetadata<
    Beside,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

impl BexioIssuer {
    /// The issuer of `app`, asked through `transport`. Asks nothing yet.
    pub fn new(app: BexioApp, transport: Transport, clock: SharedClock) -> Self {
        Self(Arc::new(Inner { app, transport, clock, metadata: OnceCell::new() }))
    }

    /// The discovery document, read once; a failure is not kept.
    async fn metadata(&self) -> Result<&Metadata, GrantError> {
        self.0.metadata.get_or_try_init(|| self.discover()).await
    }

    /// The discovery document with the keys that sign ID tokens, as they are now.
    async fn discover(&self) -> Result<Metadata, GrantError> {
        let issuer = IssuerUrl::new(self.0.app.issuer_url.clone())
            .map_err(|error| misconfigured(format!("BEXIO_ISSUER_URL is not usable: {error}")))?;
        let sender = Sender::new(&self.0.transport, "GET discovery");
        Metadata::discover_async(issuer, &sender).await.map_err(discovery_error)
    }

    async fn client(&self) -> Result<Client, GrantError> {
        Ok(self.client_of(self.metadata().await?.clone()))
    }

    fn client_of(&self, metadata: Metadata) -> Client {
        let app = &self.0.app;
        let secret = ClientSecret::new(app.client_secret.expose_secret().to_owned());
        let id = ClientId::new(app.client_id.clone());
        let client = CoreClient::from_provider_metadata(metadata, id, Some(secret));
        client.set_auth_type(AuthType::RequestBody).disable_openid_scope()
    }

    async fn client_for(&self, ask: &Ask) -> Result<Client, GrantError> {
        let redirect = RedirectUrl::new(ask.redirect_url.clone())
            .map_err(|error| misconfigured(format!("PUBLIC_URL is not usable: {error}")))?;
        Ok(self.client().await?.set_redirect_uri(redirect))
    }

    /// Checks that an ID token, where one came, was made by this issuer for this attempt, so that a
    /// code from somebody else's attempt is of no use. Nobody is logged in by it.
    async fn check_id_token(
        &self,
        client: &Client,
        answer: &CoreTokenResponse,
        ask: &Ask,
    ) -> Result<(), GrantError> {
        let Some(token) = answer.id_token() else { return Ok(()) };
        let nonce = Nonce::new(ask.nonce.expose_secret().to_owned());
        let fits = |client: &Client| {
            let now = std::time::SystemTime::from(self.0.clock.now());
            let verifier = client.id_token_verifier().set_time_fn(move || now.into());
            token.claims(&verifier, &nonce).map(drop)
        };
        if fits(client).is_ok() {
            return Ok(());
        }
        // The issuer may sign with another key than when its keys were read.
        let newest = self.client_of(self.discover().await?);
        fits(&newest)
            .map_err(|error| misconfigured(format!("Bexio's ID token does not fit this attempt: {error}")))
    }
}

impl OauthServer for BexioIssuer {
    fn authorize_url<'a>(&'a self, ask: &'a Ask) -> BoxFuture<'a, Result<SecretString, GrantError>> {
        async move {
            let verifier = PkceCodeVerifier::new(ask.verifier.expose_secret().to_owned());
            let (state, nonce) = (ask.state.expose_secret().to_owned(), ask.nonce.expose_secret().to_owned());
            let client = self.client_for(ask).await?;
            let (url, _, _) = client
                .authorize_url(
                    CoreAuthenticationFlow::AuthorizationCode,
                    || CsrfToken::new(state),
                    || Nonce::new(nonce),
                )
                .add_scopes(self.0.app.scopes.iter().cloned().map(Scope::new))
                .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
                .url();
            Ok(String::from(url).into())
        }
        .boxed()
    }

    fn exchange<'a>(
        &'a self,
        code_sent: &'a SecretString,
        ask: &'a Ask,
    ) -> BoxFuture<'a, Result<Grant, GrantError>> {
        async move {
            let client = self.client_for(ask).await?;
            let code = AuthorizationCode::new(code_sent.expose_secret().to_owned());
            let verifier = PkceCodeVerifier::new(ask.verifier.expose_secret().to_owned());
            let request = client.exchange_code(code).map_err(|error| misconfigured(error.to_string()))?;
            let sender = Sender::new(&self.0.transport, "POST token (code)");
            let answer = request.set_pkce_verifier(verifier).request_async(&sender).await;
            let secrets = [code_sent, &ask.verifier, &self.0.app.client_secret];
            let answer = answer.map_err(|error| token_error(error).without(&secrets))?;
            self.check_id_token(&client, &answer, ask).await?;
            Ok(grant(&answer))
        }
        .boxed()
    }

    fn get_ready(&self) -> BoxFuture<'_, Result<(), GrantError>> {
        async move { self.metadata().await.map(drop) }.boxed()
    }

    fn renew<'a>(
        &'a self,
        refresh_token: &'a SecretString,
        deadline: Duration,
    ) -> BoxFuture<'a, Result<Grant, GrantError>> {
        async move {
            let client = self.client().await?;
            let token = RefreshToken::new(refresh_token.expose_secret().to_owned());
            let request =
                client.exchange_refresh_token(&token).map_err(|error| misconfigured(error.to_string()))?;
            let sender = Sender::new(&self.0.transport, "POST token (refresh)").within(deadline);
            let answer = request.request_async(&sender).await;
            let secrets = [refresh_token, &self.0.app.client_secret];
            answer.map(|answer| grant(&answer)).map_err(|error| token_error(error).without(&secrets))
        }
        .boxed()
    }

    /// RFC 7009. Not `openidconnect`'s own, which takes no issuer on plain HTTP, not even on this machine.
    fn revoke<'a>(&'a self, token: &'a SecretString) -> BoxFuture<'a, Result<bool, GrantError>> {
        async move {
            let endpoint = self.metadata().await?.additional_metadata().revocation_endpoint.as_deref();
            let Some(url) = endpoint.and_then(|url| Url::parse(url).ok()) else { return Ok(false) };
            let app = &self.0.app;
            let form = form_of([
                ("token", token.expose_secret()),
                ("client_id", &app.client_id),
                ("client_secret", app.client_secret.expose_secret()),
            ]);
            let request = Request::form(url, "POST revoke", form).without_token();
            let answer = self.0.transport.fetch(&request, &NoToken).await;
            answer.map(|_| true).map_err(|error| GrantError::Unavailable(error.to_string()))
        }
        .boxed()
    }

    /// The claim `company_id` of `userinfo`, which the scope `company_profile` adds. (`id` of the API's
    /// `company_profile` is 1 in every company.)
    fn company_id<'a>(
        &'a self,
        access_token: &'a SecretString,
    ) -> BoxFuture<'a, Result<Option<String>, GrantError>> {
        async move {
            let metadata = self.metadata().await?;
            let Some(url) = metadata.userinfo_endpoint().map(|endpoint| endpoint.url().clone()) else {
                return Ok(None);
            };
            let request = Request::get(url, "GET userinfo");
            let answer = self.0.transport.fetch(&request, &StaticToken(access_token.clone())).await;
            let answer = answer.map_err(|error| GrantError::Unavailable(error.to_string()))?;
            let claims = serde_json::from_slice::<Claims>(&answer.body);
            let claims =
                claims.map_err(|_| GrantError::Unavailable("Bexio's userinfo is not readable".to_owned()))?;
            Ok(claims.company_id)
        }
        .boxed()
    }

    fn issuer(&self) -> Option<&str> {
        Some(&self.0.app.issuer_url)
    }

    fn returns_state(&self) -> bool {
        true
    }
}

fn grant(answer: &CoreTokenResponse) -> Grant {
    Grant {
        access_token: answer.access_token().secret().as_str().into(),
        refresh_token: answer.refresh_token().map(|token| token.secret().as_str().into()),
        expires_in: answer.expires_in(),
        scopes: answer.scopes().map(|scopes| scopes.iter().map(|scope| scope.to_string()).collect()),
    }
}
