//! A PSOhub invoice in Bexio's books, as its story says.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use rand::RngExt as _;
use rand::rngs::SmallRng;
use rust_decimal::Decimal;

use super::Present;
use super::customers::SeedCustomer;
use super::lines::cents;
use super::story::{Books, Story};
use crate::accountant::as_bexio_invoice;
use crate::bexio::{Bexio, NewInvoice, Position, status};
use crate::psohub::Invoice;

/// Books the invoice and returns its Bexio number; `None` when the story leaves it out.
pub(super) fn book(
    bexio: &mut Bexio,
    customer: &SeedCustomer,
    invoice: &Invoice,
    story: &Story,
    present: Present,
    random: &mut SmallRng,
) -> Option<String> {
    let books = story.books?;
    let mut new = as_bexio_invoice(bexio, customer.bexio_id, invoice);
    new.at = morning_of(invoice.date, random);
    match books {
        Books::AmountOff => spoil_amount(&mut new),
        Books::DueDateOff => new.is_valid_to = Some(invoice.due_date.saturating_add(10.days())),
        _ => {}
    }
    if books == Books::Twice {
        let twin = bexio.create_invoice(new.clone());
        // A fresh draft can be issued.
        let _ = bexio.issue(twin);
    }
    let id = bexio.create_invoice(new);
    let last_change = settle(bexio, id, books, invoice, present.today, random);
    date_last_change(bexio, id, last_change, present, random);
    bexio.invoice(id).map(|booked| booked.document_nr.to_string())
}

/// Some time in the morning, Zurich, so that nothing is later than today's noon.
pub(super) fn morning_of(date: Date, random: &mut SmallRng) -> Option<Timestamp> {
    let (hour, minute, second) =
        (random.random_range(6..9), random.random_range(0..60), random.random_range(0..60));
    date.at(hour, minute, second, 0).to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

/// Sets `updated_at` to some time on that day.
pub(super) fn date_last_change(
    bexio: &mut Bexio,
    id: i64,
    date: Date,
    present: Present,
    random: &mut SmallRng,
) {
    if let Some(at) = morning_of(date, random) {
        let at = at.min(present.now);
        // The invoice exists.
        let _ = bexio.set_updated_at(id, at);
    }
}

/// Brings the new draft where the story ends; returns the day of the last change. What Bexio refuses (to pay an
/// invoice of nothing) stays open.
fn settle(
    bexio: &mut Bexio,
    id: i64,
    books: Books,
    invoice: &Invoice,
    today: Date,
    random: &mut SmallRng,
) -> Date {
    if books == Books::Draft {
        return invoice.date;
    }
    let _ = bexio.issue(id);
    let total = bexio.invoice(id).map(|booked| booked.totals.total).unwrap_or_default();
    let part = cents(total * Decimal::new(4, 1));
    let paid_on = invoice.date.saturating_add(random.random_range(3..45).days()).min(today);
    match books {
        Books::Paid => drop(bexio.pay(id, None, paid_on)),
        Books::PaidTwice => {
            let _ = bexio.pay(id, Some(part), invoice.date.saturating_add(2.days()).min(today));
            let _ = bexio.pay(id, None, paid_on);
        }
        Books::Partial => drop(bexio.pay(id, Some(part), paid_on)),
        Books::Credited => drop(bexio.credit(id, None, paid_on)),
        Books::Cancelled => drop(bexio.cancel(id)),
        Books::Unpaid => drop(bexio.set_status(id, status::UNPAID)),
        Books::Draft | Books::Open | Books::AmountOff | Books::DueDateOff | Books::Twice => {
            return invoice.date;
        }
    }
    paid_on
}

/// Another price on the first line, as a typing error makes it.
fn spoil_amount(new: &mut NewInvoice) {
    if let Some(Position::Custom(line)) = new.positions.first_mut() {
        line.unit_price += Decimal::from(90);
    }
}
