//! Fields of an input that its type does not have. Within a document validation finds them; a value that
//! comes by itself has to be looked at, since async-graphql reads past what it does not know, and a
//! misspelt condition would let everything through.

use async_graphql::registry::{MetaType, Registry};
use async_graphql::{InputType, Value};

/// The path of a field in `value` that `T` does not have, from `name` on.
pub(super) fn unknown_field<T: InputType>(name: &str, value: &Value) -> Option<String> {
    let mut registry = Registry::default();
    let type_name = T::create_type_info(&mut registry);
    find(&registry, &type_name, name, value)
}

fn find(registry: &Registry, type_name: &str, path: &str, value: &Value) -> Option<String> {
    let named = type_name.trim_matches(['[', ']', '!']);
    match value {
        Value::List(values) => values.iter().find_map(|value| find(registry, named, path, value)),
        Value::Object(fields) => {
            let Some(MetaType::InputObject { input_fields, .. }) = registry.types.get(named) else {
                return None;
            };
            fields.iter().find_map(|(name, value)| {
                let path = format!("{path}.{name}");
                match input_fields.get(name.as_str()) {
                    Some(field) => find(registry, &field.ty, &path, value),
                    None => Some(path),
                }
            })
        }
        _ => None,
    }
}
