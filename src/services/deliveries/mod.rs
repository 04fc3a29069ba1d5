//! Sending invoices: each approved send ends as exactly one issued Bexio invoice, at most one e-mail
//! and one external id, whatever happens meanwhile. `domain::plan` says what is sent,
//! `domain::delivery` what comes next; here it is done.

mod request;

pub use request::{
    BatchError, IDEMPOTENCY_KEY_BYTES_MAX, ResolveRefused, ResolveRequest, SendError, SendManyRequest,
    SendRequest, Sent,
};
