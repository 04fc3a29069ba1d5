//! What an operation will read, told from its document before it runs, so that one snapshot taken
//! beforehand serves all of it.

use std::collections::HashSet;
use std::time::Duration;

use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, Field, OperationDefinition, OperationType, Selection,
    SelectionSet,
};
use async_graphql::{Name, Value as ConstValue, Variables};
use async_graphql_value::Value;

use super::errors::{ErrorCode, Fault};
use crate::book::ReadRequest;

/// From which cost on an operation is heavy: about a millisecond of writing.
const HEAVY_COST: usize = 5_000;

/// What one operation will read.
#[derive(Debug, Default)]
pub(super) struct Needs {
    /// Whether it is a query.
    pub(super) is_query: bool,
    /// Whether it is a subscription.
    pub(super) is_subscription: bool,
    /// How it reads the book; `None` where it reads nothing of it.
    pub(super) book: Option<ReadRequest>,
    /// Whether it asks for the schema.
    pub(super) introspects: bool,
    /// What it could cost by what it asks for.
    pub(super) cost_requested: usize,
    /// Response key and name of each field at its top, in the order in which they are answered.
    pub(super) roots: Vec<(Name, Name)>,
}

impl Needs {
    /// Whether executing it takes long.
    pub(super) const fn is_heavy(&self) -> bool {
        self.introspects || self.cost_requested >= HEAVY_COST
    }
}

/// The operation of `document` that is meant.
pub(super) fn operation<'d>(
    document: &'d ExecutableDocument,
    name: Option<&str>,
) -> Result<&'d OperationDefinition, Fault> {
    let unresolved = |message: String| Fault::new(ErrorCode::OperationResolutionFailure, message);
    match (&document.operations, name) {
        (DocumentOperations::Single(operation), None) => Ok(&operation.node),
        (DocumentOperations::Multiple(operations), Some(name)) if operations.contains_key(name) => {
            operations.get(name).map(|operation| &operation.node).ok_or_else(|| unresolved(String::new()))
        }
        (DocumentOperations::Multiple(operations), None) => {
            let mut all = operations.values();
            match (all.next(), all.next()) {
                (Some(only), None) => Ok(&only.node),
                _ => Err(unresolved(
                    "The query holds several operations: say which one by 'operationName'.".to_owned(),
                )),
            }
        }
        (_, Some(name)) => {
            let shown: String = name.chars().take(60).collect();
            Err(unresolved(format!("The query holds no operation named '{shown}'.")))
        }
    }
}

/// Gives the variables that were left out their default values, and refuses the operation where a
/// variable that needs a value has none, by the specification's section 6.1.2 (Coercing Variable
/// Values). async-graphql does neither: its evaluation of `@skip` and `@include` misses defaults, and a
/// missing variable fails the fields that use it while the others run.
pub(super) fn bind_variables(
    operation: &OperationDefinition,
    variables: &mut Variables,
) -> Result<(), Fault> {
    for definition in &operation.variable_definitions {
        let definition = &definition.node;
        let name = &definition.name.node;
        if let Some(default) = &definition.default_value
            && !variables.contains_key(name)
        {
            variables.insert(name.clone(), default.node.clone());
        }
        let is_null = variables.get(name).is_none_or(|value| *value == ConstValue::Null);
        if is_null && !definition.var_type.node.nullable {
            return Err(Fault::new(
                ErrorCode::VariableMissing,
                format!(
                    "The variable '${name}' of type '{}' has no value: give it one in 'variables'.",
                    definition.var_type.node
                ),
            ));
        }
    }
    Ok(())
}

impl Needs {
    /// What `operation` will read.
    pub(super) fn of(
        document: &ExecutableDocument,
        operation: &OperationDefinition,
        variables: &Variables,
    ) -> Self {
        let mut scan = Scan { document, variables, seen: HashSet::new(), request: ReadRequest::default() };
        scan.selection_set(&operation.selection_set.node);
        let mut roots = Vec::new();
        scan.collect_roots(&operation.selection_set.node, &mut roots);
        let reads_book = roots.iter().any(|(_, name)| reads_book(name));
        Self {
            is_query: operation.ty == OperationType::Query,
            is_subscription: operation.ty == OperationType::Subscription,
            book: reads_book.then_some(scan.request),
            introspects: roots.iter().any(|(_, name)| matches!(name.as_str(), "__schema" | "__type")),
            cost_requested: 0,
            roots,
        }
    }
}

/// Whether a root field reads the book: all but those that are known not to.
fn reads_book(name: &str) -> bool {
    let beside_it = ["viewer", "bexioCatalog", "connections", "deliveryProgress", "runPaymentSync"];
    !name.starts_with("__") && !name.starts_with("paymentSync") && !beside_it.contains(&name)
}

struct Scan<'d> {
    document: &'d ExecutableDocument,
    variables: &'d Variables,
    seen: HashSet<&'d Name>,
    request: ReadRequest,
}

impl<'d> Scan<'d> {
    /// Looks at every field once. Nesting is bounded by the limits, which were checked before.
    fn selection_set(&mut self, set: &'d SelectionSet) {
        for item in &set.items {
            match &item.node {
                Selection::Field(field) => {
                    self.field(&field.node);
                    self.selection_set(&field.node.selection_set.node);
                }
                Selection::InlineFragment(inline) => self.selection_set(&inline.node.selection_set.node),
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    if self.seen.insert(name)
                        && let Some(fragment) = self.document.fragments.get(name)
                    {
                        self.selection_set(&fragment.node.selection_set.node);
                    }
                }
            }
        }
    }

    fn field(&mut self, field: &Field) {
        if ASKS_FOR_EXTERNAL_IDS.contains(&field.name.node.as_str()) {
            self.request.external_ids = true;
        }
        for (name, value) in &field.arguments {
            match name.node.as_str() {
                "maxAgeSeconds" => self.note_max_age(&value.node),
                "filter" | "input" => self.request.external_ids |= self.asks_for_external_ids(&value.node),
                _ => {}
            }
        }
    }

    fn note_max_age(&mut self, value: &Value) {
        let seconds = match value {
            Value::Number(number) => number.as_u64(),
            Value::Variable(name) => match self.variables.get(name) {
                Some(ConstValue::Number(number)) => number.as_u64(),
                _ => None,
            },
            _ => None,
        };
        if let Some(max_age) = seconds.map(Duration::from_secs) {
            self.request.max_age = Some(self.request.max_age.map_or(max_age, |least| least.min(max_age)));
        }
    }

    /// Whether a filter in `value`, at whatever depth, asks for external ids. Nesting is bounded by the
    /// limits, which were checked before.
    fn asks_for_external_ids(&self, value: &Value) -> bool {
        match value {
            Value::Variable(name) => self.variables.get(name).is_some_and(asks_for_external_ids),
            Value::List(values) => values.iter().any(|value| self.asks_for_external_ids(value)),
            Value::Object(fields) => fields.iter().any(|(name, value)| {
                let is_asked = NEED_EXTERNAL_IDS.contains(&name.as_str()) && !self.is_null(value);
                is_asked || self.asks_for_external_ids(value)
            }),
            _ => false,
        }
    }

    fn is_null(&self, value: &Value) -> bool {
        match value {
            Value::Null => true,
            Value::Variable(name) => self.variables.get(name).is_none_or(|value| *value == ConstValue::Null),
            _ => false,
        }
    }

    fn collect_roots(&self, set: &SelectionSet, roots: &mut Vec<(Name, Name)>) {
        for item in &set.items {
            if self.is_skipped(&item.node) {
                continue;
            }
            match &item.node {
                Selection::Field(field) => {
                    let key = &field.node.response_key().node;
                    if roots.iter().all(|(known, _)| known != key) {
                        roots.push((key.clone(), field.node.name.node.clone()));
                    }
                }
                Selection::InlineFragment(inline) => {
                    self.collect_roots(&inline.node.selection_set.node, roots);
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.document.fragments.get(&spread.node.fragment_name.node) {
                        self.collect_roots(&fragment.node.selection_set.node, roots);
                    }
                }
            }
        }
    }

    fn is_skipped(&self, selection: &Selection) -> bool {
        selection.directives().iter().any(|directive| {
            let skips_on = match directive.node.name.node.as_str() {
                "skip" => true,
                "include" => false,
                _ => return false,
            };
            let given = match directive.node.get_argument("if").map(|value| &value.node) {
                Some(Value::Boolean(given)) => *given,
                Some(Value::Variable(name)) => {
                    matches!(self.variables.get(name), Some(ConstValue::Boolean(true)))
                }
                _ => false,
            };
            given == skips_on
        })
    }
}

/// Fields that PSOhub's look for external ids has a say in.
const ASKS_FOR_EXTERNAL_IDS: [&str; 3] = ["externalId", "reconciliation", "setInvoiceExternalId"];

/// The conditions that PSOhub's look for external ids has a say in.
const NEED_EXTERNAL_IDS: [&str; 2] = ["hasExternalId", "verdict"];

fn asks_for_external_ids(value: &ConstValue) -> bool {
    match value {
        ConstValue::List(values) => values.iter().any(asks_for_external_ids),
        ConstValue::Object(fields) => fields.iter().any(|(name, value)| {
            (NEED_EXTERNAL_IDS.contains(&name.as_str()) && *value != ConstValue::Null)
                || asks_for_external_ids(value)
        }),
        _ => false,
    }
}
