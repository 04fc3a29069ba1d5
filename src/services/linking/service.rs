//! The door: what stands against a link, and its record.

use std::sync::Arc;

use super::LinkError;
use crate::bexio::BexioClient;
use crate::book::{BookService, CombinedInvoice, InvoiceBook, LinkOrigin, Snapshot};
use crate::domain::delivery::State;
use crate::domain::link_check::{CustomerCheck, link_differences};
use crate::domain::plan::is_named_like;
use crate::domain::{
    AccountingInvoice, ActionCause, ActionChange, BexioInvoiceId, LinkedInvoice, NewAction, PsohubInvoiceId,
    SharedClock,
};
use crate::services::accounts::{Closed, require_bexio};
use crate::store::{BY_HAND, HandLinked, Store};

/// What linking works with.
#[derive(Clone)]
pub struct LinkingParts {
    /// The links.
    pub store: Store,
    /// The invoices, and where a link is shown.
    pub book: Arc<BookService>,
    /// Bexio, for the name of a contact.
    pub bexio: BexioClient,
    /// The time.
    pub clock: SharedClock,
}

/// A request to link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkInvoice {
    /// The PSOhub invoice.
    pub invoice: PsohubInvoiceId,
    /// The Bexio invoice.
    pub bexio: BexioInvoiceId,
    /// Whether they may differ.
    pub accept_differences: bool,
    /// Who asks.
    pub actor: Box<str>,
}

/// A request to unlink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnlinkInvoice {
    /// The PSOhub invoice.
    pub invoice: PsohubInvoiceId,
    /// Who asks.
    pub actor: Box<str>,
}

/// What linking or unlinking changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkChange {
    /// The Bexio invoice; `None` where there was no link to undo.
    pub linked: Option<LinkedInvoice>,
    /// Whether anything becomes different.
    pub is_change: bool,
}

/// Links invoices. Cloning shares it.
#[derive(Clone)]
pub struct LinkingService(Arc<LinkingParts>);

impl LinkingService {
    /// The service.
    pub fn new(parts: LinkingParts) -> Self {
        Self(Arc::new(parts))
    }

    /// What [`Self::link`] would change. Writes nothing.
    ///
    /// # Errors
    /// What stands against it.
    pub async fn preview_link(&self, request: &LinkInvoice) -> Result<LinkChange, LinkError> {
        let snapshot = self.0.book.reader().peek();
        let (row, bexio) = pair(&snapshot, request)?;
        let current = self.0.store.link_of(request.invoice).await?;
        if current.as_ref().is_some_and(|link| link.bexio_invoice_id == bexio.id) {
            return Ok(LinkChange { linked: Some(named(&bexio, Box::default())), is_change: false });
        }
        if let Some(link) = current {
            return Err(has_another(&row, &snapshot.book, link.bexio_invoice_id));
        }
        let customer = self.0.customer(&row, &bexio, &snapshot.book, request.accept_differences).await?;
        let differences = link_differences(&row.psohub, &bexio, customer, snapshot.book.tolerance());
        if !differences.is_empty() && !request.accept_differences {
            let (number, bexio) = (row.psohub.number.clone(), bexio.document_number.clone());
            return Err(LinkError::Differs { number, bexio, differences });
        }
        let accepted = differences.iter().map(|difference| difference.to_string().into()).collect();
        Ok(LinkChange { linked: Some(named(&bexio, accepted)), is_change: true })
    }

    /// Ties the two together. A link that is there already succeeds and changes nothing. When this returns,
    /// readers see it.
    ///
    /// # Errors
    /// [`LinkError`]: nothing was changed.
    pub async fn link(&self, request: LinkInvoice) -> Result<LinkChange, LinkError> {
        let change = self.preview_link(&request).await?;
        let LinkInvoice { invoice, bexio, actor, .. } = request;
        let Some(linked) = change.linked.clone().filter(|_| change.is_change) else { return Ok(change) };
        let action = self.0.action(invoice, actor, ActionChange::Link(linked));
        let snapshot = self.0.book.reader().peek();
        match self.0.store.link_by_hand(action, bexio).await? {
            HandLinked::Stored => {}
            HandLinked::HasAnother(other) => {
                let row = row_of(&snapshot, invoice)?;
                return Err(has_another(&row, &snapshot.book, other));
            }
            HandLinked::Taken(other) => {
                let bexio = number_of(&snapshot.book, bexio);
                return Err(LinkError::Taken { bexio, other: psohub_number(&snapshot.book, other) });
            }
            HandLinked::UnderDelivery => {
                return Err(LinkError::UnderDelivery { number: psohub_number(&snapshot.book, invoice) });
            }
        }
        self.0.book.note_link(invoice, Some(bexio)).await;
        Ok(change)
    }

    /// What [`Self::unlink`] would change. Writes nothing.
    ///
    /// # Errors
    /// What stands against it.
    pub async fn preview_unlink(&self, invoice: PsohubInvoiceId) -> Result<LinkChange, LinkError> {
        let snapshot = self.0.book.reader().peek();
        let row = row_of(&snapshot, invoice)?;
        let number = row.psohub.number.clone();
        match self.0.store.link_of(invoice).await? {
            Some(link) if link.origin == BY_HAND => {
                let document_number = number_of(&snapshot.book, link.bexio_invoice_id);
                let linked =
                    LinkedInvoice { id: link.bexio_invoice_id, document_number, accepted: Box::default() };
                Ok(LinkChange { linked: Some(linked), is_change: true })
            }
            Some(_) => Err(LinkError::NotByHand { number, because: BY_DELIVERY }),
            None => match row.link {
                None | Some(LinkOrigin::Recorded) => Ok(LinkChange { linked: None, is_change: false }),
                Some(LinkOrigin::ApiReference) => {
                    Err(LinkError::NotByHand { number, because: BY_API_REFERENCE })
                }
                Some(LinkOrigin::ExternalId) => Err(LinkError::NotByHand { number, because: BY_EXTERNAL_ID }),
            },
        }
    }

    /// Undoes a link that a person made. Where there is none it succeeds and changes nothing.
    ///
    /// # Errors
    /// [`LinkError`]: nothing was changed.
    pub async fn unlink(&self, request: UnlinkInvoice) -> Result<LinkChange, LinkError> {
        let change = self.preview_unlink(request.invoice).await?;
        let Some(linked) = change.linked.clone() else { return Ok(change) };
        let action = self.0.action(request.invoice, request.actor, ActionChange::Unlink(linked));
        // Somebody else may have been first: it is undone either way.
        self.0.store.unlink_by_hand(action).await?;
        self.0.book.note_link(request.invoice, None).await;
        Ok(change)
    }
}

const BY_DELIVERY: &str =
    "it was made by the delivery that sent the invoice; cancel the invoice in Bexio if it is wrong";
const BY_API_REFERENCE: &str = "the reference in Bexio (api_reference) names the invoice; change it there";
const BY_EXTERNAL_ID: &str = "the external id in PSOhub names the Bexio invoice; set another one";

/// The two invoices, where nothing that the book shows stands against tying them together.
fn pair(
    snapshot: &Snapshot,
    request: &LinkInvoice,
) -> Result<(Arc<CombinedInvoice>, Arc<AccountingInvoice>), LinkError> {
    let row = row_of(snapshot, request.invoice)?;
    let book = &snapshot.book;
    let bexio = book.bexio_invoice(request.bexio);
    let bexio = Arc::clone(bexio.ok_or(LinkError::UnknownBexioInvoice(request.bexio))?);
    let delivery = snapshot.deliveries.of_invoice(request.invoice);
    if delivery.is_some_and(|entry| entry.state() != State::Abandoned) {
        return Err(LinkError::UnderDelivery { number: row.psohub.number.clone() });
    }
    if let Some(own) = row.bexio.as_ref().filter(|own| own.id != bexio.id) {
        return Err(has_another(&row, book, own.id));
    }
    if let Some(other) = stands_for_another(book, &row, &bexio) {
        return Err(LinkError::Taken { bexio: bexio.document_number.clone(), other });
    }
    Ok((row, bexio))
}

/// The other PSOhub invoice that `bexio` stands for, or claims to.
fn stands_for_another(
    book: &InvoiceBook,
    row: &CombinedInvoice,
    bexio: &AccountingInvoice,
) -> Option<Box<str>> {
    let linked = book.by_bexio_id(bexio.id).map(|other| other.psohub.id);
    let other = linked.or_else(|| bexio.psohub_id()).filter(|other| *other != row.psohub.id);
    if let Some(other) = other {
        return Some(psohub_number(book, other));
    }
    let claimed = book
        .rows()
        .iter()
        .find(|other| other.psohub.id != row.psohub.id && other.duplicates.contains(&bexio.id));
    claimed.map(|other| other.psohub.number.clone())
}

fn row_of(snapshot: &Snapshot, invoice: PsohubInvoiceId) -> Result<Arc<CombinedInvoice>, LinkError> {
    snapshot.book.by_psohub_id(invoice).cloned().ok_or(LinkError::UnknownInvoice(invoice))
}

fn has_another(row: &CombinedInvoice, book: &InvoiceBook, other: BexioInvoiceId) -> LinkError {
    LinkError::HasAnother { number: row.psohub.number.clone(), bexio: number_of(book, other) }
}

/// Its number, else its id.
fn number_of(book: &InvoiceBook, bexio: BexioInvoiceId) -> Box<str> {
    let known = book.bexio_invoice(bexio).map(|invoice| invoice.document_number.clone());
    known.unwrap_or_else(|| bexio.to_string().into())
}

/// Its number, else its id.
fn psohub_number(book: &InvoiceBook, invoice: PsohubInvoiceId) -> Box<str> {
    let known = book.by_psohub_id(invoice).map(|row| row.psohub.number.clone());
    known.filter(|number| !number.is_empty()).unwrap_or_else(|| invoice.to_string().into())
}

fn named(bexio: &AccountingInvoice, accepted: Box<[Box<str>]>) -> LinkedInvoice {
    LinkedInvoice { id: bexio.id, document_number: bexio.document_number.clone(), accepted }
}

impl LinkingParts {
    fn action(&self, invoice: PsohubInvoiceId, actor: Box<str>, change: ActionChange) -> NewAction {
        NewAction { invoice, at: self.clock.now(), actor, cause: ActionCause::Person, change }
    }

    /// Whether both are for the same customer: by the contact of the customer's other invoices, by what a
    /// person chose for it, or by the contact's name, which Bexio is asked for.
    async fn customer(
        &self,
        row: &CombinedInvoice,
        bexio: &AccountingInvoice,
        book: &InvoiceBook,
        accept_differences: bool,
    ) -> Result<CustomerCheck, LinkError> {
        let (Some(customer), Some(contact)) = (&row.psohub.customer, bexio.contact_id) else {
            return Ok(CustomerCheck::Other(None));
        };
        if let Some(id) = customer.id {
            let mapped = self.store.contact_mapping(id).await?.map(|mapping| mapping.company);
            if mapped == Some(contact) || book.contact_of(id) == Some(contact) {
                return Ok(CustomerCheck::Same);
            }
        }
        match require_bexio(&self.bexio).await {
            Err(Closed::NotConnected(why)) if !accept_differences => {
                return Err(LinkError::NotConnected(why));
            }
            _ => {}
        }
        match self.bexio.contact(contact).await {
            Ok(Some(found)) if is_named_like(&found, &customer.name) => Ok(CustomerCheck::Same),
            Ok(found) => Ok(CustomerCheck::Other(found.map(|found| found.name))),
            // Who accepts differences accepts this one unseen.
            Err(_) if accept_differences => Ok(CustomerCheck::Other(None)),
            Err(error) => Err(LinkError::Unavailable { why: error.to_string() }),
        }
    }
}
