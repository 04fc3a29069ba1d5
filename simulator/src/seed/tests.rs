//! The seeded company is the same each time and has every case of interest.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::*;
use crate::bexio::BexioOptions;
use crate::clock::SimClock;
use crate::psohub::PsohubOptions;
use crate::world::Urls;

fn world(invoices: usize, seed: u64) -> World {
    let urls = Urls { psohub: String::new(), bexio: String::new(), control: String::new() };
    let clock = SimClock::standing_at("2026-06-18T12:00:00Z".parse().unwrap());
    let world = World::new(clock, urls, PsohubOptions::default(), BexioOptions::default());
    fill(&world, SeedOptions { invoices, seed });
    world
}

fn references(world: &World) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for invoice in world.bexio().invoices() {
        if let Some(reference) = invoice.api_reference.as_deref().filter(|text| text.starts_with("psohub:")) {
            *found.entry(reference.to_owned()).or_default() += 1;
        }
    }
    found
}

#[test]
fn the_same_seed_gives_the_same_books() {
    let (one, two, other) = (world(120, 7), world(120, 7), world(120, 8));
    assert_eq!(one.psohub().invoices(), two.psohub().invoices());
    assert_ne!(one.psohub().invoices(), other.psohub().invoices());
    let books = |world: &World| format!("{:?}", world.bexio().invoices().collect::<Vec<_>>());
    assert_eq!(books(&one), books(&two));
}

#[test]
fn the_documented_invoice_comes_first() {
    let world = world(1, 1);
    let psohub = world.psohub();
    let [invoice] = psohub.invoices() else { panic!("one invoice") };
    assert_eq!((invoice.id, &*invoice.number), (sample::DOCUMENTED_ID, "INV-2024-33"));
    assert_eq!((invoice.total_ex_vat, invoice.total_inc_vat), (27_700.into(), 33_517.into()));
}

#[test]
fn sixty_invoices_have_every_status_currency_and_rate() {
    let world = world(60, 1);
    let psohub = world.psohub();
    let statuses: BTreeSet<&str> = psohub.invoices().iter().map(|invoice| invoice.status.as_str()).collect();
    assert_eq!(statuses, BTreeSet::from(["Approved", "Draft", "Paid", "Sent", "Void"]));
    let currencies: BTreeSet<&str> = psohub.invoices().iter().map(|invoice| &*invoice.currency).collect();
    assert_eq!(currencies, BTreeSet::from(["CHF", "EUR", "USD"]));
    assert!(psohub.invoices().iter().any(|invoice| invoice.lines.len() == 160));
    assert!(psohub.invoices().iter().any(|invoice| invoice.name.contains("<script>")));
    assert!(
        psohub.invoices().iter().any(|invoice| invoice.lines.iter().any(|line| line.total_ex_vat < 0.into()))
    );
    let lines = || psohub.invoices().iter().flat_map(|invoice| &invoice.lines);
    for rate in ["8.1%", "2.6%", "7.7%", " 0%"] {
        assert!(lines().any(|line| line.tax_name.contains(rate)), "{rate}");
    }
    let bexio = world.bexio();
    let statuses: BTreeSet<i64> = bexio.invoices().map(|invoice| invoice.kb_item_status_id).collect();
    assert_eq!(statuses, BTreeSet::from([7, 8, 9, 16, 19, 31]));
    drop(bexio);
    assert!(references(&world).values().any(|&count| count == 2), "one PSOhub invoice is in Bexio twice");
}

#[test]
fn about_four_fifths_are_in_bexio_and_most_totals_agree() {
    let world = world(2_000, 3);
    let references = references(&world);
    let psohub = world.psohub();
    let booked: Vec<_> = psohub
        .invoices()
        .iter()
        .filter(|invoice| matches!(invoice.status.as_str(), "Approved" | "Sent" | "Paid"))
        .map(|invoice| references.contains_key(&format!("psohub:{}", invoice.id)))
        .collect();
    let share = booked.iter().filter(|booked| **booked).count() * 100 / booked.len();
    assert!((75..=88).contains(&share), "{share} %");

    let tolerance = rust_decimal::Decimal::new(30, 2);
    let bexio = world.bexio();
    let off = bexio
        .invoices()
        .filter_map(|booked| {
            let id = booked.api_reference.as_deref()?.strip_prefix("psohub:")?.parse().ok()?;
            let invoice: &Arc<_> = psohub.invoice(id)?;
            let difference = (booked.totals.total - invoice.total_inc_vat).abs();
            (difference > tolerance).then_some(())
        })
        .count();
    assert!((2..=20).contains(&off), "{off} invoices differ");
}

#[test]
fn nothing_is_dated_after_today() {
    let world = world(300, 5);
    let (now, today) = (world.clock.zurich(), world.clock.today());
    assert!(world.psohub().invoices().iter().all(|invoice| invoice.date <= today));
    for invoice in world.bexio().invoices() {
        assert!(invoice.updated_at <= now, "{invoice:?}");
        assert!(invoice.payments.iter().all(|payment| payment.date <= today));
    }
}

#[test]
fn numbers_and_ids_are_unique() {
    let world = world(1_000, 1);
    let psohub = world.psohub();
    let numbers: BTreeSet<_> = psohub.invoices().iter().map(|invoice| &invoice.number).collect();
    let ids: BTreeSet<_> = psohub.invoices().iter().map(|invoice| invoice.id).collect();
    assert_eq!((numbers.len(), ids.len()), (1_000, 1_000));
}
