//! A delivery: the sending of one invoice, from the request to its end.

mod candidate;
mod connection;
mod enums;
mod parts;
mod step;
mod words;

use std::sync::Arc;

use async_graphql::ID;

pub(in crate::graphql) use candidate::BexioContactType;
pub(in crate::graphql) use connection::DeliveryConnection;
pub(in crate::graphql) use enums::{
    DeliveryDecision, DeliveryReasonCode, DeliveryState, DeliveryStepOutcome, ExternalIdKind,
};
pub(in crate::graphql) use parts::message;
pub(in crate::graphql) use step::{DeliveryStep, outcome};
pub(in crate::graphql) use words::what;

use self::candidate::{BexioContactCandidate, BexioInvoiceCandidate, contact_ids, invoice_ids};
use self::parts::{DeliveryContact, DeliveryEmail, DeliveryReason, DeliveryWriteBack, decisions};
use super::batch::Batch;
use super::bexio_invoice::BexioInvoice;
use super::global_id::GlobalId;
use super::invoice::Invoice;
use super::preview::SendPreview;
use crate::book::{DeliveryEntry, Source};
use crate::domain::delivery::State;
use crate::graphql::operation::known;
use crate::graphql::output::{Root, object};
use crate::graphql::scalars::DateTime;

object! {
    /// The sending of one invoice: what was done, what comes next, what it waits for. There is one for an
    /// invoice, for ever; sending the invoice again makes the same one go on.
    "Delivery" [implements "Node"] Delivery<'a> from &'a DeliveryEntry {
        /// The gateway's id of it, for `node(id:)` and for caches. Opaque and stable.
        "id": ID = |entry, out| out.plain(GlobalId::Delivery(entry.delivery.id()));
        /// Goes up with every change. A decision names the version that it was made on.
        "version": i32 = |entry, out| {
            out.int_capped(entry.delivery.version());
        };
        /// Where it stands.
        "state": DeliveryState = |entry, out| out.member(DeliveryState::from(entry.state()));
        /// Whether it has come to rest: it is done or given up, or waits for a person.
        "isSettled": bool = |entry, out| out.boolean(entry.state().is_settled());
        /// Whether it waits for a person's decision.
        "needsReview": bool = |entry, out| out.boolean(entry.state() == State::NeedsReview);
        /// Why it does not go on; null while it does, and when it is done.
        "reason": Option<DeliveryReason> = |entry, out| {
            out.opt::<DeliveryReason>(entry.delivery.reason().map(|reason| (entry, reason)));
        };
        /// What a person can decide now. Empty where nothing is asked.
        "decisions": Vec<DeliveryDecision> = |entry, out| {
            let (now, timing) = (out.scope().snapshot.taken_at, out.scope().timing);
            out.member_list(decisions(&entry.delivery, now, &timing));
        };
        /// The instant before which nothing happens, while it waits for one.
        "waitsUntil": Option<DateTime> = |entry, out| {
            let (now, timing) = (out.scope().snapshot.taken_at, out.scope().timing);
            let until = entry.delivery.waits_until(now, &timing);
            out.opt_plain(until.filter(|_| !entry.state().is_settled()));
        };
        /// What it waits for, in words; null while it is being worked on and when it is over.
        "waitsFor": Option<String> = |entry, out| {
            let (now, timing) = (out.scope().snapshot.taken_at, out.scope().timing);
            out.opt_text(words::waits_for(&entry.delivery, now, &timing).as_deref());
        };
        /// The invoice, with both sides. Null only where PSOhub does not show it any more.
        "invoice": Option<Invoice> = |entry, out| {
            let book = &out.scope().snapshot.book;
            out.opt::<Invoice>(book.by_psohub_id(entry.delivery.invoice_id()).map(|row| &**row));
        };
        /// PSOhub's number of the invoice when it was taken on, such as INV-2024-33.
        "invoiceNumber": String = |entry, out| out.text(&entry.invoice_number);
        /// PSOhub's id of the invoice. A string: the number is too large for JavaScript.
        "psohubInvoiceId": ID = |entry, out| out.plain(entry.delivery.invoice_id());
        /// Bexio's id of the invoice, once it is certain which one it is.
        "bexioId": Option<ID> = |entry, out| out.opt_plain(entry.delivery.pin().map(|pin| pin.id));
        /// Bexio's number of the invoice, such as RE-00512, once it is known.
        "documentNumber": Option<String> = |entry, out| {
            let number = entry.delivery.pin().map(|pin| &*pin.document_number);
            out.opt_text(number.filter(|number| !number.is_empty()));
        };
        /// The invoice in Bexio, as the books show it. Null while there is none and until the gateway has
        /// read it; null with the error UPSTREAM_UNAVAILABLE while Bexio was never read.
        "bexio": Option<BexioInvoice> = |entry, out| {
            let snapshot = out.scope().snapshot;
            let Some(pin) = entry.delivery.pin() else { return out.null() };
            match (snapshot.book.bexio_invoice(pin.id), known(snapshot, Source::Bexio)) {
                (Some(invoice), _) => out.object::<BexioInvoice>(invoice),
                (None, Ok(())) => out.null(),
                (None, Err(fault)) => out.fault(&fault),
            }
        };
        /// The customer's contact in Bexio, once it is certain which one it is.
        "contact": Option<DeliveryContact> = |entry, out| {
            let track = entry.delivery.contact();
            out.opt::<DeliveryContact>(track.company.map(|company| (company, track.person)));
        };
        /// The e-mail to the customer.
        "email": DeliveryEmail = |entry, out| out.object::<DeliveryEmail>(entry);
        /// The invoice's Bexio number, written back to PSOhub as its external id.
        "writeBack": DeliveryWriteBack = |entry, out| out.object::<DeliveryWriteBack>(&entry.delivery);
        /// The contacts to choose from, where several fit the customer (CHOOSE_CONTACT).
        "contactCandidates": Vec<BexioContactCandidate> = |entry, out| {
            out.list::<BexioContactCandidate>(contact_ids(&entry.delivery).iter().copied());
        };
        /// The Bexio invoices that the reason is about: those that may be this one already (USE_EXISTING),
        /// or the doubles.
        "invoiceCandidates": Vec<BexioInvoiceCandidate> = |entry, out| {
            out.list::<BexioInvoiceCandidate>(invoice_ids(&entry.delivery).iter().copied());
        };
        /// When it was asked for.
        "acceptedAt": DateTime = |entry, out| out.plain(entry.delivery.accepted_at());
        /// Who asked for it.
        "acceptedBy": String = |entry, out| out.text(&entry.accepted_by);
        /// When it last changed.
        "changedAt": DateTime = |entry, out| out.plain(entry.delivery.changed_at());
        /// When the invoice was issued in Bexio; null before.
        "issuedAt": Option<DateTime> = |entry, out| out.opt_plain(entry.delivery.issued_at());
        /// The batch that it was asked for in; null where it was asked for alone. Null with an error where
        /// it could not be read.
        "batch": Option<Batch> = |entry, mut out| {
            let Some(id) = entry.batch else { return out.null() };
            match out.late(|fetched| &fetched.batches, id, |missing, id| { missing.batches.insert(id); }) {
                Some(Ok(batch)) => out.opt::<Batch>(batch.as_ref()),
                Some(Err(fault)) => out.fault(fault),
                None => out.null(),
            }
        };
        /// Its history, oldest first: who did what when, and what came of it. Null with an error where it
        /// could not be read.
        "steps": Option<Vec<DeliveryStep>> = |entry, mut out| {
            let id = entry.delivery.id();
            match out.late(|fetched| &fetched.logs, id, |missing, id| { missing.logs.insert(id); }) {
                Some(Ok(entries)) => out.list::<DeliveryStep>(entries),
                Some(Err(fault)) => out.fault(fault),
                None => out.null(),
            }
        };
        /// What it was last accepted for: the plan that is carried out. Null with an error where it could
        /// not be read.
        "plan": Option<SendPreview> = |entry, mut out| {
            let id = entry.delivery.id();
            match out.late(|fetched| &fetched.plans, id, |missing, id| { missing.plans.insert(id); }) {
                Some(Ok(plan)) => out.opt::<SendPreview>(plan.as_ref()),
                Some(Err(fault)) => out.fault(fault),
                None => out.null(),
            }
        };
    }
}

impl Root for Delivery {
    type Owned = Arc<DeliveryEntry>;

    fn source(owned: &Self::Owned) -> Self::Source<'_> {
        owned
    }
}
