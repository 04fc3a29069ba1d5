//! An invoice, seen from both sides.

use std::sync::Arc;

use async_graphql::ID;

use super::bexio_invoice::BexioInvoice;
use super::delivery::Delivery;
use super::document::{Document, File};
use super::enums::{ExternalIdState, InvoiceStatus, LinkOrigin};
use super::event::{Event, InvoiceEvent};
use super::freshness::Freshness;
use super::global_id::GlobalId;
use super::line::InvoiceLine;
use super::link_candidate::{FIRST, LinkCandidateType, wanted};
use super::money::Money;
use super::party::{Customer, InvoiceContact};
use super::permission::{InvoiceAction, Permission, PermissionType, next_action};
use super::reconciliation::ReconciliationType;
use crate::book::{CombinedInvoice, ExternalId, Source};
use crate::graphql::errors::Fault;
use crate::graphql::operation::known;
use crate::graphql::output::{Root, object};
use crate::graphql::scalars::Date;

object! {
    /// An invoice of PSOhub with what Bexio's books say of it.
    "Invoice" [implements "Node"] Invoice<'a> from &'a CombinedInvoice {
        /// The gateway's id of it, for `node(id:)` and for caches. Opaque and stable.
        "id": ID = |row, out| out.plain(GlobalId::Invoice(row.psohub.id));
        /// PSOhub's id of it. A string: the number is too large for JavaScript.
        "psohubId": ID = |row, out| out.plain(row.psohub.id);
        /// Its number, such as INV-2024-33. Empty while PSOhub has given it none.
        "number": String = |row, out| out.text(&row.psohub.number);
        /// Its title.
        "name": Option<String> = |row, out| out.opt_text(row.psohub.name.as_deref());
        /// The invoice date.
        "date": Option<Date> = |row, out| out.opt_plain(row.psohub.date);
        /// The day by which it is to be paid: PSOhub's, else Bexio's.
        "dueDate": Option<Date> = |row, out| out.opt_plain(row.due_date());
        /// The text that goes with it to the customer.
        "note": Option<String> = |row, out| out.opt_text(row.psohub.note.as_deref());
        /// Where it stands in PSOhub.
        "status": InvoiceStatus = |row, out| out.member(InvoiceStatus::from(row.psohub.status));
        /// Where it stands, as PSOhub wrote it.
        "statusRaw": String = |row, out| out.text(&row.psohub.status_raw);
        /// Whom it is for.
        "customer": Option<Customer> = |row, out| out.opt::<Customer>(row.psohub.customer.as_ref());
        /// The person it is addressed to.
        "contact": Option<InvoiceContact> = |row, out| {
            out.opt::<InvoiceContact>(row.psohub.contact.as_ref());
        };
        /// Total without VAT, in the invoice's currency.
        "totalExVat": Money = |row, out| out.object::<Money>(row.psohub.total_ex_vat_money());
        /// Total with VAT, in the invoice's currency: what the customer is asked to pay.
        "totalIncVat": Money = |row, out| out.object::<Money>(row.psohub.total_inc_vat_money());
        /// Total without VAT in the company's own currency, where PSOhub gives it.
        "totalExVatBase": Option<Money> = |row, out| out.opt::<Money>(row.psohub.total_ex_vat_base);
        /// Total with VAT in the company's own currency, where PSOhub gives it.
        "totalIncVatBase": Option<Money> = |row, out| out.opt::<Money>(row.psohub.total_inc_vat_base);
        /// Its lines, in PSOhub's order.
        "lines": Vec<InvoiceLine> = |row, out| {
            let currency = row.psohub.currency;
            out.list::<InvoiceLine>(row.psohub.lines.iter().map(|line| (line, currency)));
        };
        /// PSOhub's PDF of it. Null for a draft, which has none.
        "pdf": Option<Document> = |row, out| {
            let file = File::Psohub(row.psohub.id, &row.psohub.number);
            out.opt::<Document>(row.psohub.has_pdf.then_some(file));
        };
        /// Whether something is owed on it and its due date has passed.
        "isOverdue": bool = |row, out| {
            let today = out.scope().snapshot.today;
            out.boolean(row.is_overdue(today));
        };
        /// What the customer still owes: by Bexio's books where it is booked, else by PSOhub. Null
        /// where nothing is owed yet or it cannot be said (drafts, unknown statuses).
        "openAmount": Option<Money> = |row, out| out.opt::<Money>(row.open_amount());
        /// What is known of its external id in PSOhub, which names the Bexio document.
        "externalId": ExternalIdType = |row, out| out.object::<ExternalIdType>(&row.external_id);
        /// Its invoice in Bexio. Null while there is none; null with the error UPSTREAM_UNAVAILABLE
        /// while Bexio was never read and it is not known.
        "bexio": Option<BexioInvoice> = |row, out| match row.bexio.as_deref() {
            Some(bexio) => out.object::<BexioInvoice>(bexio),
            None => match known(out.scope().snapshot, Source::Bexio) {
                Ok(()) => out.null(),
                Err(fault) => out.fault(&fault),
            },
        };
        /// How it was tied to its Bexio invoice; null while there is none.
        "linkOrigin": Option<LinkOrigin> = |row, out| match row.link {
            Some(link) => out.member(LinkOrigin::from(link)),
            None => out.null(),
        };
        /// Bexio's ids of further invoices that claim to be this one. Normally empty: an entry is a
        /// double to be looked at in Bexio.
        "duplicatesInBexio": Vec<ID> = |row, out| out.plain_list(row.duplicates.iter());
        /// Bexio invoices that might be this one, the likeliest first, each with its reasons. Empty where it
        /// has one. Null with the error UPSTREAM_UNAVAILABLE while Bexio was never read.
        "linkCandidates"(FIRST): Option<Vec<LinkCandidateType>> = |row, out| {
            let snapshot = out.scope().snapshot;
            match (known(snapshot, Source::Bexio), wanted(&out)) {
                (Err(fault), _) => out.fault(&fault),
                (_, Err(message)) => out.fault(&Fault::bad_input(message)),
                (Ok(()), Ok(first)) => {
                    let candidates = snapshot.book.link_candidates(row);
                    out.list::<LinkCandidateType>(candidates.iter().take(first));
                }
            }
        };
        /// Its sending; null while nobody asked for it.
        "delivery": Option<Delivery> = |row, out| {
            let entry = out.scope().snapshot.deliveries.of_invoice(row.psohub.id);
            out.opt::<Delivery>(entry.map(|entry| &**entry));
        };
        /// How PSOhub and Bexio stand to one another on it, and what to do where they do not agree.
        "reconciliation": ReconciliationType = |row, out| {
            let found = out.scope().snapshot.reconciliation(row);
            out.object::<ReconciliationType>(&found);
        };
        /// Whether it can be sent, by what is known without asking Bexio; `sendPreview` tells all.
        "canSend": PermissionType = |row, out| {
            let permission = Permission::to_send(row, out.scope().snapshot);
            out.object::<PermissionType>(&permission);
        };
        /// Whether it can be marked as paid in PSOhub. Where only NOT_PAID_IN_BEXIO or BEXIO_INVOICE_IN_DOUBT
        /// stands against it, markInvoicePaid does it with `confirmUnpaidInBexio: true`.
        "canMarkPaid": PermissionType = |row, out| {
            let permission = Permission::to_mark_paid(row, out.scope().snapshot);
            out.object::<PermissionType>(&permission);
        };
        /// What is to be done next with it. Null with the error UPSTREAM_UNAVAILABLE while Bexio was never
        /// read and it cannot be said.
        "nextAction": Option<InvoiceAction> = |row, out| match next_action(row, out.scope().snapshot) {
            Ok(action) => out.member(action),
            Err(fault) => out.fault(&fault),
        };
        /// What was done with it through the gateway, oldest first. Null with an error where it could not
        /// be read.
        "history": Option<Vec<InvoiceEvent>> = |row, mut out| {
            let entry = out.scope().snapshot.deliveries.of_invoice(row.psohub.id);
            let delivery = entry.map(|entry| entry.delivery.id());
            let none = Ok(Vec::new());
            let steps = match delivery {
                Some(id) => out.late(|fetched| &fetched.logs, id, |missing, id| { missing.logs.insert(id); }),
                None => Some(&none),
            };
            let actions = out.late(|fetched| &fetched.actions, row.psohub.id, |missing, id| {
                missing.actions.insert(id);
            });
            match (steps, actions) {
                (Some(Ok(steps)), Some(Ok(actions))) => {
                    out.list::<InvoiceEvent>(Event::merged(steps, actions));
                }
                (Some(Err(fault)), _) | (_, Some(Err(fault))) => out.fault(fault),
                _ => out.null(),
            }
        };
        /// How old what this answer says of it is.
        "freshness": Freshness = |_, out| {
            let snapshot = out.scope().snapshot;
            out.object::<Freshness>(snapshot);
        };
    }
}

object! {
    /// What is known of an invoice's external id in PSOhub.
    "ExternalId" ExternalIdType<'a> from &'a ExternalId {
        /// Whether there is one.
        "state": ExternalIdState = |id, out| out.member(match id {
            ExternalId::Unknown => ExternalIdState::Unknown,
            ExternalId::Absent => ExternalIdState::Absent,
            ExternalId::Present(_) => ExternalIdState::Present,
        });
        /// Its value, where PSOhub shows it or the gateway wrote it. PSOhub's documented answer does
        /// not show it, so null does not mean that there is none.
        "value": Option<String> = |id, out| match id {
            ExternalId::Present(value) => out.opt_text(value.as_deref()),
            ExternalId::Unknown | ExternalId::Absent => out.null(),
        };
    }
}

impl Root for Invoice {
    type Owned = Arc<CombinedInvoice>;

    fn source(owned: &Self::Owned) -> Self::Source<'_> {
        owned
    }
}
