//! Who asks: the one place where what a client presents becomes a caller.
//!
//! A key or a token comes in `Authorization: Bearer` (RFC 6750), over a WebSocket also in the payload of
//! `connection_init`, since a browser cannot set headers there. Never in an address, which stands in logs and
//! histories, and never in a cookie, which a browser sends along for other sites.

use http::HeaderMap;
use http::header::AUTHORIZATION;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::fault::HttpFault;
use crate::domain::{Caller, Role};
use crate::services::access::{AccessError, AccessService, Admitted};

/// Who is let in.
#[derive(Clone)]
pub enum Access {
    /// Everybody who reaches the service is the local administrator: on loopback only.
    Everybody,
    /// Whoever presents a key or a token.
    Asked(AccessService),
}

impl Access {
    /// Who sends a request with these headers.
    ///
    /// # Errors
    /// [`HttpFault::Access`].
    pub(super) async fn of_request(&self, headers: &HeaderMap) -> Result<Admitted, HttpFault> {
        match self {
            Self::Everybody => Ok(Admitted::unasked(Caller::local())),
            Self::Asked(service) => Ok(service.admit(bearer(headers)?).await?),
        }
    }

    /// The same for who has at least this role.
    ///
    /// # Errors
    /// [`HttpFault::Access`], [`HttpFault::Forbidden`].
    pub(super) async fn require(&self, headers: &HeaderMap, role: Role) -> Result<Admitted, HttpFault> {
        require(self.of_request(headers).await?, role)
    }

    /// Who presents this key or token, as long as they have at least this role.
    ///
    /// # Errors
    /// [`HttpFault::Access`], [`HttpFault::Forbidden`].
    pub(super) async fn of_credential(&self, credential: &str, role: Role) -> Result<Admitted, HttpFault> {
        match self {
            Self::Everybody => Ok(Admitted::unasked(Caller::local())),
            Self::Asked(service) => require(service.admit(credential).await?, role),
        }
    }

    /// Who speaks on a WebSocket: told by the payload of `connection_init`, a JSON object, else by the
    /// headers of its handshake.
    ///
    /// # Errors
    /// [`AccessError`].
    pub(super) async fn of_connection(
        &self,
        handshake: &HeaderMap,
        init: Option<&RawValue>,
    ) -> Result<Admitted, AccessError> {
        let Self::Asked(service) = self else { return Ok(Admitted::unasked(Caller::local())) };
        let payload = init.map(|payload| serde_json::from_str::<InitPayload>(payload.get()));
        let payload = payload.transpose().map_err(|_| AccessError::Malformed)?.unwrap_or_default();
        match (payload.api_key, payload.authorization) {
            (Some(key), None) => service.admit(&key).await,
            (None, Some(authorization)) => service.admit(credential_of(&authorization)?).await,
            (None, None) => service.admit(bearer(handshake)?).await,
            (Some(_), Some(_)) => Err(AccessError::Malformed),
        }
    }
}

/// What is read of the payload of `connection_init`.
#[derive(Deserialize, Default)]
struct InitPayload {
    #[serde(default, alias = "Authorization")]
    authorization: Option<String>,
    #[serde(default, rename = "apiKey")]
    api_key: Option<String>,
}

fn require(admitted: Admitted, role: Role) -> Result<Admitted, HttpFault> {
    let held = admitted.caller.role;
    if held >= role {
        return Ok(admitted);
    }
    Err(HttpFault::Forbidden { role: role.as_str(), held: held.as_str() })
}

/// The credential of the only `Authorization` header.
fn bearer(headers: &HeaderMap) -> Result<&str, AccessError> {
    let mut given = headers.get_all(AUTHORIZATION).iter();
    match (given.next(), given.next()) {
        (None, _) => Err(AccessError::Missing),
        (Some(value), None) => credential_of(value.to_str().map_err(|_| AccessError::Malformed)?),
        (Some(_), Some(_)) => Err(AccessError::Malformed),
    }
}

/// What follows the scheme, which is written in capitals or not (RFC 9110, section 11.1).
fn credential_of(authorization: &str) -> Result<&str, AccessError> {
    let (scheme, credential) = authorization.trim().split_once(' ').ok_or(AccessError::Malformed)?;
    let credential = credential.trim_start_matches(' ');
    let is_one_word = !credential.is_empty() && credential.bytes().all(|byte| byte.is_ascii_graphic());
    if scheme.eq_ignore_ascii_case("bearer") && is_one_word {
        Ok(credential)
    } else {
        Err(AccessError::Malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn presented(headers: &[&str]) -> Result<String, AccessError> {
        let headers = headers.iter().map(|value| (AUTHORIZATION, value.parse().unwrap())).collect();
        bearer(&headers).map(str::to_owned)
    }

    #[test]
    fn a_bearer_is_read_from_one_header_and_nowhere_else() {
        assert_eq!(presented(&[]), Err(AccessError::Missing));
        for header in ["Bearer abc", "bearer abc", "BEARER  abc"] {
            assert_eq!(presented(&[header]).as_deref(), Ok("abc"), "{header}");
        }
        for header in ["", "Bearer", "Bearer ", "abc", "Basic abc", "Bearer a b", "Bearer,abc", "Bearer ä"] {
            assert_eq!(presented(&[header]), Err(AccessError::Malformed), "{header}");
        }
        assert_eq!(presented(&["Bearer a", "Bearer a"]), Err(AccessError::Malformed));
    }

    #[test]
    fn a_role_below_the_one_needed_is_refused_with_both() {
        for held in Role::ALL {
            for needed in Role::ALL {
                let admitted = Admitted::unasked(Caller { role: held, name: "eva".into() });
                let answer = require(admitted, needed).map(|admitted| admitted.caller.role);
                let refused = HttpFault::Forbidden { role: needed.as_str(), held: held.as_str() };
                assert_eq!(answer, if held >= needed { Ok(held) } else { Err(refused) });
            }
        }
    }
}
