//! What people see of a delivery.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ContactPart, Delivery, Failure, Halt, Mail, MailDoubt, Review, Stage, WriteBack};

/// The state of a delivery in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum State {
    /// Taken on; nothing was done yet.
    Accepted,
    /// The contact is being found or created.
    Contact,
    /// The draft is being found or created.
    Draft,
    /// The draft is being compared with the plan.
    Verify,
    /// The invoice is being issued.
    Issue,
    /// Issued; the e-mail is to be sent.
    Email,
    /// Issued; the external id is to be written.
    WriteBack,
    /// Issued; left-over drafts are looked for.
    Sweep,
    /// All is done.
    Done,
    /// Stopped by a failure; sending again goes on.
    Failed,
    /// A person must decide.
    NeedsReview,
    /// What was drafted is being deleted.
    Discard,
    /// Given up by a person.
    Abandoned,
}

impl State {
    /// All states.
    pub const ALL: [Self; 13] = [
        Self::Accepted,
        Self::Contact,
        Self::Draft,
        Self::Verify,
        Self::Issue,
        Self::Email,
        Self::WriteBack,
        Self::Sweep,
        Self::Done,
        Self::Failed,
        Self::NeedsReview,
        Self::Discard,
        Self::Abandoned,
    ];

    /// Its word: in the database, in tables and in the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Accepted => "ACCEPTED",
            Self::Contact => "CONTACT",
            Self::Draft => "DRAFT",
            Self::Verify => "VERIFY",
            Self::Issue => "ISSUE",
            Self::Email => "EMAIL",
            Self::WriteBack => "WRITE_BACK",
            Self::Sweep => "SWEEP",
            Self::Done => "DONE",
            Self::Failed => "FAILED",
            Self::NeedsReview => "NEEDS_REVIEW",
            Self::Discard => "DISCARD",
            Self::Abandoned => "ABANDONED",
        }
    }

    /// Whether a caller of `sendInvoice` need not wait any longer: nothing visible happens by itself.
    pub const fn is_settled(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::NeedsReview | Self::Abandoned)
    }

    /// What became of an invoice whose delivery is in this state: "invoice INV-1 …".
    pub const fn words(self) -> &'static str {
        match self {
            Self::Accepted | Self::Contact | Self::Draft | Self::Verify | Self::Issue => "is being sent",
            Self::Email => "is issued in Bexio and about to be mailed",
            Self::WriteBack => "is issued in Bexio, and its number is about to be written to PSOhub",
            Self::Sweep | Self::Done => "was sent already",
            Self::Failed => "could not be sent before, and its delivery goes on when it is sent again",
            Self::NeedsReview => "waits for a person's decision",
            Self::Discard => "was drafted in Bexio, and the draft is being deleted",
            Self::Abandoned => "was to be sent and was given up by a person",
        }
    }

    /// What to do about it instead of sending the invoice.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Done | Self::Sweep => {
                "Nothing is to be done; its delivery shows when and to whom it was sent."
            }
            Self::NeedsReview => "Look at its delivery, which says what is asked, and decide.",
            Self::Failed => "Mend what its delivery's reason says, then send it again.",
            Self::Abandoned => "Enter the invoice by hand in Bexio, and link it.",
            _ => "Wait; its delivery shows how it goes on.",
        }
    }
}

/// Why a delivery does not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason<'a> {
    /// It failed.
    Failure(&'a Failure),
    /// A person must look.
    Review(&'a Review),
    /// A person must say what became of the e-mail.
    Mail(&'a MailDoubt),
}

impl Reason<'_> {
    /// The stable word, as in docs/errors.md.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Failure(failure) => failure.code(),
            Self::Review(review) => review.code(),
            Self::Mail(doubt) => doubt.code(),
        }
    }

    /// What the person can do.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Failure(failure) => failure.hint(),
            Self::Review(review) => review.hint(),
            Self::Mail(doubt) => doubt.hint(),
        }
    }
}

impl std::fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Failure(failure) => failure.fmt(f),
            Self::Review(review) => review.fmt(f),
            Self::Mail(doubt) => doubt.fmt(f),
        }
    }
}

impl Delivery {
    /// The state in one word.
    pub fn state(&self) -> State {
        match (&self.halt, self.stage) {
            (Some(Halt::Failed(_)), _) => State::Failed,
            (Some(Halt::Review(_)), _) => State::NeedsReview,
            (None, Stage::Contact(ContactPart::Company) | Stage::Draft) if self.version == 1 => {
                State::Accepted
            }
            (None, Stage::Contact(_)) => State::Contact,
            (None, Stage::Draft) => State::Draft,
            (None, Stage::Verify) => State::Verify,
            (None, Stage::Issue) => State::Issue,
            (None, Stage::Discard) => State::Discard,
            (None, Stage::Dropped) => State::Abandoned,
            (None, Stage::Issued) => self.issued_state(),
        }
    }

    fn issued_state(&self) -> State {
        if matches!(self.mail, Mail::Doubt { .. }) {
            return State::NeedsReview;
        }
        if matches!(self.mail, Mail::Wanted { .. } | Mail::Leaving { .. }) {
            return State::Email;
        }
        if matches!(self.write_back, WriteBack::Pending) {
            return State::WriteBack;
        }
        if self.sweep.holds_up() {
            return State::Sweep;
        }
        if matches!(self.mail, Mail::Failed(_)) || matches!(self.write_back, WriteBack::Failed(_)) {
            return State::Failed;
        }
        if self.abandoned_at.is_some() { State::Abandoned } else { State::Done }
    }

    /// Why it does not go on, where it does not.
    pub fn reason(&self) -> Option<Reason<'_>> {
        match &self.halt {
            Some(Halt::Failed(failure)) => return Some(Reason::Failure(failure)),
            Some(Halt::Review(review)) => return Some(Reason::Review(review)),
            None => {}
        }
        match (&self.mail, &self.write_back) {
            (Mail::Doubt { doubt, .. }, _) => Some(Reason::Mail(doubt)),
            (Mail::Failed(failure), _) | (_, WriteBack::Failed(failure)) => Some(Reason::Failure(failure)),
            _ => None,
        }
    }

    /// The instant before which nothing happens, where it waits for one (WAITING).
    pub fn waits_until(&self, now: Timestamp, timing: &super::Timing) -> Option<Timestamp> {
        match super::next_step(self, now, timing) {
            super::Step::Wait { until } => Some(until),
            super::Step::Call(_) | super::Step::Conclude | super::Step::Rest => None,
        }
    }
}
