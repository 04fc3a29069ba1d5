//! Who is asking.

use crate::graphql::operation::{Caller, Role};
use crate::graphql::output::{Root, leaf, object};

/// What a caller may do. Each role may do what the one before it may.
#[derive(async_graphql::Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "Role", name = "Role")]
pub(in crate::graphql) enum RoleName {
    /// Reads.
    Viewer,
    /// Sends invoices, marks them paid, runs the payment sync.
    Operator,
    /// Connects the accounts and changes settings.
    Admin,
}
leaf!(RoleName);

object! {
    /// Who is asking, and what they may do.
    "Viewer" Viewer<'a> from &'a Caller {
        /// What they are called in records.
        "name": String = |caller, out| out.text(&caller.name);
        /// What they may do.
        "role": RoleName = |caller, out| out.member(RoleName::from(caller.role));
    }
}

impl Root for Viewer {
    type Owned = Caller;

    fn source(owned: &Self::Owned) -> Self::Source<'_> {
        owned
    }
}
