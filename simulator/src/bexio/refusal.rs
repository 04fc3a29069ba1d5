//! Why Bexio's books refuse a change.

/// A refused change, named by what the caller did wrong. `Display` is the message on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such object.
    #[error("Page not found")]
    NotFound,
    /// The invoice's status does not allow it.
    #[error("The status of the document does not allow this action")]
    WrongStatus,
    /// Only an invoice without payments may go back.
    #[error("The document has payments")]
    HasPayments,
    /// The amount is zero, negative or beyond any sense.
    #[error("The amount is not valid")]
    BadAmount,
    /// Only the newest reminder may be deleted.
    #[error("Only the newest reminder can be deleted")]
    NotTheNewest,
}
