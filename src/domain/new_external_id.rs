//! Texts that may become an invoice's external id in PSOhub, and what is known of the one it has. Pure.
//!
//! PSOhub documents no limits and does not show the value in its answers.

use jiff::Timestamp;

use super::{ActionChange, ActionOutcome, InvoiceAction};

/// A text that may become an external id: trimmed, not empty, on one line.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NewExternalId(Box<str>);

/// Why a text may not become an external id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NewExternalIdError {
    /// Nothing but blanks.
    #[error("the external id is empty")]
    Empty,
    /// Too long.
    #[error("the external id has {chars} characters, and at most {max} are taken", max = NewExternalId::CHARS_MAX)]
    TooLong {
        /// Its characters.
        chars: usize,
    },
    /// A line break, a tab or the like.
    #[error("the external id holds a control character (code {code:#06x}), such as a line break")]
    Control {
        /// The character's code point.
        code: u32,
    },
}

impl NewExternalId {
    /// Most characters. PSOhub documents no limit; Bexio's numbers are far below it.
    pub const CHARS_MAX: usize = 200;

    /// Checks a text.
    ///
    /// # Errors
    /// [`NewExternalIdError`], in words for people.
    pub fn of(text: &str) -> Result<Self, NewExternalIdError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(NewExternalIdError::Empty);
        }
        let chars = text.chars().count();
        if chars > Self::CHARS_MAX {
            return Err(NewExternalIdError::TooLong { chars });
        }
        match text.chars().find(|c| c.is_control()) {
            Some(control) => Err(NewExternalIdError::Control { code: control.into() }),
            None => Ok(Self(text.into())),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What our own records say of the external id that we wrote last. `delivery` is what a delivery wrote,
/// and when. `None`: nothing, or nothing that can be relied on, since a later write has an outcome that
/// nobody knows.
pub fn recorded_external_id(
    actions: &[InvoiceAction],
    delivery: Option<(Box<str>, Timestamp)>,
) -> Option<Box<str>> {
    let last = actions.iter().rev().find_map(|action| match (&action.begun.change, &action.outcome) {
        (ActionChange::ExternalId { after, .. }, ActionOutcome::Done | ActionOutcome::AlreadySo) => {
            Some((Some(after.clone()), action.begun.at))
        }
        (ActionChange::ExternalId { .. }, ActionOutcome::Begun | ActionOutcome::Unknown) => {
            Some((None, action.begun.at))
        }
        _ => None,
    });
    match (last, delivery) {
        (Some((value, at)), Some((written, written_at))) => {
            if written_at > at {
                Some(written)
            } else {
                value
            }
        }
        (Some((value, _)), None) => value,
        (None, delivery) => delivery.map(|(written, _)| written),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{ActionCause, ActionId, NewAction, PsohubInvoiceId};

    #[test]
    fn what_no_external_id_may_be() {
        assert_eq!(NewExternalId::of(" \t\n"), Err(NewExternalIdError::Empty));
        assert_eq!(NewExternalId::of(&"ä".repeat(201)), Err(NewExternalIdError::TooLong { chars: 201 }));
        assert_eq!(NewExternalId::of("RE\n1"), Err(NewExternalIdError::Control { code: 10 }));
        assert_eq!(NewExternalId::of("RE\u{85}1"), Err(NewExternalIdError::Control { code: 0x85 }));
        assert_eq!(NewExternalId::of(&"ä".repeat(200)).unwrap().as_str().chars().count(), 200);
        assert_eq!(NewExternalId::of("  RE 1+2/3&x=%41 \n").unwrap().as_str(), "RE 1+2/3&x=%41");
    }

    proptest! {
        #[test]
        fn what_is_taken_is_the_text_without_the_blanks_around_it(text in "\\PC{0,60}") {
            match NewExternalId::of(&text) {
                Ok(taken) => prop_assert_eq!(taken.as_str(), text.trim()),
                Err(error) => prop_assert!(text.trim().is_empty() || text.chars().any(char::is_control), "{}", error),
            }
        }
    }

    fn wrote(id: i64, value: &str, outcome: ActionOutcome) -> InvoiceAction {
        InvoiceAction {
            id: ActionId::new(id).unwrap(),
            begun: NewAction {
                invoice: PsohubInvoiceId::new(1).unwrap(),
                at: at(id),
                actor: "eva".into(),
                cause: ActionCause::Person,
                change: ActionChange::ExternalId { before: None, after: value.into() },
            },
            outcome,
            ended_at: Some(at(id)),
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn the_last_write_counts_and_a_doubtful_one_makes_it_unknown() {
        let refused = ActionOutcome::Refused { status: 400, message: None };
        let done = [wrote(1, "A", ActionOutcome::Done), wrote(3, "B", refused)];
        assert_eq!(recorded_external_id(&done, None).as_deref(), Some("A"));
        assert_eq!(recorded_external_id(&done, Some(("RE-1".into(), at(2)))).as_deref(), Some("RE-1"));
        assert_eq!(recorded_external_id(&done, Some(("RE-1".into(), at(0)))).as_deref(), Some("A"));
        let doubtful = [wrote(1, "A", ActionOutcome::Done), wrote(3, "B", ActionOutcome::Unknown)];
        assert_eq!(recorded_external_id(&doubtful, Some(("RE-1".into(), at(2)))), None);
        assert_eq!(recorded_external_id(&[], Some(("RE-1".into(), at(2)))).as_deref(), Some("RE-1"));
        assert_eq!(recorded_external_id(&[], None), None);
    }
}
