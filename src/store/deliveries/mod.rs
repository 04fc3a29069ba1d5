//! Sends, durably. What is returned as stored is committed and on the disk (SQLite: WAL with
//! `synchronous=FULL`), so the request that it announces may leave.
//!
//! - [`Store::claim_delivery`](super::Store::claim_delivery) lets one of many callers win an invoice.
//! - [`Store::update_delivery`](super::Store::update_delivery) is the only way a record changes: a
//!   compare-and-set on its version, with the history entry and everything else the step learned
//!   (contact, link) in the same transaction.
//! - After an *error* of a writing function the change may still have been stored: the answer to a
//!   commit can be lost. Load the record and look at its version; never assume that nothing happened.
//!
//! ## Records outlive the program
//! Bodies are JSON (that of a plan, a frozen invoice and a batch's options encrypted where there is a
//! key: they hold e-mails), written by `domain`'s types. `tests/it/golden` holds one of every state; a version
//! that cannot read them must not be released. A record that cannot be read all the same (a newer
//! version was here, or a hand) costs itself alone: lists serve the others and name it in
//! [`DeliveryRows::unreadable`], and what asks for it alone gets
//! [`StoreError::Unreadable`](super::StoreError::Unreadable). Its invoice stays taken: a record that
//! cannot be read is still a reason not to send the invoice again.

mod batches;
mod claim;
mod contacts;
mod keys;
mod log;
mod plans;
mod records;
mod update;

pub use batches::{BatchClaim, NewBatch};
pub use claim::{Claim, NewDelivery};
pub use contacts::{ContactMapping, MappingOrigin, PersonMapping};
pub use keys::{IdempotencyKey, KEYS_KEPT, KeyScope, KeyUse};
pub use records::{DeliveryRow, DeliveryRows, StoredDelivery, UnreadableDelivery};
pub use update::{Saved, Update};

use super::columns::column;
use super::keyring::Place;
use super::{Keyring, StoreError};
use crate::domain::plan::Plan;

/// Where a delivery's plan and frozen invoice, and a batch's options, belong: they hold e-mails.
const PLAN: &str = "delivery_plans.plan";
const INVOICE: &str = "delivery_plans.invoice";
const OPTIONS: &str = "batches.options";
/// To whom an e-mail goes.
const RECIPIENT: &str = "deliveries.recipient";

/// To whom a plan's e-mail goes, as it is stored with the delivery `id`.
fn sealed_recipient(keys: &Keyring, id: i64, plan: &Plan) -> Result<Option<String>, StoreError> {
    let place = Place { column: RECIPIENT, row: &id.to_string() };
    plan.email.as_ref().map(|email| keys.seal_text(place, column(&email.recipient))).transpose()
}

/// A record's version, as the database writes it.
fn version_number(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}
