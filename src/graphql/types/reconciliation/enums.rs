//! The words of a comparison.

use async_graphql::Enum;

use crate::domain::reconciliation;
use crate::graphql::output::leaf;

/// How PSOhub and Bexio stand to one another on an invoice, from what needs nothing to what needs a
/// person most.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "reconciliation::Verdict")]
pub(in crate::graphql) enum ReconciliationVerdict {
    /// Both say the same.
    Matched,
    /// They differ by what is as it should be: rounding, a credit voucher, a send under way.
    Explained,
    /// Nothing is to be compared: a draft in PSOhub, or withdrawn on the only side that has it.
    NotApplicable,
    /// Approved in PSOhub and not sent, and its due date has not passed: still in good time.
    NotSentYet,
    /// It cannot be said: a side could not be read, or shows a status that is not known.
    Unknown,
    /// Something differs that nothing explains.
    Mismatch,
    /// Bexio calls it paid, PSOhub does not.
    PaidOnlyInBexio,
    /// PSOhub calls it paid, Bexio does not.
    PaidOnlyInPsohub,
    /// Bexio cancelled it, PSOhub did not withdraw it.
    CancelledInBexio,
    /// PSOhub has it, Bexio should have it and does not.
    MissingInBexio,
    /// Bexio has an invoice that was made for a PSOhub invoice, and PSOhub has none of that id.
    MissingInPsohub,
    /// Bexio has it more than once.
    DuplicateInBexio,
}

/// What is compared.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "reconciliation::Field")]
pub(in crate::graphql) enum ReconciliationField {
    /// Whether it is there at all, and once.
    Presence,
    /// The status.
    Status,
    /// The currency.
    Currency,
    /// The total with VAT.
    Total,
    /// The sum of the lines without VAT.
    LinesSum,
    /// The VAT.
    Vat,
    /// The customer.
    Customer,
    /// The due date.
    DueDate,
    /// The external id in PSOhub, which names the Bexio document.
    ExternalId,
}

/// How much a difference matters.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "ReconciliationSeverity", remote = "reconciliation::Severity")]
pub(in crate::graphql) enum Severity {
    /// It is as it should be, or comes right by itself.
    Info,
    /// A person should look at it.
    Warning,
    /// Money or the books are wrong until a person mends it.
    Error,
}

/// A mutation that mends what a comparison found.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "ReconciliationMutation", remote = "reconciliation::Mutation")]
pub(in crate::graphql) enum Mutation {
    /// `sendInvoice`: creates it in Bexio.
    SendInvoice,
    /// `resolveDelivery`: takes a person's decision on its sending.
    ResolveDelivery,
    /// `linkInvoice`: ties it to a Bexio invoice that exists.
    LinkInvoice,
    /// `unlinkInvoice`: undoes a link that a person made.
    UnlinkInvoice,
    /// `markInvoicePaid`: sets it to Paid in PSOhub.
    MarkInvoicePaid,
    /// `setInvoiceExternalId`: writes the Bexio number to PSOhub.
    SetInvoiceExternalId,
}

leaf!(ReconciliationVerdict, ReconciliationField, Severity, Mutation);
