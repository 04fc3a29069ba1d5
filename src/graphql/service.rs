//! The one entry for every transport.

mod subscribe;
mod time_limit;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::parser::parse_query;
use async_graphql::parser::types::{ExecutableDocument, OperationType};
use async_graphql::{Request, Response, SDLExportOptions, Schema, SchemaBuilder, Value, Variables};

use super::deps::Deps;
use super::errors::{ErrorCode, Fault, classify, set_code};
use super::limits::{
    Limits, check_document, check_introspection, check_text, check_variables, cost_extension, cost_of,
};
use super::metrics::OperationMetrics;
use super::mutation::Mutation;
use super::needs::{Needs, bind_variables, operation};
use super::operation::{Caller, OperationState};
use super::query::Query;
use super::rights::Rights;
use super::subscription::Subscription;
use super::types::freshness_extension;
use crate::book::Snapshot;
use crate::cpu_bound;
pub use subscribe::{Events, Subscribed, TooSlow};

/// An answer that holds as long as the book it was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reusable {
    /// [`ReadBook::version`](super::ReadBook::version) when the book was read.
    pub book_version: u64,
    /// Reading of the monotonic clock until which the answer may be given again.
    pub until: Duration,
}

/// What became of an operation.
#[derive(Debug)]
pub struct Executed {
    /// The answer. Its data holds JSON written beforehand: write it by [`super::write_response`] only.
    pub response: Response,
    /// Whether the answer may be given again to an equal question by a caller of the same role.
    pub reusable: Option<Reusable>,
}

/// From which length on parsing a document takes a millisecond or more.
const LONG_TEXT_BYTES: usize = 4 * 1024;

/// Most errors that an answer tells: a text of 16 KB can hold thousands.
const ERRORS_MAX: usize = 100;

pub(super) type GatewaySchema = Schema<Query, Mutation, Subscription>;

/// Executes operations.
#[derive(Clone)]
pub struct GraphqlService {
    schema: GatewaySchema,
    pub(super) deps: Deps,
    limits: Arc<Limits>,
    nullable_roots: Arc<HashSet<String>>,
    rights: Arc<Rights>,
}

impl GraphqlService {
    /// A service that reads from `deps`.
    pub fn new(deps: Deps, limits: Limits) -> Self {
        Self::over(schema_builder().finish(), deps, limits)
    }

    /// The same, with its operations counted by `metrics`.
    pub fn measured(deps: Deps, limits: Limits, metrics: OperationMetrics) -> Self {
        Self::over(schema_builder().extension(metrics).finish(), deps, limits)
    }

    fn over(schema: GatewaySchema, deps: Deps, limits: Limits) -> Self {
        let sdl = schema.sdl();
        let (nullable_roots, rights) = (nullable_roots(&sdl), Rights::of_schema(&sdl));
        let (nullable_roots, rights) = (Arc::new(nullable_roots), Arc::new(rights));
        Self { schema, deps, limits: Arc::new(limits), nullable_roots, rights }
    }

    /// The limits of each operation.
    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Version of the newest book: an answer from an older one is not to be given again.
    pub fn book_version(&self) -> u64 {
        self.deps.book.version()
    }

    /// Executes one operation for `caller`. Never fails: what goes wrong is in the answer.
    /// A subscription is refused: it has no one answer.
    pub async fn execute(&self, request: Request, caller: Caller) -> Executed {
        match self.admitted(request, &caller).await {
            Ok((_, needs)) if needs.is_subscription => Executed::refused(&subscribe::needs_a_stream()),
            Ok((request, needs)) => self.run(request, &needs, caller).await,
            Err(refused) => *refused,
        }
    }

    /// Executes an admitted query or mutation.
    async fn run(&self, request: Request, needs: &Needs, caller: Caller) -> Executed {
        let query = request.query.clone();
        let state = OperationState::new(self.deps.clone(), caller, self.snapshot(needs).await);
        match self.in_time(request.data(state.clone()), needs).await {
            Ok(response) => self.finish(response, &query, needs, &state),
            Err(fault) => Executed::refused(&fault),
        }
    }

    async fn snapshot(&self, needs: &Needs) -> Snapshot {
        match needs.book {
            Some(read) => self.deps.book.read(read).await,
            None => self.deps.book.peek(),
        }
    }

    /// The request with what it will read, or its refusal; in its turn where that takes long.
    async fn admitted(
        &self,
        mut request: Request,
        caller: &Caller,
    ) -> Result<(Request, Needs), Box<Executed>> {
        if request.query.len() < LONG_TEXT_BYTES {
            let needs = self.admit(&mut request, caller)?;
            return Ok((request, needs));
        }
        let (this, caller) = (self.clone(), caller.clone());
        let admitting = cpu_bound::run(move || {
            let needs = this.admit(&mut request, &caller)?;
            Ok((request, needs))
        });
        computed(admitting.await).unwrap_or_else(|fault| Err(Box::new(Executed::refused(&fault))))
    }

    /// Parses the request and tells what it will read, within the limits and the caller's rights.
    fn admit(&self, request: &mut Request, caller: &Caller) -> Result<Needs, Box<Executed>> {
        let refused = |fault: Fault| Box::new(Executed::refused(&fault));
        check_text(&request.query, &self.limits).map_err(refused)?;
        check_variables(&request.variables, &self.limits).map_err(refused)?;
        let document = parse_query(&request.query).map_err(|error| {
            let mut error = async_graphql::ServerError::from(error);
            set_code(&mut error, ErrorCode::GraphqlParseFailed);
            Box::new(Executed::from_errors(vec![error]))
        })?;
        let operation = operation(&document, request.operation_name.as_deref()).map_err(refused)?;
        bind_variables(operation, &mut request.variables).map_err(refused)?;
        let cost_requested =
            check_document(&document, operation, &request.variables, &self.limits).map_err(refused)?;
        let needs = Needs { cost_requested, ..Needs::of(&document, operation, &request.variables) };
        check_introspection(&needs, caller, &self.limits).map_err(refused)?;
        let roots = needs.roots.iter().map(|(_, name)| name.as_str());
        self.rights.check(operation.ty, roots, caller).map_err(refused)?;
        if needs.is_subscription {
            subscribe::check_root(&document, operation).map_err(refused)?;
        }
        // async-graphql does not know the name of the only operation of a document.
        if document.operations.iter().len() == 1 {
            request.operation_name = None;
        }
        request.set_parsed_query(document);
        Ok(needs)
    }

    fn finish(&self, mut response: Response, query: &str, needs: &Needs, state: &OperationState) -> Executed {
        // A field that stands there several times fails as often, each time alike.
        let mut told: HashSet<(String, String)> = HashSet::new();
        response.errors.retain(|error| {
            error.path.is_empty() || told.insert((format!("{:?}", error.path), error.message.clone()))
        });
        response.errors.truncate(ERRORS_MAX);
        for error in &mut response.errors {
            classify(error, query);
        }
        // An error of a field has a path; async-graphql reports none beside errors of the request.
        if response.errors.first().is_some_and(|error| error.path.is_empty()) {
            return Executed::from_errors(response.errors);
        }
        response.data = self.completed(std::mem::take(&mut response.data), needs);
        let actual = needs.roots.iter().map(|(_, name)| cost_of(name)).sum::<u64>() + state.cost();
        let cost = cost_extension(needs.cost_requested, actual, self.limits.complexity_max);
        response.extensions.insert("cost".to_owned(), cost);
        let reads_book = needs.book.is_some();
        if let Some(read) = needs.book {
            let freshness = freshness_extension(&state.snapshot, read.external_ids);
            response.extensions.insert("freshness".to_owned(), freshness);
        }
        let is_reusable =
            reads_book && needs.is_query && response.errors.is_empty() && state.read_only_the_book();
        let reusable = is_reusable.then_some(Reusable {
            book_version: state.snapshot.version,
            until: state.snapshot.reusable_until,
        });
        Executed { response, reusable }
    }

    /// The data in the order of the query, and null where a field that cannot be null failed:
    /// async-graphql 7.2.1 answers in the order of completion and leaves failed fields out.
    fn completed(&self, data: Value, needs: &Needs) -> Value {
        let mut given = match data {
            Value::Object(given) => given,
            _ => async_graphql::indexmap::IndexMap::new(),
        };
        let mut ordered = async_graphql::indexmap::IndexMap::with_capacity(needs.roots.len());
        for (key, name) in &needs.roots {
            match given.swap_remove(key) {
                Some(value) => ordered.insert(key.clone(), value),
                None if self.nullable_roots.contains(name.as_str()) => {
                    ordered.insert(key.clone(), Value::Null)
                }
                None => return Value::Null,
            };
        }
        Value::Object(ordered)
    }
}

/// What heavy work gave. Whoever runs operations answers a panic with INTERNAL.
fn computed<T>(outcome: Result<T, cpu_bound::Failed>) -> Result<T, Fault> {
    match outcome {
        Ok(value) => Ok(value),
        Err(cpu_bound::Failed::Panicked(panic)) => std::panic::resume_unwind(panic),
        Err(failed) => Err(Fault::internal(&failed)),
    }
}

impl Executed {
    /// An operation that is refused for `fault` before it runs.
    pub fn refused(fault: &Fault) -> Self {
        Self::from_errors(vec![fault.server_error()])
    }

    fn from_errors(errors: Vec<async_graphql::ServerError>) -> Self {
        Self { response: Response::from_errors(errors), reusable: None }
    }
}

/// The schema, not finished: for those who put an extension into it.
pub(super) fn schema_builder() -> SchemaBuilder<Query, Mutation, Subscription> {
    // The limits of this module come first and are lower.
    Schema::build(Query, Mutation, Subscription).limit_recursive_depth(256)
}

/// Checks what of an operation of `document` can be told without a request's variables.
pub(super) fn check_parsed(
    document: &ExecutableDocument,
    name: Option<&str>,
    limits: &Limits,
) -> Result<(), Fault> {
    let operation = operation(document, name)?;
    check_document(document, operation, &Variables::default(), limits)?;
    if operation.ty == OperationType::Subscription {
        subscribe::check_root(document, operation)?;
    }
    Ok(())
}

/// The schema in GraphQL's definition language, sorted, so that it changes only when it changes.
pub fn sdl() -> String {
    let options = SDLExportOptions::new()
        .sorted_fields()
        .sorted_arguments()
        .sorted_enum_items()
        .include_specified_by()
        .use_space_ident();
    schema_builder().finish().sdl_with_options(options)
}

/// Names of the fields at the top that may be null. No query is named as a mutation is.
fn nullable_roots(sdl: &str) -> HashSet<String> {
    use async_graphql::parser::types::{TypeKind, TypeSystemDefinition};
    let Ok(document) = async_graphql::parser::parse_schema(sdl) else { return HashSet::new() };
    let roots = document.definitions.into_iter().filter_map(|definition| match definition {
        TypeSystemDefinition::Type(ty) if ["Query", "Mutation"].contains(&ty.node.name.node.as_str()) => {
            Some(ty.node.kind)
        }
        _ => None,
    });
    roots
        .filter_map(|kind| if let TypeKind::Object(object) = kind { Some(object.fields) } else { None })
        .flatten()
        .filter(|field| field.node.ty.node.nullable)
        .map(|field| field.node.name.node.to_string())
        .collect()
}
