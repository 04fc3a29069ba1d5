//! The payment sync: sets to Paid in PSOhub what Bexio calls paid.
//!
//! One run looks at the books once, takes from the book the invoices that may become Paid, reads the
//! payments of those that Bexio calls paid, asks [`crate::domain::payment::decide`], and marks through
//! [`super::marking`]. It marks by nothing but a look that this run made, goes on after a failure, and
//! tries nothing twice: the next run is the retry.
//!
//! | file | does |
//! |---|---|
//! | `service` | the door: begins runs, and tells of them |
//! | `request` | what is asked of it, and what is answered |
//! | `begin` | how a run begins and ends, one at a time across all processes |
//! | `tenure` | the right to run: a lease that is renewed, and that ends the run when it is lost |
//! | `look` | the look at the books, and how fresh they must be |
//! | `work` | one run from its look to its last invoice |
//! | `settle` | one invoice: payments, decision, call |
//! | `journal` | writes down what happened, and shows how far the run is |
//! | `pace` | leaves people half of the upstreams' rate limits |

mod begin;
mod journal;
mod look;
mod pace;
mod request;
mod service;
mod settle;
mod tenure;
mod work;

pub use request::{RunError, RunRequest, Started, SyncStatus};
pub use service::{PaymentSyncParts, PaymentSyncService};
