//! Life: something happens in the books from time to time, so that a page that shows them is not a still picture.
//!
//! The same seed gives the same events in the same order. In PSOhub it touches only invoices that it made itself,
//! and leaves every third of them approved: those are for whoever tries the gateway.

use std::collections::VecDeque;

use jiff::ToSpan as _;
use rand::RngExt as _;
use rand::rngs::SmallRng;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::bexio::status;
use crate::psohub::{EditPsohubInvoice, Status};
use crate::seed::Company;
use crate::world::World;

/// Somebody who works in PSOhub and Bexio.
#[derive(Debug)]
pub(crate) struct Life {
    company: Company,
    random: SmallRng,
    /// The place of the next invoice in the company's books.
    next_place: usize,
    drafts: VecDeque<i64>,
    approved: VecDeque<i64>,
    sent: VecDeque<i64>,
}

/// What happened. PSOhub's ids are text: they are above 2^53.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// PSOhub has a new draft.
    Drafted(String),
    /// A draft was edited.
    Edited(String),
    /// A draft was approved.
    Approved(String),
    /// PSOhub sent an invoice by itself.
    Sent(String),
    /// The accountant booked and issued a sent invoice; the Bexio id.
    Booked(i64),
    /// Money came in for the rest of a Bexio invoice.
    Paid(i64),
    /// Money came in for a part of it.
    PartPaid(i64),
}

impl Life {
    /// Goes on after the company's first `places` invoices.
    pub(crate) fn new(company: Company, places: usize) -> Self {
        let random = company.random(usize::MAX);
        let (drafts, approved, sent) = (VecDeque::new(), VecDeque::new(), VecDeque::new());
        Self { company, random, next_place: places.max(1), drafts, approved, sent }
    }

    /// One thing happens.
    pub(crate) fn step(&mut self, world: &World) -> Event {
        let event = match self.random.random_range(0..100) {
            0..20 => self.approve(world),
            20..40 => self.send(world),
            40..55 => self.book(world),
            55..80 => self.pay(world),
            80..88 => self.edit(world),
            _ => None,
        };
        event.unwrap_or_else(|| self.draft(world))
    }

    fn draft(&mut self, world: &World) -> Event {
        let id = self.company.add_draft(&mut world.psohub(), self.next_place, world.clock.today());
        self.next_place += 1;
        self.drafts.push_back(id);
        Event::Drafted(id.to_string())
    }

    fn edit(&mut self, world: &World) -> Option<Event> {
        let id = *self.drafts.front()?;
        let mut psohub = world.psohub();
        let due_date = psohub.invoice(id)?.due_date.saturating_add(10.days());
        psohub
            .edit(id, EditPsohubInvoice { due_date: Some(due_date), ..EditPsohubInvoice::default() })
            .ok()?;
        Some(Event::Edited(id.to_string()))
    }

    fn approve(&mut self, world: &World) -> Option<Event> {
        let id = self.drafts.pop_front()?;
        world.psohub().set_status(id, Status::Approved).ok()?;
        if id % 3 != 0 {
            self.approved.push_back(id);
        }
        Some(Event::Approved(id.to_string()))
    }

    fn send(&mut self, world: &World) -> Option<Event> {
        let id = self.approved.pop_front()?;
        let mut psohub = world.psohub();
        let untouched = psohub
            .invoice(id)
            .is_some_and(|invoice| invoice.status == Status::Approved && invoice.external_id.is_none());
        if !untouched {
            return None;
        }
        psohub.set_status(id, Status::Sent).ok()?;
        self.sent.push_back(id);
        Some(Event::Sent(id.to_string()))
    }

    fn book(&mut self, world: &World) -> Option<Event> {
        let id = self.sent.pop_front()?;
        // Somebody sent it through a gateway meanwhile.
        if world.psohub().invoice(id)?.external_id.is_some() {
            return None;
        }
        let bexio_id = world.book_in_bexio(id)?;
        let mut bexio = world.bexio();
        bexio.issue(bexio_id).ok()?;
        let document_nr = bexio.invoice(bexio_id)?.document_nr.to_string();
        drop(bexio);
        world.psohub().set_external_id(id, &document_nr).ok()?;
        Some(Event::Booked(bexio_id))
    }

    fn pay(&mut self, world: &World) -> Option<Event> {
        let mut bexio = world.bexio();
        let open: Vec<(i64, Decimal)> = bexio
            .invoices()
            .filter(|invoice| {
                invoice.kb_item_status_id == status::PENDING && invoice.remaining() > Decimal::ONE
            })
            .map(|invoice| (invoice.id, invoice.remaining()))
            .collect();
        if open.is_empty() {
            return None;
        }
        let (id, remaining) = open[self.random.random_range(0..open.len())];
        let today = world.clock.today();
        if self.random.random_range(0..5) == 0 {
            bexio.pay(id, Some((remaining / Decimal::TWO).round_dp(2)), today).ok()?;
            return Some(Event::PartPaid(id));
        }
        bexio.pay(id, None, today).ok()?;
        Some(Event::Paid(id))
    }
}
