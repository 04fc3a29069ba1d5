//! Which deliveries are the same for all that is to come.

use super::super::{acceptance, at, bexio, contact};
use super::now;
use crate::domain::delivery::{
    Call, Delivery, Failure, Halt, Mail, MailDoubt, Retry, Review, Stage, WriteBack,
};

/// The delivery with all that differs without a difference taken out.
pub(super) fn folded(delivery: &Delivery) -> Delivery {
    let mut folded = delivery.clone();
    folded.version = folded.version.min(2);
    folded.changed_at = at(0);
    folded.calls = 1;
    if let Some(intent) = &mut folded.intent {
        intent.attempt = 1;
    }
    fold_tracks(&mut folded);
    for retry in
        [&mut folded.retry, &mut folded.mail_retry, &mut folded.write_back_retry, &mut folded.sweep_retry]
    {
        *retry = Retry::default();
    }
    folded.quiet_until = None;
    folded.sweep.condemned.sort_unstable();
    folded.sweep.due = folded.sweep.due.map(|_| now());
    folded
}

/// Words for people do not steer.
fn fold_tracks(folded: &mut Delivery) {
    let failure = Failure::Exhausted { call: Call::FindOwn };
    match &mut folded.mail {
        Mail::Leaving { attempt } => *attempt = 1,
        Mail::Doubt { doubt, since, attempt } => {
            (*doubt, *since) = (MailDoubt::OutcomeUnknown, at(0));
            *attempt = attempt.map(|_| 1);
        }
        Mail::Sent { at: instant, by_person } => (*instant, *by_person) = (at(0), false),
        Mail::Failed(why) => **why = failure.clone(),
        _ => {}
    }
    if let WriteBack::Failed(why) = &mut folded.write_back {
        **why = failure.clone();
    }
    match &mut folded.halt {
        Some(Halt::Failed(why)) => *why = failure,
        Some(Halt::Review(Review::ExistingInvoice(ids) | Review::Duplicate(ids))) => *ids = vec![bexio(2)],
        Some(Halt::Review(Review::Differs(differences))) => differences.clear(),
        _ => {}
    }
    if !matches!(folded.stage, Stage::Contact(_)) {
        folded.contact.company = folded.contact.company.map(|_| contact(31));
        folded.contact.person = None;
        folded.seen.no_contact = None;
    }
    // Any other plan differs from this one as the one before did.
    folded.accepted.draft = acceptance(7).draft;
    if !matches!(folded.stage, Stage::Contact(_) | Stage::Discard) {
        folded.accepted.contact = acceptance(7).contact;
        folded.contact.wants_person = false;
    }
    if folded.stage == Stage::Issued {
        folded.accepted.mail = true;
        folded.issue_in_doubt = false;
    }
    if !matches!(folded.stage, Stage::Draft) {
        folded.seen.no_own = None;
        folded.seen.no_lookalike = false;
    }
}
