//! The one entry for every transport.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::parser::parse_query;
use async_graphql::parser::types::ExecutableDocument;
use async_graphql::{EmptyMutation, EmptySubscription, Request, Response, SDLExportOptions, Schema, Value};
use futures_util::future::BoxFuture;

use super::errors::{ErrorCode, Fault, classify, set_code};
use super::limits::{Limits, check_document, check_text, check_variables};
use super::needs::{Needs, operation};
use super::operation::{Caller, OperationState};
use super::output::write_value;
use super::query::Query;
use super::types::freshness_extension;
use crate::book::{ReadRequest, Snapshot};
use crate::domain::{BexioInvoiceId, Payment};

/// Where snapshots of the book come from.
pub trait ReadBook: Send + Sync {
    /// One consistent state of both sides, as young as `request` asks if it can be had in time.
    fn read(&self, request: ReadRequest) -> BoxFuture<'_, Snapshot>;
}

/// Where payments of Bexio invoices come from.
pub trait ReadPayments: Send + Sync {
    /// The payments booked on one invoice.
    fn payments(&self, id: BexioInvoiceId) -> BoxFuture<'_, Result<Arc<[Payment]>, Fault>>;
}

/// What the service reads from.
#[derive(Clone)]
pub struct Deps {
    /// The book.
    pub book: Arc<dyn ReadBook>,
    /// Payments.
    pub payments: Arc<dyn ReadPayments>,
}

/// An answer that holds as long as the book it was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reusable {
    /// Version of the book.
    pub book_version: u64,
    /// Reading of the monotonic clock until which the answer may be given again.
    pub until: Duration,
}

/// How far an operation came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It ran; fields of it may have failed.
    Executed,
    /// It was refused before it ran, with this code of its first error: the answer has no data.
    Refused(ErrorCode),
}

/// What became of an operation.
#[derive(Debug)]
pub struct Executed {
    /// The answer. Its data holds JSON written beforehand: give it out by [`Executed::to_json`] only.
    pub response: Response,
    /// How far it came.
    pub outcome: Outcome,
    /// Whether the answer may be given again to an equal question by a caller of the same role.
    pub reusable: Option<Reusable>,
}

type GatewaySchema = Schema<Query, EmptyMutation, EmptySubscription>;

/// Executes operations.
#[derive(Clone)]
pub struct GraphqlService {
    schema: GatewaySchema,
    deps: Deps,
    limits: Arc<Limits>,
    nullable_roots: Arc<HashSet<String>>,
}

impl GraphqlService {
    /// A service that reads from `deps`.
    pub fn new(deps: Deps, limits: Limits) -> Self {
        let schema = build_schema();
        let nullable_roots = Arc::new(nullable_roots(&schema.sdl()));
        Self { schema, deps, limits: Arc::new(limits), nullable_roots }
    }

    /// Executes one operation for `caller`. Never fails: what goes wrong is in the answer.
    pub async fn execute(&self, mut request: Request, caller: Caller) -> Executed {
        let document = match self.parse(&request) {
            Ok(document) => document,
            Err(refused) => return *refused,
        };
        let needs = match operation(&document, request.operation_name.as_deref()) {
            Ok(operation) => Needs::of(&document, operation, &request.variables),
            Err(fault) => return Executed::refused(&fault),
        };
        // async-graphql refuses the name of the only operation of a document.
        request.set_parsed_query(document);
        let snapshot = match needs.book {
            Some(read) => Some(self.deps.book.read(read).await),
            None => None,
        };
        let state = OperationState::new(self.deps.clone(), caller, snapshot.clone());
        let response = self.schema.execute(request.data(state.clone())).await;
        self.finish(response, &needs, snapshot.as_ref(), &state)
    }

    fn parse(&self, request: &Request) -> Result<ExecutableDocument, Box<Executed>> {
        let refused = |fault: Fault| Box::new(Executed::refused(&fault));
        check_text(&request.query, &self.limits).map_err(refused)?;
        check_variables(&request.variables, &self.limits).map_err(refused)?;
        let document = parse_query(&request.query).map_err(|error| {
            let mut error = async_graphql::ServerError::from(error);
            set_code(&mut error, ErrorCode::GraphqlParseFailed);
            Box::new(Executed::from_errors(ErrorCode::GraphqlParseFailed, vec![error]))
        })?;
        check_document(&document, &request.variables, &self.limits).map_err(refused)?;
        Ok(document)
    }

    fn finish(
        &self,
        mut response: Response,
        needs: &Needs,
        snapshot: Option<&Snapshot>,
        state: &OperationState,
    ) -> Executed {
        for error in &mut response.errors {
            classify(error);
        }
        // An error of a field has a path; async-graphql reports none beside errors of the request.
        if response.errors.first().is_some_and(|error| error.path.is_empty()) {
            let code = code_of(&response.errors);
            return Executed::from_errors(code, response.errors);
        }
        response.data = self.completed(std::mem::take(&mut response.data), needs);
        if let Some(snapshot) = snapshot {
            response.extensions.insert("freshness".to_owned(), freshness_extension(snapshot));
        }
        let is_reusable = needs.is_query && response.errors.is_empty() && state.read_only_the_book();
        let reusable = snapshot.filter(|_| is_reusable).map(|snapshot| Reusable {
            book_version: snapshot.book.version(),
            until: snapshot.reusable_until,
        });
        Executed { response, outcome: Outcome::Executed, reusable }
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

impl Executed {
    /// An operation that is refused for `fault` before it runs.
    pub fn refused(fault: &Fault) -> Self {
        Self::from_errors(fault.code, vec![fault.server_error()])
    }

    fn from_errors(code: ErrorCode, errors: Vec<async_graphql::ServerError>) -> Self {
        Self { response: Response::from_errors(errors), outcome: Outcome::Refused(code), reusable: None }
    }

    /// The answer as JSON. A refused operation has no `data`.
    pub fn to_json(&self) -> Vec<u8> {
        let Response { data, errors, extensions, .. } = &self.response;
        let mut out = Vec::with_capacity(json_size(data) + 512);
        let mut opener = b'{';
        if !errors.is_empty() {
            out.extend_from_slice(b"{\"errors\":");
            // Errors hold texts, numbers and lists of them: nothing that could be refused.
            let _ = serde_json::to_writer(&mut out, errors);
            opener = b',';
        }
        if self.outcome == Outcome::Executed {
            out.push(opener);
            out.extend_from_slice(b"\"data\":");
            write_value(&mut out, data);
            opener = b',';
        }
        if !extensions.is_empty() {
            out.push(opener);
            out.extend_from_slice(b"\"extensions\":");
            let _ = serde_json::to_writer(&mut out, extensions);
        }
        out.push(b'}');
        out
    }
}

fn json_size(data: &Value) -> usize {
    match data {
        Value::Object(entries) => entries.values().map(json_size).sum::<usize>() + 64,
        Value::Binary(json) => json.len(),
        _ => 64,
    }
}

fn code_of(errors: &[async_graphql::ServerError]) -> ErrorCode {
    let code = errors.first().and_then(|error| error.extensions.as_ref()?.get("code"));
    let matches = |candidate: &ErrorCode| code == Some(&Value::String(candidate.as_str().to_owned()));
    ErrorCode::ALL.into_iter().find(matches).unwrap_or(ErrorCode::Internal)
}

fn build_schema() -> GatewaySchema {
    Schema::build(Query, EmptyMutation, EmptySubscription)
        // The limits of this module come first and are lower.
        .limit_recursive_depth(256)
        .finish()
}

/// The schema in GraphQL's definition language, sorted, so that it changes only when it changes.
pub fn sdl() -> String {
    let options = SDLExportOptions::new()
        .sorted_fields()
        .sorted_arguments()
        .sorted_enum_items()
        .include_specified_by()
        .use_space_ident();
    build_schema().sdl_with_options(options)
}

/// Names of the fields of `Query` that may be null.
fn nullable_roots(sdl: &str) -> HashSet<String> {
    use async_graphql::parser::types::{TypeKind, TypeSystemDefinition};
    let Ok(document) = async_graphql::parser::parse_schema(sdl) else { return HashSet::new() };
    let query = document.definitions.into_iter().find_map(|definition| match definition {
        TypeSystemDefinition::Type(ty) if ty.node.name.node == "Query" => Some(ty.node.kind),
        _ => None,
    });
    match query {
        Some(TypeKind::Object(object)) => object
            .fields
            .into_iter()
            .filter(|field| field.node.ty.node.nullable)
            .map(|field| field.node.name.node.to_string())
            .collect(),
        _ => HashSet::new(),
    }
}
