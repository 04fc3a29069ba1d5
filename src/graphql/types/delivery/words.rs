//! What happens to a delivery, in words for people.

use jiff::Timestamp;

use crate::domain::delivery::{
    Call, Delivery, LogEntry, LogKind, Outcome, State, Step, Timing, Trouble, TroubleKind, next_step,
};

/// What happened in one step, in a few words.
pub(in crate::graphql) fn what(entry: &LogEntry) -> &'static str {
    match entry.kind {
        LogKind::Accepted => "asked for",
        LogKind::SentAgain => "sent again",
        LogKind::Resolved => "decided",
        LogKind::Announced(call) | LogKind::Answered(call, _) | LogKind::Lost(call) => call.words(),
        LogKind::InvoiceChanged => "the invoice was changed in PSOhub",
    }
}

/// How a call ended, in a few words.
pub(super) fn how(outcome: Outcome) -> String {
    match outcome {
        Outcome::Done => "done".to_owned(),
        Outcome::NothingFound => "nothing found".to_owned(),
        Outcome::NotSent => "not sent".to_owned(),
        Outcome::Refused(status) => format!("refused with status {status}"),
        Outcome::Unknown => "no clear answer".to_owned(),
    }
}

/// What `delivery` waits for at `now`; `None` while it is being worked on and when it is over.
pub(super) fn waits_for(delivery: &Delivery, now: Timestamp, timing: &Timing) -> Option<String> {
    match delivery.state() {
        State::NeedsReview => return Some("a person's decision".to_owned()),
        State::Failed => return Some("the cause to be mended and the invoice to be sent again".to_owned()),
        State::Done | State::Abandoned => return None,
        _ => {}
    }
    if let Some(intent) = delivery.intent() {
        return Some(format!("an answer to {}", intent.call));
    }
    let Step::Wait { .. } = next_step(delivery, now, timing) else { return None };
    Some(match delivery.trouble() {
        _ if delivery.state() == State::Sweep => LAST_LOOK.to_owned(),
        Some(trouble) if may_still_arrive(trouble) => {
            format!("the moment from which the lost request for {} can no longer take effect", trouble.call)
        }
        Some(trouble) => format!("the next try of {}, which {}", trouble.call, came_to(trouble.kind)),
        None => "the next step".to_owned(),
    })
}

const LAST_LOOK: &str = "the last look for superfluous drafts in Bexio, once none can appear there any more";

const fn may_still_arrive(trouble: &Trouble) -> bool {
    matches!(
        (trouble.kind, trouble.call),
        (TroubleKind::Unknown, Call::CreateDraft | Call::CreateContact(_) | Call::DeleteDraft(_))
    )
}

fn came_to(kind: TroubleKind) -> String {
    match kind {
        TroubleKind::NotSent => "did not get through".to_owned(),
        TroubleKind::Unknown => "got no clear answer".to_owned(),
        TroubleKind::Status(429) => "the upstream put off (status 429)".to_owned(),
        TroubleKind::Status(status) => format!("was answered with status {status}"),
    }
}
