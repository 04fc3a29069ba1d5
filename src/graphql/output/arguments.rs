//! Arguments of fields below root fields.

use async_graphql::indexmap::IndexMap;
use async_graphql::registry::{Deprecation, MetaInputValue, Registry};

use super::shape::described;

/// The arguments of a field. All may be left out: a field below a root field has none that it needs.
pub(in crate::graphql) type Arguments = &'static [Argument];

/// One argument.
#[derive(Debug, Clone, Copy)]
pub(in crate::graphql) struct Argument {
    /// Its name in the schema.
    pub(in crate::graphql) name: &'static str,
    /// Its description.
    pub(in crate::graphql) doc: &'static str,
    /// Registers its type, which can be null, and names it.
    pub(in crate::graphql) type_ref: fn(&mut Registry) -> String,
}

/// The schema's record of `arguments`.
pub(super) fn meta_arguments(
    arguments: Arguments,
    registry: &mut Registry,
) -> IndexMap<String, MetaInputValue> {
    let meta = |argument: &Argument| MetaInputValue {
        name: argument.name.to_owned(),
        description: Some(described(&[argument.doc])),
        ty: (argument.type_ref)(registry),
        deprecation: Deprecation::NoDeprecated,
        default_value: None,
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        is_secret: false,
        directive_invocations: Vec::new(),
    };
    arguments.iter().map(meta).map(|meta| (meta.name.clone(), meta)).collect()
}
