//! The enums of a preview, in words for finance people.

use async_graphql::Enum;

use crate::domain::plan;
use crate::graphql::output::leaf;

/// How the customer's contact in Bexio is known.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::graphql) enum ContactOrigin {
    /// It was used, or chosen, for this customer before.
    Remembered,
    /// The only contact with the same name and the same e-mail address.
    SameNameAndEmail,
    /// The only contact of that name; PSOhub or Bexio has no e-mail address for it.
    SameName,
    /// The only contact of that name; the e-mail addresses differ.
    SameNameOtherEmail,
    /// Bexio has none: it would be created.
    WouldBeCreated,
    /// Several fit: a person will have to choose.
    Ambiguous,
    /// PSOhub names no customer.
    NoCustomer,
}

/// How the tax of a line was found.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "plan::TaxBasis")]
pub(in crate::graphql) enum TaxOrigin {
    /// By the line's tax code.
    Code,
    /// By the rate in the name of the line's tax.
    StatedRate,
    /// By the rate between the line's amounts without and with VAT.
    AmountsRate,
    /// It is the configured one, or the one asked for.
    Configured,
    /// It is the one that Bexio proposes.
    BexioDefault,
}

/// How much a problem weighs.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "plan::Severity")]
pub(in crate::graphql) enum ProblemSeverity {
    /// Good to know; the invoice is sent.
    Warning,
    /// The invoice is taken on, and stops at a question for a person.
    Question,
    /// The invoice is not sent; nothing is written.
    Refusal,
}

/// Where a problem is.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::graphql) enum ProblemPlace {
    /// In the invoice in PSOhub.
    Invoice,
    /// In a line of the invoice in PSOhub.
    Line,
    /// In an option that was asked for.
    Option,
    /// In the gateway's settings, or in what Bexio has set up.
    Setting,
}

/// What a problem is about.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "plan::Field")]
pub(in crate::graphql) enum ProblemField {
    /// The status.
    Status,
    /// The external id.
    ExternalId,
    /// The invoice number.
    Number,
    /// The invoice date.
    Date,
    /// The due date.
    DueDate,
    /// The currency.
    Currency,
    /// The total with VAT.
    Total,
    /// The total without VAT.
    TotalNet,
    /// The customer.
    Customer,
    /// The lines as a whole.
    Lines,
    /// An amount.
    Amount,
    /// The revenue account.
    Account,
    /// The tax.
    Tax,
    /// The language.
    Language,
    /// The bank account.
    BankAccount,
    /// The way of payment.
    PaymentType,
    /// The unit of quantities.
    Unit,
    /// The Bexio user who creates the invoice.
    User,
    /// The address that the e-mail goes to.
    Recipient,
    /// The e-mail's subject.
    Subject,
    /// The e-mail's text.
    Message,
}

leaf!(ContactOrigin, TaxOrigin, ProblemSeverity, ProblemPlace, ProblemField);
