//! Which of Bexio's invoices that stand for no PSOhub invoice are worth a closer look, so that proposing
//! some never walks through all of them.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::{CombinedInvoice, InvoiceBook};
use crate::domain::link_candidates::{
    DAYS_MAX, LinkCandidate, LinkSubject, link_candidates, texts_with_numbers, words,
};
use crate::domain::{AccountingInvoice, AccountingStatus, BexioContactId, CurrencyCode};

/// Most invoices that are looked at for one reason: of more, those nearest by date.
const LOOKED_AT_MAX: usize = 64;

/// A date with the place of its invoice in the book's list.
type Dated = (Option<Date>, u32);

/// Places in [`InvoiceBook::unlinked`], by what may tie one to a PSOhub invoice.
#[derive(Debug, Default)]
pub(super) struct LinkIndex {
    words: HashMap<Box<str>, Vec<u32>>,
    /// In ascending order.
    totals: Vec<(CurrencyCode, Decimal, Option<Date>, u32)>,
    /// Each in the order of dates.
    contacts: HashMap<BexioContactId, Vec<Dated>>,
}

impl LinkIndex {
    /// Indexes the invoices that are not cancelled.
    pub(super) fn of(unlinked: &[Arc<AccountingInvoice>]) -> Self {
        let mut index = Self::default();
        let places = (0u32..).zip(unlinked);
        for (place, bexio) in places.filter(|(_, bexio)| bexio.status != AccountingStatus::Cancelled) {
            for word in texts_with_numbers(bexio).flat_map(words) {
                let places = index.words.entry(word.to_ascii_lowercase().into()).or_default();
                if places.last() != Some(&place) {
                    places.push(place);
                }
            }
            index.totals.push((bexio.currency, bexio.total, bexio.date, place));
            if let Some(contact) = bexio.contact_id {
                index.contacts.entry(contact).or_default().push((bexio.date, place));
            }
        }
        index.totals.sort_unstable();
        for places in index.contacts.values_mut() {
            places.sort_unstable();
        }
        index
    }

    /// Places of what is worth a closer look, doubles among them.
    fn places(&self, subject: LinkSubject<'_>) -> Vec<u32> {
        let mut places = Vec::new();
        let number = subject.invoice.number.trim().to_ascii_lowercase();
        if let Some(named) = self.words.get(&*number) {
            places.extend(named.iter().take(LOOKED_AT_MAX));
        }
        self.of_total(subject, &mut places);
        if let Some(of_contact) = subject.contact.and_then(|contact| self.contacts.get(&contact)) {
            let near = near(of_contact, |dated| dated.0, subject.invoice.date);
            places.extend(near.iter().map(|(_, place)| *place));
        }
        places
    }

    /// Those of the same total, and where they are few also those that rounding explains.
    fn of_total(&self, subject: LinkSubject<'_>, places: &mut Vec<u32>) {
        let total = subject.invoice.total_inc_vat_money();
        let tolerance = subject.tolerance.of(total.currency);
        let between = |low: Decimal, high: Decimal| {
            let rows = &self.totals;
            let start = rows.partition_point(|row| (row.0, row.1) < (total.currency, low));
            let end = rows.partition_point(|row| (row.0, row.1) <= (total.currency, high));
            &rows[start..end.max(start)]
        };
        let bounds = total.amount.checked_sub(tolerance).zip(total.amount.checked_add(tolerance));
        let rounded = bounds.map(|(low, high)| between(low, high)).unwrap_or_default();
        let exact = between(total.amount, total.amount);
        let looked_at = if rounded.len() <= LOOKED_AT_MAX {
            rounded
        } else {
            near(exact, |row| row.2, subject.invoice.date)
        };
        places.extend(looked_at.iter().map(|row| row.3));
    }
}

/// The part of `dated`, which is in the order of dates, that is nearest to `date`.
fn near<T>(dated: &[T], date_of: impl Fn(&T) -> Option<Date>, date: Option<Date>) -> &[T] {
    if dated.len() <= LOOKED_AT_MAX {
        return dated;
    }
    let days = jiff::Span::new().days(i64::from(DAYS_MAX));
    let from = date.map(|date| date.saturating_sub(days));
    let start = dated.partition_point(|row| date_of(row) < from);
    let middle = dated.partition_point(|row| date_of(row) < date);
    let start = start.max(middle.saturating_sub(LOOKED_AT_MAX / 2));
    &dated[start..dated.len().min(start + LOOKED_AT_MAX)]
}

impl InvoiceBook {
    /// The Bexio invoices that might be `row`'s, the likeliest first; none where it has one. Asks nobody.
    pub fn link_candidates(&self, row: &CombinedInvoice) -> Vec<LinkCandidate> {
        if row.bexio.is_some() {
            return Vec::new();
        }
        let customer = row.psohub.customer.as_ref().and_then(|customer| customer.id);
        let contact = customer.and_then(|customer| self.contacts().of_customer(customer));
        let subject = LinkSubject { invoice: &row.psohub, contact, tolerance: self.tolerance() };
        let places = self.link_index().places(subject);
        let unlinked = self.unlinked();
        link_candidates(subject, places.iter().filter_map(|place| unlinked.get(*place as usize)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::book::fixtures;
    use crate::domain::RoundingTolerance;

    proptest! {
        #[test]
        fn nothing_is_overlooked(specs in proptest::collection::vec((0i64..6, 10_800i64..10_820, 0i64..4, 1i8..28), 0..60)) {
            let unlinked: Vec<Arc<AccountingInvoice>> = (10i64..).zip(specs).map(|(id, (number, total, contact, day))| {
                let mut bexio = fixtures::accounting(id);
                bexio.title = (number > 0).then(|| format!("Works INV-{number}: part").into());
                bexio.total = Decimal::new(total, 2);
                bexio.contact_id = BexioContactId::new(contact);
                bexio.date = Some(jiff::civil::date(2026, 1, day));
                if number == 5 {
                    bexio.status = AccountingStatus::Cancelled;
                }
                Arc::new(bexio)
            }).collect();
            let row = fixtures::row(fixtures::invoice(1));
            let subject = LinkSubject { invoice: &row.psohub, contact: BexioContactId::new(1), tolerance: RoundingTolerance::STANDARD };
            let index = LinkIndex::of(&unlinked);
            let looked_at: Vec<_> = index.places(subject).into_iter().map(|place| &unlinked[place as usize]).collect();
            prop_assert_eq!(link_candidates(subject, looked_at), link_candidates(subject, &unlinked));
        }
    }

    #[test]
    fn of_many_that_fit_the_nearest_are_looked_at() {
        let unlinked: Vec<Arc<AccountingInvoice>> = (1i64..=5_000)
            .map(|id| {
                let mut bexio = fixtures::accounting(id);
                bexio.date = Some(jiff::civil::date(2020, 1, 1).saturating_add(jiff::Span::new().days(id)));
                Arc::new(bexio)
            })
            .collect();
        let row = fixtures::row(fixtures::invoice(1));
        let book = InvoiceBook::new(1, vec![Arc::clone(&row)], unlinked);
        let found = book.link_candidates(&row);
        assert!(found.len() <= LOOKED_AT_MAX, "{}", found.len());
        assert_eq!(found[0].bexio.date, row.psohub.date);
    }

    #[test]
    fn an_invoice_that_has_one_gets_none() {
        let mut row = CombinedInvoice::clone(&fixtures::row(fixtures::invoice(1)));
        let other = Arc::new(fixtures::accounting(2));
        assert_eq!(InvoiceBook::new(1, Vec::new(), vec![Arc::clone(&other)]).link_candidates(&row).len(), 1);
        row.bexio = Some(Arc::new(fixtures::accounting(1)));
        assert_eq!(InvoiceBook::new(1, Vec::new(), vec![other]).link_candidates(&row), []);
    }
}
