//! What each field at the top needs: the one guard, and the directive that says so in the schema.
//!
//! A field's role stands beside its resolver as `@requiresRole`. The guard reads it from the schema that it
//! guards, so that what is published and what is enforced are the same list. An operation that selects a
//! field above its caller's role is refused whole: nothing of it is executed.

use std::collections::HashMap;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{FieldDefinition, OperationType, TypeKind, TypeSystemDefinition};
use async_graphql::{TypeDirective, Value};

use super::errors::{ErrorCode, Fault};
use super::operation::{Caller, Role};
use super::types::RoleName;

/// The role that the caller needs at least. An operation that selects a field above the caller's role is
/// refused whole with FORBIDDEN, and nothing of it is executed. A value above it is refused to the field
/// that it is given to.
#[TypeDirective(name = "requiresRole", location = "FieldDefinition", location = "EnumValue")]
pub(super) fn requires_role(#[graphql(desc = "The least role.")] role: RoleName) {}

/// The role of each field at the top; `None` where the schema could not be read, so that everything is for
/// administrators.
#[derive(Debug, Clone)]
pub(super) struct Rights(Option<HashMap<(&'static str, String), Role>>);

impl Rights {
    /// As the directives of a schema say. A field without one is for administrators: a test sees to it that
    /// there is none.
    pub(super) fn of_schema(sdl: &str) -> Self {
        let mut rights = HashMap::new();
        let Ok(document) = parse_schema(sdl) else { return Self(None) };
        for definition in &document.definitions {
            let TypeSystemDefinition::Type(ty) = definition else { continue };
            let TypeKind::Object(object) = &ty.node.kind else { continue };
            let Some(root) = ROOTS.into_iter().find(|root| ty.node.name.node == *root) else { continue };
            for field in &object.fields {
                let role = role_of(&field.node).unwrap_or(Role::Admin);
                rights.insert((root, field.node.name.node.to_string()), role);
            }
        }
        Self(Some(rights))
    }

    /// Whether `caller` may select all of these fields of the schema's root for `operation`. A field that the
    /// schema does not have needs no right: validation says so.
    pub(super) fn check<'f>(
        &self,
        operation: OperationType,
        fields: impl IntoIterator<Item = &'f str>,
        caller: &Caller,
    ) -> Result<(), Fault> {
        let root = root_of(operation);
        let above = fields.into_iter().find_map(|field| {
            let needed = match &self.0 {
                Some(rights) => *rights.get(&(root, field.to_owned()))?,
                None => Role::Admin,
            };
            (caller.role < needed).then_some((field, needed))
        });
        above.map_or(Ok(()), |(field, needed)| Err(forbidden(field, needed, caller)))
    }
}

/// That `what` needs another role than the caller's.
pub(super) fn forbidden(what: &str, needed: Role, caller: &Caller) -> Fault {
    let Caller { role: held, name } = caller;
    let (needed, held) = (needed.as_str(), held.as_str());
    let message = format!(
        "{what} needs the role {needed}, and '{name}' has the role {held}: ask an administrator for it."
    );
    Fault::new(ErrorCode::Forbidden, message)
}

const ROOTS: [&str; 3] = ["Query", "Mutation", "Subscription"];

const fn root_of(operation: OperationType) -> &'static str {
    match operation {
        OperationType::Query => ROOTS[0],
        OperationType::Mutation => ROOTS[1],
        OperationType::Subscription => ROOTS[2],
    }
}

fn role_of(field: &FieldDefinition) -> Option<Role> {
    let directive = field.directives.iter().find(|directive| directive.node.name.node == "requiresRole")?;
    match &directive.node.get_argument("role")?.node {
        Value::Enum(name) => name.as_str().parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SDL: &str = "type Query { open: Int @requiresRole(role: VIEWER) bare: Int
        odd: Int @requiresRole(role: NOBODY) }
        type Mutation { open: Int @requiresRole(role: OPERATOR) }
        type Other { open: Int @requiresRole(role: ADMIN) }";

    fn check(operation: OperationType, fields: &[&str], role: Role) -> Result<(), Fault> {
        let caller = Caller { role, name: "eva".into() };
        Rights::of_schema(SDL).check(operation, fields.iter().copied(), &caller)
    }

    #[test]
    fn the_least_role_is_what_the_directive_of_that_root_says() {
        assert_eq!(check(OperationType::Query, &["open", "__typename", "unknown"], Role::Viewer), Ok(()));
        assert!(check(OperationType::Mutation, &["open"], Role::Viewer).is_err());
        assert_eq!(check(OperationType::Mutation, &["open"], Role::Operator), Ok(()));
        let refused = check(OperationType::Mutation, &["open"], Role::Viewer).unwrap_err();
        assert_eq!(refused.code, ErrorCode::Forbidden);
        assert_eq!(
            refused.message,
            "open needs the role OPERATOR, and 'eva' has the role VIEWER: ask an administrator for it."
        );
    }

    #[test]
    fn without_a_schema_that_can_be_read_everything_is_for_administrators() {
        let rights = Rights::of_schema("type {");
        for (role, may) in [(Role::Operator, false), (Role::Admin, true)] {
            let caller = Caller { role, name: "eva".into() };
            assert_eq!(rights.check(OperationType::Query, ["open"], &caller).is_ok(), may, "{role:?}");
        }
    }

    #[test]
    fn one_field_above_the_role_refuses_all_of_them() {
        assert!(check(OperationType::Query, &["open", "bare"], Role::Operator).is_err());
    }

    #[test]
    fn a_field_that_says_nothing_of_use_is_for_administrators() {
        for field in ["bare", "odd"] {
            assert!(check(OperationType::Query, &[field], Role::Operator).is_err(), "{field}");
            assert_eq!(check(OperationType::Query, &[field], Role::Admin), Ok(()));
        }
    }
}
