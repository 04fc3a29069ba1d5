//! `testConnection`.

use super::outcome;
use crate::domain::connection_test::TestLevel;
use crate::graphql::operation::{OperationState, Role};
use crate::graphql::types::{Outcome, TestedConnection};

/// What a test of `level` needs: one that writes leaves a contact in Bexio's archive.
pub(super) const fn role(level: TestLevel) -> Role {
    match level {
        TestLevel::Read => Role::Operator,
        TestLevel::Write => Role::Admin,
    }
}

/// Tests both connections. What is wrong stands in the steps; a test always says something.
pub(super) async fn run(operation: &OperationState, level: TestLevel) -> Outcome<TestedConnection> {
    let test = operation.deps.connection_tests.test(level, &operation.caller.name).await;
    outcome(operation, test, Vec::new())
}
