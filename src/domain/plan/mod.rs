//! What would be sent to Bexio for one PSOhub invoice. Pure, total, and the only opinion on it: the
//! preview shows this plan, and a delivery executes it without a choice of its own.
//!
//! A plan is always made, also for an invoice that cannot be sent: what is missing is `None` and stands
//! in [`Plan::problems`] with how to mend it.

mod account;
mod contact;
mod eligibility;
mod email;
mod header;
mod input;
mod line;
mod problem;
mod refusal;
mod tax;
mod text;
mod totals;
mod vat;

use serde::{Deserialize, Serialize};

pub use account::PlannedAccount;
pub use contact::{
    ContactFields, ContactResolution, FoundBy, KnownContact, PersonFields, contact_match, is_named_like,
    match_contact, match_person,
};
pub use eligibility::obstacles;
pub use email::{
    DOCUMENT_NUMBER, Email, MESSAGE_CHARS_MAX, PLACEHOLDERS, PORTAL_LINK, SUBJECT_CHARS_MAX, is_address,
    unknown_placeholders,
};
pub use header::{Choice, Header, TITLE_CHARS_MAX};
pub use input::{CatalogSnapshot, DetailLines, PlanInput, SendOptions, SendSettings, Standing};
pub use line::{PRICE_DIGITS, Position};
pub use problem::{Field, Place, Problem, ProblemCode, Severity};
pub use refusal::{RefusedPart, explain};
pub use tax::{PlannedTax, TaxBasis, percent_in};
pub use text::html;
pub use totals::{RateTotal, Totals};
pub use vat::VatMode;

use super::delivery::{Acceptance, DraftPromise, ExternalIdKind};
use super::{ContentHash, ContentHasher, PsohubInvoiceId};

/// What would be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The PSOhub invoice.
    pub invoice_id: PsohubInvoiceId,
    /// Its number.
    pub invoice_number: Box<str>,
    /// The frozen invoice's [`crate::domain::Invoice::content_hash`].
    pub snapshot: ContentHash,
    /// The Bexio contact.
    pub contact: ContactResolution,
    /// The head.
    pub header: Header,
    /// The positions, in order.
    pub positions: Vec<Position>,
    /// The totals on both sides.
    pub totals: Totals,
    /// The e-mail, where one is wanted.
    pub email: Option<Email>,
    /// What is written back to PSOhub.
    pub external_id: ExternalIdKind,
    /// What stands against it, the heaviest first.
    pub problems: Vec<Problem>,
}

/// The plan for an invoice. The same input gives the same plan.
pub fn plan(input: &PlanInput<'_>) -> Plan {
    let mut problems = problem::Problems::default();
    eligibility::eligibility(input, &mut problems);
    let header = header::header(input, &mut problems);
    let positions = line::positions(input, header.date, &mut problems);
    let totals = totals::totals(input, &positions, &mut problems);
    let email = email::email(input, &header, &totals, &mut problems);
    Plan {
        invoice_id: input.invoice.id,
        invoice_number: input.invoice.number.clone(),
        snapshot: input.invoice.content_hash(),
        contact: input.contact.clone(),
        header,
        positions,
        totals,
        email,
        external_id: input.settings.external_id,
        problems: problems.into_sorted(),
    }
}

impl Plan {
    /// What forbids to send it.
    pub fn refusals(&self) -> impl Iterator<Item = &Problem> {
        self.problems.iter().filter(|problem| problem.severity == Severity::Refusal)
    }

    /// Whether it may be sent.
    pub fn is_sendable(&self) -> bool {
        self.refusals().next().is_none()
    }

    /// What a delivery is accepted for; `None` unless it may be sent.
    pub fn acceptance(&self) -> Option<Acceptance> {
        let contact = self.contact.need().filter(|_| self.is_sendable())?;
        Some(Acceptance {
            invoice_id: self.invoice_id,
            snapshot: self.snapshot,
            draft: DraftPromise {
                hash: self.draft_hash(),
                api_reference: self.header.api_reference.clone(),
                currency: self.header.currency,
                positions: self.positions.len(),
                total_net: self.totals.psohub_net,
                total: self.totals.psohub,
                tolerance: self.totals.tolerance,
            },
            contact,
            mail: self.email.is_some(),
            external_id: self.external_id,
        })
    }

    /// The fingerprint of all that goes into the draft but the contact, which a delivery finds or
    /// creates. Two plans with one fingerprint make the same draft.
    pub fn draft_hash(&self) -> ContentHash {
        let mut hasher = ContentHasher::new("draft/1");
        self.hash_draft(&mut hasher);
        hasher.finish()
    }

    /// The fingerprint of the whole plan but its problems: what a person saw in the preview.
    pub fn content_hash(&self) -> ContentHash {
        let mut hasher = ContentHasher::new("plan/1");
        self.hash_draft(&mut hasher);
        self.hash_contact(&mut hasher);
        let email = self.email.as_ref();
        hasher
            .text("email.recipient", email.map(|email| &*email.recipient))
            .text("email.subject", email.map(|email| &*email.subject))
            .text("email.message", email.map(|email| &*email.message))
            .number("email.attach_pdf", email.map(|email| i64::from(email.attach_pdf)))
            .number("external_id", Some(i64::from(self.external_id == ExternalIdKind::Id)));
        hasher.finish()
    }

    fn hash_draft(&self, hasher: &mut ContentHasher) {
        let header = &self.header;
        let id = |choice: &Option<Choice>| choice.as_ref().map(|choice| choice.id);
        hasher
            .text("title", Some(&header.title))
            .text("document_number", header.document_number.as_deref())
            .date("date", Some(header.date))
            .date("due_date", header.due_date)
            .number("currency", header.currency_id)
            .number("language", id(&header.language))
            .number("bank_account", id(&header.bank_account))
            .number("payment_type", id(&header.payment_type))
            .number("user", header.user_id)
            .text("api_reference", Some(&header.api_reference))
            .list("positions", self.positions.len());
        // What was planned before there were modes keeps its fingerprint.
        if header.vat_mode != VatMode::Added {
            hasher.text("vat_mode", Some(header.vat_mode.word()));
        }
        for position in &self.positions {
            hasher
                .text("text", Some(&position.text))
                .decimal("unit_price", position.unit_price)
                .number("account", position.account.as_ref().map(|account| account.id))
                .number("tax", position.tax.as_ref().map(|tax| tax.id))
                .number("unit", position.unit_id);
        }
    }

    fn hash_contact(&self, hasher: &mut ContentHasher) {
        match &self.contact {
            ContactResolution::Mapped(contact) | ContactResolution::Found { contact, .. } => {
                hasher
                    .number("contact", Some(contact.id.get()))
                    .number("person", contact.person.map(super::BexioContactId::get));
            }
            ContactResolution::WouldCreate(fields) => {
                let person = fields.person.as_ref();
                hasher
                    .text("contact.name", Some(&fields.name))
                    .text("contact.email", fields.email.as_deref())
                    .text("person.last_name", person.map(|person| &*person.last_name))
                    .text("person.first_name", person.and_then(|person| person.first_name.as_deref()))
                    .text("person.email", person.and_then(|person| person.email.as_deref()));
            }
            ContactResolution::Ambiguous(candidates) => {
                hasher.list("contact.candidates", candidates.len());
                for candidate in candidates {
                    hasher.number("candidate", Some(candidate.id.get()));
                }
            }
            ContactResolution::NoCustomer => {
                hasher.text("contact", None);
            }
        }
    }
}

#[cfg(test)]
mod tests;
