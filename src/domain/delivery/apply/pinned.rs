//! The pinned invoice before it is issued: read, compared, issued.

use jiff::Timestamp;

use super::{NotAnAnswer, Outcome, SetbackKind};
use crate::domain::AccountingStatus;
use crate::domain::delivery::{
    Answer, Call, Delivery, Failure, Halt, Mail, MailDoubt, Reading, Retry, Review, Stage, Timing, timing,
    verify::differences,
};

impl Delivery {
    pub(super) fn read(
        &mut self,
        answer: Outcome,
        now: Timestamp,
        timing: &Timing,
    ) -> Result<(), NotAnAnswer> {
        let Some(id) = self.pin.as_ref().map(|pin| pin.id) else { return Err(NotAnAnswer) };
        match answer {
            Err(Answer::Reading(reading)) if reading.hit.id == id => {
                self.note_number(&reading);
                match self.stage {
                    Stage::Issued => self.read_before_mail(&reading, now),
                    Stage::Discard => self.read_before_discard(&reading, now),
                    _ => self.read_before_issue(&reading, now),
                }
            }
            Err(Answer::Gone) if self.stage == Stage::Discard => self.unpin(),
            Err(Answer::Gone) => self.halt = Some(Halt::Review(Review::Gone(id))),
            Err(_) => return Err(NotAnAnswer),
            Ok(setback) if self.stage == Stage::Issued => self.mail_stumbled(setback, timing),
            // A reading is refused with 404 where the client did not say `Gone`.
            Ok(setback) => self.stumble_or_fail(setback, timing),
        }
        Ok(())
    }

    fn note_number(&mut self, reading: &Reading) {
        if let Some(pin) = &mut self.pin
            && !reading.hit.document_number.is_empty()
        {
            pin.document_number = reading.hit.document_number.clone();
        }
    }

    fn read_before_issue(&mut self, reading: &Reading, now: Timestamp) {
        let id = reading.hit.id;
        match reading.hit.status {
            AccountingStatus::Draft => self.read_draft(reading, now),
            AccountingStatus::Cancelled => self.halt = Some(Halt::Review(Review::Cancelled(id))),
            AccountingStatus::Unknown => {
                self.halt = Some(Halt::Review(Review::UnknownStatus(id, reading.status_raw)));
            }
            AccountingStatus::Pending
            | AccountingStatus::Paid
            | AccountingStatus::Partial
            | AccountingStatus::Unpaid => self.found_issued(now),
        }
    }

    fn read_draft(&mut self, reading: &Reading, now: Timestamp) {
        let found = differences(self, reading);
        if let Some(refusal) = self.issue_refused.take() {
            let call = Call::Issue(reading.hit.id);
            self.halt = Some(Halt::Failed(Failure::Refused { call, refusal }));
        } else if found.is_empty() {
            self.stage = Stage::Issue;
            self.seen.pin = Some(now);
        } else {
            self.halt = Some(Halt::Review(Review::Differs(found)));
        }
    }

    /// It is issued although no clear answer to our asking said so.
    fn found_issued(&mut self, now: Timestamp) {
        let by_us = self.issue_in_doubt;
        let adopted = self.pin.as_ref().is_some_and(|pin| pin.adopted);
        self.is_issued(now);
        if !matches!(self.mail, Mail::Wanted { .. }) {
            return;
        }
        if adopted {
            // A person said "that is it": whoever issued it has mailed it, or will.
            self.mail = Mail::Skipped;
        } else if !by_us {
            self.doubt_mail(MailDoubt::IssuedByHand, now);
        }
    }

    pub(super) fn is_issued(&mut self, now: Timestamp) {
        self.stage = Stage::Issued;
        self.issued_at = Some(now);
        self.issue_refused = None;
        self.seen.pin = Some(now);
        self.retry = Retry::default();
    }

    pub(super) fn issue_answered(
        &mut self,
        answer: Outcome,
        now: Timestamp,
        timing: &Timing,
    ) -> Result<(), NotAnAnswer> {
        let setback = match answer {
            Err(Answer::Done) => {
                self.is_issued(now);
                return Ok(());
            }
            Err(_) => return Err(NotAnAnswer),
            Ok(setback) => setback,
        };
        // Whatever was not a clear yes is learned by reading.
        self.stage = Stage::Verify;
        match setback.kind {
            SetbackKind::Final(refusal) => self.issue_refused = Some(refusal),
            SetbackKind::NotApplied { .. } => self.stumble(&setback, timing),
            SetbackKind::Unknown(_) => {
                self.issue_in_doubt = true;
                self.quiet_until = Some(timing::after(now, timing.quiet));
                self.stumble(&setback, timing);
            }
        }
        Ok(())
    }
}
