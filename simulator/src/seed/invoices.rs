//! An invoice of the seeded company, as PSOhub has it.

use jiff::ToSpan as _;
use jiff::civil::Date;
use rand::RngExt as _;
use rand::rngs::SmallRng;
use rust_decimal::Decimal;

use super::customers::{SeedCustomer, pick};
use super::lines::{self, cents};
use super::story::{Content, Story};
use super::words;
use crate::psohub::{NewPsohubInvoice, Text};

/// Invoice number `place` of the company.
pub(super) fn make(
    customer: &SeedCustomer,
    place: usize,
    date: Date,
    story: &Story,
    random: &mut SmallRng,
) -> NewPsohubInvoice {
    let lines = lines::make(customer, date, story.content, random);
    let total_ex_vat: Decimal = lines.iter().map(|line| line.total_ex_vat).sum();
    let total_inc_vat: Decimal = lines.iter().map(|line| line.total_inc_vat).sum();
    let rate = rate_to_chf(customer.currency);
    let due_days = if random.random_range(0..5) == 0 { 10 } else { 30 };
    let mut new = NewPsohubInvoice {
        number: Some(format!("INV-{}-{:04}", date.year(), place).into()),
        name: format!("{} - {}", customer.psohub.name, pick(random, words::services(customer.locale))).into(),
        date: Some(date),
        due_date: Some(date.saturating_add(due_days.days())),
        note: pick(random, words::notes(customer.locale)).into(),
        status: story.status.clone(),
        customer: customer.psohub.clone(),
        currency: customer.currency.into(),
        total_ex_vat_base: Some(cents(total_ex_vat * rate)),
        total_inc_vat_base: Some(cents(total_inc_vat * rate)),
        lines,
        ..NewPsohubInvoice::default()
    };
    match story.content {
        Content::DangerousText => write_danger(&mut new),
        Content::LongText => write_at_length(&mut new),
        _ => {}
    }
    new
}

fn write_danger(new: &mut NewPsohubInvoice) {
    new.name = Text::from(words::DANGEROUS);
    new.note = Text::from(words::DANGEROUS);
    for line in &mut new.lines {
        line.name = Text::from("Umbau <b>Büro</b> & \"Lager\"");
        line.description = Text::from(words::DANGEROUS);
    }
}

fn write_at_length(new: &mut NewPsohubInvoice) {
    let sentence = "Die Leistungen umfassen Analyse, Konzept, Umsetzung, Schulung sowie die Begleitung des Betriebs \
                    während der vereinbarten Einführungsphase gemäss Pflichtenheft vom 3. März. ";
    new.name = Text::from(format!("{} {}", new.name, "äöü ".repeat(100)));
    new.note = Text::from(sentence.repeat(60));
    for line in &mut new.lines {
        line.description = Text::from(sentence.repeat(15));
    }
}

/// Swiss francs for one unit.
fn rate_to_chf(currency: &str) -> Decimal {
    match currency {
        "EUR" => Decimal::new(9_412, 4),
        "USD" => Decimal::new(8_035, 4),
        _ => Decimal::ONE,
    }
}
