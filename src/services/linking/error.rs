//! Why nothing was linked or unlinked.

use crate::domain::link_check::LinkDifference;
use crate::domain::{BexioInvoiceId, PsohubInvoiceId};
use crate::store::StoreError;

/// Why nothing was linked or unlinked. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The book has no such PSOhub invoice.
    #[error("no invoice with the PSOhub id {0} is known")]
    UnknownInvoice(PsohubInvoiceId),
    /// The book has no such Bexio invoice.
    #[error("no Bexio invoice with the id {0} is known")]
    UnknownBexioInvoice(BexioInvoiceId),
    /// It is being sent, or was.
    #[error("invoice {number} is being sent or was: its delivery says which Bexio invoice is its own")]
    UnderDelivery {
        /// PSOhub's number.
        number: Box<str>,
    },
    /// It has a link to another Bexio invoice.
    #[error("invoice {number} is linked to Bexio invoice {bexio} already")]
    HasAnother {
        /// PSOhub's number.
        number: Box<str>,
        /// The other Bexio invoice: its number, else its id.
        bexio: Box<str>,
    },
    /// The Bexio invoice stands for another PSOhub invoice.
    #[error("Bexio invoice {bexio} stands for PSOhub invoice {other} already")]
    Taken {
        /// Its number.
        bexio: Box<str>,
        /// The other PSOhub invoice: its number, else its id.
        other: Box<str>,
    },
    /// The two do not agree, and that was not accepted.
    #[error("invoice {number} and Bexio invoice {bexio} do not agree")]
    Differs {
        /// PSOhub's number.
        number: Box<str>,
        /// Bexio's number.
        bexio: Box<str>,
        /// In what.
        differences: Vec<LinkDifference>,
    },
    /// Bexio cannot be asked for the customer's name until a person connects it.
    #[error("Bexio cannot be asked whom its invoice is for: {0}")]
    NotConnected(String),
    /// Bexio could not be asked for the customer's name.
    #[error("Bexio could not be asked whom its invoice is for: {why}")]
    Unavailable {
        /// What went wrong.
        why: String,
    },
    /// The link was not made by a person.
    #[error("the link of invoice {number} cannot be undone by hand: {because}")]
    NotByHand {
        /// PSOhub's number.
        number: Box<str>,
        /// Where it comes from.
        because: &'static str,
    },
    /// The database could not be read or written.
    #[error("the link could not be written down: {0}")]
    Store(#[from] StoreError),
}
