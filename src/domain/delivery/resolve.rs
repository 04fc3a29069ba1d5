//! A person's decision on a delivery. No timer ever takes one.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ContactPart, Delivery, Halt, Mail, Pin, Retry, Review, Stage, State, Timing, WriteBack};
use crate::domain::{BexioContactId, BexioInvoiceId};

/// What a person decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Decision {
    /// The e-mail reached the customer.
    MailArrived,
    /// Of an e-mail in doubt: send it, even if it may be the second one. Of anything else: look again;
    /// what is still wrong stops it again.
    SendAgain,
    /// Give it up: drafts are deleted, nothing is mailed. An issued invoice stays, with its external id.
    Abandon,
    /// Use this one of the contacts that were offered.
    ChooseContact(BexioContactId),
    /// This Bexio invoice is the one.
    UseExisting(BexioInvoiceId),
}

impl Decision {
    /// As callers name it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::MailArrived => "MAIL_ARRIVED",
            Self::SendAgain => "SEND_AGAIN",
            Self::Abandon => "ABANDON",
            Self::ChooseContact(_) => "CHOOSE_CONTACT",
            Self::UseExisting(_) => "USE_EXISTING",
        }
    }
}

/// Why a decision was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// The delivery changed since the person saw it.
    #[error("this delivery has changed meanwhile (version {found}, not {expected}); look at it again")]
    VersionConflict {
        /// What the person saw.
        expected: u64,
        /// What it is.
        found: u64,
    },
    /// The decision does not answer what is asked.
    #[error("{} is no answer here: the invoice {}", .decision.word(), .state.words())]
    NotAsked {
        /// The decision.
        decision: Decision,
        /// The delivery's state.
        state: State,
    },
    /// The contact was not offered.
    #[error("contact {0} is none of those that fit; choose one of the candidates")]
    NotACandidate(BexioContactId),
    /// The draft is being deleted.
    #[error("Bexio invoice {0} is a left-over draft that is being deleted; name another")]
    BeingDeleted(BexioInvoiceId),
}

/// The delivery after `decision`.
///
/// # Errors
/// [`ResolveError`] when it changed meanwhile or the decision does not fit.
pub fn resolve(
    delivery: &Delivery,
    decision: Decision,
    expected_version: u64,
    now: Timestamp,
    timing: &Timing,
) -> Result<Delivery, ResolveError> {
    if delivery.version != expected_version {
        return Err(ResolveError::VersionConflict { expected: expected_version, found: delivery.version });
    }
    let mut next = delivery.clone();
    let answered = match decision {
        Decision::MailArrived => next.mail_arrived(now),
        Decision::SendAgain => next.send_again(now),
        Decision::Abandon => next.abandon(now),
        Decision::ChooseContact(id) => next.choose_contact(id)?,
        Decision::UseExisting(id) => next.use_existing(id, now, timing)?,
    };
    if !answered {
        return Err(ResolveError::NotAsked { decision, state: delivery.state() });
    }
    // What was to be deleted is looked for again: it may be wanted now.
    next.sweep.doomed.clear();
    next.touch(now);
    Ok(next)
}

impl Delivery {
    fn mail_is_asked(&self) -> bool {
        self.halt.is_none() && matches!(self.mail, Mail::Doubt { .. })
    }

    fn mail_arrived(&mut self, now: Timestamp) -> bool {
        let asked = self.mail_is_asked();
        if asked {
            self.mail = Mail::Sent { at: now, by_person: true };
        }
        asked
    }

    fn send_again(&mut self, now: Timestamp) -> bool {
        if self.mail_is_asked() {
            self.mail = Mail::Wanted { by_person: true };
            self.mail_retry = Retry::default();
            return true;
        }
        let Some(Halt::Review(review)) = &self.halt else { return false };
        let review = review.clone();
        self.halt = None;
        self.retry = Retry::default();
        self.look_again(&review, now);
        true
    }

    /// Back to the look that stopped it.
    fn look_again(&mut self, review: &Review, now: Timestamp) {
        match review {
            Review::ContactAmbiguous(_) => {
                self.stage = Stage::Contact(ContactPart::Company);
                self.seen.no_contact = None;
            }
            Review::ExistingInvoice(_) => {
                self.seen.no_own = None;
                self.seen.no_lookalike = false;
            }
            Review::Duplicate(_) => {
                self.sweep.due = Some(now);
                self.seen.pin = None;
            }
            // Bexio deletes drafts only, so what is gone and was never asked to be issued was a draft.
            Review::Gone(_) if self.may_draft_anew() => {
                self.pin = None;
                self.seen.no_own = None;
                self.stage = Stage::Draft;
            }
            Review::Differs(_)
            | Review::Gone(_)
            | Review::Cancelled(_)
            | Review::Reverted(_)
            | Review::UnknownStatus(..) => {
                self.seen.pin = None;
                if self.stage == Stage::Issue {
                    self.stage = Stage::Verify;
                }
            }
        }
    }

    fn may_draft_anew(&self) -> bool {
        let adopted = self.pin.as_ref().is_some_and(|pin| pin.adopted);
        matches!(self.stage, Stage::Verify | Stage::Issue) && !self.issue_in_doubt && !adopted
    }

    fn abandon(&mut self, now: Timestamp) -> bool {
        let over = matches!(self.state(), State::Done | State::Abandoned) || self.abandoned_at.is_some();
        if over || (self.intent.is_some() && self.halt.is_none() && self.stage != Stage::Issued) {
            return false;
        }
        let halted = self.halt.take().is_some();
        self.abandoned_at = Some(now);
        self.retry = Retry::default();
        if self.stage == Stage::Issued {
            // An e-mail on its way cannot be called back; its answer is still taken.
            if !matches!(self.mail, Mail::Sent { .. } | Mail::NotWanted | Mail::Leaving { .. }) {
                self.mail = Mail::Skipped;
            }
            let is_open = matches!(self.write_back, WriteBack::Pending);
            if (halted && is_open) || matches!(self.write_back, WriteBack::Failed(_)) {
                self.write_back = WriteBack::Skipped;
            }
        } else {
            self.seen.pin = None;
            let may_have_drafted = self.draft_tried || self.pin.is_some();
            self.stage = if may_have_drafted { Stage::Discard } else { Stage::Dropped };
        }
        true
    }

    fn choose_contact(&mut self, id: BexioContactId) -> Result<bool, ResolveError> {
        let Some(Halt::Review(Review::ContactAmbiguous(candidates))) = &self.halt else { return Ok(false) };
        if !candidates.contains(&id) {
            return Err(ResolveError::NotACandidate(id));
        }
        self.halt = None;
        self.contact.company = Some(id);
        self.retry = Retry::default();
        self.stage =
            if self.contact.wants_person { Stage::Contact(ContactPart::Person) } else { Stage::Draft };
        Ok(true)
    }

    fn use_existing(
        &mut self,
        id: BexioInvoiceId,
        now: Timestamp,
        timing: &Timing,
    ) -> Result<bool, ResolveError> {
        let asked = matches!(
            &self.halt,
            Some(Halt::Review(Review::ExistingInvoice(_) | Review::Gone(_) | Review::Cancelled(_)))
        );
        if !asked {
            return Ok(false);
        }
        if self.sweep.condemned.contains(&id) {
            return Err(ResolveError::BeingDeleted(id));
        }
        self.halt = None;
        self.pin = Some(Pin { id, document_number: Box::default(), adopted: true });
        self.stage = Stage::Verify;
        self.issued_at = None;
        self.issue_in_doubt = false;
        self.issue_refused = None;
        self.seen.pin = None;
        self.retry = Retry::default();
        self.write_back = WriteBack::Pending;
        if self.draft_tried {
            self.sweep.need(now, timing);
        }
        Ok(true)
    }
}
