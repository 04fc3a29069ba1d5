//! The head of a planned invoice, and its e-mail.

use async_graphql::ID;

use crate::domain::plan::{self, Choice, Email, Header};
use crate::graphql::output::object;
use crate::graphql::scalars::{CurrencyCode, Date};
use crate::graphql::types::VatMode;

object! {
    /// The head of the invoice that Bexio gets.
    "PlannedHeader" PlannedHeader<'a> from &'a Header {
        /// The title: PSOhub's number and name.
        "title": String = |header, out| out.text(&header.title);
        /// The number that it gets; null where Bexio numbers invoices by itself.
        "documentNumber": Option<String> = |header, out| out.opt_text(header.document_number.as_deref());
        /// The invoice date.
        "date": Date = |header, out| out.plain(header.date);
        /// The due date; null where Bexio's own rule sets it.
        "dueDate": Option<Date> = |header, out| out.opt_plain(header.due_date);
        /// The currency.
        "currency": CurrencyCode = |header, out| out.text(header.currency.as_str());
        /// Bexio's id of the currency; null where Bexio does not have it, which is a problem.
        "currencyBexioId": Option<ID> = |header, out| out.opt_plain(header.currency_id);
        /// The language; null where Bexio takes the company's.
        "language": Option<PlannedChoice> = |header, out| {
            out.opt::<PlannedChoice>(header.language.as_ref());
        };
        /// The bank account to pay to; null where Bexio takes the company's.
        "bankAccount": Option<PlannedChoice> = |header, out| {
            out.opt::<PlannedChoice>(header.bank_account.as_ref());
        };
        /// The way of payment; null where Bexio takes the company's.
        "paymentType": Option<PlannedChoice> = |header, out| {
            out.opt::<PlannedChoice>(header.payment_type.as_ref());
        };
        /// How VAT stands on the invoice.
        "vatMode": VatMode = |header, out| out.member(VatMode::from(header.vat_mode));
        /// Whether the positions' prices hold the VAT already.
        "pricesIncludeVat": bool = |header, out| out.boolean(header.vat_mode == plan::VatMode::Included);
        /// Bexio's id of the user who creates it; null where it is not known, which is a problem.
        "userBexioId": Option<ID> = |header, out| out.opt_plain(header.user_id);
        /// The reference by which the invoice is found again in Bexio.
        "apiReference": String = |header, out| out.text(&header.api_reference);
    }
}

object! {
    /// A thing of Bexio's set-up that was chosen.
    "PlannedChoice" PlannedChoice<'a> from &'a Choice {
        /// Bexio's id of it.
        "bexioId": ID = |choice, out| out.plain(choice.id);
        /// Its name.
        "name": String = |choice, out| out.text(&choice.name);
        /// Its code: a language's by ISO 639-1, a bank account's IBAN.
        "code": Option<String> = |choice, out| out.opt_text(choice.code.as_deref());
    }
}

object! {
    /// The e-mail that Bexio would send. Where {documentNumber} stands, Bexio's number is put in.
    "PlannedEmail" PlannedEmail<'a> from &'a Email {
        /// To whom; empty where that is a problem.
        "recipient": String = |email, out| out.text(&email.recipient);
        /// The subject.
        "subject": String = |email, out| out.text(&email.subject);
        /// The text, as HTML. Bexio puts the link to the invoice where [Network Link] stands.
        "message": String = |email, out| out.text(&email.message);
        /// Whether Bexio attaches its PDF.
        "attachesPdf": bool = |email, out| out.boolean(email.attach_pdf);
    }
}
