//! What a delivery does next: one call to an upstream, a wait, or nothing.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::BexioInvoiceId;

/// The parts of a Bexio contact, in the order they are needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ContactPart {
    /// The customer.
    Company,
    /// The person at the customer whom PSOhub names.
    Person,
    /// That the person belongs to the company.
    Relation,
}

/// One call to an upstream. Searches and reads change nothing and need no announcement; every other
/// call is announced: stored and on disk before its first byte leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Call {
    /// Search Bexio for the contact part. Answer: [`super::Answer::Contact`].
    FindContact(ContactPart),
    /// Create the contact part. Answer: [`super::Answer::ContactCreated`]; a relation: `Done`.
    CreateContact(ContactPart),
    /// Every Bexio invoice whose `api_reference` is ours. Answer: [`super::Answer::Invoices`].
    FindOwn,
    /// Bexio invoices that carry the PSOhub number elsewhere: another connector may have sent it.
    /// Answer: [`super::Answer::Invoices`].
    FindLookalikes,
    /// Create the planned draft. Answer: [`super::Answer::DraftCreated`].
    CreateDraft,
    /// Read one Bexio invoice. Answer: [`super::Answer::Reading`] or `Gone`.
    Read(BexioInvoiceId),
    /// Issue the pinned draft. Answer: `Done`.
    Issue(BexioInvoiceId),
    /// Let Bexio mail the pinned invoice. Answer: `Done`.
    SendMail(BexioInvoiceId),
    /// Write the invoice's number or id back to PSOhub. Answer: `Done`.
    WriteExternalId,
    /// Delete a draft of ours that is not to stay. Answer: `Done` or `Gone`.
    DeleteDraft(BexioInvoiceId),
}

impl Call {
    /// Whether it changes something at an upstream, so that it must be announced first.
    pub const fn writes(self) -> bool {
        !matches!(self, Self::FindContact(_) | Self::FindOwn | Self::FindLookalikes | Self::Read(_))
    }

    /// What it does, in words that finish "… failed".
    pub const fn words(self) -> &'static str {
        match self {
            Self::FindContact(ContactPart::Company) => "searching the customer in Bexio",
            Self::FindContact(ContactPart::Person) => "searching the contact person in Bexio",
            Self::FindContact(ContactPart::Relation) => "looking whether the person belongs to the customer",
            Self::CreateContact(ContactPart::Company) => "creating the customer in Bexio",
            Self::CreateContact(ContactPart::Person) => "creating the contact person in Bexio",
            Self::CreateContact(ContactPart::Relation) => "tying the contact person to the customer",
            Self::FindOwn => "searching Bexio for this invoice's reference",
            Self::FindLookalikes => "searching Bexio for this invoice's number",
            Self::CreateDraft => "creating the draft in Bexio",
            Self::Read(_) => "reading the invoice in Bexio",
            Self::Issue(_) => "issuing the invoice in Bexio",
            Self::SendMail(_) => "mailing the invoice from Bexio",
            Self::WriteExternalId => "writing the external id to PSOhub",
            Self::DeleteDraft(_) => "deleting a left-over draft in Bexio",
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

/// What to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Make this call; announce it first if it [writes](Call::writes).
    Call(Call),
    /// A call was announced, its time is over and no result came: record [`super::Event::Lost`].
    Conclude,
    /// Nothing before this instant.
    Wait {
        /// When to ask again.
        until: Timestamp,
    },
    /// Nothing until a person decides or sends again.
    Rest,
}
