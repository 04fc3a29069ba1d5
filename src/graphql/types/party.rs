//! Whom an invoice is for.

use async_graphql::ID;

use crate::domain;
use crate::graphql::output::object;

object! {
    /// The customer an invoice is for.
    "Customer" Customer<'a> from &'a domain::InvoiceCustomer {
        /// PSOhub's id of the customer, where it could be read. A string: the number is too large
        /// for JavaScript.
        "psohubId": Option<ID> = |customer, out| out.opt_plain(customer.id);
        /// The customer's name.
        "name": String = |customer, out| out.text(&customer.name);
    }
}

object! {
    /// The person an invoice is addressed to.
    "InvoiceContact" InvoiceContact<'a> from &'a domain::InvoiceContact {
        /// PSOhub's id of the contact, where it could be read. A string: the number is too large
        /// for JavaScript.
        "psohubId": Option<ID> = |contact, out| out.opt_plain(contact.id);
        /// The person's name.
        "name": Option<String> = |contact, out| out.opt_text(contact.name.as_deref());
        /// The address that the invoice is e-mailed to.
        "email": Option<String> = |contact, out| out.opt_text(contact.email.as_deref());
    }
}
