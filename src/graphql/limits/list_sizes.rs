//! How many objects a list counts for whose length is not asked for.

use crate::graphql::inputs::{DRY_RUN_MAX, PAGE_SIZE_DEFAULT};
use crate::graphql::types::CANDIDATES_DEFAULT;

/// Lists of objects by the name of their field, with the length that they count for: a page's default size, the most
/// there can be, or what is usual; in the order of their names. `nodes` and `edges` are as long as their connection, which counts for them.
const ASSUMED_SIZES: [(&str, usize); 39] = [
    ("accounts", 200),
    ("bankAccounts", 10),
    ("batches", PAGE_SIZE_DEFAULT),
    ("bexioVat", 3),
    ("candidates", 5),
    ("changed", 3),
    ("connections", 2),
    ("contactCandidates", 5),
    ("currencies", 10),
    ("deliveries", PAGE_SIZE_DEFAULT),
    ("details", 5),
    ("edges", 1),
    ("findings", 3),
    ("history", 20),
    ("invalid", 3),
    ("invalidSettings", 3),
    ("invoiceCandidates", 5),
    ("invoices", PAGE_SIZE_DEFAULT),
    ("items", PAGE_SIZE_DEFAULT),
    ("languages", 10),
    ("lines", 5),
    ("linkCandidates", CANDIDATES_DEFAULT),
    ("nodes", 1),
    ("open", 3),
    ("paymentSyncRuns", PAGE_SIZE_DEFAULT),
    ("paymentTypes", 10),
    ("payments", 3),
    ("positions", 5),
    ("previews", DRY_RUN_MAX),
    ("problems", 3),
    ("reasons", 3),
    ("receivables", 100),
    ("skippedByReason", 5),
    ("steps", 20),
    ("taxes", 50),
    ("totals", 3),
    ("units", 20),
    ("userErrors", 1),
    ("verdicts", 10),
];

/// How many objects the field `name` counts for; one where it is no list.
pub(super) fn assumed_size(name: &str) -> usize {
    let at = ASSUMED_SIZES.binary_search_by_key(&name, |(field, _)| field);
    at.ok().and_then(|at| ASSUMED_SIZES.get(at)).map_or(1, |(_, size)| *size)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use async_graphql::parser::parse_schema;
    use async_graphql::parser::types::{
        BaseType, FieldDefinition, TypeDefinition, TypeKind, TypeSystemDefinition,
    };

    use super::*;

    fn types() -> Vec<TypeDefinition> {
        let definitions = parse_schema(crate::graphql::sdl()).unwrap().definitions;
        let types = definitions.into_iter().filter_map(|definition| match definition {
            TypeSystemDefinition::Type(definition) => Some(definition.node),
            _ => None,
        });
        types.collect()
    }

    fn fields(kind: &TypeKind) -> impl Iterator<Item = &FieldDefinition> {
        let fields = match kind {
            TypeKind::Object(object) => &*object.fields,
            TypeKind::Interface(interface) => &*interface.fields,
            _ => &[],
        };
        fields.iter().map(|field| &field.node)
    }

    #[test]
    fn every_list_of_the_schema_counts_for_as_many_objects_as_it_usually_has() {
        let types = types();
        let objects: BTreeSet<&str> = types
            .iter()
            .filter(|definition| {
                fields(&definition.kind).next().is_some() || matches!(definition.kind, TypeKind::Union(_))
            })
            .map(|definition| definition.name.node.as_str())
            .collect();
        let mut lists = BTreeSet::new();
        for field in types.iter().flat_map(|definition| fields(&definition.kind)) {
            let name = field.name.node.as_str();
            match &field.ty.node.base {
                BaseType::List(inner) => {
                    if matches!(&inner.base, BaseType::Named(item) if objects.contains(item.as_str())) {
                        lists.insert(name);
                    }
                }
                BaseType::Named(given) if given.ends_with("Connection") && given != "UpstreamConnection" => {
                    lists.insert(name);
                }
                BaseType::Named(_) => {}
            }
        }
        let assumed: BTreeSet<&str> = ASSUMED_SIZES.iter().map(|(name, _)| *name).collect();
        assert_eq!(lists, assumed);
        assert!(ASSUMED_SIZES.is_sorted_by(|one, next| one.0 < next.0), "for the binary search");
    }
}
