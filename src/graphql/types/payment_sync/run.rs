//! One run of the payment sync.

use async_graphql::ID;

use super::counts::{PaymentSyncCalls, PaymentSyncCounts};
use super::enums::{PaymentSyncFailureCode, PaymentSyncRunStatus, PaymentSyncTrigger};
use super::items::{Items, PaymentSyncItemConnection};
use crate::domain::payment::run::{Failure, SyncRun, Trigger};
use crate::graphql::inputs::{FORWARD_PAGE, forward_page};
use crate::graphql::output::{Root, object};
use crate::graphql::scalars::DateTime;
use crate::graphql::types::GlobalId;
use crate::graphql::types::list_page::ListPage;

object! {
    /// One run of the payment sync. Runs are kept for 90 days.
    "PaymentSyncRun" [implements "Node"] PaymentSyncRun<'a> from &'a SyncRun {
        /// The gateway's id of it, for `node(id:)` and for caches. Opaque and stable.
        "id": ID = |run, out| out.plain(GlobalId::SyncRun(run.id));
        /// What began it.
        "trigger": PaymentSyncTrigger = |run, out| out.member(match run.trigger {
            Trigger::Schedule => PaymentSyncTrigger::Schedule,
            Trigger::Start => PaymentSyncTrigger::Start,
            Trigger::Manual { .. } => PaymentSyncTrigger::Manual,
        });
        /// Who asked for it; null where nobody did.
        "startedBy": Option<String> = |run, out| match &run.trigger {
            Trigger::Manual { by } => out.text(by),
            Trigger::Schedule | Trigger::Start => out.null(),
        };
        /// Whether it only shows what it would do.
        "dryRun": bool = |run, out| out.boolean(run.is_dry_run);
        /// When it began.
        "startedAt": DateTime = |run, out| out.plain(run.started_at);
        /// When it ended; null while it runs.
        "endedAt": Option<DateTime> = |run, out| out.opt_plain(run.ended_at);
        /// How it ended.
        "status": PaymentSyncRunStatus = |run, out| out.member(PaymentSyncRunStatus::from(run.status));
        /// Why it failed; null where it did not.
        "failure": Option<PaymentSyncFailure> = |run, out| {
            out.opt::<PaymentSyncFailure>(run.failure.as_ref());
        };
        /// How many invoices it did what with.
        "counts": PaymentSyncCounts = |run, out| out.object::<PaymentSyncCounts>(&run.counts);
        /// What it did with which invoice, in the order in which it happened: those that were set to Paid,
        /// failed, or that somebody should look at. Invoices that simply wait for their money are only
        /// counted. Null only with an error.
        "items"(FORWARD_PAGE): Option<PaymentSyncItemConnection> = |run, mut out| {
            let items = out.late(|fetched| &fetched.sync_items, run.id, |missing, id| {
                missing.sync_items.insert(id);
            });
            match items {
                Some(Ok(items)) => match forward_page(&out, items.len()) {
                    Ok(page) => {
                        let page = ListPage::new(items, page);
                        out.object::<PaymentSyncItemConnection>(&Items { run, page });
                    }
                    Err(fault) => out.fault(&fault),
                },
                Some(Err(fault)) => out.fault(fault),
                None => out.null(),
            }
        };
        /// How many invoices that somebody should look at are not among the items: a run keeps 500 of them.
        "reportedBeyondItems": i32 = |run, out| {
            out.int_capped(run.reported_beyond);
        };
        /// Calls that it made to PSOhub and Bexio.
        "calls": PaymentSyncCalls = |run, out| out.object::<PaymentSyncCalls>(run.calls);
        /// When the schedule had the next run, seen from its end; null while it runs.
        "nextRun": Option<DateTime> = |run, out| out.opt_plain(run.next_run);
    }
}

impl Root for PaymentSyncRun {
    type Owned = SyncRun;

    fn source(owned: &Self::Owned) -> Self::Source<'_> {
        owned
    }
}

object! {
    /// Why a run of the payment sync failed.
    "PaymentSyncFailure" PaymentSyncFailure<'a> from &'a Failure {
        /// In one word.
        "code": PaymentSyncFailureCode = |failure, out| {
            out.member(PaymentSyncFailureCode::from(failure.code));
        };
        /// In a sentence.
        "message": String = |failure, out| out.text(&failure.message);
        /// What to do.
        "hint": String = |failure, out| out.text(failure.code.hint());
    }
}
