//! The variables of a request: how deep they nest.

use async_graphql::{Value, Variables};

use super::Limits;
use crate::graphql::errors::{ErrorCode, Fault};

/// Checks how deep lists and objects nest in `variables`.
pub(in crate::graphql) fn check_variables(variables: &Variables, limits: &Limits) -> Result<(), Fault> {
    let max = limits.variables_depth_max;
    if variables.values().all(|value| nests_within(value, max)) {
        return Ok(());
    }
    Err(Fault::new(
        ErrorCode::VariablesTooDeep,
        format!("The variables nest more than {max} lists and objects deep: flatten them."),
    ))
}

/// Whether lists and objects nest at most `depth` deep; goes no deeper than that itself.
fn nests_within(value: &Value, depth: usize) -> bool {
    match (value, depth) {
        (Value::List(_) | Value::Object(_), 0) => false,
        (Value::List(values), _) => values.iter().all(|value| nests_within(value, depth - 1)),
        (Value::Object(entries), _) => entries.values().all(|value| nests_within(value, depth - 1)),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nesting_is_bounded() {
        let nested = |depth: usize| {
            let value = (0..depth).fold(Value::Null, |inner, _| Value::List(vec![inner]));
            let mut variables = Variables::default();
            variables.insert(async_graphql::Name::new("a"), value);
            check_variables(&variables, &Limits::default()).map_err(|fault| fault.code)
        };
        assert_eq!(nested(64), Ok(()));
        assert_eq!(nested(65), Err(ErrorCode::VariablesTooDeep));
    }
}
