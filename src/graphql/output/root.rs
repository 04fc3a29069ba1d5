//! Where async-graphql's execution ends and writing begins: the value of a root field.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::parser::types::{Field, Selection, SelectionSet};
use async_graphql::registry::Registry;
use async_graphql::{
    ContextBase, ContextSelectionSet, OutputType, Positioned, QueryPathNode, QueryPathSegment, ServerResult,
    Value,
};
use bytes::Bytes;
use futures_util::StreamExt;

use super::plan::Fragments;
use super::{Plan, Projected, Scope, Writer, register_object};
use crate::domain::{AccountingInvoice, BexioInvoiceId, Payment};
use crate::graphql::errors::{ErrorCode, Fault};
use crate::graphql::operation::OperationState;

/// Payments that one operation asks Bexio for at a time. The transport has its own limit below.
const PAYMENTS_AT_ONCE: usize = 8;

/// How long an operation waits while no payments arrive at all.
const PAYMENTS_PATIENCE: Duration = Duration::from_secs(5);

/// An object type that a root field can give.
pub(in crate::graphql) trait Root: Projected {
    /// What a root field holds it as.
    type Owned: Send + Sync;

    /// What it is written from.
    fn source(owned: &Self::Owned) -> Self::Source<'_>;

    /// The Bexio invoices below it, whose payments may be asked for.
    fn booked(_owned: &Self::Owned, _invoices: &mut Vec<Arc<AccountingInvoice>>) {}

    /// About how many bytes its answer takes, for one allocation instead of many.
    fn bytes_hint(_owned: &Self::Owned) -> usize {
        1024
    }
}

/// The value of a root field of type `T`.
pub(in crate::graphql) struct Answer<T: Root>(pub(in crate::graphql) T::Owned);

impl<T: Root> OutputType for Answer<T> {
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed(T::NAME)
    }

    fn create_type_info(registry: &mut Registry) -> String {
        register_object::<T>(registry)
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        _field: &Positioned<Field>,
    ) -> ServerResult<Value> {
        write_root::<T>(&self.0, ctx).await
    }
}

/// Writes `owned` by the selection that stands at `ctx`.
pub(in crate::graphql) async fn write_root<T: Root>(
    owned: &T::Owned,
    ctx: &ContextSelectionSet<'_>,
) -> ServerResult<Value> {
    let operation = OperationState::of(ctx).map_err(|fault| ctx.set_error_path(fault.server_error()))?;
    write_from::<T>(operation, owned, ctx).await
}

/// Like [`write_root`], from the state `operation`: an event of a subscription has one of its own.
pub(in crate::graphql) async fn write_from<T: Root>(
    operation: &OperationState,
    owned: &T::Owned,
    ctx: &ContextSelectionSet<'_>,
) -> ServerResult<Value> {
    let selections = selections_of_root(ctx);
    // Of a field that stands there several times async-graphql keeps the first value. All are the
    // same, so one of them is written.
    let place = (selections.len() > 1).then(|| ctx.path_node.as_ref().map(ToString::to_string)).flatten();
    if let Some(json) = place.as_deref().and_then(|place| operation.written(place)) {
        return Ok(Value::Binary(json));
    }
    let plan = Plan::compile::<T>(&selections, &ctx.query_env.fragments);
    let payments = if plan.late {
        let mut invoices = Vec::new();
        T::booked(owned, &mut invoices);
        fetch_payments(operation, invoices).await
    } else {
        PaymentsOf::new()
    };
    let scope = Scope { snapshot: &operation.snapshot, payments };
    let mut writer = Writer::new(&scope, T::bytes_hint(owned));
    writer.object::<T>(T::source(owned), &plan, ctx.path_node.as_ref());
    let (json, errors) = writer.finish();
    for error in errors {
        ctx.add_error(error);
    }
    let json = Bytes::from(json);
    if let Some(place) = place {
        operation.note_written(place, json.clone());
    }
    Ok(Value::Binary(json))
}

/// Every selection set that the operation makes on the field at its top in which `ctx` stands: the
/// same field may stand there several times, also in fragments, and its selections are then merged.
/// What is skipped is gone already: async-graphql takes it out before it executes.
pub(in crate::graphql) fn selections_of_root<'a, T>(ctx: &ContextBase<'a, T>) -> Vec<&'a SelectionSet> {
    let mut found = Vec::new();
    let top = std::iter::successors(ctx.path_node.as_ref(), |node| node.parent).last();
    if let Some(QueryPathNode { segment: QueryPathSegment::Name(key), .. }) = top {
        let operation = &ctx.query_env.operation.node;
        collect(&operation.selection_set.node, key, &ctx.query_env.fragments, &mut found);
    }
    found
}

/// Collects what `set` selects under `key`. Fragments at the top apply: they were validated.
fn collect<'a>(
    set: &'a SelectionSet,
    key: &str,
    fragments: &'a Fragments,
    found: &mut Vec<&'a SelectionSet>,
) {
    for item in &set.items {
        match &item.node {
            Selection::Field(field) if field.node.response_key().node == key => {
                found.push(&field.node.selection_set.node);
            }
            Selection::Field(_) => {}
            Selection::InlineFragment(inline) => {
                collect(&inline.node.selection_set.node, key, fragments, found);
            }
            Selection::FragmentSpread(spread) => {
                if let Some(fragment) = fragments.get(&spread.node.fragment_name.node) {
                    collect(&fragment.node.selection_set.node, key, fragments, found);
                }
            }
        }
    }
}

/// The payments of `invoices`. An upstream that hangs, or fails every time, is not waited for one
/// invoice after the other: what is missing then fails alike.
async fn fetch_payments(operation: &OperationState, invoices: Vec<Arc<AccountingInvoice>>) -> PaymentsOf {
    let asked: Vec<BexioInvoiceId> = invoices.iter().map(|invoice| invoice.id).collect();
    let mut answers = futures_util::stream::iter(invoices)
        .map(|invoice| async move { (invoice.id, operation.payments(invoice).await) })
        .buffer_unordered(PAYMENTS_AT_ONCE);
    let mut found = PaymentsOf::new();
    let mut failures = 0;
    let mut reason = Fault::new(
        ErrorCode::UpstreamUnavailable,
        format!(
            "Bexio did not answer within {} s when it was asked for payments. Try again in a moment.",
            PAYMENTS_PATIENCE.as_secs()
        ),
    );
    while failures < PAYMENTS_AT_ONCE
        && let Ok(Some((id, outcome))) = tokio::time::timeout(PAYMENTS_PATIENCE, answers.next()).await
    {
        match &outcome {
            Err(fault) if fault.code == ErrorCode::UpstreamUnavailable => {
                failures += 1;
                reason.clone_from(fault);
            }
            _ => failures = 0,
        }
        found.insert(id, outcome);
    }
    for id in asked {
        found.entry(id).or_insert_with(|| Err(reason.clone()));
    }
    found
}

/// Payments by invoice, or why they are not known.
type PaymentsOf = HashMap<BexioInvoiceId, Result<Arc<[Payment]>, Fault>>;
