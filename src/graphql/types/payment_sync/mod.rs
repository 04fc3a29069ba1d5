//! The payment sync: where it stands, its runs, and what each did with which invoice.

mod connection;
mod counts;
mod enums;
mod items;
mod payload;
mod run;

pub(in crate::graphql) use connection::PaymentSyncRunConnection;
#[cfg(test)]
pub(in crate::graphql) use enums::{PaymentSyncFailureCode, PaymentSyncSkipReason};
pub(in crate::graphql) use payload::{AskedRun, RunPaymentSyncPayload};
pub(in crate::graphql) use run::PaymentSyncRun;

use crate::graphql::output::{Root, object};
use crate::graphql::scalars::DateTime;
use crate::services::payment_sync::SyncStatus;

object! {
    /// The payment sync: sets to Paid in PSOhub what Bexio calls paid, by itself at set times.
    "PaymentSync" PaymentSync<'a> from &'a SyncStatus {
        /// When it runs by itself: six cron fields from second to weekday, in UTC.
        "schedule": String = |status, out| out.text(&status.schedule);
        /// When the schedule has the next run. Null where there is none.
        "nextRun": Option<DateTime> = |status, out| out.opt_plain(status.next_run);
        /// The last run that looked at the books whole. Null before the first.
        "lastSuccess": Option<PaymentSyncRun> = |status, out| {
            out.opt::<PaymentSyncRun>(status.last_good.as_ref());
        };
        /// The run under way. Null where there is none.
        "running": Option<PaymentSyncRun> = |status, out| out.opt::<PaymentSyncRun>(status.running.as_ref());
    }
}

impl Root for PaymentSync {
    type Owned = SyncStatus;

    fn source(owned: &Self::Owned) -> Self::Source<'_> {
        owned
    }
}
