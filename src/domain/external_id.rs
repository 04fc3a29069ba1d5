//! What is known of an invoice's external id in PSOhub.

/// What is known of PSOhub's external id. Its list does not show the value; the filter
/// `noexternalid=true` tells which invoices have none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExternalId {
    /// Not looked up since the invoice appeared.
    Unknown,
    /// PSOhub lists it as having none.
    Absent,
    /// It has one; the value where PSOhub shows it or we wrote it.
    Present(Option<Box<str>>),
}
