//! What the accountant does by hand: books a PSOhub invoice in Bexio, line by line.
//!
//! Not what a gateway has to send: other texts and accounts are as right.

use rust_decimal::Decimal;

use crate::bexio::{Bexio, Line, NewContact, NewInvoice, Position};
use crate::psohub::{self, Customer, Invoice};
use crate::world::World;

impl World {
    /// Books a PSOhub invoice in Bexio as a draft with `api_reference` `psohub:<InvoiceID>`, for the contact with
    /// the customer's name (made if there is none). `None` when PSOhub has no such invoice.
    pub fn book_in_bexio(&self, psohub_id: i64) -> Option<i64> {
        let invoice = self.psohub().invoice(psohub_id)?.clone();
        let mut bexio = self.bexio();
        let contact_id = contact_of(&mut bexio, &invoice.customer);
        let new = as_bexio_invoice(&bexio, contact_id, &invoice);
        Some(bexio.create_invoice(new))
    }
}

/// The Bexio invoice that says what a PSOhub invoice says.
pub(crate) fn as_bexio_invoice(bexio: &Bexio, contact_id: i64, invoice: &Invoice) -> NewInvoice {
    let positions = invoice.lines.iter().map(|line| Position::Custom(position(bexio, line))).collect();
    NewInvoice {
        title: Some(invoice.name.chars().take(80).collect()),
        contact_id: Some(contact_id),
        currency_id: bexio.currency_id(&invoice.currency),
        is_valid_from: Some(invoice.date),
        is_valid_to: Some(invoice.due_date),
        api_reference: Some(format!("psohub:{}", invoice.id)),
        positions,
        ..NewInvoice::default()
    }
}

fn position(bexio: &Bexio, line: &psohub::Line) -> Line {
    let named = line.gl_account.as_deref().and_then(|number| bexio.account_id(number));
    Line {
        text: escape(&line.name).into(),
        unit_price: line.total_ex_vat,
        account_id: named.or_else(|| bexio.account_id("3400")),
        tax_id: tax_of(bexio, line),
        ..Line::default()
    }
}

/// The tax that the line names, else one of its rate, else the standard one.
fn tax_of(bexio: &Bexio, line: &psohub::Line) -> Option<i64> {
    let named = line.tax_code.as_deref().and_then(|code| bexio.tax_id(code));
    let vat = line.total_inc_vat.saturating_sub(line.total_ex_vat);
    let rate =
        vat.saturating_mul(Decimal::ONE_HUNDRED).checked_div(line.total_ex_vat).map(|rate| rate.round_dp(1));
    let of_rate = || bexio.company().taxes.iter().find(|tax| tax.is_for_sales() && Some(tax.rate) == rate);
    named.or_else(|| of_rate().map(|tax| tax.id)).or_else(|| bexio.tax_id("UN81"))
}

fn contact_of(bexio: &mut Bexio, customer: &Customer) -> i64 {
    let known =
        bexio.contacts().find(|contact| *contact.details.name_1 == *customer.name).map(|contact| contact.id);
    known.unwrap_or_else(|| {
        bexio.add_contact(NewContact {
            name_1: customer.name.to_string(),
            mail: Some(customer.contact_email.to_string()),
            ..NewContact::default()
        })
    })
}

/// PSOhub's text as the HTML that Bexio expects.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\n', "<br />")
}
