//! How many invoices a run did what with, and how many calls it made.

use super::enums::PaymentSyncSkipReason;
use crate::domain::payment::SkipReason;
use crate::domain::payment::run::{Calls, Counts};
use crate::graphql::output::object;

object! {
    /// How many invoices a run of the payment sync did what with. Each that was checked is counted once,
    /// as paid, skipped or failed.
    "PaymentSyncCounts" PaymentSyncCounts<'a> from &'a Counts {
        /// Looked at: Approved or Sent in PSOhub, or Paid there while Bexio does not call it so.
        "checked": i32 = |counts, out| out.int_capped(counts.checked);
        /// Set to Paid; in a dry run, would be.
        "paid": i32 = |counts, out| out.int_capped(counts.paid);
        /// Left as they are.
        "skipped": i32 = |counts, out| out.int_capped(counts.skipped.values().sum::<u64>());
        /// Left as they are, by reason.
        "skippedByReason": Vec<PaymentSyncSkipCount> = |counts, out| {
            out.list::<PaymentSyncSkipCount>(counts.skipped.iter().map(|(reason, count)| (*reason, *count)));
        };
        /// Failed; the next run tries them again.
        "failed": i32 = |counts, out| out.int_capped(counts.failed);
    }
}

object! {
    /// How many invoices were left as they are for one reason.
    "PaymentSyncSkipCount" PaymentSyncSkipCount<'a> from (SkipReason, u64) {
        /// The reason.
        "reason": PaymentSyncSkipReason = |(reason, _), out| out.member(PaymentSyncSkipReason::from(reason));
        /// How many.
        "count": i32 = |(_, skipped), out| out.int_capped(skipped);
    }
}

object! {
    /// Calls that a run of the payment sync made.
    "PaymentSyncCalls" PaymentSyncCalls<'a> from Calls {
        /// To PSOhub.
        "psohub": i32 = |calls, out| out.int_capped(calls.psohub);
        /// To Bexio.
        "bexio": i32 = |calls, out| out.int_capped(calls.bexio);
    }
}
