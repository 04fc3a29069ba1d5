//! The filter of a list of deliveries.

use async_graphql::InputObject;
use async_graphql::resolver_utils::EnumType;

use super::InvoiceLookup;
use super::filter::{bounds, entries};
use crate::book::{self, InvoiceBook};
use crate::domain::delivery::State;
use crate::graphql::errors::Fault;
use crate::graphql::scalars::{DateTime, IdInput};
use crate::graphql::types::{DeliveryReasonCode, DeliveryState, GlobalId};

/// Which deliveries are wanted. Every given condition must hold; what is left out or null asks for
/// nothing.
#[derive(InputObject, Debug, Default)]
pub(in crate::graphql) struct DeliveryFilter {
    /// Where it stands is one of these.
    state: Option<Vec<DeliveryState>>,
    /// Whether it waits for a person's decision.
    needs_review: Option<bool>,
    /// Whether it has come to rest: done, given up, stopped, or waiting for a person.
    is_settled: Option<bool>,
    /// Why it stands still is one of these.
    reason: Option<Vec<DeliveryReasonCode>>,
    /// It was asked for in the batch with this id.
    batch: Option<IdInput>,
    /// It sends one of these invoices. At most 500.
    invoices: Option<Vec<InvoiceLookup>>,
    /// When it was asked for.
    accepted_at: Option<DateTimeRange>,
    /// When it last changed.
    changed_at: Option<DateTimeRange>,
    /// Who asked for it, by the whole name.
    accepted_by: Option<String>,
}

/// A range of instants, both ends included. A missing end is open.
#[derive(InputObject, Debug)]
pub(in crate::graphql) struct DateTimeRange {
    /// The first instant.
    from: Option<DateTime>,
    /// The last instant.
    to: Option<DateTime>,
}

type Ends = (Option<jiff::Timestamp>, Option<jiff::Timestamp>);

fn ends(range: Option<DateTimeRange>) -> Option<Ends> {
    range.map(|range| (range.from.map(|at| at.0), range.to.map(|at| at.0)))
}

impl DeliveryFilter {
    /// Whether it names an invoice by what only Bexio knows.
    pub(in crate::graphql) fn needs_bexio(&self) -> bool {
        self.invoices.iter().flatten().any(InvoiceLookup::needs_bexio)
    }

    /// The filter in the book's terms.
    pub(in crate::graphql) fn checked(self, invoices: &InvoiceBook) -> Result<book::DeliveryFilter, Fault> {
        let batch = self.batch.as_ref().map(batch_id).transpose()?;
        let invoice = entries("invoices", self.invoices)?
            .map(|lookups| {
                let found = lookups.iter().map(|lookup| lookup.find(invoices)).collect::<Result<Vec<_>, _>>();
                found.map(|rows| rows.into_iter().flatten().map(|row| row.psohub.id).collect())
            })
            .transpose()
            .map_err(|bad| bad.fault("filter.invoices"))?;
        Ok(book::DeliveryFilter {
            state: states(self.state, self.needs_review),
            is_settled: self.is_settled,
            reason: self.reason.map(|codes| codes.into_iter().filter_map(word).collect()),
            batch,
            invoice,
            accepted_at: bounds("acceptedAt", ends(self.accepted_at))?,
            changed_at: bounds("changedAt", ends(self.changed_at))?,
            accepted_by: self.accepted_by,
        })
    }
}

/// The states that are wanted; whether a review is needed is a matter of the state.
fn states(given: Option<Vec<DeliveryState>>, needs_review: Option<bool>) -> Option<Vec<State>> {
    if given.is_none() && needs_review.is_none() {
        return None;
    }
    let given: Vec<State> =
        given.map_or_else(|| State::ALL.to_vec(), |states| states.into_iter().map(State::from).collect());
    let is_wanted =
        |state: &State| needs_review.is_none_or(|wanted| wanted == (*state == State::NeedsReview));
    Some(given.into_iter().filter(is_wanted).collect())
}

fn word(code: DeliveryReasonCode) -> Option<&'static str> {
    DeliveryReasonCode::items().iter().find(|item| item.value == code).map(|item| item.name)
}

fn batch_id(id: &IdInput) -> Result<crate::domain::BatchId, Fault> {
    match GlobalId::of(id) {
        Ok(GlobalId::Batch(id)) => Ok(id),
        Ok(_) => Err(Fault::bad_input("filter.batch: this is the id of something else: give a batch's id")),
        Err(message) => Err(Fault::bad_input(format!("filter.batch: {message}"))),
    }
}
