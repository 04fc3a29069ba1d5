//! Operations of a transport that can stream: a subscription gives events, anything else one answer.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use async_graphql::parser::types::{ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet};
use async_graphql::{Positioned, Request, Response};
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};

use super::time_limit::{query_timeout, within};
use super::{Executed, GraphqlService};
use crate::graphql::errors::{ErrorCode, Fault};
use crate::graphql::needs::Needs;
use crate::graphql::operation::{Caller, OperationState};
use crate::graphql::subscription::Subscriber;

/// What became of an operation that may be a subscription.
pub enum Subscribed {
    /// A query or mutation was executed, or the operation was refused.
    Answer(Box<Executed>),
    /// A subscription has begun.
    Events(Events),
}

/// The events of a subscription, each an answer of its own. Nothing is produced before it is asked for.
/// An answer's data holds JSON written beforehand: write it by [`crate::graphql::write_response`] only.
pub type Events = BoxStream<'static, Result<Response, TooSlow>>;

/// Why a subscription ends before its time: its listener fell so far behind that events were lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("events were lost because they were not read in time: subscribe again and query what is shown")]
pub struct TooSlow;

impl GraphqlService {
    /// Executes one operation for `caller`, by the same limits as [`Self::execute`]; a subscription begins
    /// to give events.
    pub async fn subscribe(&self, request: Request, caller: Caller) -> Subscribed {
        match self.admitted(request, &caller).await {
            Ok((request, needs)) if needs.is_subscription => self.begin(request, needs, caller).await,
            Ok((request, needs)) => Subscribed::Answer(Box::new(self.run(request, &needs, caller).await)),
            Err(refused) => Subscribed::Answer(refused),
        }
    }

    async fn begin(&self, request: Request, needs: Needs, caller: Caller) -> Subscribed {
        let query = request.query.clone();
        let state = OperationState::new(self.deps.clone(), caller.clone(), self.snapshot(&needs).await);
        let subscriber = Subscriber::new(self.deps.clone(), caller);
        let request = request.data(Arc::clone(&state)).data(Arc::clone(&subscriber));
        let mut responses = self.schema.execute_stream(request).fuse().boxed();
        let limit = self.limits.time_max;
        let Some(first) = within(limit, &*self.deps.changes, first_of(&mut responses, &subscriber)).await
        else {
            return Subscribed::Answer(Box::new(Executed::refused(&query_timeout(limit))));
        };
        match first {
            Some(refusal) if !subscriber.has_begun() => {
                Subscribed::Answer(Box::new(refused_whole(self.finish(refusal, &query, &needs, &state))))
            }
            first => {
                let responses = stream::iter(first).chain(responses);
                Subscribed::Events(self.clone().events(responses.boxed(), subscriber, query, needs))
            }
        }
    }

    /// The events as clients read them, and what ended them.
    fn events(
        self,
        responses: BoxStream<'static, Response>,
        subscriber: Arc<Subscriber>,
        query: String,
        needs: Needs,
    ) -> Events {
        let ending = Arc::clone(&subscriber);
        let events = responses.map(move |response| match subscriber.take_shown() {
            Some(state) => Ok(self.finish(response, &query, &needs, &state).response),
            None => Ok(response),
        });
        let end = stream::once(async move { ending.is_too_slow().then_some(Err(TooSlow)) });
        events.chain(end.filter_map(std::future::ready)).boxed()
    }
}

/// Waits until the subscription has begun or is refused; gives the response that came by then.
async fn first_of(responses: &mut BoxStream<'static, Response>, subscriber: &Subscriber) -> Option<Response> {
    poll_fn(|context| match responses.poll_next_unpin(context) {
        Poll::Pending if subscriber.has_begun() => Poll::Ready(None),
        polled => polled,
    })
    .await
}

/// What hinders a subscription from beginning concerns the whole request, by the specification's section
/// 6.2.3.1 (Source Stream).
fn refused_whole(refused: Executed) -> Executed {
    let mut errors = refused.response.errors;
    for error in &mut errors {
        error.path.clear();
    }
    Executed::from_errors(errors)
}

/// The refusal of a subscription where there is one answer only.
pub(super) fn needs_a_stream() -> Fault {
    Fault::new(
        ErrorCode::BadRequest,
        "A subscription is answered by many events: open it over WebSocket (graphql-transport-ws), or send \
         'Accept: text/event-stream'.",
    )
}

/// Refuses a subscription that does not select exactly one field, by the specification's section 5.2.4.1
/// (Single Root Field). async-graphql does not ask for it.
pub(super) fn check_root(
    document: &ExecutableDocument,
    operation: &OperationDefinition,
) -> Result<(), Fault> {
    let mut roots = Vec::new();
    let is_conditional = collect_roots(document, &operation.selection_set.node, &mut roots);
    let invalid = |message: &str| Err(Fault::new(ErrorCode::GraphqlValidationFailed, message));
    match roots.as_slice() {
        _ if is_conditional => invalid("The field of a subscription takes no @skip and no @include."),
        [only] if only.node.name.node.starts_with("__") => {
            invalid("A subscription selects one of its own fields, not one of introspection.")
        }
        [_] => Ok(()),
        _ => invalid("A subscription selects exactly one field at its top: send one for each."),
    }
}

/// Collects the fields at the top; tells whether any is under a condition. Fragments were found not to
/// spread themselves.
fn collect_roots<'d>(
    document: &'d ExecutableDocument,
    set: &'d SelectionSet,
    roots: &mut Vec<&'d Positioned<Field>>,
) -> bool {
    let mut is_conditional = false;
    for item in &set.items {
        is_conditional |= item
            .node
            .directives()
            .iter()
            .any(|directive| matches!(directive.node.name.node.as_str(), "skip" | "include"));
        is_conditional |= match &item.node {
            Selection::Field(field) => {
                roots.push(field);
                false
            }
            Selection::InlineFragment(inline) => {
                collect_roots(document, &inline.node.selection_set.node, roots)
            }
            Selection::FragmentSpread(spread) => document
                .fragments
                .get(&spread.node.fragment_name.node)
                .is_some_and(|fragment| collect_roots(document, &fragment.node.selection_set.node, roots)),
        };
    }
    is_conditional
}
