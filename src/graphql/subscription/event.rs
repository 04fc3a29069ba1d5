//! One event of a subscription: its payload, and the state of the book that it is written from.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::{Context, ContextSelectionSet, OutputType, Positioned, ServerResult, Value};

use crate::graphql::deps::Deps;
use crate::graphql::errors::Fault;
use crate::graphql::operation::{Caller, OperationState};
use crate::graphql::output::{Root, register_object, write_from};

/// What lives as long as a subscription.
pub(in crate::graphql) struct Subscriber {
    pub(in crate::graphql) deps: Deps,
    caller: Caller,
    has_begun: AtomicBool,
    is_too_slow: AtomicBool,
    /// The state that the event under way is written from.
    shown: Mutex<Option<Arc<OperationState>>>,
}

impl Subscriber {
    pub(in crate::graphql) fn new(deps: Deps, caller: Caller) -> Arc<Self> {
        Arc::new(Self {
            deps,
            caller,
            has_begun: AtomicBool::new(false),
            is_too_slow: AtomicBool::new(false),
            shown: Mutex::default(),
        })
    }

    /// The subscriber that the service put into the request. Taking it means that the request is in order
    /// so far.
    pub(super) fn of(ctx: &Context<'_>) -> Result<Arc<Self>, Fault> {
        ctx.data_opt::<Arc<Self>>().cloned().ok_or_else(|| Fault::internal(&SubscriberMissing))
    }

    /// An event with a fresh state of its own.
    pub(super) fn event<T: Root>(&self, payload: T::Owned) -> Event<T> {
        Event { operation: self.fresh_state(), payload }
    }

    /// A fresh state, and what `payload` makes of it as an event.
    pub(super) fn event_from<T: Root>(&self, payload: impl FnOnce(&OperationState) -> T::Owned) -> Event<T> {
        let operation = self.fresh_state();
        Event { payload: payload(&operation), operation }
    }

    fn fresh_state(&self) -> Arc<OperationState> {
        OperationState::new(self.deps.clone(), self.caller.clone(), self.deps.book.peek())
    }

    /// Notes that events flow from here on: what came before was refused, what comes after is an event.
    pub(super) fn begin(&self) {
        self.has_begun.store(true, Ordering::Release);
    }

    pub(in crate::graphql) fn has_begun(&self) -> bool {
        self.has_begun.load(Ordering::Acquire)
    }

    /// Notes that events were missed, so that the stream ends here.
    pub(super) fn note_too_slow(&self) {
        self.is_too_slow.store(true, Ordering::Release);
    }

    pub(in crate::graphql) fn is_too_slow(&self) -> bool {
        self.is_too_slow.load(Ordering::Acquire)
    }

    /// The state of the event that was written last.
    pub(in crate::graphql) fn take_shown(&self) -> Option<Arc<OperationState>> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn show(&self, operation: &Arc<OperationState>) {
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(operation));
    }
}

/// One event of a field of type `T`.
pub(in crate::graphql) struct Event<T: Root> {
    operation: Arc<OperationState>,
    payload: T::Owned,
}

impl<T: Root> OutputType for Event<T> {
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
        if let Some(subscriber) = ctx.data_opt::<Arc<Subscriber>>() {
            subscriber.show(&self.operation);
        }
        write_from::<T>(&self.operation, &self.payload, ctx).await
    }
}

#[derive(Debug, thiserror::Error)]
#[error("a subscription runs in an operation that has no subscriber")]
struct SubscriberMissing;
