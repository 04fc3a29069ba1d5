//! Why a WebSocket is closed: the codes of RFC 6455, section 7.4.1, and of graphql-transport-ws.

use std::borrow::Cow;

/// Longest reason that fits into the frame, in bytes (RFC 6455, section 5.5).
const REASON_BYTES_MAX: usize = 123;

/// A close code with its reason in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Close {
    pub(super) code: u16,
    pub(super) reason: Cow<'static, str>,
}

impl Close {
    /// The service stops.
    pub(super) const GOING_AWAY: Self = Self::fixed(1001, "Going away");
    /// No operation ran for too long. Clients of the reference library connect again when they have one.
    pub(super) const IDLE: Self = Self::fixed(1001, "No operation runs: connect again when there is one");
    /// A frame that breaks the WebSocket protocol.
    pub(super) const PROTOCOL_ERROR: Self = Self::fixed(1002, "WebSocket protocol error");
    /// A text that is no UTF-8.
    pub(super) const NOT_UTF8: Self = Self::fixed(1007, "Text is not UTF-8");
    /// A message over the limit.
    pub(super) const TOO_BIG: Self = Self::fixed(1009, "Message too big");
    /// Events were lost because they were not read in time. Clients of the reference library connect again.
    pub(super) const TOO_SLOW: Self = Self::fixed(4008, "Events were lost: read faster");
    /// A binary frame, where every message is text.
    pub(super) const BINARY: Self = Self::fixed(4400, "Binary messages are not taken");
    /// An operation before `connection_ack`.
    pub(super) const UNAUTHORIZED: Self = Self::fixed(4401, "Unauthorized");
    /// A `connection_init` without a good key or token, or the key or token has ended.
    pub(super) const FORBIDDEN: Self = Self::fixed(4403, "Forbidden");
    /// Who it is cannot be told now. Clients of the reference library connect again.
    pub(super) const TRY_AGAIN: Self = Self::fixed(1013, "Try again later");
    /// No sub-protocol that is spoken.
    pub(super) const SUBPROTOCOL: Self = Self::fixed(4406, "Subprotocol not acceptable");
    /// The sub-protocol of subscriptions-transport-ws, which was given up.
    pub(super) const OLD_SUBPROTOCOL: Self = Self::fixed(
        4406,
        "Subprotocol not acceptable: 'graphql-ws' is the old one, use 'graphql-transport-ws'",
    );
    /// No `connection_init` in time.
    pub(super) const INIT_TIMEOUT: Self = Self::fixed(4408, "Connection initialisation timeout");
    /// A second `connection_init`.
    pub(super) const SECOND_INIT: Self = Self::fixed(4429, "Too many initialisation requests");

    const fn fixed(code: u16, reason: &'static str) -> Self {
        Self { code, reason: Cow::Borrowed(reason) }
    }

    /// A message that the protocol does not know.
    pub(super) fn bad_message(reason: &str) -> Self {
        Self { code: 4400, reason: cut(reason).to_owned().into() }
    }

    /// A second operation of an id that is in use.
    pub(super) fn duplicate(id: &str) -> Self {
        let reason = format!("Subscriber for {id} already exists");
        Self { code: 4409, reason: cut(&reason).to_owned().into() }
    }
}

fn cut(reason: &str) -> &str {
    &reason[..reason.floor_char_boundary(REASON_BYTES_MAX)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_fits_into_its_frame_whatever_the_client_sent() {
        assert_eq!(Close::duplicate("7").reason, "Subscriber for 7 already exists");
        let long = Close::duplicate(&"ü".repeat(1000)).reason;
        assert!((120..=REASON_BYTES_MAX).contains(&long.len()), "{}", long.len());
        assert!(Close::OLD_SUBPROTOCOL.reason.len() <= REASON_BYTES_MAX);
    }
}
