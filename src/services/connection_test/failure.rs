//! The clients' errors in the terms of a diagnosis.

use crate::bexio::{self, BexioError};
use crate::domain::connection_test::Failure;
use crate::psohub::{self, PsohubError};
use crate::transport::{BodyFault, Doubt, NotSent, TokenError, TransportError};

/// A failed read of Bexio.
pub(super) fn of_bexio(error: BexioError) -> Failure {
    match error {
        BexioError::Refused { status, message, fields, .. } => {
            refused(status, message.as_deref(), &fields, None)
        }
        BexioError::Call(error) => of_transport(error, bexio::message_in),
        other => Failure::NotUnderstood(other.to_string()),
    }
}

/// A failed read of PSOhub.
pub(super) fn of_psohub(error: PsohubError) -> Failure {
    match error {
        PsohubError::Call(error) => of_transport(error, psohub::message_in),
        PsohubError::NotAList { found } => Failure::NotJson(found),
        PsohubError::ListCut { why, .. } => Failure::ListCut(why),
        other => Failure::NotUnderstood(other.to_string()),
    }
}

/// A failed write to Bexio.
pub(super) fn of_write(error: bexio::WriteError) -> Failure {
    match error {
        bexio::WriteError::NotSent(error) => of_transport(error, bexio::message_in),
        bexio::WriteError::Refused { status, message, fields, retry_after } => {
            refused(status, message.as_deref(), &fields, retry_after)
        }
        bexio::WriteError::OutcomeUnknown { why } => Failure::OutcomeUnknown(why),
    }
}

fn refused(
    status: u16,
    message: Option<&str>,
    fields: &[bexio::FieldError],
    wait: Option<std::time::Duration>,
) -> Failure {
    let said = bexio::words(message, fields);
    let said = said.trim_start_matches(':').trim();
    Failure::Status { status, said: (!said.is_empty()).then(|| said.to_owned()), wait }
}

fn of_transport(error: TransportError, words_in: impl FnOnce(&str) -> Option<String>) -> Failure {
    match error {
        TransportError::NotSent { reason, .. } => not_sent(reason),
        TransportError::OutcomeUnknown { reason, .. } => match reason {
            Doubt::TimedOut { .. } => Failure::TimedOut,
            Doubt::ConnectionLost(how) | Doubt::BodyCut(how) => Failure::ConnectionLost(how),
        },
        TransportError::Status { status, body, wait, .. } => {
            Failure::Status { status, said: words_in(body.as_str()), wait }
        }
        TransportError::Body { fault, .. } => match fault {
            BodyFault::NotJson { found } => Failure::NotJson(found),
            other => Failure::NotUnderstood(other.to_string()),
        },
    }
}

fn not_sent(reason: NotSent) -> Failure {
    match reason {
        NotSent::Unreachable(how) => Failure::NotConnected(how),
        NotSent::NoToken(TokenError::Missing) => Failure::NoToken(None),
        NotSent::NoToken(TokenError::NotConnected { connect_at }) => {
            Failure::NoToken(Some(connect_at.into()))
        }
        NotSent::NoToken(TokenError::ReconnectNeeded { connect_at, .. }) => {
            Failure::ReconnectNeeded(connect_at.into())
        }
        NotSent::NoToken(TokenError::Unavailable(why)) => Failure::TokenNotRenewed(why),
        NotSent::BadToken => Failure::BadToken,
        // A test is made all the same: it never meets this.
        NotSent::HeldBack { last, .. } => Failure::NotConnected(last.into()),
        NotSent::RateLimited { wait } => Failure::OwnRateLimit(wait),
        NotSent::Deadline => Failure::TimedOut,
        NotSent::Invalid(why) => Failure::NotMade(why),
    }
}
