//! The types that a field can have: how the schema names them, and what is below them.

use async_graphql::ID;
use async_graphql::indexmap::IndexMap;
use async_graphql::registry::{CacheControl, Deprecation, MetaField, MetaType, Registry};

use super::Projected;
use super::arguments::meta_arguments;
use super::plan::Compile;

/// A type of the schema in the position of a field.
pub(in crate::graphql) trait Shape {
    /// How a selection on it is compiled; `None` for a leaf.
    const COMPILE: Option<Compile>;

    /// Makes sure that the type is registered and names it, with `!` where it cannot be null.
    fn type_ref(registry: &mut Registry) -> String;
}

impl<S: Shape> Shape for Option<S> {
    const COMPILE: Option<Compile> = S::COMPILE;

    fn type_ref(registry: &mut Registry) -> String {
        S::type_ref(registry).trim_end_matches('!').to_owned()
    }
}

impl<S: Shape> Shape for Vec<S> {
    const COMPILE: Option<Compile> = S::COMPILE;

    fn type_ref(registry: &mut Registry) -> String {
        format!("[{}]!", S::type_ref(registry))
    }
}

/// Makes async-graphql's own output types usable as leaves.
macro_rules! leaf {
    ($($ty:ty),+ $(,)?) => {$(
        impl $crate::graphql::output::Shape for $ty {
            const COMPILE: Option<$crate::graphql::output::Compile> = None;

            fn type_ref(registry: &mut async_graphql::registry::Registry) -> String {
                <$ty as async_graphql::OutputType>::create_type_info(registry)
            }
        }
    )+};
}
pub(in crate::graphql) use leaf;

leaf!(String, bool, i32, ID);

/// Registers `T` with its fields and names it.
pub(in crate::graphql) fn register_object<T: Projected>(registry: &mut Registry) -> String {
    if !registry.types.contains_key(T::NAME) {
        // The name goes in first, so that a type that leads back to itself ends here.
        registry.types.insert(T::NAME.to_owned(), object_type::<T>());
        for interface in T::IMPLEMENTS {
            registry.add_implements(T::NAME, interface);
        }
        let described: Vec<(String, MetaField)> = T::FIELDS
            .iter()
            .map(|field| {
                let ty = (field.type_ref)(registry);
                let args = meta_arguments(field.arguments, registry);
                (field.name.to_owned(), MetaField { args, ..meta_field(field.name, field.doc, ty) })
            })
            .collect();
        if let Some(MetaType::Object { fields, .. }) = registry.types.get_mut(T::NAME) {
            fields.extend(described);
        }
    }
    format!("{}!", T::NAME)
}

fn object_type<T: Projected>() -> MetaType {
    MetaType::Object {
        name: T::NAME.to_owned(),
        description: Some(described(T::DOC)),
        fields: IndexMap::default(),
        cache_control: CacheControl::default(),
        extends: false,
        shareable: false,
        resolvable: true,
        keys: None,
        visible: None,
        inaccessible: false,
        interface_object: false,
        tags: Vec::new(),
        is_subscription: false,
        rust_typename: None,
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    }
}

/// The schema's record of a field without arguments.
pub(in crate::graphql) fn meta_field(name: &str, doc: &[&str], ty: String) -> MetaField {
    MetaField {
        name: name.to_owned(),
        description: Some(described(doc)),
        args: IndexMap::default(),
        ty,
        deprecation: Deprecation::NoDeprecated,
        cache_control: CacheControl::default(),
        external: false,
        requires: None,
        provides: None,
        visible: None,
        shareable: false,
        inaccessible: false,
        tags: Vec::new(),
        override_from: None,
        compute_complexity: None,
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    }
}

/// Doc comment lines as one text.
pub(in crate::graphql) fn described(lines: &[&str]) -> String {
    lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join("\n")
}
