//! Deleting drafts: what is given up or planned anew, and what was left over. Bexio refuses to delete
//! what is issued, so a deletion can never take an invoice away.

use jiff::Timestamp;

use super::{NotAnAnswer, Outcome, SetbackKind};
use crate::domain::delivery::{
    Answer, Delivery, Halt, Hit, Mail, MailDoubt, Reading, Retry, Review, Stage, Timing,
};
use crate::domain::{AccountingStatus, BexioInvoiceId};

impl Delivery {
    pub(super) fn read_before_discard(&mut self, reading: &Reading, now: Timestamp) {
        let id = reading.hit.id;
        let abandoned = self.abandoned_at.is_some();
        let adopted = self.pin.as_ref().is_some_and(|pin| pin.adopted);
        match reading.hit.status {
            // What a person named is not ours to delete.
            AccountingStatus::Draft if adopted => self.unpin(),
            AccountingStatus::Draft => self.seen.pin = Some(now),
            AccountingStatus::Cancelled if abandoned => self.unpin(),
            AccountingStatus::Cancelled => self.halt = Some(Halt::Review(Review::Cancelled(id))),
            AccountingStatus::Unknown => {
                self.halt = Some(Halt::Review(Review::UnknownStatus(id, reading.status_raw)));
            }
            AccountingStatus::Pending
            | AccountingStatus::Paid
            | AccountingStatus::Partial
            | AccountingStatus::Unpaid => {
                self.is_issued(now);
                if abandoned {
                    self.mail = Mail::Skipped;
                } else if matches!(self.mail, Mail::Wanted { .. }) {
                    self.doubt_mail(MailDoubt::IssuedBeforeReplan, now);
                }
            }
        }
    }

    /// The pinned invoice is gone, as it should be.
    pub(super) fn unpin(&mut self) {
        self.pin = None;
        self.seen.pin = None;
        self.issue_in_doubt = false;
        self.retry = Retry::default();
    }

    pub(super) fn discard_found(&mut self, hits: &[Hit], now: Timestamp, timing: &Timing) {
        let is_draft = |hit: &&Hit| hit.status == AccountingStatus::Draft;
        self.sweep.doomed = hits.iter().filter(is_draft).map(|hit| hit.id).collect();
        if !self.sweep.doomed.is_empty() {
            return;
        }
        let abandoned = self.abandoned_at.is_some();
        if !abandoned && !hits.is_empty() {
            let mut ids: Vec<_> = hits.iter().map(|hit| hit.id).collect();
            ids.sort_unstable();
            self.halt = Some(Halt::Review(Review::ExistingInvoice(ids)));
            return;
        }
        self.retry = Retry::default();
        // What was lost may still be applied late, after this look too.
        if self.draft_tried {
            self.sweep.need(now, timing);
        }
        if abandoned {
            self.stage = Stage::Dropped;
        } else {
            self.start();
        }
    }

    pub(super) fn draft_deleted(
        &mut self,
        id: BexioInvoiceId,
        answer: Outcome,
        timing: &Timing,
    ) -> Result<(), NotAnAnswer> {
        let is_pin = self.pin.as_ref().is_some_and(|pin| pin.id == id);
        let setback = match answer {
            Err(Answer::Done | Answer::Gone) => None,
            Err(_) => return Err(NotAnAnswer),
            Ok(setback) if matches!(&setback.kind, SetbackKind::Final(refusal) if refusal.status == 404) => {
                None
            }
            Ok(setback) => Some(setback),
        };
        match setback {
            None => {
                self.sweep.doomed.retain(|doomed| *doomed != id);
                if is_pin && self.stage == Stage::Discard {
                    self.unpin();
                }
            }
            // Refused, lost or not sent: look again what there is.
            Some(setback) if self.sweeps() => self.sweep_stumbled(&setback, timing),
            Some(setback) => {
                self.sweep.doomed.clear();
                self.seen.pin = None;
                self.stumble(&setback, timing);
            }
        }
        Ok(())
    }
}
