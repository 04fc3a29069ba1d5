//! What must hold of every delivery.

use std::collections::BTreeSet;

use super::{TIMING, now};
use crate::domain::delivery::{Call, Delivery, Mail, Stage, State, Step, WriteBack, next_step};

/// What really may have happened, as far as the answers allow.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, serde::Serialize)]
pub(super) struct Ghost {
    /// Mails that may have left, less those that a person asked for.
    pub(super) mails: i8,
    /// Invoices that may have been issued by us and were not deleted since.
    pub(super) issued: BTreeSet<i64>,
}

/// What must hold of every delivery.
pub(super) fn check(delivery: &Delivery, ghost: &Ghost) -> Result<(), String> {
    let step = next_step(delivery, now(), &TIMING);
    let state = delivery.state();
    if ghost.mails > 1 {
        return Err("two mails may have left".into());
    }
    let pin = delivery.pin().map(|pin| pin.id);
    match step {
        Step::Call(Call::SendMail(_)) if ghost.mails > 0 => return Err("a second mail is next".into()),
        Step::Call(Call::Issue(id)) if ghost.issued.iter().any(|issued| *issued != id.get()) => {
            return Err("a second invoice is to be issued".into());
        }
        Step::Call(Call::CreateDraft) if !ghost.issued.is_empty() => {
            return Err("a draft beside an invoice that may be issued".into());
        }
        Step::Call(Call::DeleteDraft(id)) if Some(id) == pin && delivery.stage() != Stage::Discard => {
            return Err("the pinned draft is to be deleted".into());
        }
        Step::Call(Call::Issue(id) | Call::SendMail(id) | Call::Read(id)) if Some(id) != pin => {
            return Err("a call about an invoice that is not pinned".into());
        }
        Step::Call(Call::WriteExternalId) if delivery.external_id().is_none_or(|id| id.is_empty()) => {
            return Err("an empty external id is to be written".into());
        }
        Step::Call(Call::DeleteDraft(id))
            if delivery.pin().is_some_and(|pin| pin.adopted && pin.id == id) =>
        {
            return Err("what a person named is to be deleted".into());
        }
        _ => {}
    }
    let housekeeping = matches!(
        step,
        Step::Rest
            | Step::Wait { .. }
            | Step::Conclude
            | Step::Call(Call::FindOwn | Call::DeleteDraft(_) | Call::WriteExternalId)
    );
    if state.is_settled() && !housekeeping {
        return Err(format!("{state:?} and yet {step:?}"));
    }
    if !state.is_settled() && step == Step::Rest {
        return Err(format!("{state:?} and nothing to do"));
    }
    let explained = delivery.reason().is_some();
    if matches!(state, State::Failed | State::NeedsReview) != explained
        && !(explained && matches!(state, State::WriteBack | State::Sweep | State::Email))
    {
        return Err(format!("{state:?} with the reason {:?}", delivery.reason()));
    }
    if state == State::Done {
        let written = matches!(delivery.write_back(), WriteBack::Written { .. });
        let mailed = matches!(delivery.mail(), Mail::Sent { .. } | Mail::NotWanted | Mail::Skipped);
        if !written || !mailed || delivery.issued_at().is_none() {
            return Err("done, but not all is".into());
        }
    }
    Ok(())
}
