//! What a person chooses from: contacts that fit a customer, invoices that may be this one.

use async_graphql::ID;

use super::super::bexio_invoice::BexioInvoice;
use crate::book::Source;
use crate::domain::catalog::BexioContact;
use crate::domain::delivery::{Delivery, Halt, Review};
use crate::domain::{BexioContactId, BexioInvoiceId};
use crate::graphql::operation::known;
use crate::graphql::output::object;

/// The contacts to choose from.
pub(super) fn contact_ids(delivery: &Delivery) -> &[BexioContactId] {
    match delivery.halt() {
        Some(Halt::Review(Review::ContactAmbiguous(ids))) => ids,
        _ => &[],
    }
}

/// The Bexio invoices that a review is about.
pub(super) fn invoice_ids(delivery: &Delivery) -> &[BexioInvoiceId] {
    match delivery.halt() {
        Some(Halt::Review(Review::ExistingInvoice(ids) | Review::Duplicate(ids))) => ids,
        Some(Halt::Review(
            Review::Gone(id) | Review::Cancelled(id) | Review::Reverted(id) | Review::UnknownStatus(id, _),
        )) => std::slice::from_ref(id),
        _ => &[],
    }
}

object! {
    /// A Bexio contact that fits the customer.
    "BexioContactCandidate" BexioContactCandidate<'a> from BexioContactId {
        /// Bexio's id of it, for the decision CHOOSE_CONTACT.
        "bexioId": ID = |id, out| out.plain(id);
        /// The contact, asked of Bexio. Null with an error where Bexio could not be asked, null without
        /// one where it was deleted there.
        "contact": Option<BexioContactType> = |id, mut out| {
            match out.late(|fetched| &fetched.contacts, id, |missing, id| { missing.contacts.insert(id); }) {
                Some(Ok(contact)) => out.opt::<BexioContactType>(contact.as_ref()),
                Some(Err(fault)) => out.fault(fault),
                None => out.null(),
            }
        };
    }
}

object! {
    /// A contact in Bexio.
    "BexioContact" BexioContactType<'a> from &'a BexioContact {
        /// Bexio's id of it.
        "bexioId": ID = |contact, out| out.plain(contact.id);
        /// Its number in Bexio.
        "number": Option<String> = |contact, out| out.opt_text(contact.number.as_deref());
        /// Whether it is a person and not a company.
        "isPerson": bool = |contact, out| out.boolean(contact.is_person);
        /// A company's name, or a person's last name.
        "name": String = |contact, out| out.text(&contact.name);
        /// An addition to a company's name, or a person's first name.
        "nameAddition": Option<String> = |contact, out| out.opt_text(contact.name_addition.as_deref());
        /// Its e-mail address.
        "email": Option<String> = |contact, out| out.opt_text(contact.email.as_deref());
        /// Its second e-mail address.
        "emailSecond": Option<String> = |contact, out| out.opt_text(contact.email_second.as_deref());
        /// Its postcode.
        "postcode": Option<String> = |contact, out| out.opt_text(contact.postcode.as_deref());
        /// Its town.
        "city": Option<String> = |contact, out| out.opt_text(contact.city.as_deref());
    }
}

object! {
    /// A Bexio invoice that may be the one that was to be sent, or a double of it.
    "BexioInvoiceCandidate" BexioInvoiceCandidate<'a> from BexioInvoiceId {
        /// Bexio's id of it, for the decision USE_EXISTING.
        "bexioId": ID = |id, out| out.plain(id);
        /// The invoice, as the books show it. Null where the gateway has not read it yet, or not any more;
        /// null with the error UPSTREAM_UNAVAILABLE while Bexio was never read.
        "bexio": Option<BexioInvoice> = |id, out| {
            let snapshot = out.scope().snapshot;
            match (snapshot.book.bexio_invoice(id), known(snapshot, Source::Bexio)) {
                (Some(invoice), _) => out.object::<BexioInvoice>(invoice),
                (None, Ok(())) => out.null(),
                (None, Err(fault)) => out.fault(&fault),
            }
        };
    }
}
