//! How many invoices of a batch stand where.

use super::items::BatchItemState;
use crate::book::Snapshot;
use crate::domain;
use crate::graphql::output::object;

/// How many of a batch's invoices stand where.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::graphql) struct Counts {
    total: usize,
    waiting: usize,
    in_progress: usize,
    done: usize,
    needs_review: usize,
    failed: usize,
    abandoned: usize,
    refused: usize,
    cancelled: usize,
}

impl Counts {
    pub(super) fn of(batch: &domain::Batch, snapshot: &Snapshot) -> Self {
        let mut counts = Self { total: batch.items.len(), ..Self::default() };
        for item in &batch.items {
            *match BatchItemState::of(item, snapshot) {
                BatchItemState::Waiting => &mut counts.waiting,
                BatchItemState::InProgress => &mut counts.in_progress,
                BatchItemState::Done => &mut counts.done,
                BatchItemState::NeedsReview => &mut counts.needs_review,
                BatchItemState::Failed => &mut counts.failed,
                BatchItemState::Abandoned => &mut counts.abandoned,
                BatchItemState::Refused => &mut counts.refused,
                BatchItemState::Cancelled => &mut counts.cancelled,
            } += 1;
        }
        counts
    }

    /// Whether nothing happens by itself any more.
    pub(super) const fn is_finished(self) -> bool {
        self.waiting == 0 && self.in_progress == 0
    }
}

object! {
    /// How many invoices of a batch stand where. Every invoice is counted once, beside the total.
    "BatchCounts" BatchCounts<'a> from Counts {
        /// All.
        "total": i32 = |counts, out| out.int_capped(counts.total);
        /// Their turn has not come.
        "waiting": i32 = |counts, out| out.int_capped(counts.waiting);
        /// Being sent.
        "inProgress": i32 = |counts, out| out.int_capped(counts.in_progress);
        /// Sent.
        "done": i32 = |counts, out| out.int_capped(counts.done);
        /// A person must decide.
        "needsReview": i32 = |counts, out| out.int_capped(counts.needs_review);
        /// Stopped: something is to be mended.
        "failed": i32 = |counts, out| out.int_capped(counts.failed);
        /// Given up by a person.
        "abandoned": i32 = |counts, out| out.int_capped(counts.abandoned);
        /// Not taken on; nothing was written anywhere.
        "refused": i32 = |counts, out| out.int_capped(counts.refused);
        /// The batch was cancelled before their turn.
        "cancelled": i32 = |counts, out| out.int_capped(counts.cancelled);
    }
}
