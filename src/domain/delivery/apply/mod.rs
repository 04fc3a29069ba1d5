//! What an event makes of a delivery. Pure and total: every event in every state either gives the next
//! record or is [`Rejected`] and changes nothing.
//!
//! A writing call is announced only when [`next_step`] asks for it, and its answer is taken only while
//! it is the open one. So no sequence of events, from however many workers, mails or issues twice: that
//! does not rest on the workers' good behaviour but on the store's compare-and-set of the version.

mod contact;
mod discard;
mod draft;
mod issued;
mod pinned;

use std::time::Duration;

use jiff::Timestamp;

use super::{
    Answer, Call, Delivery, Event, Failure, Halt, Intent, InvoiceChange, Mail, MailDoubt, Refusal, Rejected,
    Stage, Step, Timing, Trouble, TroubleKind, Verdict, next_step, timing,
};

/// The delivery after `event` at `now`, its version one higher.
///
/// # Errors
/// [`Rejected`] when the event does not fit; the delivery is as it was.
pub fn apply(
    delivery: &Delivery,
    event: Event,
    now: Timestamp,
    timing: &Timing,
) -> Result<Delivery, Rejected> {
    let mut next = delivery.clone();
    match event {
        Event::Announced(call) => next.announce(call, now, timing)?,
        Event::Answered { call, attempt, answer } => next.answer(call, attempt, answer, now, timing)?,
        Event::Lost => next.lose(now, timing)?,
        Event::InvoiceChanged(change) => next.notice(change, now)?,
    }
    next.touch(now);
    Ok(next)
}

/// A call that did not do what it should.
pub(super) struct Setback {
    call: Call,
    now: Timestamp,
    kind: SetbackKind,
}

pub(super) enum SetbackKind {
    /// Not applied; may be tried again.
    NotApplied { trouble: TroubleKind, wait: Option<Duration> },
    /// Not applied; would be refused again.
    Final(Refusal),
    /// It may have been applied.
    Unknown(TroubleKind),
}

impl Setback {
    /// The setback that `answer` is, or the answer itself.
    fn of(call: Call, answer: Answer, now: Timestamp) -> Result<Self, Answer> {
        let kind = match answer {
            Answer::NotSent { wait } => SetbackKind::NotApplied { trouble: TroubleKind::NotSent, wait },
            Answer::Unknown => SetbackKind::Unknown(TroubleKind::Unknown),
            Answer::Refused { refusal, wait } => {
                let trouble = TroubleKind::Status(refusal.status);
                match refusal.verdict() {
                    Verdict::Later => SetbackKind::NotApplied { trouble, wait },
                    Verdict::Final => SetbackKind::Final(refusal),
                    Verdict::Doubtful => SetbackKind::Unknown(trouble),
                }
            }
            good => return Err(good),
        };
        Ok(Self { call, now, kind })
    }

    fn trouble(&self) -> (Trouble, Option<Duration>) {
        let (kind, wait) = match &self.kind {
            SetbackKind::NotApplied { trouble, wait } => (*trouble, *wait),
            SetbackKind::Final(refusal) => (TroubleKind::Status(refusal.status), None),
            SetbackKind::Unknown(trouble) => (*trouble, None),
        };
        (Trouble { call: self.call, at: self.now, kind }, wait)
    }
}

impl Delivery {
    pub(super) const fn touch(&mut self, now: Timestamp) {
        self.version = self.version.saturating_add(1);
        self.changed_at = now;
    }

    fn announce(&mut self, call: Call, now: Timestamp, timing: &Timing) -> Result<(), Rejected> {
        if !call.writes() || next_step(self, now, timing) != Step::Call(call) {
            return Err(Rejected::NotNow { call });
        }
        self.calls = self.calls.saturating_add(1);
        self.intent = Some(Intent { call, attempt: self.calls, at: now });
        match call {
            Call::CreateContact(_) => self.seen.no_contact = None,
            Call::CreateDraft => {
                self.draft_tried = true;
                self.seen.no_own = None;
            }
            Call::Issue(_) => self.seen.pin = None,
            Call::SendMail(_) => self.mail = Mail::Leaving { attempt: self.calls },
            Call::DeleteDraft(id) => self.sweep.condemn(id),
            _ => {}
        }
        Ok(())
    }

    fn answer(
        &mut self,
        call: Call,
        attempt: Option<u32>,
        answer: Answer,
        now: Timestamp,
        timing: &Timing,
    ) -> Result<(), Rejected> {
        if !call.writes() {
            if next_step(self, now, timing) != Step::Call(call) {
                return Err(Rejected::NotNow { call });
            }
        } else if self.intent.is_some_and(|open| open.call == call && Some(open.attempt) == attempt) {
            self.intent = None;
        } else {
            return self.answer_late(call, attempt, answer, now, timing);
        }
        self.take(call, answer, now, timing)
    }

    fn take(&mut self, call: Call, answer: Answer, now: Timestamp, timing: &Timing) -> Result<(), Rejected> {
        let answer = Setback::of(call, answer, now);
        match call {
            Call::FindContact(part) => self.contact_found(part, answer, now, timing),
            Call::CreateContact(part) => self.contact_created(part, answer, timing),
            Call::FindOwn => self.own_found(answer, now, timing),
            Call::FindLookalikes => self.lookalikes_found(answer, timing),
            Call::CreateDraft => self.draft_created(answer, now, timing),
            Call::Read(_) => self.read(answer, now, timing),
            Call::Issue(_) => self.issue_answered(answer, now, timing),
            Call::SendMail(_) => self.mail_answered(answer, now, timing),
            Call::WriteExternalId => self.write_back_answered(answer, now, timing),
            Call::DeleteDraft(id) => self.draft_deleted(id, answer, timing),
        }
        .map_err(|NotAnAnswer| Rejected::NotAnAnswer { call })
    }

    /// An answer that comes after its call was given up for lost. It is taken where it ends a doubt
    /// and cannot contradict what was done since.
    fn answer_late(
        &mut self,
        call: Call,
        attempt: Option<u32>,
        answer: Answer,
        now: Timestamp,
        timing: &Timing,
    ) -> Result<(), Rejected> {
        match (call, &answer) {
            (Call::SendMail(_), _) => {
                let doubted = matches!(self.mail, Mail::Doubt { attempt: Some(doubted), .. } if Some(doubted) == attempt);
                let is_clear = !matches!(
                    Setback::of(call, answer.clone(), now),
                    Ok(Setback { kind: SetbackKind::Unknown(_), .. })
                );
                if !(doubted && is_clear) {
                    return Err(Rejected::Stale { call });
                }
            }
            (Call::CreateDraft, Answer::DraftCreated(hit)) => {
                if self.pin.as_ref().is_some_and(|pin| pin.id == hit.id) {
                    return Err(Rejected::Stale { call });
                }
            }
            _ => return Err(Rejected::Stale { call }),
        }
        self.take(call, answer, now, timing)
    }

    fn lose(&mut self, now: Timestamp, timing: &Timing) -> Result<(), Rejected> {
        let lost = self.intent.filter(|intent| now >= timing::after(intent.at, timing.call_max));
        let Some(intent) = lost else { return Err(Rejected::NothingLost { at: now }) };
        self.intent = None;
        self.take(intent.call, Answer::Unknown, now, timing)
    }

    fn notice(&mut self, change: InvoiceChange, now: Timestamp) -> Result<(), Rejected> {
        let adopted = self.pin.as_ref().is_some_and(|pin| pin.adopted);
        match self.stage {
            _ if self.halt.is_some() || self.intent.is_some() || adopted => Err(Rejected::NoConcern),
            Stage::Issued if matches!(self.mail, Mail::Wanted { by_person: false }) => {
                self.doubt_mail(MailDoubt::InvoiceChanged(change), now);
                Ok(())
            }
            Stage::Contact(_) | Stage::Draft => {
                self.halt = Some(Halt::Failed(Failure::InvoiceChanged(change)));
                Ok(())
            }
            // Whether it was issued is read first.
            Stage::Verify | Stage::Issue if !self.issue_in_doubt => {
                self.halt = Some(Halt::Failed(Failure::InvoiceChanged(change)));
                Ok(())
            }
            _ => Err(Rejected::NoConcern),
        }
    }

    /// Counts a failure of the main track; gives the delivery up after a day of them.
    fn stumble(&mut self, setback: &Setback, timing: &Timing) {
        let (trouble, wait) = setback.trouble();
        if self.retry.fail(trouble, wait, self.id, timing) {
            self.halt = Some(Halt::Failed(Failure::Exhausted { call: setback.call }));
        }
    }

    fn fail(&mut self, call: Call, refusal: Refusal) {
        self.halt = Some(Halt::Failed(Failure::Refused { call, refusal }));
    }

    /// A search, reading or repeatable write of the main track failed.
    fn stumble_or_fail(&mut self, setback: Setback, timing: &Timing) {
        match setback.kind {
            SetbackKind::Final(refusal) => self.fail(setback.call, refusal),
            SetbackKind::NotApplied { .. } | SetbackKind::Unknown(_) => self.stumble(&setback, timing),
        }
    }

    pub(in crate::domain::delivery) fn doubt_mail(&mut self, doubt: MailDoubt, now: Timestamp) {
        self.mail = Mail::Doubt { doubt, since: now, attempt: None };
    }
}

/// An answer of a kind that the call cannot have.
pub(super) struct NotAnAnswer;

/// What came back: an answer of its own, or a setback.
pub(super) type Outcome = Result<Setback, Answer>;
