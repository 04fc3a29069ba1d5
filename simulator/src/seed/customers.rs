//! The company's customers, on both sides.

use std::sync::Arc;

use rand::rngs::SmallRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};

use super::words::{self, Locale};
use crate::bexio::{Bexio, NewContact};
use crate::psohub::{Customer, Text};

const FIRST_CUSTOMER_ID: i64 = 14_073_748_838_930_011;
const FIRST_CONTACT_ID: i64 = 21_110_623_256_840_007;

/// A customer as both sides know it.
#[derive(Clone, Debug)]
pub(crate) struct SeedCustomer {
    /// As PSOhub knows it.
    pub(crate) psohub: Arc<Customer>,
    /// As Bexio knows it.
    pub(crate) bexio_id: i64,
    pub(super) locale: Locale,
    pub(super) currency: &'static str,
}

impl SeedCustomer {
    /// Whether Swiss VAT is due.
    pub(super) fn is_domestic(&self) -> bool {
        !matches!(self.locale, Locale::Euro | Locale::Overseas)
    }
}

/// One customer for about twelve invoices, 8 at least and 400 at most.
pub(super) fn make(bexio: &mut Bexio, seed: u64, invoices: usize) -> Vec<SeedCustomer> {
    let count = (invoices / 12).clamp(8, 400);
    let mut random = SmallRng::seed_from_u64(seed ^ 0xC0FF_EE00);
    (0..count).map(|at| customer(bexio, at, &mut random)).collect()
}

fn customer(bexio: &mut Bexio, at: usize, random: &mut SmallRng) -> SeedCustomer {
    let locale = match at % 12 {
        1 | 5 | 8 => Locale::SwissFrench,
        3 => Locale::SwissItalian,
        4 | 10 => Locale::Euro,
        7 => Locale::Overseas,
        _ => Locale::SwissGerman,
    };
    let currency = match (locale, at % 24) {
        (Locale::Euro, _) | (_, 12) => "EUR",
        (Locale::Overseas, _) => "USD",
        _ => "CHF",
    };
    let name = company_name(locale, at, random);
    let first_name = pick(random, &words::FIRST_NAMES);
    let last_name = pick(random, &words::LAST_NAMES);
    let mail = format!("{}.{}@kunde{at}.example", ascii(first_name), ascii(last_name));
    let offset = i64::try_from(at).unwrap_or_default();
    let psohub = Arc::new(Customer {
        id: FIRST_CUSTOMER_ID + 137 * offset,
        name: name.as_str().into(),
        contact_id: FIRST_CONTACT_ID + 211 * offset,
        contact_name: Text::from(format!("{first_name} {last_name}")),
        contact_email: mail.as_str().into(),
    });
    let bexio_id = add_contact(bexio, locale, name, mail, random);
    SeedCustomer { psohub, bexio_id, locale, currency }
}

fn company_name(locale: Locale, at: usize, random: &mut SmallRng) -> String {
    let names =
        words::COMPANIES.iter().find(|(of, _)| *of == locale).map_or(&["Muster"][..], |(_, names)| names);
    let form = pick(random, words::legal_forms(locale));
    let name = names[at / 3 % names.len()];
    // The first round has the plain names; later rounds are branches.
    match at / (3 * names.len()) {
        0 if at.is_multiple_of(3) => format!("{name} {form}"),
        _ => format!("{name} {} {form}", words::towns(locale)[at % words::towns(locale).len()].1),
    }
}

fn add_contact(bexio: &mut Bexio, locale: Locale, name: String, mail: String, random: &mut SmallRng) -> i64 {
    let (postcode, city, country) = *words::towns(locale).choose(random).unwrap_or(&("8002", "Zürich", "CH"));
    bexio.add_contact(NewContact {
        name_1: name,
        street_name: Some(pick(random, words::streets(locale)).to_owned()),
        house_number: Some(random.random_range(1..120).to_string()),
        postcode: Some(postcode.to_owned()),
        city: Some(city.to_owned()),
        country_id: bexio.country_id(country),
        mail: Some(mail),
        language_id: Some(match locale {
            Locale::SwissGerman | Locale::Euro => 1,
            Locale::SwissFrench => 2,
            Locale::SwissItalian => 3,
            Locale::Overseas => 4,
        }),
        ..NewContact::default()
    })
}

pub(super) fn pick(random: &mut SmallRng, words: &[&'static str]) -> &'static str {
    words.choose(random).copied().unwrap_or_default()
}

/// A name as a mail address has it.
fn ascii(name: &str) -> String {
    name.to_lowercase()
        .chars()
        .filter_map(|character| match character {
            'ä' | 'à' | 'â' => Some('a'),
            'é' | 'è' | 'ë' | 'ê' => Some('e'),
            'ï' => Some('i'),
            'ł' => Some('l'),
            'ñ' => Some('n'),
            'ö' | 'ø' => Some('o'),
            'ü' => Some('u'),
            'ç' => Some('c'),
            character => character.is_ascii_alphanumeric().then_some(character),
        })
        .collect()
}
