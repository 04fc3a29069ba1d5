//! Tokens taken or not, with those that were taken kept: a signature costs more than a look-up.

use std::sync::Arc;

use moka::sync::Cache;
use sha2::{Digest, Sha256};

use super::JwtRules;
use super::claims::{Bearer, judge};
use super::issuer_keys::{Held, IssuerKeys};
use super::token::{TOKEN_BYTES_MAX, Token};
use crate::domain::SharedClock;
use crate::services::access::{AccessError, Admitted, Tenure, TokenFault};
use crate::transport::Transport;

/// Most tokens that are kept as taken.
const KEPT_MAX: u64 = 4096;

/// Takes tokens. Cloning shares what is kept.
#[derive(Clone)]
pub(in crate::services::access) struct Verifier {
    rules: Arc<JwtRules>,
    keys: IssuerKeys,
    clock: SharedClock,
    /// By SHA-256, so that no token lies in memory longer than its request.
    taken: Cache<[u8; 32], Taken>,
}

/// A token that was taken, with the keys it was checked with: under others it is checked again.
#[derive(Clone)]
struct Taken {
    bearer: Arc<Bearer>,
    keys: Arc<Held>,
}

impl Verifier {
    pub(in crate::services::access) fn new(
        rules: JwtRules,
        transport: Transport,
        clock: SharedClock,
    ) -> Self {
        let keys = IssuerKeys::new(rules.jwks_url.clone(), transport, clock.clone());
        Self { rules: Arc::new(rules), keys, clock, taken: Cache::new(KEPT_MAX) }
    }

    /// Lets in whose token it is.
    pub(in crate::services::access) async fn admit(&self, text: &str) -> Result<Admitted, AccessError> {
        if text.len() > TOKEN_BYTES_MAX {
            return Err(AccessError::Token(TokenFault::Shape));
        }
        let digest: [u8; 32] = Sha256::digest(text).into();
        let bearer = match self.taken.get(&digest) {
            Some(taken) if Arc::ptr_eq(&taken.keys, &self.keys.current().await?) => taken.bearer,
            _ => self.verify(text, digest).await?,
        };
        if bearer.ends_at <= self.clock.now() {
            return Err(AccessError::Token(TokenFault::Expired));
        }
        let tenure = Tenure::until(bearer.ends_at, self.clock.clone());
        Ok(Admitted { caller: bearer.caller.clone(), tenure })
    }

    async fn verify(&self, text: &str, digest: [u8; 32]) -> Result<Arc<Bearer>, AccessError> {
        // What was not a token at all is not said to be a bad one.
        if text.split('.').count() != 3 {
            return Err(AccessError::Unknown);
        }
        let token = Token::parse(text).map_err(AccessError::Token)?;
        let keys = self.keys.check(&token).await?;
        let claims = token.claims().map_err(AccessError::Token)?;
        let bearer = Arc::new(judge(&claims, &self.rules, self.clock.now())?);
        self.taken.insert(digest, Taken { bearer: Arc::clone(&bearer), keys });
        Ok(bearer)
    }
}
