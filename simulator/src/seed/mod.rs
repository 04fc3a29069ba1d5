//! Fills a world with the books of a Swiss services company, of any size, the same for the same seed and day.
//!
//! The first invoice is the vendor's documented example. Each later one is made from (seed, its place) alone: its
//! customer, lines and story do not depend on how many there are; its date does.

mod customers;
mod invoices;
mod ledger;
mod lines;
mod sample;
mod story;
mod words;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use rand::rngs::SmallRng;
use rand::{RngExt as _, SeedableRng as _};
use serde::{Deserialize, Serialize};

use crate::bexio::{Bexio, NewInvoice, Position};
use crate::psohub::Psohub;
use crate::world::World;
use customers::SeedCustomer;
use story::Story;

/// How many days back the first invoice lies: 18 months.
const HISTORY_DAYS: u64 = 548;

/// What to fill the world with.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SeedOptions {
    /// Invoices in PSOhub, the documented example included. About 80 % of those that left draft are in Bexio too.
    pub invoices: usize,
    /// The same seed gives the same company.
    pub seed: u64,
}

impl Default for SeedOptions {
    fn default() -> Self {
        Self { invoices: 500, seed: 1 }
    }
}

/// When the world is filled.
#[derive(Clone, Copy, Debug)]
struct Present {
    now: Timestamp,
    today: Date,
}

/// What can be drawn from again when the world goes on living.
#[derive(Debug)]
pub(crate) struct Company {
    seed: u64,
    customers: Vec<SeedCustomer>,
}

/// Fills the world.
pub fn fill(world: &World, options: SeedOptions) {
    fill_company(world, options);
}

/// Fills the world and returns the company, from which more invoices can be made.
pub(crate) fn fill_company(world: &World, options: SeedOptions) -> Company {
    let present = Present { now: world.clock.now(), today: world.clock.today() };
    let mut psohub = world.psohub();
    let mut bexio = world.bexio();
    let customers = customers::make(&mut bexio, options.seed, options.invoices);
    let company = Company { seed: options.seed, customers };
    if options.invoices > 0 {
        psohub.add(sample::documented());
    }
    for place in 1..options.invoices {
        let date = date_of(place, options.invoices, present.today);
        company.add_both(&mut psohub, &mut bexio, place, date, present);
        if place % 12 == 5 {
            add_foreign(&mut bexio, &company, place, date, present);
        }
    }
    company
}

impl Company {
    /// Makes invoice number `place` in PSOhub and, if its story says so, in Bexio.
    fn add_both(&self, psohub: &mut Psohub, bexio: &mut Bexio, place: usize, date: Date, present: Present) {
        let mut random = self.random(place);
        let customer = &self.customers[random.random_range(0..self.customers.len())];
        let story = Story::of(place, date, present.today, &mut random);
        let new = invoices::make(customer, place, date, &story, &mut random);
        let id = psohub.add(new);
        let Some(invoice) = psohub.invoice(id).cloned() else { return };
        if let Some(document_nr) = ledger::book(bexio, customer, &invoice, &story, present, &mut random) {
            // Some links were never written back.
            if place % 23 != 7 {
                let _ = psohub.set_external_id(id, &document_nr);
            }
        }
    }

    /// A new draft in PSOhub, dated `date`.
    pub(crate) fn add_draft(&self, psohub: &mut Psohub, place: usize, date: Date) -> i64 {
        let mut random = self.random(place);
        let customer = &self.customers[random.random_range(0..self.customers.len())];
        psohub.add(invoices::make(customer, place, date, &Story::draft(), &mut random))
    }

    /// The random numbers of one place.
    pub(crate) fn random(&self, place: usize) -> SmallRng {
        SmallRng::seed_from_u64(self.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ place as u64)
    }
}

/// Dates ascend with the place, from 18 months ago to today.
fn date_of(place: usize, of: usize, today: Date) -> Date {
    let back = HISTORY_DAYS * (of - 1 - place) as u64 / of as u64;
    today.saturating_sub(i64::try_from(back).unwrap_or_default().days())
}

/// A Bexio invoice that no PSOhub invoice stands behind: the web shop's, or one written by hand.
fn add_foreign(bexio: &mut Bexio, company: &Company, place: usize, date: Date, present: Present) {
    let mut random = company.random(place ^ 0x5eed_0000);
    let customer = &company.customers[random.random_range(0..company.customers.len())];
    let amount = rust_decimal::Decimal::new(random.random_range(2_000..90_000), 2);
    let line = crate::bexio::Line {
        text: "Lizenz Zeiterfassung".into(),
        unit_price: amount,
        account_id: bexio.account_id("3200"),
        tax_id: bexio.tax_id("UN81"),
        ..Default::default()
    };
    let id = bexio.create_invoice(NewInvoice {
        title: Some("Lizenz".to_owned()),
        contact_id: Some(customer.bexio_id),
        is_valid_from: Some(date),
        api_reference: (place % 24 == 5).then(|| format!("shop:{}", 100_000 + place)),
        positions: vec![Position::Custom(line)],
        at: ledger::morning_of(date, &mut random),
        ..NewInvoice::default()
    });
    // A fresh draft can be issued and paid.
    let _ = bexio.issue(id);
    if present.today.saturating_sub(45.days()) > date {
        let _ = bexio.pay(id, None, date.saturating_add(20.days()));
    }
    ledger::date_last_change(
        bexio,
        id,
        date.saturating_add(20.days()).min(present.today),
        present,
        &mut random,
    );
}

#[cfg(test)]
mod tests;
