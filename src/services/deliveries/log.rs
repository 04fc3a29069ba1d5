//! What the history says of one change of a delivery, in words. Never bodies, addresses or secrets.

use std::fmt::Write as _;

use crate::domain::delivery::{
    Answer, Call, ContactMatch, Delivery, LogEntry, LogKind, Mail, Outcome, State, WriteBack,
};

/// The entry for the step from `before` to `after`. `actor` is the person who asked for it.
pub(super) fn entry(before: &Delivery, after: &Delivery, kind: LogKind, actor: Option<&str>) -> LogEntry {
    LogEntry {
        delivery: after.id(),
        version: after.version(),
        at: after.changed_at(),
        kind,
        state: after.state(),
        actor: actor.map(Box::from),
        detail: detail(before, after, kind).map(String::into_boxed_str),
    }
}

/// How an answer is kept in the history.
pub(super) const fn outcome(call: Call, answer: &Answer) -> Outcome {
    match answer {
        Answer::NotSent { .. } => Outcome::NotSent,
        Answer::Unknown => Outcome::Unknown,
        Answer::Refused { refusal, .. } => Outcome::Refused(refusal.status),
        Answer::Contact(ContactMatch::None) => Outcome::NothingFound,
        Answer::Invoices(hits) if hits.is_empty() => Outcome::NothingFound,
        Answer::Gone if !call.writes() => Outcome::NothingFound,
        Answer::Contact(_)
        | Answer::ContactCreated(_)
        | Answer::Invoices(_)
        | Answer::DraftCreated(_)
        | Answer::Reading(_)
        | Answer::Gone
        | Answer::Done => Outcome::Done,
    }
}

/// Why it stopped, why it waits, or what was learned; nothing where the kind says it all.
fn detail(before: &Delivery, after: &Delivery, kind: LogKind) -> Option<String> {
    stopped(before, after).or_else(|| waits(before, after)).or_else(|| learned(before, after, kind))
}

/// It stands still now, and did not before or for another reason.
fn stopped(before: &Delivery, after: &Delivery) -> Option<String> {
    let reason = after.reason().filter(|reason| before.reason().as_ref() != Some(reason))?;
    Some(format!("{reason}. {}", reason.hint()))
}

/// A call failed and is tried again.
fn waits(before: &Delivery, after: &Delivery) -> Option<String> {
    let trouble = after.trouble().filter(|trouble| before.trouble() != Some(trouble))?;
    let mut words = format!("{} failed", trouble.call);
    let again = match after.state() {
        State::Failed | State::NeedsReview => "",
        _ => "; it is tried again",
    };
    let _ = match trouble.kind {
        crate::domain::delivery::TroubleKind::NotSent => write!(words, ": it never left{again}"),
        crate::domain::delivery::TroubleKind::Unknown => write!(words, ": no clear answer{again}"),
        crate::domain::delivery::TroubleKind::Status(status) => {
            write!(words, " with status {status}{again}")
        }
    };
    Some(words)
}

fn learned(before: &Delivery, after: &Delivery, kind: LogKind) -> Option<String> {
    if let (None, Some(pin)) = (before.pin(), after.pin()) {
        return Some(format!("Bexio invoice {} (id {})", pin.document_number, pin.id));
    }
    if before.issued_at().is_none() && after.issued_at().is_some() {
        let number = after.pin().map(|pin| &*pin.document_number).unwrap_or_default();
        return Some(format!("{number} is issued"));
    }
    if let (None, Some(company)) = (before.contact().company, after.contact().company) {
        return Some(format!("Bexio contact {company}"));
    }
    if before.mail() != after.mail() && matches!(after.mail(), Mail::Sent { .. }) {
        return Some("the e-mail is on its way".to_owned());
    }
    if before.write_back() != after.write_back() && matches!(after.write_back(), WriteBack::Written { .. }) {
        return after.external_id().map(|id| format!("the external id is {id}"));
    }
    match kind {
        LogKind::Lost(_) => Some("its worker stopped before an answer came".to_owned()),
        _ => None,
    }
}
