//! The beginning of a delivery, and its new beginning when an invoice is sent again.

use jiff::Timestamp;

use super::{
    Acceptance, ContactNeed, ContactPart, ContactTrack, Delivery, DeliveryId, Halt, InvoiceChange, Mail,
    MailDoubt, Retry, Review, Seen, Stage, State, Sweep, WriteBack,
};

/// A delivery as it is stored by the claim: the store's unique key lets one of many callers win.
pub fn accept(id: DeliveryId, acceptance: Acceptance, now: Timestamp) -> Delivery {
    let mut delivery = Delivery {
        id,
        version: 1,
        accepted_at: now,
        changed_at: now,
        stage: Stage::Draft,
        halt: None,
        contact: ContactTrack::default(),
        pin: None,
        issued_at: None,
        mail: mail_of(&acceptance),
        write_back: WriteBack::Pending,
        sweep: Sweep::default(),
        abandoned_at: None,
        intent: None,
        calls: 0,
        draft_tried: false,
        issue_in_doubt: false,
        issue_refused: None,
        quiet_until: None,
        seen: Seen::default(),
        retry: Retry::default(),
        mail_retry: Retry::default(),
        write_back_retry: Retry::default(),
        sweep_retry: Retry::default(),
        accepted: acceptance,
    };
    delivery.take_contact();
    delivery.start();
    delivery
}

const fn mail_of(acceptance: &Acceptance) -> Mail {
    if acceptance.mail { Mail::Wanted { by_person: false } } else { Mail::NotWanted }
}

/// Why an invoice cannot be sent again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResumeError {
    /// It is under way, done, or waits for a person's decision.
    #[error("the invoice {} and cannot be sent again; only what failed can", .state.words())]
    NotFailed {
        /// Its state.
        state: State,
    },
    /// A call of it is still open.
    #[error("a call of this delivery has no result yet; try again in a minute")]
    Busy,
    /// The acceptance is for another invoice.
    #[error("this delivery belongs to another invoice")]
    OtherInvoice,
}

/// The delivery after its invoice was sent again with a new plan: it goes on where it stopped. If the
/// new plan asks for another draft than the one that may exist, that one is deleted first.
///
/// # Errors
/// [`ResumeError`] unless it failed, was given up without an issued invoice, or waits for a review
/// that a new plan can answer.
pub fn resume(delivery: &Delivery, acceptance: Acceptance, now: Timestamp) -> Result<Delivery, ResumeError> {
    if acceptance.invoice_id != delivery.invoice_id() {
        return Err(ResumeError::OtherInvoice);
    }
    if !delivery.may_resume() {
        return Err(ResumeError::NotFailed { state: delivery.state() });
    }
    if delivery.intent.is_some() {
        return Err(ResumeError::Busy);
    }
    let mut next = delivery.clone();
    next.halt = None;
    next.sweep.doomed.clear();
    if next.stage == Stage::Issued {
        next.resume_issued(&acceptance, now);
    } else {
        next.resume_unissued(acceptance);
    }
    next.touch(now);
    Ok(next)
}

impl Delivery {
    /// Whether sending the invoice again makes this delivery go on.
    pub fn may_resume(&self) -> bool {
        let is_answerable =
            matches!(&self.halt, Some(Halt::Review(Review::ContactAmbiguous(_) | Review::Differs(_))));
        is_answerable || self.stage == Stage::Dropped || self.state() == State::Failed
    }

    /// The invoice stands; only what failed after it is taken up.
    fn resume_issued(&mut self, acceptance: &Acceptance, now: Timestamp) {
        if matches!(self.mail, Mail::Failed(_)) {
            self.mail = mail_of(acceptance);
            self.mail_retry = Retry::default();
            self.accepted.mail = acceptance.mail;
            // What would be mailed is the invoice that stands, and not what is planned now.
            if acceptance.mail && !self.accepted.draft.bills_like(&acceptance.draft) {
                let change = InvoiceChange::Content(acceptance.snapshot);
                self.doubt_mail(MailDoubt::InvoiceChanged(change), now);
            }
        }
        self.accepted.snapshot = acceptance.snapshot;
        if matches!(self.write_back, WriteBack::Failed(_)) {
            self.write_back = WriteBack::Pending;
            self.write_back_retry = Retry::default();
            self.accepted.external_id = acceptance.external_id;
        }
    }

    fn resume_unissued(&mut self, acceptance: Acceptance) {
        let same_contact = match &acceptance.contact {
            // That no person is named now may mean that ours could not be remembered.
            ContactNeed::Known { company, person } => {
                self.contact.company.is_none_or(|known| known == *company)
                    && person.is_none_or(|person| self.contact.person == Some(person))
            }
            // The contact that is known would have been found: the customer is another one now.
            ContactNeed::Create { .. } => self.contact.company.is_none(),
            ContactNeed::Choose(_) => false,
        };
        // What a person named is not ours to replace: it is compared with the new plan.
        let adopted = self.pin.as_ref().is_some_and(|pin| pin.adopted);
        let same = adopted || (same_contact && acceptance.draft == self.accepted.draft);
        let same = same && self.stage != Stage::Dropped;
        let given_up = self.abandoned_at.take().is_some();
        self.mail = mail_of(&acceptance);
        self.accepted = acceptance;
        self.retry = Retry::default();
        self.issue_refused = None;
        self.seen = Seen::default();
        if same && !given_up {
            match self.stage {
                Stage::Issue => self.stage = Stage::Verify,
                Stage::Contact(ContactPart::Company) => {
                    self.take_contact();
                    self.start();
                }
                _ => {}
            }
        } else {
            self.take_contact();
            if self.draft_tried || self.pin.is_some() {
                self.stage = Stage::Discard;
            } else {
                self.start();
            }
        }
    }

    /// What the acceptance says of the contact.
    fn take_contact(&mut self) {
        self.contact = match &self.accepted.contact {
            ContactNeed::Known { company, person } => {
                ContactTrack { wants_person: false, company: Some(*company), person: *person }
            }
            ContactNeed::Create { person } => {
                ContactTrack { wants_person: *person, ..ContactTrack::default() }
            }
            ContactNeed::Choose(_) => ContactTrack::default(),
        };
    }

    /// The first stage that has something to do: the contact, or the draft if it is known.
    pub(super) fn start(&mut self) {
        self.seen = Seen::default();
        self.stage =
            if self.contact.company.is_some() { Stage::Draft } else { Stage::Contact(ContactPart::Company) };
        if let (ContactNeed::Choose(candidates), None) = (&self.accepted.contact, self.contact.company) {
            self.halt = Some(Halt::Review(Review::ContactAmbiguous(candidates.clone())));
        }
    }
}
