//! Sending invoices: each approved send ends as exactly one issued Bexio invoice, at most one e-mail
//! and one external id, whatever happens meanwhile. `domain::plan` says what is sent,
//! `domain::delivery` what comes next; here it is done.
//!
//! | file | does |
//! |---|---|
//! | `service` | the door: previews, sends, decisions |
//! | `planning`, `contacts` | gathers what a plan is made from |
//! | `begin`, `keys` | takes an invoice on, once |
//! | `worker` | executes one delivery, step by step |
//! | `calls`, `answers`, `lookalike` | one call to an upstream, and what its result means |
//! | `record`, `log`, `mapping`, `told` | stores each step with its history and what it learned, and tells the book |
//! | `batches` | works through many invoices |
//! | `runner`, `queue`, `customers` | which deliveries run now, later, and never at once |
//! | `replicas`, `gate` | which process executes |
//! | `waiting` | waits on behalf of callers |
//! | `settings` | what the operator has set, asked for at each plan |
//! | `forgetting` | idempotency keys that are over |

mod answers;
mod batches;
mod begin;
mod calls;
mod contacts;
mod customers;
mod forgetting;
mod gate;
mod keys;
mod log;
mod lookalike;
mod mapping;
mod planning;
mod queue;
mod record;
mod replicas;
mod request;
mod runner;
mod service;
mod settings;
mod told;
mod waiting;
mod worker;

pub use keys::IDEMPOTENCY_KEY_BYTES_MAX;
pub(in crate::services) use keys::is_usable;
pub use request::{
    BatchError, ResolveRefused, ResolveRequest, SendError, SendManyRequest, SendRequest, Sent,
};
pub use service::{DeliveryParts, DeliveryService};
pub use settings::SettingsSource;
