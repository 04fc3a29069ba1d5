//! A parsed document, measured before it is validated or executed.
//!
//! A fragment is measured once, however often it is spread, so the measuring takes time in the
//! length of the text while what it measures may be exponential in it.

use std::collections::HashMap;

use async_graphql::parser::types::{ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet};
use async_graphql::{Name, Value, Variables};
use async_graphql_value::Value as Literal;

use super::list_sizes::assumed_size;
use super::{Limits, cost_of};
use crate::graphql::errors::{ErrorCode, Fault};
use crate::graphql::inputs::{PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX};

/// How deep fragments may spread one another.
const SPREADS_DEPTH_MAX: usize = 15;

/// How deep lists of types and fields may nest in an introspection: each step multiplies the
/// answer by the size of the schema. The limit of graphql-js.
const INTROSPECTION_LISTS_MAX: usize = 2;

/// Checks all operations and fragments of `document`, also those that are not run: validation
/// walks them too. Gives the complexity of `selected`, the operation that is run.
pub(in crate::graphql) fn check_document(
    document: &ExecutableDocument,
    selected: &OperationDefinition,
    variables: &Variables,
    limits: &Limits,
) -> Result<usize, Fault> {
    let mut gauge =
        Gauge { document, variables, limits, fragments: HashMap::new(), aliases: 0, directives: 0 };
    let mut complexity = 0;
    for (_, operation) in document.operations.iter() {
        gauge.directives += operation.node.directives.len();
        let definitions = &operation.node.variable_definitions;
        gauge.directives +=
            definitions.iter().map(|definition| definition.node.directives.len()).sum::<usize>();
        let size = gauge.selection_set(&operation.node.selection_set.node, 0)?;
        check_size(&size, limits)?;
        if std::ptr::eq(&raw const operation.node, selected) {
            complexity = size.complexity;
        }
    }
    for name in document.fragments.keys() {
        let size = gauge.fragment(name, 0)?;
        check_size(&Size { roots: 0, ..size }, limits)?;
    }
    at_most(gauge.aliases, limits.aliases_max, ErrorCode::TooManyAliases, "aliases")?;
    at_most(gauge.directives, limits.directives_max, ErrorCode::TooManyDirectives, "directives")?;
    Ok(complexity)
}

fn check_size(size: &Size, limits: &Limits) -> Result<(), Fault> {
    at_most(
        size.selections,
        limits.selections_max,
        ErrorCode::QueryTooLarge,
        "selections, fragments included",
    )?;
    at_most(size.depth, limits.depth_max, ErrorCode::QueryTooDeep, "levels")?;
    at_most(
        size.introspection_lists,
        INTROSPECTION_LISTS_MAX,
        ErrorCode::QueryTooDeep,
        "nested lists of an introspection",
    )?;
    at_most(size.roots, limits.root_fields_max, ErrorCode::TooManyRootFields, "fields at the top")?;
    at_most(
        size.complexity,
        limits.complexity_max,
        ErrorCode::QueryTooComplex,
        "fields in the answer, counting every page as long as was asked for",
    )
}

fn at_most(found: usize, max: usize, code: ErrorCode, what: &str) -> Result<(), Fault> {
    if found <= max {
        return Ok(());
    }
    Err(Fault::new(
        code,
        format!("The query has {found} {what}; at most {max} are taken. Ask for less at a time."),
    ))
}

/// Measures of a selection set with every spread replaced by its fragment.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    selections: usize,
    depth: usize,
    introspection_lists: usize,
    /// Fields at its top.
    roots: usize,
    complexity: usize,
}

impl Size {
    fn add(&mut self, other: Self) {
        self.selections = self.selections.saturating_add(other.selections);
        self.depth = self.depth.max(other.depth);
        self.introspection_lists = self.introspection_lists.max(other.introspection_lists);
        self.roots = self.roots.saturating_add(other.roots);
        self.complexity = self.complexity.saturating_add(other.complexity);
    }
}

struct Gauge<'d> {
    document: &'d ExecutableDocument,
    variables: &'d Variables,
    limits: &'d Limits,
    /// `None` while a fragment is being measured.
    fragments: HashMap<&'d Name, Option<Size>>,
    aliases: usize,
    directives: usize,
}

impl<'d> Gauge<'d> {
    /// Recursion: selection sets nest no deeper than brackets did in the text, spreads no deeper
    /// than [`SPREADS_DEPTH_MAX`].
    fn selection_set(&mut self, set: &'d SelectionSet, spreads: usize) -> Result<Size, Fault> {
        let mut size = Size::default();
        for item in &set.items {
            self.directives += item.node.directives().len();
            size.add(match &item.node {
                Selection::Field(field) => self.field(&field.node, spreads)?,
                Selection::InlineFragment(inline) => {
                    self.selection_set(&inline.node.selection_set.node, spreads)?
                }
                Selection::FragmentSpread(spread) => {
                    self.fragment(&spread.node.fragment_name.node, spreads)?
                }
            });
            size.selections = size.selections.saturating_add(1);
        }
        Ok(size)
    }

    fn field(&mut self, field: &'d Field, spreads: usize) -> Result<Size, Fault> {
        self.aliases += usize::from(field.alias.is_some());
        let below = self.selection_set(&field.selection_set.node, spreads)?;
        let name = field.name.node.as_str();
        let own = usize::try_from(cost_of(name)).unwrap_or(usize::MAX);
        let items = self.items(field)?;
        let is_introspection_list = matches!(name, "fields" | "inputFields" | "interfaces" | "possibleTypes");
        Ok(Size {
            selections: below.selections,
            depth: below.depth + 1,
            introspection_lists: below.introspection_lists + usize::from(is_introspection_list),
            roots: 1,
            complexity: below.complexity.saturating_mul(items).saturating_add(own),
        })
    }

    fn fragment(&mut self, name: &'d Name, spreads: usize) -> Result<Size, Fault> {
        match self.fragments.get(name) {
            Some(Some(size)) => return Ok(*size),
            Some(None) => {
                return Err(Fault::new(
                    ErrorCode::GraphqlValidationFailed,
                    format!("The fragment '{name}' spreads itself, directly or through others."),
                ));
            }
            None => {}
        }
        if spreads >= SPREADS_DEPTH_MAX {
            return Err(Fault::new(
                ErrorCode::QueryTooDeep,
                format!("Fragments spread one another more than {SPREADS_DEPTH_MAX} deep: flatten them."),
            ));
        }
        // An unknown fragment is for validation to report.
        let Some(fragment) = self.document.fragments.get(name) else { return Ok(Size::default()) };
        self.fragments.insert(name, None);
        self.directives += fragment.node.directives.len();
        let size = self.selection_set(&fragment.node.selection_set.node, spreads + 1)?;
        self.fragments.insert(name, Some(size));
        Ok(size)
    }

    /// How many objects a field counts for: the page size, the number of ids, or what is usual.
    fn items(&self, field: &Field) -> Result<usize, Fault> {
        // A size that is null is none, as in the field itself.
        let argument = |name: &str| {
            field.get_argument(name).map(|value| &value.node).filter(|value| !self.is_null(value))
        };
        Ok(match (argument("first").or_else(|| argument("last")), argument("ids")) {
            (Some(size), _) => self.page_size(self.number(size).unwrap_or(PAGE_SIZE_DEFAULT))?,
            (None, Some(ids)) => self.length(ids),
            // A list of objects has something selected of it.
            (None, None) if field.selection_set.node.items.is_empty() => 1,
            (None, None) => assumed_size(&field.name.node),
        })
    }

    /// The size of a page within the configured limit. What is above every limit fails its field.
    fn page_size(&self, size: usize) -> Result<usize, Fault> {
        let max = self.limits.page_size_max;
        if size > max && size <= PAGE_SIZE_MAX {
            return Err(Fault::bad_input(format!(
                "A page of {size} is asked for, at most {max} are given here: ask for less and page on with cursors."
            )));
        }
        Ok(size.min(PAGE_SIZE_MAX))
    }

    fn is_null(&self, value: &Literal) -> bool {
        match value {
            Literal::Null => true,
            Literal::Variable(name) => self.variables.get(name).is_none_or(|value| *value == Value::Null),
            _ => false,
        }
    }

    fn number(&self, value: &Literal) -> Option<usize> {
        let number = match value {
            Literal::Number(number) => number.as_u64(),
            Literal::Variable(name) => match self.variables.get(name) {
                Some(Value::Number(number)) => number.as_u64(),
                _ => None,
            },
            _ => None,
        };
        number.and_then(|number| usize::try_from(number).ok())
    }

    fn length(&self, value: &Literal) -> usize {
        match value {
            Literal::List(ids) => ids.len(),
            Literal::Variable(name) => match self.variables.get(name) {
                Some(Value::List(ids)) => ids.len(),
                _ => 1,
            },
            _ => 1,
        }
    }
}
