//! Which Bexio contact is the customer: as remembered, else as Bexio's search finds it. Planning and the
//! delivery's own search ask the same question here.

use crate::bexio::{BexioClient, BexioError, Rows};
use crate::domain::catalog::BexioContact;
use crate::domain::delivery::ContactMatch;
use crate::domain::plan::{
    ContactFields, ContactResolution, KnownContact, PersonFields, match_contact, match_person,
};
use crate::domain::{BexioContactId, Invoice, InvoiceContact, PsohubCustomerId};
use crate::store::{Store, StoreError};

/// Why the contact could not be looked for.
#[derive(Debug, thiserror::Error)]
pub(super) enum ContactError {
    /// The search failed.
    #[error(transparent)]
    Bexio(#[from] BexioError),
    /// One of the contacts found could not be understood: it may be the customer.
    #[error("{lost} of the contacts that Bexio found could not be understood")]
    Unreadable {
        /// How many.
        lost: usize,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Looks for contacts.
#[derive(Debug, Clone)]
pub(super) struct Contacts {
    pub(super) bexio: BexioClient,
    pub(super) store: Store,
}

/// Whose contact it is, and what of our memory turned out to be wrong.
#[derive(Debug)]
pub(super) struct Resolved {
    pub(super) contact: ContactResolution,
    pub(super) outdated: Option<Outdated>,
}

/// A contact that was remembered for a customer and is gone from Bexio, or archived.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outdated {
    customer: PsohubCustomerId,
    company: BexioContactId,
}

/// What is remembered of a customer.
enum Remembered {
    Known(KnownContact),
    Outdated(Outdated),
    Nothing,
}

impl Contacts {
    /// The contact of an invoice's customer.
    pub(super) async fn resolve(&self, invoice: &Invoice) -> Result<Resolved, ContactError> {
        let outdated = match self.remembered(invoice).await? {
            Remembered::Known(known) => {
                return Ok(Resolved { contact: ContactResolution::Mapped(known), outdated: None });
            }
            Remembered::Outdated(outdated) => Some(outdated),
            Remembered::Nothing => None,
        };
        Ok(Resolved { contact: self.search(invoice).await?, outdated })
    }

    /// Forgets a contact, so that the one that takes its place is remembered, also where a person had
    /// chosen the former.
    pub(super) async fn forget(&self, outdated: Option<Outdated>) -> Result<(), StoreError> {
        let Some(Outdated { customer, company }) = outdated else { return Ok(()) };
        if self.store.forget_contact_mapping(customer, company).await? {
            tracing::info!(%customer, bexio.contact = %company, "a customer's contact is gone from Bexio and was forgotten");
        }
        Ok(())
    }

    /// As Bexio's search finds it.
    async fn search(&self, invoice: &Invoice) -> Result<ContactResolution, ContactError> {
        let (customer, contact) = (invoice.customer.as_ref(), invoice.contact.as_ref());
        let Some(fields) = fields_of(invoice) else { return Ok(ContactResolution::NoCustomer) };
        let mut candidates = understood(self.bexio.contacts_by_name(&fields.name).await?)?;
        let by_name = match_contact(customer, contact, &candidates);
        // A customer who is a person has a first name beside the name that is searched.
        let (ContactResolution::WouldCreate(_), Some(email)) = (&by_name, fields.email.as_deref()) else {
            return Ok(by_name);
        };
        candidates.extend(understood(self.bexio.contacts_by_email(email).await?)?);
        Ok(match_contact(customer, contact, &candidates))
    }

    /// The person that is to be created, where Bexio has it already.
    pub(super) async fn find_person(&self, person: &PersonFields) -> Result<ContactMatch, ContactError> {
        let rows = match person.email.as_deref() {
            Some(email) => self.bexio.contacts_by_email(email).await?,
            None => self.bexio.contacts_by_name(&person.last_name).await?,
        };
        Ok(match_person(person, &understood(rows)?))
    }

    /// As remembered, if Bexio still has it.
    async fn remembered(&self, invoice: &Invoice) -> Result<Remembered, ContactError> {
        let Some(customer) = invoice.customer.as_ref().and_then(|customer| customer.id) else {
            return Ok(Remembered::Nothing);
        };
        let Some(mapping) = self.store.contact_mapping(customer).await? else {
            return Ok(Remembered::Nothing);
        };
        let Some(found) = self.bexio.contact(mapping.company).await? else {
            return Ok(Remembered::Outdated(Outdated { customer, company: mapping.company }));
        };
        Ok(Remembered::Known(KnownContact {
            id: found.id,
            name: Some(found.name),
            person: self.remembered_person(invoice.contact.as_ref()).await?,
            language_id: found.language_id,
        }))
    }

    /// The person that PSOhub names, where we made or found one at the customer before.
    async fn remembered_person(
        &self,
        contact: Option<&InvoiceContact>,
    ) -> Result<Option<BexioContactId>, StoreError> {
        let Some(contact) = contact.and_then(|contact| contact.id) else { return Ok(None) };
        Ok(self.store.person_mapping(contact).await?.map(|mapping| mapping.person))
    }
}

/// What a customer's contact would be created with; `None` where PSOhub names no customer.
pub(super) fn fields_of(invoice: &Invoice) -> Option<ContactFields> {
    match match_contact(invoice.customer.as_ref(), invoice.contact.as_ref(), &[]) {
        ContactResolution::WouldCreate(fields) => Some(fields),
        _ => None,
    }
}

fn understood(rows: Rows<BexioContact>) -> Result<Vec<BexioContact>, ContactError> {
    match rows.problems.rows_lost {
        0 => Ok(rows.rows),
        lost => Err(ContactError::Unreadable { lost }),
    }
}
