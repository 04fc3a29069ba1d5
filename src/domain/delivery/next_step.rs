//! What a delivery does now. Pure and total: the record and the instant decide, nothing else.

use jiff::Timestamp;

use super::{Call, Delivery, Halt, Mail, Pin, Review, Stage, Step, Timing, WriteBack, timing};

/// The next step of `delivery` at `now`.
pub fn next_step(delivery: &Delivery, now: Timestamp, timing: &Timing) -> Step {
    if let Some(intent) = &delivery.intent {
        // Somebody is at it, or was. Two workers on one delivery are not forbidden, only harmless.
        let over = timing::after(intent.at, timing.call_max);
        return if now < over { Step::Wait { until: over } } else { Step::Conclude };
    }
    if delivery.halt.is_some() {
        return housekeeping(delivery, now);
    }
    match delivery.stage {
        Stage::Contact(part) => match delivery.waits(now) {
            Some(until) => Step::Wait { until },
            None if is_fresh(delivery.seen.no_contact, now, timing) => Step::Call(Call::CreateContact(part)),
            None => Step::Call(Call::FindContact(part)),
        },
        Stage::Draft => match delivery.waits(now) {
            Some(until) => Step::Wait { until },
            None => Step::Call(draft(delivery, now, timing)),
        },
        Stage::Issue if is_fresh(delivery.seen.pin, now, timing) => at_pin(delivery, now, Call::Issue),
        Stage::Verify | Stage::Issue => at_pin(delivery, now, Call::Read),
        Stage::Issued => issued(delivery, now, timing),
        Stage::Discard => discard(delivery, now, timing),
        Stage::Dropped => housekeeping(delivery, now),
    }
}

/// Search before every create: by our reference, and once by number.
fn draft(delivery: &Delivery, now: Timestamp, timing: &Timing) -> Call {
    if !is_fresh(delivery.seen.no_own, now, timing) {
        Call::FindOwn
    } else if !delivery.seen.no_lookalike {
        Call::FindLookalikes
    } else {
        Call::CreateDraft
    }
}

/// A call about the pinned invoice. These stages have a pin; without one there is nothing to do.
fn at_pin(delivery: &Delivery, now: Timestamp, call: fn(crate::domain::BexioInvoiceId) -> Call) -> Step {
    match (delivery.retry.waits(now), &delivery.pin) {
        (Some(until), _) => Step::Wait { until },
        (None, Some(pin)) => Step::Call(call(pin.id)),
        (None, None) => Step::Rest,
    }
}

/// E-mail, write-back and sweep: each waits by itself, so that a mail server's bad day does not keep
/// the external id back.
fn issued(delivery: &Delivery, now: Timestamp, timing: &Timing) -> Step {
    let mail = mail(delivery, timing).map(|call| (call(now), delivery.mail_retry.waits(now)));
    let write_back = matches!(delivery.write_back, WriteBack::Pending)
        .then(|| (Call::WriteExternalId, delivery.write_back_retry.waits(now)));
    let sweep = sweep(delivery, now);
    let mut wake: Option<Timestamp> = None;
    for (call, waits) in [mail, write_back, sweep].into_iter().flatten() {
        match waits {
            None => return Step::Call(call),
            Some(until) => wake = Some(wake.map_or(until, |wake| wake.min(until))),
        }
    }
    wake.map_or(Step::Rest, |until| Step::Wait { until })
}

/// The e-mail's call, where one is wanted: the invoice is looked at first if the last look is old.
fn mail(delivery: &Delivery, timing: &Timing) -> Option<impl Fn(Timestamp) -> Call> {
    let pin = delivery.pin.as_ref().filter(|_| matches!(delivery.mail, Mail::Wanted { .. }))?.id;
    let (seen, timing) = (delivery.seen.pin, *timing);
    Some(move |now| if is_fresh(seen, now, &timing) { Call::SendMail(pin) } else { Call::Read(pin) })
}

/// The look-out for drafts of ours that nobody needs, and when it is due.
fn sweep(delivery: &Delivery, now: Timestamp) -> Option<(Call, Option<Timestamp>)> {
    let due = delivery.sweep.due?;
    let call = delivery.sweep.doomed.first().map_or(Call::FindOwn, |id| Call::DeleteDraft(*id));
    let waits = delivery.sweep_retry.waits(now).max((due > now).then_some(due));
    Some((call, waits))
}

/// A delivery that stands still may have left drafts behind; they go, whatever a person decides.
fn housekeeping(delivery: &Delivery, now: Timestamp) -> Step {
    // The look-out itself found these: looking again before a person did something shows the same.
    if matches!(delivery.halt, Some(Halt::Review(Review::Duplicate(_)))) {
        return Step::Rest;
    }
    match sweep(delivery, now) {
        None => Step::Rest,
        Some((_, Some(until))) => Step::Wait { until },
        Some((call, None)) => Step::Call(call),
    }
}

/// First the pinned draft, then every other one of ours.
fn discard(delivery: &Delivery, now: Timestamp, timing: &Timing) -> Step {
    if let Some(until) = delivery.waits(now) {
        return Step::Wait { until };
    }
    Step::Call(match (&delivery.pin, delivery.sweep.doomed.first()) {
        (Some(Pin { id, .. }), _) if is_fresh(delivery.seen.pin, now, timing) => Call::DeleteDraft(*id),
        (Some(Pin { id, .. }), _) => Call::Read(*id),
        (None, Some(id)) => Call::DeleteDraft(*id),
        (None, None) => Call::FindOwn,
    })
}

/// Whether something seen then can still be relied on. An instant in the future cannot: the clock
/// was set back.
fn is_fresh(seen: Option<Timestamp>, now: Timestamp, timing: &Timing) -> bool {
    seen.is_some_and(|seen| seen <= now && now <= timing::after(seen, timing.fresh))
}

impl Delivery {
    /// Until when nothing may be created or judged: the next try, and a lost request's quiet period.
    fn waits(&self, now: Timestamp) -> Option<Timestamp> {
        self.retry.waits(now).max(self.quiet_until.filter(|quiet| *quiet > now))
    }
}
