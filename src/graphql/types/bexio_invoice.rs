//! An invoice as Bexio's books have it, with its payments.

use std::sync::Arc;

use async_graphql::ID;

use super::document::{Document, File};
use super::enums::{BexioInvoiceStatus, PaymentKind};
use super::global_id::GlobalId;
use super::money::Money;
use crate::domain::{AccountingInvoice, Payment};
use crate::graphql::output::{Missing, Root, object};
use crate::graphql::scalars::{Date, DateTime, Url};

object! {
    /// An invoice in Bexio's books.
    "BexioInvoice" [implements "Node"] BexioInvoice<'a> from &'a AccountingInvoice {
        /// The gateway's id of it, for `node(id:)` and for caches. Opaque and stable.
        "id": ID = |invoice, out| out.plain(GlobalId::BexioInvoice(invoice.id));
        /// Bexio's id of it.
        "bexioId": ID = |invoice, out| out.plain(invoice.id);
        /// Its number in Bexio, such as RE-00512. A draft has one already.
        "documentNumber": String = |invoice, out| out.text(&invoice.document_number);
        /// Its title.
        "title": Option<String> = |invoice, out| out.opt_text(invoice.title.as_deref());
        /// Where it stands in the books.
        "status": BexioInvoiceStatus = |invoice, out| out.member(BexioInvoiceStatus::from(invoice.status));
        /// Where it stands, as the number that Bexio gave.
        "statusRaw": i32 = |invoice, out| out.int_capped(invoice.status_raw);
        /// What the customer owes in all, rounded to the currency's step (0.05 for francs).
        "total": Money = |invoice, out| out.object::<Money>(invoice.money(invoice.total));
        /// Total without VAT.
        "totalExVat": Money = |invoice, out| out.object::<Money>(invoice.money(invoice.total_net));
        /// VAT, to four digits.
        "totalVat": Money = |invoice, out| out.object::<Money>(invoice.money(invoice.total_taxes));
        /// What has been paid.
        "received": Money = |invoice, out| out.object::<Money>(invoice.money(invoice.received));
        /// What has been credited, also by a cancellation.
        "credited": Money = |invoice, out| out.object::<Money>(invoice.money(invoice.credited));
        /// What remains to be paid. Zero does not mean paid: a cancelled invoice shows zero too.
        "remaining": Money = |invoice, out| out.object::<Money>(invoice.money(invoice.remaining));
        /// The invoice date.
        "date": Option<Date> = |invoice, out| out.opt_plain(invoice.date);
        /// The day by which it is to be paid.
        "dueDate": Option<Date> = |invoice, out| out.opt_plain(invoice.due_date);
        /// Its reference, a free text.
        "reference": Option<String> = |invoice, out| out.opt_text(invoice.reference.as_deref());
        /// When it last changed in Bexio.
        "updatedAt": DateTime = |invoice, out| out.plain(invoice.updated_at);
        /// Payments booked on it, asked of Bexio and kept for a short time. Null with an error where
        /// Bexio could not be asked.
        "payments": Option<Vec<BexioPayment>> = |invoice, mut out| {
            let note = |missing: &mut Missing, id| {
                missing.payments.insert(id, Arc::new(invoice.clone()));
            };
            match out.late(|fetched| &fetched.payments, invoice.id, note) {
                Some(Ok(payments)) => out.list::<BexioPayment>(payments.iter()),
                Some(Err(fault)) => out.fault(fault),
                None => out.null(),
            }
        };
        /// Bexio's PDF of it. Null for a draft.
        "pdf": Option<Document> = |invoice, out| {
            let file = File::Bexio(invoice.id, &invoice.document_number);
            let is_draft = invoice.status == crate::domain::AccountingStatus::Draft;
            out.opt::<Document>((!is_draft).then_some(file));
        };
        /// Where it is seen in Bexio, by people with an account there.
        "url": Option<Url> = |invoice, out| {
            out.plain(format_args!("{BEXIO_INVOICE_PAGE}{}", invoice.id));
        };
    }
}

/// Page of an invoice in Bexio, up to its id.
const BEXIO_INVOICE_PAGE: &str = "https://office.bexio.com/index.php/kb_invoice/show/id/";

object! {
    /// A payment booked on a Bexio invoice.
    "BexioPayment" BexioPayment<'a> from &'a Payment {
        /// Bexio's id of it.
        "bexioId": ID = |payment, out| out.plain(payment.id);
        /// The day it was booked for.
        "date": Option<Date> = |payment, out| out.opt_plain(payment.date);
        /// How much, in the invoice's currency.
        "value": Money = |payment, out| out.object::<Money>(payment.value);
        /// Where the value came from: money, or something else that settled the invoice.
        "kind": PaymentKind = |payment, out| out.member(PaymentKind::from(payment.kind));
        /// Its title.
        "title": Option<String> = |payment, out| out.opt_text(payment.title.as_deref());
    }
}

impl Root for BexioInvoice {
    type Owned = Arc<AccountingInvoice>;

    fn source(owned: &Self::Owned) -> Self::Source<'_> {
        owned
    }
}
