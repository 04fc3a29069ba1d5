//! Who asks: the one place where what a client presents becomes a [`Caller`].

use http::HeaderMap;
use serde_json::value::RawValue;

use crate::graphql::Caller;

/// Tells who asks. Until access control lands everybody is the local administrator: `serve` and `demo`
/// answer on loopback only.
#[derive(Debug, Clone)]
pub(super) struct Access {
    everybody: Caller,
}

impl Access {
    pub(super) fn new() -> Self {
        Self { everybody: Caller::local() }
    }

    /// Who sends a request with these headers.
    pub(super) fn of_request(&self, _headers: &HeaderMap) -> Caller {
        self.everybody.clone()
    }

    /// Who speaks on a WebSocket: told by the headers of its handshake, which a browser cannot set, and by
    /// the payload of `connection_init`, a JSON object.
    pub(super) fn of_connection(&self, handshake: &HeaderMap, _init: Option<&RawValue>) -> Caller {
        self.of_request(handshake)
    }
}
