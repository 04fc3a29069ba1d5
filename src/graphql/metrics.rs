//! How operations went: counted by name, type and outcome, and their fields at the top by name.
//!
//! A client chooses the names of its operations, so no more than a number of them are told apart.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use async_graphql::extensions::{
    Extension, ExtensionContext, ExtensionFactory, NextExecute, NextPrepareRequest, NextRequest, NextResolve,
    NextSubscribe, ResolveInfo,
};
use async_graphql::parser::types::OperationType;
use async_graphql::{Request, Response, ServerResult, Value};
use async_trait::async_trait;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::operation::OperationState;
use crate::domain::{SharedClock, name_in_logs};

/// How many names of operations are told apart.
const NAMES_MAX: usize = 100;
/// Longest of them, in bytes.
const NAME_BYTES_MAX: usize = 64;
/// All that come after.
const OTHER: &str = "other";
/// Operations without a name.
const ANONYMOUS: &str = "anonymous";

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OperationLabels {
    operation: Arc<str>,
    r#type: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct NameLabels {
    operation: Arc<str>,
    r#type: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FieldLabels {
    r#type: &'static str,
    field: String,
}

/// From a look into the book to a connection test.
const SECONDS: [f64; 10] = [0.0005, 0.001, 0.0025, 0.005, 0.025, 0.1, 0.5, 1.0, 5.0, 30.0];

fn seconds() -> Histogram {
    Histogram::new(SECONDS)
}

/// Counts operations. Cloning shares it.
#[derive(Clone)]
pub struct OperationMetrics(Arc<Counted>);

struct Counted {
    clock: SharedClock,
    operations: Family<OperationLabels, Counter>,
    operation_seconds: Family<NameLabels, Histogram, fn() -> Histogram>,
    field_seconds: Family<FieldLabels, Histogram, fn() -> Histogram>,
    subscriptions: Gauge,
    names: Mutex<HashSet<Arc<str>>>,
}

impl OperationMetrics {
    /// Nothing is counted yet; times are `clock`'s.
    pub fn new(clock: SharedClock) -> Self {
        Self(Arc::new(Counted {
            clock,
            operations: Family::default(),
            operation_seconds: Family::new_with_constructor(seconds),
            field_seconds: Family::new_with_constructor(seconds),
            subscriptions: Gauge::default(),
            names: Mutex::default(),
        }))
    }

    /// Adds them to what is told.
    pub fn register(&self, registry: &mut Registry) {
        let counted = &self.0;
        registry.register(
            "operations",
            "Operations that were executed, by name (those beyond the first 100 are 'other'), type and outcome",
            counted.operations.clone(),
        );
        registry.register(
            "operation_seconds",
            "Time to execute an operation",
            counted.operation_seconds.clone(),
        );
        registry.register(
            "root_field_seconds",
            "Time to resolve a field at the top of an operation",
            counted.field_seconds.clone(),
        );
        registry.register("subscriptions", "Subscriptions that are open", counted.subscriptions.clone());
    }
}

impl Counted {
    /// The name as a label: one of a bounded number.
    fn bounded(&self, name: Option<&str>) -> Arc<str> {
        let Some(name) = name else { return ANONYMOUS.into() };
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = names.get(name) {
            return Arc::clone(known);
        }
        if names.len() >= NAMES_MAX || name.len() > NAME_BYTES_MAX {
            return OTHER.into();
        }
        let name: Arc<str> = name.into();
        names.insert(Arc::clone(&name));
        name
    }

    fn since(&self, began: Duration) -> f64 {
        self.clock.elapsed().saturating_sub(began).as_secs_f64()
    }
}

impl ExtensionFactory for OperationMetrics {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Counting { counted: Arc::clone(&self.0), what: OnceLock::new() })
    }
}

/// What is executed.
struct What {
    name: Option<String>,
    r#type: &'static str,
}

/// Counts one operation.
struct Counting {
    counted: Arc<Counted>,
    what: OnceLock<What>,
}

#[async_trait]
impl Extension for Counting {
    async fn request(&self, ctx: &ExtensionContext<'_>, next: NextRequest<'_>) -> Response {
        let began = self.counted.clock.elapsed();
        let response = next.run(ctx).await;
        let Some(What { name, r#type }) = self.what.get() else { return response };
        let operation = self.counted.bounded(name.as_deref());
        let outcome = if response.errors.is_empty() { "ok" } else { "failed" };
        let labels = NameLabels { operation: Arc::clone(&operation), r#type };
        self.counted.operation_seconds.get_or_create(&labels).observe(self.counted.since(began));
        self.counted.operations.get_or_create(&OperationLabels { operation, r#type, outcome }).inc();
        response
    }

    fn subscribe<'s>(
        &self,
        ctx: &ExtensionContext<'_>,
        stream: BoxStream<'s, Response>,
        next: NextSubscribe<'_>,
    ) -> BoxStream<'s, Response> {
        let listening = Listening::new(Arc::clone(&self.counted));
        // Held as long as the stream is.
        next.run(ctx, stream)
            .inspect(move |_| {
                let _open = &listening;
            })
            .boxed()
    }

    async fn prepare_request(
        &self,
        ctx: &ExtensionContext<'_>,
        request: Request,
        next: NextPrepareRequest<'_>,
    ) -> ServerResult<Request> {
        let mut request = next.run(ctx, request).await?;
        let wanted = request.operation_name.clone();
        let document = request.parsed_query()?;
        let mut operations = document.operations.iter();
        let found = match &wanted {
            Some(wanted) => operations.find(|(name, _)| name.is_some_and(|name| name.as_str() == wanted)),
            None => operations.next(),
        };
        if let Some((name, operation)) = found {
            let r#type = match operation.node.ty {
                OperationType::Query => "query",
                OperationType::Mutation => "mutation",
                OperationType::Subscription => "subscription",
            };
            let name = name.map(ToString::to_string);
            note_in_span(name.as_deref(), r#type);
            let _ = self.what.set(What { name, r#type });
        }
        Ok(request)
    }

    async fn execute(
        &self,
        ctx: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        if let Some(state) = ctx.data_opt::<Arc<OperationState>>() {
            tracing::Span::current().record("caller", name_in_logs(&state.caller.name));
        }
        next.run(ctx, operation_name).await
    }

    async fn resolve(
        &self,
        ctx: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<Value>> {
        let r#type = match info.parent_type {
            "Query" => "query",
            "Mutation" => "mutation",
            _ => return next.run(ctx, info).await,
        };
        let (began, field) = (self.counted.clock.elapsed(), info.name.to_owned());
        let resolved = next.run(ctx, info).await;
        let took = self.counted.since(began);
        self.counted.field_seconds.get_or_create(&FieldLabels { r#type, field }).observe(took);
        resolved
    }
}

/// Says in the request's span what it asks for.
fn note_in_span(name: Option<&str>, r#type: &'static str) {
    let span = tracing::Span::current();
    span.record("graphql.operation.type", r#type);
    if let Some(name) = name {
        span.record("graphql.operation.name", name);
    }
}

/// One open subscription.
struct Listening(Arc<Counted>);

impl Listening {
    fn new(counted: Arc<Counted>) -> Self {
        counted.subscriptions.inc();
        Self(counted)
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.subscriptions.dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::SystemClock;

    #[test]
    fn names_are_bounded_in_number_and_length() {
        let OperationMetrics(counted) = OperationMetrics::new(Arc::new(SystemClock::new()));
        assert_eq!(&*counted.bounded(None), ANONYMOUS);
        assert_eq!(&*counted.bounded(Some(&"a".repeat(65))), OTHER);
        for number in 0..NAMES_MAX {
            let name = format!("Operation{number}");
            assert_eq!(*counted.bounded(Some(&name)), name);
        }
        assert_eq!(&*counted.bounded(Some("OneMore")), OTHER);
        assert_eq!(&*counted.bounded(Some("Operation7")), "Operation7");
    }
}
