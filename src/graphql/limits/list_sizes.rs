//! How many objects a list counts for whose length is not asked for.

use crate::graphql::inputs::{DRY_RUN_MAX, PAGE_SIZE_DEFAULT};
use crate::graphql::types::CANDIDATES_DEFAULT;

/// Lists of objects by the name of their field, with the length that they count for: a page's default size, the most
/// there can be, or what is usual. `nodes` and `edges` are as long as their connection, which counts for them.
const ASSUMED_SIZES: [(&str, usize); 39] = [
    ("invoices", PAGE_SIZE_DEFAULT),
    ("deliveries", PAGE_SIZE_DEFAULT),
    ("batches", PAGE_SIZE_DEFAULT),
    ("paymentSyncRuns", PAGE_SIZE_DEFAULT),
    ("items", PAGE_SIZE_DEFAULT),
    ("nodes", 1),
    ("edges", 1),
    ("userErrors", 1),
    ("lines", 5),
    ("details", 5),
    ("positions", 5),
    ("payments", 3),
    ("linkCandidates", CANDIDATES_DEFAULT),
    ("steps", 20),
    ("history", 20),
    ("changed", 3),
    ("contactCandidates", 5),
    ("invoiceCandidates", 5),
    ("candidates", 5),
    ("previews", DRY_RUN_MAX),
    ("problems", 3),
    ("bexioVat", 3),
    ("reasons", 3),
    ("verdicts", 10),
    ("totals", 3),
    ("receivables", 100),
    ("open", 3),
    ("skippedByReason", 5),
    ("connections", 2),
    ("findings", 3),
    ("invalid", 3),
    ("invalidSettings", 3),
    ("accounts", 200),
    ("taxes", 50),
    ("bankAccounts", 10),
    ("currencies", 10),
    ("languages", 10),
    ("paymentTypes", 10),
    ("units", 20),
];

/// How many objects the field `name` counts for; one where it is no list.
pub(super) fn assumed_size(name: &str) -> usize {
    ASSUMED_SIZES.iter().find(|(field, _)| *field == name).map_or(1, |(_, size)| *size)
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
        assert_eq!(assumed.len(), ASSUMED_SIZES.len(), "a field stands there twice");
    }
}
