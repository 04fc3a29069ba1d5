//! Who may ask for the schema.

use super::Limits;
use crate::graphql::errors::{ErrorCode, Fault};
use crate::graphql::needs::Needs;
use crate::graphql::operation::Caller;
use crate::graphql::rights::forbidden;

/// Refuses an operation that asks for the schema, unless `caller` may. `__typename` tells nothing of it and passes.
pub(in crate::graphql) fn check_introspection(
    needs: &Needs,
    caller: &Caller,
    limits: &Limits,
) -> Result<(), Fault> {
    match limits.introspection {
        _ if !needs.introspects => Ok(()),
        Some(role) if caller.role >= role => Ok(()),
        Some(role) => Err(forbidden("Introspection", role, caller)),
        None => Err(Fault::new(
            ErrorCode::IntrospectionDisabled,
            "Introspection is switched off here: take the schema from the operator.",
        )),
    }
}
