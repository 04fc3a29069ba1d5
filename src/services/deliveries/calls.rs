//! Makes one call of a delivery and reads its answer. Decides nothing: what an answer means is
//! `domain::delivery`'s.

use std::sync::Arc;
use std::time::Duration;

use super::answers::{from_psohub, from_reading, from_write, hits};
use super::contacts::{ContactError, Contacts, Resolved, fields_of};
use super::lookalike;
use crate::bexio::{BexioClient, WriteError};
use crate::book::BookReader;
use crate::domain::delivery::{Answer, Call, ContactMatch, ContactPart, Delivery, Hit, Reading};
use crate::domain::plan::{ContactResolution, FoundBy, contact_match};
use crate::domain::{AccountingInvoice, BexioInvoiceId, Currencies};
use crate::psohub::PsohubClient;
use crate::services::Catalog;
use crate::store::StoredDelivery;

/// What came back from a call.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) answer: Answer,
    /// Bexio's invoice as the answer shows it.
    pub(super) bexio: Option<AccountingInvoice>,
    /// A contact that was found by its exact name and e-mail address: it is remembered.
    pub(super) sure_contact: bool,
}

impl From<Answer> for Made {
    fn from(answer: Answer) -> Self {
        Self { answer, bexio: None, sure_contact: false }
    }
}

/// Makes the calls of deliveries.
#[derive(Clone)]
pub(super) struct Calls {
    pub(super) bexio: BexioClient,
    pub(super) psohub: PsohubClient,
    pub(super) catalog: Catalog,
    pub(super) contacts: Contacts,
    pub(super) reader: BookReader,
    /// A writing call is given up after this long: its worker must have let go of it before anybody
    /// concludes that it was lost.
    pub(super) write_max: Duration,
}

/// A call of Bexio's about the pinned invoice or the contact needs what the record must have by then.
const NOTHING_TO_NAME: Answer = Answer::NotSent { wait: None };

impl Calls {
    /// Makes `call` for `stored`.
    pub(super) async fn make(&self, call: Call, stored: &StoredDelivery) -> Made {
        if !call.writes() {
            return self.read(call, stored).await;
        }
        // Dropping a call closes its connection: not a byte of it leaves after this.
        match tokio::time::timeout(self.write_max, self.write(call, stored)).await {
            Ok(made) => made,
            Err(_) => Answer::Unknown.into(),
        }
    }

    async fn read(&self, call: Call, stored: &StoredDelivery) -> Made {
        match call {
            Call::FindContact(ContactPart::Company) => self.find_company(stored).await,
            Call::FindContact(part) => self.find_part(part, stored).await.into(),
            Call::FindOwn => self.find_own(&stored.delivery).await.into(),
            Call::FindLookalikes => self.find_lookalikes(stored).await.into(),
            Call::Read(id) => self.read_invoice(id).await,
            _ => NOTHING_TO_NAME.into(),
        }
    }

    async fn write(&self, call: Call, stored: &StoredDelivery) -> Made {
        match call {
            Call::CreateContact(part) => self.create_contact(part, stored).await.into(),
            Call::CreateDraft => self.create_draft(stored).await,
            Call::Issue(id) => done(self.bexio.issue_invoice(id).await, stored).into(),
            Call::SendMail(id) => self.send_mail(id, stored).await.into(),
            Call::WriteExternalId => self.write_back(&stored.delivery).await.into(),
            Call::DeleteDraft(id) => match done(self.bexio.delete_invoice(id).await, stored) {
                Answer::Refused { refusal, .. } if refusal.status == 404 => Answer::Gone.into(),
                other => other.into(),
            },
            _ => NOTHING_TO_NAME.into(),
        }
    }

    async fn find_company(&self, stored: &StoredDelivery) -> Made {
        match self.contacts.resolve(&stored.invoice).await {
            Ok(Resolved { contact, .. }) => Made {
                sure_contact: matches!(contact, ContactResolution::Found { by: FoundBy::NameAndEmail, .. }),
                ..Answer::Contact(contact_match(&contact)).into()
            },
            Err(error) => contact_failed(error).into(),
        }
    }

    async fn find_part(&self, part: ContactPart, stored: &StoredDelivery) -> Answer {
        let contact = stored.delivery.contact();
        let found = match (part, contact.company, contact.person) {
            (ContactPart::Person, ..) => {
                let Some(person) = fields_of(&stored.invoice).and_then(|fields| fields.person) else {
                    return NOTHING_TO_NAME;
                };
                self.contacts.find_person(&person).await
            }
            (_, Some(company), Some(person)) => {
                let related = self.bexio.is_related(company, person).await;
                let found = |related| if related { ContactMatch::One(person) } else { ContactMatch::None };
                related.map(found).map_err(ContactError::from)
            }
            _ => return NOTHING_TO_NAME,
        };
        found.map_or_else(contact_failed, Answer::Contact)
    }

    async fn find_own(&self, delivery: &Delivery) -> Answer {
        let reference = &delivery.accepted().draft.api_reference;
        let currencies = match self.currencies().await {
            Ok(currencies) => currencies,
            Err(answer) => return answer,
        };
        hits(self.bexio.search_api_reference(reference, &currencies).await, |_| true)
    }

    /// Bexio invoices that carry PSOhub's number: the book's, and what Bexio finds by title now.
    async fn find_lookalikes(&self, stored: &StoredDelivery) -> Answer {
        let number = stored.invoice.number.trim();
        if number.is_empty() {
            return Answer::Invoices(Vec::new());
        }
        let currencies = match self.currencies().await {
            Ok(currencies) => currencies,
            Err(answer) => return answer,
        };
        let mut found = lookalike::in_book(&self.reader.peek().book, number);
        let is_one = |invoice: &AccountingInvoice| lookalike::is_one(invoice, number);
        match hits(self.bexio.search_title(number, &currencies).await, is_one) {
            Answer::Invoices(now) => {
                // What Bexio says now is newer than the book.
                found.retain(|hit| now.iter().all(|newer| newer.id != hit.id));
                found.extend(now);
                Answer::Invoices(found)
            }
            other => other,
        }
    }

    async fn read_invoice(&self, id: BexioInvoiceId) -> Made {
        let currencies = match self.currencies().await {
            Ok(currencies) => currencies,
            Err(answer) => return answer.into(),
        };
        match self.bexio.invoice(id, &currencies).await {
            Ok(Some(detail)) => Made {
                bexio: Some(detail.invoice.clone()),
                ..Answer::Reading(Box::new(Reading::from(&detail))).into()
            },
            Ok(None) => Answer::Gone.into(),
            Err(error) => from_reading(error).into(),
        }
    }

    async fn create_contact(&self, part: ContactPart, stored: &StoredDelivery) -> Answer {
        let contact = stored.delivery.contact();
        let fields = fields_of(&stored.invoice);
        let user = stored.plan.header.user_id;
        let created = match (part, fields, user) {
            (ContactPart::Company, Some(fields), Some(user)) => {
                self.bexio.create_company(&fields, user).await
            }
            (ContactPart::Person, Some(fields), Some(user)) => match fields.person {
                Some(person) => self.bexio.create_person(&person, user).await,
                None => return NOTHING_TO_NAME,
            },
            (ContactPart::Relation, ..) => {
                let Some((company, person)) = contact.company.zip(contact.person) else {
                    return NOTHING_TO_NAME;
                };
                return done(self.bexio.relate(company, person).await, stored);
            }
            _ => return NOTHING_TO_NAME,
        };
        created.map_or_else(|error| from_write(error, &stored.plan), Answer::ContactCreated)
    }

    async fn create_draft(&self, stored: &StoredDelivery) -> Made {
        let contact = stored.delivery.contact();
        let Some(company) = contact.company else { return NOTHING_TO_NAME.into() };
        match self.bexio.create_invoice(company, contact.person, &stored.plan).await {
            Ok(invoice) => {
                let answer = Answer::DraftCreated(Hit::from(&invoice));
                Made { bexio: Some(invoice), ..answer.into() }
            }
            Err(error) => from_write(error, &stored.plan).into(),
        }
    }

    async fn send_mail(&self, id: BexioInvoiceId, stored: &StoredDelivery) -> Answer {
        let (Some(email), Some(pin)) = (&stored.plan.email, stored.delivery.pin()) else {
            return NOTHING_TO_NAME;
        };
        done(self.bexio.mail_invoice(id, &email.for_document(&pin.document_number)).await, stored)
    }

    async fn write_back(&self, delivery: &Delivery) -> Answer {
        let Some(value) = delivery.external_id() else { return NOTHING_TO_NAME };
        match self.psohub.set_external_id(delivery.invoice_id(), &value).await {
            Ok(()) => Answer::Done,
            Err(error) => from_psohub(error),
        }
    }

    /// What amounts mean; from the catalog, where they are all but always.
    async fn currencies(&self) -> Result<Arc<Currencies>, Answer> {
        self.catalog.currencies().await.map_err(|error| {
            tracing::warn!(%error, "Bexio's currencies could not be read");
            NOTHING_TO_NAME
        })
    }
}

fn done(written: Result<(), WriteError>, stored: &StoredDelivery) -> Answer {
    written.map_or_else(|error| from_write(error, &stored.plan), |()| Answer::Done)
}

fn contact_failed(error: ContactError) -> Answer {
    match error {
        ContactError::Bexio(error) => from_reading(error),
        ContactError::Unreadable { .. } | ContactError::Store(_) => {
            tracing::warn!(%error, "a contact could not be looked for");
            Answer::Unknown
        }
    }
}
