//! Which Bexio invoices might be a PSOhub invoice, and why. Pure: what is judged is handed in.
//!
//! A number that is named weighs most, then the amount, the customer, the date. What is cancelled, or
//! names another PSOhub invoice, is never proposed.

use std::sync::Arc;

use jiff::civil::Date;

use super::delivery::is_within;
use super::{AccountingInvoice, AccountingStatus, BexioContactId, Invoice, Money, RoundingTolerance};

/// Where Bexio's invoice names the number of PSOhub's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NumberPlace {
    /// In `api_reference`, which only software sets.
    ApiReference,
    /// In `reference`.
    Reference,
    /// In the title.
    Title,
    /// It is the document's own number.
    DocumentNumber,
}

/// Why a Bexio invoice might be the one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkReason {
    /// It names the number.
    Number(NumberPlace),
    /// The same total in the same currency.
    SameTotal(Money),
    /// Totals that differ by no more than rounding explains.
    RoundedTotal {
        /// PSOhub's.
        psohub: Money,
        /// Bexio's.
        bexio: Money,
    },
    /// It stands under the contact of the customer's other invoices.
    SameContact(BexioContactId),
    /// Its title names the customer.
    CustomerInTitle,
    /// The two invoice dates lie so many days apart.
    DateWithin {
        /// 0 to [`DAYS_MAX`].
        days: u16,
    },
}

/// A Bexio invoice that might be the one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkCandidate {
    /// The invoice.
    pub bexio: Arc<AccountingInvoice>,
    /// Why, the weightiest first. Never empty.
    pub reasons: Vec<LinkReason>,
    weight: u32,
}

/// What is known of the PSOhub invoice.
#[derive(Debug, Clone, Copy)]
pub struct LinkSubject<'a> {
    /// The invoice.
    pub invoice: &'a Invoice,
    /// The Bexio contact under which the customer's other invoices stand.
    pub contact: Option<BexioContactId>,
    /// Within which amount totals count as equal.
    pub tolerance: RoundingTolerance,
}

/// Invoice dates further apart say nothing.
pub const DAYS_MAX: u16 = 31;

/// Less than this is a coincidence: the number, the amount, or the contact together with the date has to
/// fit. The book looks candidates up by exactly these.
const WEIGHT_MIN: u32 = 25;

/// The candidates among `bexio`, the likeliest first; of equal ones the nearer date, then the older.
pub fn link_candidates<'a>(
    subject: LinkSubject<'_>,
    bexio: impl IntoIterator<Item = &'a Arc<AccountingInvoice>>,
) -> Vec<LinkCandidate> {
    let mut found: Vec<LinkCandidate> =
        bexio.into_iter().filter_map(|bexio| candidate(subject, bexio)).collect();
    found.sort_by_cached_key(|candidate| {
        let days = days_apart(subject.invoice.date, candidate.bexio.date).unwrap_or(u32::MAX);
        (std::cmp::Reverse(candidate.weight), days, candidate.bexio.id)
    });
    found.dedup_by_key(|candidate| candidate.bexio.id);
    found
}

fn candidate(subject: LinkSubject<'_>, bexio: &Arc<AccountingInvoice>) -> Option<LinkCandidate> {
    let of_another = bexio.psohub_id().is_some_and(|other| other != subject.invoice.id);
    if bexio.status == AccountingStatus::Cancelled || of_another {
        return None;
    }
    let mut weighed = reasons(subject, bexio);
    let weight = weighed.iter().map(|(weight, _)| weight).sum();
    if weight < WEIGHT_MIN {
        return None;
    }
    weighed.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    let reasons = weighed.into_iter().map(|(_, reason)| reason).collect();
    Some(LinkCandidate { bexio: Arc::clone(bexio), reasons, weight })
}

fn reasons(subject: LinkSubject<'_>, bexio: &AccountingInvoice) -> Vec<(u32, LinkReason)> {
    let invoice = subject.invoice;
    let number = number_place(&invoice.number, bexio).map(|place| {
        let weight = match place {
            NumberPlace::ApiReference => 70,
            NumberPlace::Reference | NumberPlace::Title => 60,
            NumberPlace::DocumentNumber => 50,
        };
        (weight, LinkReason::Number(place))
    });
    let contact = subject.contact.filter(|contact| bexio.contact_id == Some(*contact));
    let contact = contact.map(|contact| (20, LinkReason::SameContact(contact)));
    let named = names_customer(invoice, bexio).then_some((15, LinkReason::CustomerInTitle));
    let date = days_apart(invoice.date, bexio.date).and_then(|days| {
        let days = u16::try_from(days).ok().filter(|days| *days <= DAYS_MAX)?;
        let weight = match days {
            0 => 9,
            1..=3 => 7,
            4..=14 => 5,
            _ => 2,
        };
        Some((weight, LinkReason::DateWithin { days }))
    });
    [number, total(invoice, bexio, subject.tolerance), contact, named, date].into_iter().flatten().collect()
}

fn total(
    invoice: &Invoice,
    bexio: &AccountingInvoice,
    tolerance: RoundingTolerance,
) -> Option<(u32, LinkReason)> {
    let (psohub, booked) = (invoice.total_inc_vat_money(), bexio.money(bexio.total));
    if psohub.currency != booked.currency {
        return None;
    }
    if psohub.amount == booked.amount {
        return Some((25, LinkReason::SameTotal(psohub)));
    }
    is_within(psohub.amount, booked.amount, tolerance.of(psohub.currency))
        .then_some((20, LinkReason::RoundedTotal { psohub, bexio: booked }))
}

/// Where `bexio` names `number`, the most trusted place first.
fn number_place(number: &str, bexio: &AccountingInvoice) -> Option<NumberPlace> {
    [
        (NumberPlace::ApiReference, bexio.api_reference.as_deref()),
        (NumberPlace::Reference, bexio.reference.as_deref()),
        (NumberPlace::Title, bexio.title.as_deref()),
        (NumberPlace::DocumentNumber, Some(&*bexio.document_number)),
    ]
    .into_iter()
    .find(|(_, text)| {
        text.is_some_and(|text| words(text).any(|word| word.eq_ignore_ascii_case(number.trim())))
    })
    .map(|(place, _)| place)
}

/// The texts of `bexio` in which a number may stand.
pub fn texts_with_numbers(bexio: &AccountingInvoice) -> impl Iterator<Item = &str> {
    [&bexio.api_reference, &bexio.reference, &bexio.title]
        .into_iter()
        .filter_map(Option::as_deref)
        .chain(std::iter::once(&*bexio.document_number))
}

/// The words of a text that may be numbers: they hold a digit. INV-2024-3 is no part of INV-2024-33.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || ",;:()[]{}<>\"'|".contains(c))
        .map(|word| word.trim_matches(['.', '#', '-', '!', '?']))
        .filter(|word| word.bytes().any(|byte| byte.is_ascii_digit()))
}

/// Whether the title names the customer. Names of one or two letters are in every title.
fn names_customer(invoice: &Invoice, bexio: &AccountingInvoice) -> bool {
    const LETTERS_MIN: usize = 4;
    let (Some(customer), Some(title)) = (&invoice.customer, &bexio.title) else { return false };
    let name = customer.name.trim().to_lowercase();
    name.chars().count() >= LETTERS_MIN && title.to_lowercase().contains(&name)
}

fn days_apart(left: Option<Date>, right: Option<Date>) -> Option<u32> {
    Some(left?.since(right?).ok()?.get_days().unsigned_abs())
}

#[cfg(test)]
#[path = "link_candidates_tests.rs"]
mod tests;
