//! Finding or creating the draft, and pinning exactly one.

use jiff::Timestamp;

use super::{NotAnAnswer, Outcome, SetbackKind};
use crate::domain::delivery::{Answer, Delivery, Halt, Hit, Pin, Retry, Review, Stage, Timing, timing};
use crate::domain::{AccountingStatus, BexioInvoiceId};

impl Delivery {
    /// The search by our reference serves three stages: before a create, to discard, to sweep.
    pub(super) fn own_found(
        &mut self,
        answer: Outcome,
        now: Timestamp,
        timing: &Timing,
    ) -> Result<(), NotAnAnswer> {
        let sweeps = self.sweeps();
        match answer {
            Ok(setback) if sweeps => self.sweep_stumbled(&setback, timing),
            Ok(setback) => self.stumble_or_fail(setback, timing),
            Err(Answer::Invoices(hits)) if sweeps => self.swept(&hits, now, timing),
            Err(Answer::Invoices(hits)) if self.stage == Stage::Discard => {
                self.discard_found(&hits, now, timing);
            }
            Err(Answer::Invoices(hits)) => self.before_create(hits, now, timing),
            Err(_) => return Err(NotAnAnswer),
        }
        Ok(())
    }

    /// One draft of ours is pinned. What is issued and was never pinned is nobody's guess: a person's.
    fn before_create(&mut self, hits: Vec<Hit>, now: Timestamp, timing: &Timing) {
        let issued = ids(hits.iter().filter(|hit| hit.status != AccountingStatus::Draft));
        if !issued.is_empty() {
            self.halt = Some(Halt::Review(Review::ExistingInvoice(issued)));
            return;
        }
        // A draft whose deletion was asked for may vanish at any moment.
        let drafts = hits.into_iter().filter(|hit| !self.sweep.condemned.contains(&hit.id));
        let drafts: Vec<Hit> = drafts.collect();
        if drafts.len() > 1 {
            self.sweep.need(now, timing);
        }
        match drafts.into_iter().min_by_key(|hit| hit.id) {
            Some(hit) => self.take_pin(hit),
            None => self.seen.no_own = Some(now),
        }
    }

    pub(super) fn lookalikes_found(&mut self, answer: Outcome, timing: &Timing) -> Result<(), NotAnAnswer> {
        match answer {
            Ok(setback) => self.stumble_or_fail(setback, timing),
            Err(Answer::Invoices(hits)) => {
                let claims = hits.iter().filter(|hit| {
                    hit.status != AccountingStatus::Cancelled && !self.sweep.condemned.contains(&hit.id)
                });
                let claims = ids(claims);
                if claims.is_empty() {
                    self.seen.no_lookalike = true;
                } else {
                    self.halt = Some(Halt::Review(Review::ExistingInvoice(claims)));
                }
            }
            Err(_) => return Err(NotAnAnswer),
        }
        Ok(())
    }

    pub(super) fn draft_created(
        &mut self,
        answer: Outcome,
        now: Timestamp,
        timing: &Timing,
    ) -> Result<(), NotAnAnswer> {
        let setback = match answer {
            Err(Answer::DraftCreated(hit)) => {
                let is_awaited = self.stage == Stage::Draft && self.halt.is_none() && self.pin.is_none();
                if is_awaited && !self.sweep.condemned.contains(&hit.id) {
                    self.take_pin(hit);
                } else {
                    // Another one was pinned meanwhile, or none is wanted any more.
                    self.sweep.need(now, timing);
                }
                return Ok(());
            }
            Err(_) => return Err(NotAnAnswer),
            Ok(setback) => setback,
        };
        match setback.kind {
            SetbackKind::Final(refusal) => self.fail(setback.call, refusal),
            SetbackKind::NotApplied { .. } => self.stumble(&setback, timing),
            SetbackKind::Unknown(_) => {
                self.quiet_until = Some(timing::after(now, timing.quiet));
                self.sweep.need(now, timing);
                self.stumble(&setback, timing);
            }
        }
        Ok(())
    }

    fn take_pin(&mut self, hit: Hit) {
        self.sweep.doomed.clear();
        self.pin = Some(Pin { id: hit.id, document_number: hit.document_number, adopted: false });
        self.stage = Stage::Verify;
        self.seen.no_own = None;
        self.seen.pin = None;
        self.retry = Retry::default();
    }
}

fn ids<'a>(hits: impl Iterator<Item = &'a Hit>) -> Vec<BexioInvoiceId> {
    let mut ids: Vec<_> = hits.map(|hit| hit.id).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}
