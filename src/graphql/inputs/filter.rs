//! The filter of an invoice list.

use std::fmt::Display;

use async_graphql::InputObject;

use crate::book::{self, Bounds};
use crate::graphql::errors::Fault;
use crate::graphql::scalars::{CurrencyCode, Date, Decimal, IdInput};
use crate::graphql::types::{BexioInvoiceStatus, DeliveryState, InvoiceStatus, ReconciliationVerdict};

/// Most entries of a list in a filter.
const ENTRIES_MAX: usize = 500;

/// Longest text in a filter, in characters.
const TEXT_CHARS_MAX: usize = 200;

/// Which invoices are wanted. Every given condition must hold; what is left out or null asks for
/// nothing.
#[derive(InputObject, Debug, Default)]
pub(in crate::graphql) struct InvoiceFilter {
    /// Its status in PSOhub is one of these.
    status: Option<Vec<InvoiceStatus>>,
    /// Its number is one of these, whatever the case. At most 500.
    numbers: Option<Vec<String>>,
    /// Whether PSOhub has an external id for it. What is not known matches neither. Asking for it
    /// makes the gateway look it up in PSOhub.
    has_external_id: Option<bool>,
    /// PSOhub's id of its customer is one of these. At most 500.
    customer_ids: Option<Vec<IdInput>>,
    /// Its customer's name contains this, whatever the case. At most 200 characters.
    customer_name: Option<String>,
    /// Its number, title, customer, contact, text, Bexio number or Bexio title contain every word of
    /// this, whatever the case. At most 200 characters.
    text: Option<String>,
    /// Its date lies in this range. An invoice without a date lies in none.
    date: Option<DateRange>,
    /// Its due date lies in this range. An invoice without one lies in none.
    due_date: Option<DateRange>,
    /// The figure of its total with VAT lies in this range, whatever the currency.
    total_inc_vat: Option<DecimalRange>,
    /// Its currency in PSOhub is one of these.
    currency: Option<Vec<CurrencyCode>>,
    /// Its status in Bexio is one of these. What is not in Bexio matches none.
    bexio_status: Option<Vec<BexioInvoiceStatus>>,
    /// Whether it exists in Bexio.
    in_bexio: Option<bool>,
    /// Whether something is owed on it and its due date has passed.
    is_overdue: Option<bool>,
    /// Its delivery stands at one of these. An invoice without a delivery matches none.
    delivery_state: Option<Vec<DeliveryState>>,
    /// Whether its delivery waits for a person's decision. One without a delivery does not.
    needs_review: Option<bool>,
    /// Whether somebody asked to send it.
    has_delivery: Option<bool>,
    /// How PSOhub and Bexio stand to one another on it is one of these. Subscriptions do not take it.
    verdict: Option<Vec<ReconciliationVerdict>>,
}

/// A range of dates, both ends included. A missing end is open.
#[derive(InputObject, Debug)]
pub(in crate::graphql) struct DateRange {
    /// The first day.
    from: Option<Date>,
    /// The last day.
    to: Option<Date>,
}

/// A range of figures, both ends included. A missing end is open.
#[derive(InputObject, Debug)]
pub(in crate::graphql) struct DecimalRange {
    /// The least figure.
    from: Option<Decimal>,
    /// The greatest figure.
    to: Option<Decimal>,
}

impl InvoiceFilter {
    /// Whether it asks for what only Bexio knows.
    pub(in crate::graphql) fn needs_bexio(&self) -> bool {
        self.bexio_status.is_some() || self.in_bexio.is_some()
    }

    /// Whether it asks for what only PSOhub's look for external ids knows.
    pub(in crate::graphql) fn needs_external_ids(&self) -> bool {
        self.has_external_id.is_some()
    }

    /// Refuses a condition on the verdict: it compares an invoice with all others, and of a state that is
    /// past only what changed is kept.
    pub(in crate::graphql) fn refuse_verdict(&self) -> Result<(), Fault> {
        match self.verdict {
            Some(_) => Err(Fault::bad_input(
                "filter.verdict is not taken by subscriptions: leave it out, and select reconciliation in the events",
            )),
            None => Ok(()),
        }
    }

    /// The filter in the book's terms.
    pub(in crate::graphql) fn checked(self) -> Result<book::InvoiceFilter, Fault> {
        let customer_ids = entries("customerIds", self.customer_ids)?
            .map(|ids| ids.iter().map(IdInput::parsed).collect::<Result<Vec<_>, _>>())
            .transpose()
            .map_err(|error| Fault::bad_input(format!("filter.customerIds: {error}")))?;
        let date = self.date.map(|range| (range.from.map(|d| d.0), range.to.map(|d| d.0)));
        let due_date = self.due_date.map(|range| (range.from.map(|d| d.0), range.to.map(|d| d.0)));
        let total = self.total_inc_vat.map(|range| (range.from.map(|d| d.0), range.to.map(|d| d.0)));
        Ok(book::InvoiceFilter {
            status: self.status.map(converted),
            numbers: entries("numbers", self.numbers)?,
            has_external_id: self.has_external_id,
            customer_ids,
            customer_name: text("customerName", self.customer_name)?,
            text: text("text", self.text)?,
            date: bounds("date", date)?,
            due_date: bounds("dueDate", due_date)?,
            total_inc_vat: bounds("totalIncVat", total)?,
            currency: entries("currency", self.currency)?
                .map(|codes| codes.into_iter().map(|code| code.0).collect()),
            bexio_status: self.bexio_status.map(converted),
            in_bexio: self.in_bexio,
            is_overdue: self.is_overdue,
            delivery: self.delivery_state.map(converted),
            needs_review: self.needs_review,
            has_delivery: self.has_delivery,
            verdict: self.verdict.map(converted),
        })
    }
}

fn converted<A: Into<B>, B>(values: Vec<A>) -> Vec<B> {
    values.into_iter().map(Into::into).collect()
}

pub(super) fn entries<T>(field: &str, values: Option<Vec<T>>) -> Result<Option<Vec<T>>, Fault> {
    match &values {
        Some(given) if given.len() > ENTRIES_MAX => Err(Fault::bad_input(format!(
            "filter.{field} has {} entries, at most {ENTRIES_MAX} are taken: ask in several queries",
            given.len()
        ))),
        _ => Ok(values),
    }
}

fn text(field: &str, value: Option<String>) -> Result<Option<String>, Fault> {
    match &value {
        Some(given) if given.chars().count() > TEXT_CHARS_MAX => Err(Fault::bad_input(format!(
            "filter.{field} is longer than {TEXT_CHARS_MAX} characters: shorten it"
        ))),
        _ => Ok(value),
    }
}

pub(super) fn bounds<T: PartialOrd + Display>(
    field: &str,
    range: Option<(Option<T>, Option<T>)>,
) -> Result<Bounds<T>, Fault> {
    match range {
        Some((Some(from), Some(to))) if from > to => Err(Fault::bad_input(format!(
            "filter.{field} runs from {from} to {to}, which is backwards: swap the two"
        ))),
        Some((from, to)) => Ok(Bounds { from, to }),
        None => Ok(Bounds::default()),
    }
}
