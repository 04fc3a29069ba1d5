//! What testConnection is asked.

use async_graphql::InputObject;

use crate::domain::connection_test::TestLevel;
use crate::graphql::types::ConnectionTestLevel;

/// What testConnection is asked.
#[derive(InputObject, Debug)]
pub(in crate::graphql) struct TestConnectionInput {
    /// How far it goes.
    #[graphql(default_with = "ConnectionTestLevel::Read")]
    level: ConnectionTestLevel,
}

impl TestConnectionInput {
    /// How far it goes.
    pub(in crate::graphql) fn level(&self) -> TestLevel {
        self.level.into()
    }
}
