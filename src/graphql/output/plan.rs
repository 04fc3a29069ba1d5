//! A selection on a type, compiled: which fields of its table are written under which keys.

use std::collections::HashMap;

use async_graphql::parser::types::{Field, FragmentDefinition, Selection, SelectionSet};
use async_graphql::registry::Registry;
use async_graphql::{ContextBase, Name, Positioned, Value, Variables};

use super::{Arguments, FieldWriter, Projected};
use crate::graphql::limits::cost_of;

/// The fragments of a document.
pub(in crate::graphql) type Fragments = HashMap<Name, Positioned<FragmentDefinition>>;

/// What a selection is read with.
#[derive(Clone, Copy)]
pub(in crate::graphql) struct Document<'d> {
    pub(super) fragments: &'d Fragments,
    pub(super) variables: &'d Variables,
}

impl<'d> Document<'d> {
    /// The document that is executed in `ctx`.
    pub(in crate::graphql) fn of<T>(ctx: &ContextBase<'d, T>) -> Self {
        Self { fragments: &ctx.query_env.fragments, variables: &ctx.query_env.variables }
    }
}

/// Compiles the selections made on one object.
pub(in crate::graphql) type Compile = fn(&[&SelectionSet], Document<'_>) -> Plan;

/// Writes one field of an object.
type Write<T> = for<'a> fn(<T as Projected>::Source<'a>, FieldWriter<'_, '_>);

/// One field of an object type.
pub(in crate::graphql) struct FieldDef<T: Projected> {
    /// Its name in the schema.
    pub(in crate::graphql) name: &'static str,
    /// Its description, a line of source a piece.
    pub(in crate::graphql) doc: &'static [&'static str],
    /// What can be asked of it.
    pub(in crate::graphql) arguments: Arguments,
    /// Registers its type and names it.
    pub(in crate::graphql) type_ref: fn(&mut Registry) -> String,
    /// Compiles a selection on its type; `None` for a leaf.
    pub(in crate::graphql) compile: Option<Compile>,
    /// Writes its value.
    pub(in crate::graphql) write: Write<T>,
}

/// What is written for one object.
#[derive(Debug, Default)]
pub(in crate::graphql) struct Plan {
    pub(super) fields: Vec<PlannedField>,
    /// What one such object costs to write, without the objects in its fields.
    pub(super) cost: u64,
}

/// One entry of an object that is written.
#[derive(Debug)]
pub(super) struct PlannedField {
    /// The response key, as an error's path names it.
    pub(super) key: Name,
    /// The key as JSON, with the colon.
    pub(super) key_json: Box<str>,
    /// Place in [`Projected::FIELDS`]; `None` is `__typename`.
    pub(super) field: Option<usize>,
    /// Its arguments that were given.
    pub(super) arguments: Vec<(Name, Value)>,
    /// What is written of the object or objects in this field.
    pub(super) plan: Plan,
}

/// Selections of one response key, gathered from wherever they stand.
struct Gathered<'d> {
    field: &'d Field,
    selections: Vec<&'d SelectionSet>,
}

impl Plan {
    /// Compiles `selections` on `T`. The document has been validated: fields that `T` does not
    /// have do not occur, equal keys select equal fields.
    pub(in crate::graphql) fn compile<T: Projected>(
        selections: &[&SelectionSet],
        document: Document<'_>,
    ) -> Self {
        let mut gathered = Vec::new();
        for selection in selections {
            gather::<T>(selection, document.fragments, &mut gathered);
        }
        let cost = gathered.iter().map(|entry| cost_of(entry.field.name.node.as_str())).sum();
        let fields = gathered.into_iter().filter_map(|entry| planned::<T>(&entry, document)).collect();
        Self { fields, cost }
    }

    /// Whether the field `name` of `T`, which this was compiled for, is written.
    pub(in crate::graphql) fn selects<T: Projected>(&self, name: &str) -> bool {
        let at = T::FIELDS.iter().position(|field| field.name == name);
        at.is_some() && self.fields.iter().any(|entry| entry.field == at)
    }
}

fn planned<T: Projected>(entry: &Gathered<'_>, document: Document<'_>) -> Option<PlannedField> {
    let name = entry.field.name.node.as_str();
    let field = T::FIELDS.iter().position(|field| field.name == name);
    if field.is_none() && name != "__typename" {
        return None;
    }
    let compile = field.and_then(|at| T::FIELDS.get(at)).and_then(|field| field.compile);
    let key = entry.field.response_key().node.clone();
    Some(PlannedField {
        // A response key is a GraphQL name: letters, digits and underscores need no escape.
        key_json: format!("\"{key}\":").into(),
        key,
        field,
        arguments: given(entry.field, document.variables),
        plan: compile.map(|compile| compile(&entry.selections, document)).unwrap_or_default(),
    })
}

/// The arguments of `field`, variables replaced by their values. One whose variable was left out was
/// left out itself.
fn given(field: &Field, variables: &Variables) -> Vec<(Name, Value)> {
    let value_of = |value: &async_graphql_value::Value| {
        value.clone().into_const_with(|name| variables.get(&name).cloned().ok_or(())).ok()
    };
    field
        .arguments
        .iter()
        .filter_map(|(name, value)| Some((name.node.clone(), value_of(&value.node)?)))
        .collect()
}

/// Gathers the fields of `selection` that apply to `T`, merging equal keys. The guard has bounded
/// how deep fragments nest and how many selections they make together.
fn gather<'d, T: Projected>(
    selection: &'d SelectionSet,
    fragments: &'d Fragments,
    gathered: &mut Vec<Gathered<'d>>,
) {
    for item in &selection.items {
        let (condition, inner) = match &item.node {
            Selection::Field(field) => {
                let field = &field.node;
                let key = &field.response_key().node;
                match gathered.iter_mut().find(|entry| entry.field.response_key().node == *key) {
                    Some(entry) => entry.selections.push(&field.selection_set.node),
                    None => gathered.push(Gathered { field, selections: vec![&field.selection_set.node] }),
                }
                continue;
            }
            Selection::InlineFragment(fragment) => {
                (fragment.node.type_condition.as_ref(), &fragment.node.selection_set.node)
            }
            Selection::FragmentSpread(spread) => match fragments.get(&spread.node.fragment_name.node) {
                Some(fragment) => (Some(&fragment.node.type_condition), &fragment.node.selection_set.node),
                None => continue,
            },
        };
        let applies = condition.is_none_or(|condition| {
            let on = condition.node.on.node.as_str();
            on == T::NAME || T::IMPLEMENTS.contains(&on)
        });
        if applies {
            gather::<T>(inner, fragments, gathered);
        }
    }
}
