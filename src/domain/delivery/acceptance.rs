//! What a delivery is accepted for: the promise of a plan, frozen.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::domain::{BexioContactId, ContentHash, CurrencyCode, PsohubInvoiceId};

/// What a delivery is accepted for: the frozen invoice and what its plan promises.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acceptance {
    /// The PSOhub invoice. One delivery each, for ever.
    pub invoice_id: PsohubInvoiceId,
    /// [`crate::domain::Invoice::content_hash`] of the frozen snapshot.
    pub snapshot: ContentHash,
    /// What the plan promises of the draft.
    pub draft: DraftPromise,
    /// What is known of the contact.
    pub contact: ContactNeed,
    /// Whether Bexio is to mail it.
    pub mail: bool,
    /// What becomes PSOhub's external id.
    pub external_id: ExternalIdKind,
}

/// What the draft in Bexio is checked against before it is issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftPromise {
    /// Fingerprint of all that goes into the draft but the contact.
    pub hash: ContentHash,
    /// The API reference, `psohub:<InvoiceID>`.
    pub api_reference: Box<str>,
    /// Its currency.
    pub currency: CurrencyCode,
    /// Positions with an amount.
    pub positions: usize,
    /// PSOhub's total without VAT.
    pub total_net: Decimal,
    /// PSOhub's total.
    pub total: Decimal,
    /// What rounding may explain.
    pub tolerance: Decimal,
}

impl DraftPromise {
    /// Whether the customer is billed the same sums by both.
    pub(super) fn bills_like(&self, other: &Self) -> bool {
        let sums = |promise: &Self| (promise.currency, promise.total_net, promise.total);
        sums(self) == sums(other)
    }
}

/// What is known of the Bexio contact when a delivery is accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContactNeed {
    /// By our mapping or by search.
    Known {
        /// The customer.
        company: BexioContactId,
        /// The person there, where one is used.
        person: Option<BexioContactId>,
    },
    /// To be searched again, and created if there is none.
    Create {
        /// Whether PSOhub names a person.
        person: bool,
    },
    /// Several fit: a person chooses.
    Choose(Vec<BexioContactId>),
}

/// What is written into PSOhub's external id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ExternalIdKind {
    /// Bexio's invoice number, such as RE-00512.
    DocumentNumber,
    /// Bexio's id.
    Id,
}
