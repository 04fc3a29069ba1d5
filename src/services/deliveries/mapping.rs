//! Which contacts are remembered with a step: those that were created, and those that a search told
//! for sure. A choice is remembered where it is made.

use jiff::Timestamp;

use crate::domain::delivery::{Call, ContactPart, Delivery};
use crate::domain::plan::{ContactResolution, FoundBy};
use crate::domain::{BexioContactId, Invoice};
use crate::store::{ContactMapping, MappingOrigin, PersonMapping, StoredDelivery};

/// The customer's contact that the answer to `call` taught.
pub(super) fn learned_company(
    stored: &StoredDelivery,
    next: &Delivery,
    call: Call,
    is_sure: bool,
) -> Option<ContactMapping> {
    let company = next.contact().company?;
    let is_new = stored.delivery.contact().company.is_none();
    let origin = match call {
        Call::CreateContact(ContactPart::Company) if is_new => MappingOrigin::Created,
        Call::FindContact(ContactPart::Company) if is_new && is_sure => MappingOrigin::Found,
        // Bexio took it: what the plan's search found is good.
        Call::CreateDraft if is_pinned(stored, next) && found_for_sure(stored) == Some(company) => {
            MappingOrigin::Found
        }
        _ => return None,
    };
    of_customer(&stored.invoice, company, origin, next.changed_at())
}

/// The person's contact that the answer to `call` taught.
pub(super) fn learned_person(stored: &StoredDelivery, next: &Delivery, call: Call) -> Option<PersonMapping> {
    let person = next.contact().person.filter(|_| stored.delivery.contact().person.is_none())?;
    let origin = match call {
        Call::CreateContact(ContactPart::Person) => MappingOrigin::Created,
        Call::FindContact(ContactPart::Person) => MappingOrigin::Found,
        _ => return None,
    };
    let contact = stored.invoice.contact.as_ref()?.id?;
    Some(PersonMapping { contact, person, origin, at: next.changed_at() })
}

/// A mapping of the invoice's customer; `None` where PSOhub gives no id to remember it by.
pub(super) fn of_customer(
    invoice: &Invoice,
    company: BexioContactId,
    origin: MappingOrigin,
    at: Timestamp,
) -> Option<ContactMapping> {
    let customer = invoice.customer.as_ref()?.id?;
    Some(ContactMapping { customer, company, origin, at })
}

fn is_pinned(stored: &StoredDelivery, next: &Delivery) -> bool {
    stored.delivery.pin().is_none() && next.pin().is_some()
}

fn found_for_sure(stored: &StoredDelivery) -> Option<BexioContactId> {
    match &stored.plan.contact {
        ContactResolution::Found { contact, by: FoundBy::NameAndEmail } => Some(contact.id),
        _ => None,
    }
}
