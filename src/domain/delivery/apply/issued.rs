//! After the issue: e-mail, write-back and the look-out for left-over drafts.

use jiff::Timestamp;

use super::{NotAnAnswer, Outcome, Setback, SetbackKind};
use crate::domain::AccountingStatus;
use crate::domain::delivery::{
    Answer, Delivery, Failure, Halt, Hit, Mail, MailDoubt, Reading, Retry, Review, Stage, Timing, WriteBack,
};

impl Delivery {
    pub(super) fn read_before_mail(&mut self, reading: &Reading, now: Timestamp) {
        let id = reading.hit.id;
        let by_person = matches!(self.mail, Mail::Wanted { by_person: true });
        match reading.hit.status {
            AccountingStatus::Draft => self.halt = Some(Halt::Review(Review::Reverted(id))),
            AccountingStatus::Cancelled => self.halt = Some(Halt::Review(Review::Cancelled(id))),
            AccountingStatus::Unknown => {
                self.halt = Some(Halt::Review(Review::UnknownStatus(id, reading.status_raw)));
            }
            AccountingStatus::Paid if !by_person => self.doubt_mail(MailDoubt::AlreadyPaid, now),
            AccountingStatus::Paid
            | AccountingStatus::Pending
            | AccountingStatus::Partial
            | AccountingStatus::Unpaid => self.seen.pin = Some(now),
        }
    }

    /// At most once: only what surely did not happen is tried again.
    pub(super) fn mail_answered(
        &mut self,
        answer: Outcome,
        now: Timestamp,
        timing: &Timing,
    ) -> Result<(), NotAnAnswer> {
        let attempt = match self.mail {
            Mail::Leaving { attempt } => Some(attempt),
            Mail::Doubt { attempt, .. } => attempt,
            _ => return Err(NotAnAnswer),
        };
        match answer {
            Err(Answer::Done) => self.mail = Mail::Sent { at: now, by_person: false },
            Err(_) => return Err(NotAnAnswer),
            Ok(Setback { kind: SetbackKind::Unknown(_), .. }) => {
                self.mail = Mail::Doubt { doubt: MailDoubt::OutcomeUnknown, since: now, attempt };
            }
            Ok(setback) => {
                self.mail = Mail::Wanted { by_person: false };
                self.mail_stumbled(setback, timing);
            }
        }
        // It was given up while the call was on its way: nobody is asked any more.
        if self.abandoned_at.is_some() && !matches!(self.mail, Mail::Sent { .. }) {
            self.mail = Mail::Skipped;
        }
        Ok(())
    }

    /// The e-mail surely did not leave, or the reading before it failed.
    pub(super) fn mail_stumbled(&mut self, setback: Setback, timing: &Timing) {
        let call = setback.call;
        let (trouble, wait) = setback.trouble();
        if let SetbackKind::Final(refusal) = setback.kind {
            self.mail = Mail::Failed(Box::new(Failure::Refused { call, refusal }));
        } else if self.mail_retry.fail(trouble, wait, self.id, timing) {
            self.mail = Mail::Failed(Box::new(Failure::Exhausted { call }));
        }
    }

    /// Writing the same value again changes nothing, so every doubt is simply repeated.
    pub(super) fn write_back_answered(
        &mut self,
        answer: Outcome,
        now: Timestamp,
        timing: &Timing,
    ) -> Result<(), NotAnAnswer> {
        let setback = match answer {
            Err(Answer::Done) => {
                self.write_back = WriteBack::Written { at: now };
                self.write_back_retry = Retry::default();
                return Ok(());
            }
            Err(_) => return Err(NotAnAnswer),
            Ok(setback) => setback,
        };
        let call = setback.call;
        let (trouble, wait) = setback.trouble();
        if let SetbackKind::Final(refusal) = setback.kind {
            self.write_back = WriteBack::Failed(Box::new(Failure::Refused { call, refusal }));
        } else if self.write_back_retry.fail(trouble, wait, self.id, timing) {
            self.write_back = WriteBack::Failed(Box::new(Failure::Exhausted { call }));
        }
        Ok(())
    }

    /// Whether a search by our reference is the look-out for what was left over.
    pub(super) const fn sweeps(&self) -> bool {
        self.halt.is_some() || matches!(self.stage, Stage::Issued | Stage::Dropped)
    }

    /// The look-out never gives up by failing: it ends with its week.
    pub(super) fn sweep_stumbled(&mut self, setback: &Setback, timing: &Timing) {
        let (trouble, wait) = setback.trouble();
        self.sweep.doomed.clear();
        self.sweep_retry.fail(trouble, wait, self.id, timing);
    }

    /// Drafts first; once none is left, another issued invoice is shown to a person.
    pub(super) fn swept(&mut self, hits: &[Hit], now: Timestamp, timing: &Timing) {
        let pin = self.pin.as_ref().map(|pin| pin.id);
        let others = || hits.iter().filter(|hit| Some(hit.id) != pin);
        let is_draft = |hit: &&Hit| hit.status == AccountingStatus::Draft;
        self.sweep_retry = Retry::default();
        self.sweep.doomed = others().filter(is_draft).map(|hit| hit.id).collect();
        if !self.sweep.doomed.is_empty() {
            return;
        }
        let mut issued: Vec<_> = others()
            .filter(|hit| !matches!(hit.status, AccountingStatus::Draft | AccountingStatus::Cancelled))
            .map(|hit| hit.id)
            .collect();
        let is_watched = self.stage == Stage::Issued && self.halt.is_none() && self.abandoned_at.is_none();
        if is_watched && !issued.is_empty() {
            issued.extend(pin);
            issued.sort_unstable();
            self.halt = Some(Halt::Review(Review::Duplicate(issued)));
        } else {
            self.sweep.clear(now, timing);
        }
    }
}
