//! Holds documents against the schema without running them.

use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute};
use async_graphql::parser::parse_query;
use async_graphql::{Request, Response, ServerError, Value, async_trait};

use super::manifest;
use crate::graphql::limits::check_text;
use crate::graphql::service::{GatewaySchema, GraphqlService, check_parsed, schema_builder};

/// A schema in which no operation is executed.
pub(super) struct Checker<'s> {
    schema: GatewaySchema,
    service: &'s GraphqlService,
}

impl<'s> Checker<'s> {
    /// A checker by the limits of `service`.
    pub(super) fn new(service: &'s GraphqlService) -> Self {
        Self { schema: schema_builder().extension(NothingRuns).finish(), service }
    }

    /// What hinders `text` from being run: each fault with its place.
    pub(super) async fn problems_of(&self, text: &str) -> Vec<String> {
        let limits = self.service.limits();
        if let Err(fault) = check_text(text, limits) {
            return vec![fault.message];
        }
        let document = match parse_query(text) {
            Ok(document) => document,
            Err(error) => return vec![in_words(&error.into())],
        };
        let mut problems = Vec::new();
        for name in manifest::operations_of(&document.operations) {
            if let Err(fault) = check_parsed(&document, name.as_deref(), limits) {
                problems.push(fault.message);
                continue;
            }
            let mut request = Request::new(text);
            request.operation_name = name;
            problems.extend(self.schema.execute(request).await.errors.iter().map(in_words));
        }
        problems.dedup();
        problems
    }
}

fn in_words(error: &ServerError) -> String {
    match error.locations.first() {
        Some(at) => format!("{} (line {}, column {})", error.message, at.line, at.column),
        None => error.message.clone(),
    }
}

/// Lets async-graphql parse and validate, and ends there.
struct NothingRuns;

impl ExtensionFactory for NothingRuns {
    fn create(&self) -> std::sync::Arc<dyn Extension> {
        std::sync::Arc::new(Self)
    }
}

#[async_trait::async_trait]
impl Extension for NothingRuns {
    async fn execute(&self, _: &ExtensionContext<'_>, _: Option<&str>, _: NextExecute<'_>) -> Response {
        Response::new(Value::Null)
    }
}
