//! Renewing the tokens: once in this process, once among all processes, the new ones on the disk
//! before they are used.
//!
//! Bexio gives a new refresh token each time and takes the old one for dead at once. A process that
//! dies between Bexio's answer and the commit loses the connection, and no order of steps could save
//! it: that window holds nothing but the commit. What is left behind then is tried once more, and
//! only a clear refusal asks for a person.

use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::link::{Held, Inner};
use crate::domain::connection::{Grant, GrantError};
use crate::store::tokens::{RenewalClaim, StoredConnection, Tokens};
use crate::transport::{OauthServer, TokenError};

/// Bounds of the wait after a failed renewal.
const BACK_OFF: (Duration, Duration) = (Duration::from_secs(5), Duration::from_mins(1));
/// A new token that is refused at once is no reason for a newer one: once in this time is enough.
const FORCED_EVERY: Duration = Duration::from_mins(1);
/// How often another process's renewal is looked after. It takes real time, whatever clock is used.
const POLL: Duration = Duration::from_millis(200);
/// Attempts to save tokens that exist nowhere else.
const SAVES_MAX: u32 = 5;

/// What a caller needs.
#[derive(Debug)]
pub(super) enum Want {
    /// A token that need not be renewed yet.
    Fresh,
    /// A token that is not this one, which was refused.
    OtherThan(SecretString),
}

impl Want {
    fn met_by<'a>(&self, held: &'a Held, now: jiff::Timestamp) -> Option<&'a SecretString> {
        match self {
            Self::Fresh => held.fresh(now),
            Self::OtherThan(refused) => held.usable(now).filter(|token| differs(token, refused)),
        }
    }

    /// What can be sent although it should be renewed.
    fn endured_by<'a>(&self, held: &'a Held, now: jiff::Timestamp) -> Option<&'a SecretString> {
        match self {
            Self::Fresh => held.usable(now),
            Self::OtherThan(_) => None,
        }
    }
}

fn differs(left: &SecretString, right: &SecretString) -> bool {
    left.expose_secret() != right.expose_secret()
}

/// What this process knows of its renewals. Whoever holds it renews.
#[derive(Debug, Default)]
pub(super) struct Renewing {
    failures: u32,
    /// By the monotonic clock.
    not_before: Duration,
    last_forced: Option<Duration>,
    last_words: String,
    /// New tokens that could not be saved: they exist here only.
    unsaved: Option<Unsaved>,
}

#[derive(Debug)]
struct Unsaved {
    version: i64,
    tokens: Tokens,
    scopes: Vec<String>,
}

impl Inner {
    /// A token as `want`ed. Waits for a renewal that is under way instead of beginning another; where
    /// none can be had now, the present one does until its end.
    pub(super) async fn obtain(&self, want: Want) -> Result<SecretString, TokenError> {
        let mut renewing = self.renewing.lock().await;
        match self.obtain_now(&mut renewing, &want).await {
            Err(TokenError::Unavailable(words)) => {
                let held = self.held();
                let token = held.as_ref().and_then(|held| want.endured_by(held, self.parts.clock.now()));
                token.cloned().ok_or(TokenError::Unavailable(words))
            }
            outcome => outcome,
        }
    }

    async fn obtain_now(&self, renewing: &mut Renewing, want: &Want) -> Result<SecretString, TokenError> {
        let now = self.parts.clock.now();
        if let Some(held) = self.held().filter(|_| self.is_checked())
            && let Some(token) = want.met_by(&held, now)
        {
            return Ok(token.clone());
        }
        self.save(renewing).await?;
        let held = self.reload().await.map_err(|error| self.unreadable(&error))?;
        let Some(held) = held else { return Err(self.missing()) };
        self.consented(Some(&held.stored))?;
        if let Some(token) = want.met_by(&held, now) {
            return Ok(token.clone());
        }
        self.may_renew(renewing, want)?;
        self.renew(renewing, &held, want).await
    }

    /// Whether the last renewals allow another one now.
    fn may_renew(&self, renewing: &mut Renewing, want: &Want) -> Result<(), TokenError> {
        let now = self.parts.clock.elapsed();
        if now < renewing.not_before {
            return Err(TokenError::Unavailable(renewing.last_words.clone()));
        }
        if matches!(want, Want::OtherThan(_)) {
            if renewing.last_forced.is_some_and(|last| now.saturating_sub(last) < FORCED_EVERY) {
                return Err(TokenError::Unavailable("the upstream refuses new tokens as well".to_owned()));
            }
            renewing.last_forced = Some(now);
        }
        Ok(())
    }

    /// Renews what is `held`, or takes what another process made of it meanwhile.
    async fn renew(
        &self,
        renewing: &mut Renewing,
        held: &Held,
        want: &Want,
    ) -> Result<SecretString, TokenError> {
        let version = held.stored.version;
        if let Some(server) = &self.parts.server
            && let Err(error) = server.get_ready().await
        {
            return Err(self.failed(renewing, &error.to_string(), true).await);
        }
        let broken_off = match self.claim(version, held, want).await? {
            Claimed::Yours { broken_off } => broken_off,
            Claimed::Done(token) => return Ok(token),
        };
        let refresh = held.stored.tokens.as_ref().and_then(|tokens| tokens.refresh.as_ref());
        let outcome = match (refresh, &self.parts.server) {
            (Some(refresh), Some(server)) => self.ask(server, refresh).await,
            (None, _) => {
                Err(GrantError::NotHonoured("the connection came without a token to renew it".to_owned()))
            }
            (_, None) => Err(GrantError::Misconfigured("the app's id and secret are not set".to_owned())),
        };
        match outcome {
            Ok(grant) => self.keep(renewing, &held.stored, grant).await,
            Err(GrantError::NotHonoured(words)) => self.not_honoured(version, &words, broken_off).await,
            Err(error) => {
                let unclear = matches!(error, GrantError::Unavailable(_));
                Err(self.failed(renewing, &error.to_string(), unclear).await)
            }
        }
    }

    /// Less than the lease, so that nobody else begins while the answer may still come.
    async fn ask(&self, server: &Arc<dyn OauthServer>, refresh: &SecretString) -> Result<Grant, GrantError> {
        tracing::info!(upstream = self.parts.upstream.key(), "renewing the access token");
        server.renew(refresh, self.parts.lease.saturating_mul(4) / 5).await
    }

    async fn claim(&self, version: i64, held: &Held, want: &Want) -> Result<Claimed, TokenError> {
        let parts = &self.parts;
        let unavailable = |error: crate::store::StoreError| TokenError::Unavailable(error.to_string());
        let mut waited = Duration::ZERO;
        loop {
            let claim = parts.vault.claim_renewal(parts.upstream, version, &self.holder, parts.lease).await;
            match claim.map_err(unavailable)? {
                RenewalClaim::Yours { broken_off } => return Ok(Claimed::Yours { broken_off }),
                RenewalClaim::Changed(stored) => return self.changed(stored, want),
                RenewalClaim::Busy => {}
            }
            if let Some(token) = want.endured_by(held, parts.clock.now()) {
                return Ok(Claimed::Done(token.clone()));
            }
            if waited > parts.lease.saturating_mul(2) {
                let words = "another process has been renewing it for too long";
                return Err(TokenError::Unavailable(words.to_owned()));
            }
            tokio::time::sleep(POLL).await;
            waited += POLL;
        }
    }

    /// Another process was faster.
    fn changed(&self, stored: Option<Box<StoredConnection>>, want: &Want) -> Result<Claimed, TokenError> {
        let Some(stored) = stored else { return Err(self.missing()) };
        let held = self.hold(*stored);
        self.consented(Some(&held.stored))?;
        let token = want.met_by(&held, self.parts.clock.now()).cloned();
        let words =
            || TokenError::Unavailable("another process renewed it, and it is old already".to_owned());
        token.map(Claimed::Done).ok_or_else(words)
    }

    /// Saves a grant and puts it into use: in this order.
    async fn keep(
        &self,
        renewing: &mut Renewing,
        before: &StoredConnection,
        grant: Grant,
    ) -> Result<SecretString, TokenError> {
        let former = before.tokens.as_ref().and_then(|tokens| tokens.refresh.clone());
        let tokens = Tokens {
            access: grant.access_token,
            refresh: grant.refresh_token.or(former),
            given_at: self.parts.clock.now(),
            lifetime: grant.expires_in,
        };
        let scopes = grant.scopes.unwrap_or_else(|| before.scopes.clone());
        renewing.unsaved = Some(Unsaved { version: before.version, tokens, scopes });
        self.save(renewing).await?;
        (renewing.failures, renewing.not_before) = (0, Duration::ZERO);
        let held = self.reload().await.map_err(|error| self.unreadable(&error))?;
        let Some(held) = held else { return Err(self.missing()) };
        self.consented(Some(&held.stored))?;
        let token = held.usable(self.parts.clock.now()).cloned();
        token.ok_or_else(|| TokenError::Unavailable("its life is too short to be used".to_owned()))
    }

    /// Saves tokens that exist here only, if there are any.
    async fn save(&self, renewing: &mut Renewing) -> Result<(), TokenError> {
        let Some(unsaved) = &renewing.unsaved else { return Ok(()) };
        let parts = &self.parts;
        let mut attempt = 1;
        loop {
            let Unsaved { version, tokens, scopes } = unsaved;
            match parts.vault.finish_renewal(parts.upstream, *version, tokens, scopes).await {
                Ok(true) => break,
                Ok(false) => {
                    tracing::warn!(
                        upstream = parts.upstream.key(),
                        "new tokens came too late and are not used"
                    );
                    break;
                }
                Err(error) if attempt >= SAVES_MAX => {
                    tracing::error!(upstream = parts.upstream.key(), %error, "new tokens cannot be saved");
                    return Err(TokenError::Unavailable(error.to_string()));
                }
                Err(_) => tokio::time::sleep(POLL).await,
            }
            attempt += 1;
        }
        renewing.unsaved = None;
        Ok(())
    }

    /// The upstream does not honour the refresh token. Another process may have renewed it meanwhile;
    /// if not, a person is needed.
    async fn not_honoured(
        &self,
        version: i64,
        words: &str,
        broken_off: Option<jiff::Timestamp>,
    ) -> Result<SecretString, TokenError> {
        let parts = &self.parts;
        let mut reason = format!("{} no longer honours the connection: {words}", parts.upstream);
        if let Some(at) = broken_off {
            reason =
                format!("{reason}. A renewal that began at {at} was cut off, and its new tokens were lost");
        }
        let stood = parts.vault.need_consent(parts.upstream, version, &reason).await;
        let stood = stood.map_err(|error| TokenError::Unavailable(error.to_string()))?;
        let held = self.reload().await.map_err(|error| self.unreadable(&error))?;
        if stood {
            tracing::error!(upstream = parts.upstream.key(), connect_at = parts.connect_url, "{reason}");
        }
        let Some(held) = held else { return Err(self.missing()) };
        self.consented(Some(&held.stored))?;
        held.usable(parts.clock.now()).cloned().ok_or(TokenError::Unavailable(reason))
    }

    /// Notes a failure that may pass, and waits longer each time.
    async fn failed(&self, renewing: &mut Renewing, words: &str, unclear: bool) -> TokenError {
        let parts = &self.parts;
        let (first, max) = BACK_OFF;
        let wait = first.saturating_mul(2_u32.saturating_pow(renewing.failures.min(8))).min(max);
        renewing.failures = renewing.failures.saturating_add(1);
        renewing.not_before = parts.clock.elapsed() + wait;
        words.clone_into(&mut renewing.last_words);
        tracing::warn!(upstream = parts.upstream.key(), error = words, "the access token was not renewed");
        if let Err(error) = parts.vault.give_up_renewal(parts.upstream, &self.holder, unclear).await {
            // The claim ends by itself.
            tracing::warn!(upstream = parts.upstream.key(), %error, "the renewal could not be given up");
        }
        TokenError::Unavailable(words.to_owned())
    }
}

/// What came of a claim.
enum Claimed {
    Yours { broken_off: Option<jiff::Timestamp> },
    Done(SecretString),
}
