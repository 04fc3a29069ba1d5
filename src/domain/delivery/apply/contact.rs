//! Finding the contact, or creating it after a search found none.

use jiff::Timestamp;

use super::{NotAnAnswer, Outcome, Setback, SetbackKind};
use crate::domain::BexioContactId;
use crate::domain::delivery::{
    Answer, ContactMatch, ContactPart, Delivery, Halt, Retry, Review, Stage, Timing, timing,
};

impl Delivery {
    pub(super) fn contact_found(
        &mut self,
        part: ContactPart,
        answer: Outcome,
        now: Timestamp,
        timing: &Timing,
    ) -> Result<(), NotAnAnswer> {
        let found = match answer {
            Ok(setback) => {
                self.stumble_or_fail(setback, timing);
                return Ok(());
            }
            Err(Answer::Contact(found)) => found,
            Err(_) => return Err(NotAnAnswer),
        };
        match (found, part) {
            (ContactMatch::One(id), _) => self.contact_known(part, Some(id)),
            (ContactMatch::Several(ids), ContactPart::Company) => {
                self.halt = Some(Halt::Review(Review::ContactAmbiguous(ids)));
            }
            // Same name and same address: whichever is written on the invoice, it reaches the person.
            (ContactMatch::Several(ids), _) => self.contact_known(part, ids.into_iter().min()),
            (ContactMatch::None, _) => self.seen.no_contact = Some(now),
        }
        Ok(())
    }

    pub(super) fn contact_created(
        &mut self,
        part: ContactPart,
        answer: Outcome,
        timing: &Timing,
    ) -> Result<(), NotAnAnswer> {
        match (answer, part) {
            (Err(Answer::ContactCreated(id)), ContactPart::Company | ContactPart::Person) => {
                self.contact_known(part, Some(id));
            }
            (Err(Answer::Done), ContactPart::Relation) => self.contact_known(part, None),
            (Err(_), _) => return Err(NotAnAnswer),
            (Ok(Setback { kind: SetbackKind::Final(refusal), call, .. }), _) => self.fail(call, refusal),
            (Ok(setback), _) => {
                if matches!(setback.kind, SetbackKind::Unknown(_)) {
                    self.quiet_until = Some(timing::after(setback.now, timing.quiet));
                }
                self.stumble(&setback, timing);
            }
        }
        Ok(())
    }

    /// This part is known: on to the next one, or to the draft.
    fn contact_known(&mut self, part: ContactPart, id: Option<BexioContactId>) {
        let next = match part {
            ContactPart::Company => {
                self.contact.company = id;
                if self.contact.wants_person { Stage::Contact(ContactPart::Person) } else { Stage::Draft }
            }
            ContactPart::Person => {
                self.contact.person = id;
                Stage::Contact(ContactPart::Relation)
            }
            ContactPart::Relation => Stage::Draft,
        };
        self.stage = next;
        self.seen.no_contact = None;
        self.retry = Retry::default();
    }
}
