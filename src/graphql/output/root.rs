//! Where async-graphql's execution ends and writing begins: the value of a root field.

use std::borrow::Cow;

use async_graphql::parser::types::{Field, Selection, SelectionSet};
use async_graphql::registry::Registry;
use async_graphql::{
    ContextBase, ContextSelectionSet, OutputType, Positioned, QueryPathNode, QueryPathSegment, ServerResult,
    Value,
};
use bytes::Bytes;

use super::plan::Fragments;
use super::writer::Written;
use super::{Document, Fetched, Plan, Projected, Scope, Writer, register_object};
use crate::book::Snapshot;
use crate::graphql::errors::Fault;
use crate::graphql::operation::OperationState;

/// Most times that one value is written: each time what the time before missed has been fetched, and
/// misses reach no deeper than selections nest.
const WRITINGS_MAX: usize = 16;

/// An object type that a root field can give.
pub(in crate::graphql) trait Root: Projected {
    /// What a root field holds it as.
    type Owned: Send + Sync;

    /// What it is written from.
    fn source(owned: &Self::Owned) -> Self::Source<'_>;

    /// The state that it shows, where that is not the one the operation began with: after a mutation.
    fn snapshot(_owned: &Self::Owned) -> Option<&Snapshot> {
        None
    }

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
    let write = |writer: &mut Writer<'_>, plan: &Plan| {
        writer.object::<T>(T::source(owned), plan, ctx.path_node.as_ref());
    };
    let show = Show { operation, snapshot: T::snapshot(owned), bytes_hint: T::bytes_hint(owned) };
    write_with(show, ctx, Plan::compile::<T>, write).await
}

/// What a value is written with.
pub(in crate::graphql) struct Show<'o> {
    /// The operation, with the state that it began with.
    pub(in crate::graphql) operation: &'o OperationState,
    /// The state that is shown, where it is another one.
    pub(in crate::graphql) snapshot: Option<&'o Snapshot>,
    /// About how many bytes the value takes.
    pub(in crate::graphql) bytes_hint: usize,
}

/// Writes what `write` writes by what `compile` makes of the selections that stand at `ctx`.
pub(in crate::graphql) async fn write_with<P>(
    show: Show<'_>,
    ctx: &ContextSelectionSet<'_>,
    compile: impl FnOnce(&[&SelectionSet], Document<'_>) -> P,
    write: impl Fn(&mut Writer<'_>, &P),
) -> ServerResult<Value> {
    let Show { operation, snapshot, bytes_hint } = show;
    let selections = selections_of_root(ctx);
    // Of a field that stands there several times async-graphql keeps the first value. All are the
    // same, so one of them is written.
    let place = (selections.len() > 1).then(|| ctx.path_node.as_ref().map(ToString::to_string)).flatten();
    if let Some(json) = place.as_deref().and_then(|place| operation.written(place)) {
        return Ok(Value::Binary(json));
    }
    let plan = compile(&selections, Document::of(ctx));
    let snapshot = snapshot.unwrap_or(&operation.snapshot);
    let mut fetched = Fetched::default();
    for _ in 0..WRITINGS_MAX {
        let scope = Scope { snapshot, fetched: &fetched, timing: operation.deps.deliveries.timing() };
        let mut writer = Writer::new(&scope, bytes_hint);
        write(&mut writer, &plan);
        match writer.finish() {
            Ok(Written { json, errors, cost }) => {
                operation.note_cost(cost);
                for error in errors {
                    ctx.add_error(error);
                }
                let json = Bytes::from(json);
                if let Some(place) = place {
                    operation.note_written(place, json.clone());
                }
                return Ok(Value::Binary(json));
            }
            Err(missing) => fetched.fetch(*missing, operation).await,
        }
    }
    Err(ctx.set_error_path(Fault::internal(&NeverWhole).server_error()))
}

#[derive(Debug, thiserror::Error)]
#[error("an answer missed something in each of {WRITINGS_MAX} writings")]
struct NeverWhole;

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
