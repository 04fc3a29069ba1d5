//! What runPaymentSync answers.

use super::PaymentSyncRun;
use crate::book::Snapshot;
use crate::domain::payment::run::SyncRun;
use crate::graphql::output::{Root, object};
use crate::graphql::types::{Outcome, UserErrorType};

/// What runPaymentSync gave.
#[derive(Debug, Default)]
pub(in crate::graphql) struct AskedRun {
    /// The run, where there is one.
    pub(in crate::graphql) run: Option<SyncRun>,
    /// Whether it was under way, or had ended, before it was asked for.
    pub(in crate::graphql) was_there_before: bool,
}

object! {
    /// What became of runPaymentSync.
    "RunPaymentSyncPayload" RunPaymentSyncPayload<'a> from &'a Outcome<AskedRun> {
        /// The run: ended, or as it stood when the waiting time was over. It goes on by itself. Null where
        /// none began.
        "run": Option<PaymentSyncRun> = |outcome, out| {
            out.opt::<PaymentSyncRun>(outcome.given.run.as_ref());
        };
        /// Whether the run was there before this request: another one was under way, which may be of the
        /// other kind (see its dryRun), or the request was repeated.
        "wasThereBefore": bool = |outcome, out| out.boolean(outcome.given.was_there_before);
        /// Why no run began, or why it failed. Empty where all is well; what failed for single invoices
        /// stands in the run.
        "userErrors": Vec<UserErrorType> = |outcome, out| out.list::<UserErrorType>(&outcome.errors);
    }
}

impl Root for RunPaymentSyncPayload {
    type Owned = Outcome<AskedRun>;

    fn source(owned: &Self::Owned) -> Self::Source<'_> {
        owned
    }

    fn snapshot(owned: &Self::Owned) -> Option<&Snapshot> {
        Some(&owned.snapshot)
    }
}
