//! Tests of the delivery: named walks, every state with every event, and a model check.

mod exhaustive;
mod model;
mod surprises;
mod walks;

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::{
    Acceptance, Answer, ContactNeed, Delivery, DeliveryId, DraftPromise, Event, ExternalIdKind, Hit, Reading,
    Refusal, Timing, accept,
};
use crate::domain::{
    AccountingStatus, BexioContactId, BexioInvoiceId, ContentHash, ContentHasher, CurrencyCode,
    PsohubInvoiceId,
};

pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_767_225_600 + seconds).unwrap()
}

pub(super) fn bexio(id: i64) -> BexioInvoiceId {
    BexioInvoiceId::new(id).unwrap()
}

pub(super) fn contact(id: i64) -> BexioContactId {
    BexioContactId::new(id).unwrap()
}

pub(super) fn hash(of: &str) -> ContentHash {
    let mut hasher = ContentHasher::new("test");
    hasher.text("of", Some(of));
    hasher.finish()
}

/// Invoice `id` over CHF 108.10 on one line, contact 31 known, e-mail wanted.
pub(super) fn acceptance(id: i64) -> Acceptance {
    Acceptance {
        invoice_id: PsohubInvoiceId::new(id).unwrap(),
        snapshot: hash("snapshot"),
        draft: DraftPromise {
            hash: hash("draft"),
            api_reference: format!("psohub:{id}").into(),
            currency: CurrencyCode::CHF,
            positions: 1,
            total_net: Decimal::from(100),
            total: Decimal::new(10810, 2),
            tolerance: Decimal::new(5, 2),
        },
        contact: ContactNeed::Known { company: contact(31), person: None },
        mail: true,
        external_id: ExternalIdKind::DocumentNumber,
    }
}

pub(super) fn delivery() -> Delivery {
    accept(DeliveryId::new(1).unwrap(), acceptance(7), at(0))
}

pub(super) fn hit(id: i64, status: AccountingStatus) -> Hit {
    Hit { id: bexio(id), document_number: format!("RE-{id}").into(), status }
}

/// A reading of Bexio invoice `id` that is as [`acceptance`] promises for invoice 7.
pub(super) fn reading(id: i64, status: AccountingStatus) -> Reading {
    Reading {
        hit: hit(id, status),
        status_raw: 7,
        contact_id: Some(contact(31)),
        currency: CurrencyCode::CHF,
        api_reference: Some("psohub:7".into()),
        total_net: Decimal::from(100),
        total: Decimal::new(10810, 2),
        positions: 1,
    }
}

pub(super) fn refused(status: u16) -> Answer {
    Answer::Refused { refusal: Refusal { status, message: "no".into(), raw: None }, wait: None }
}

pub(super) const TIMING: Timing = Timing::STANDARD;

/// The delivery after its next call was answered, announced first if it writes.
pub(super) fn answered(delivery: &Delivery, answer: Answer, now: Timestamp) -> Delivery {
    let super::Step::Call(call) = super::next_step(delivery, now, &TIMING) else {
        panic!("no call is next: {:?} of {delivery:?}", super::next_step(delivery, now, &TIMING))
    };
    let mut delivery = delivery.clone();
    if call.writes() {
        delivery = super::apply(&delivery, Event::Announced(call), now, &TIMING).unwrap();
    }
    let attempt = delivery.intent().map(|intent| intent.attempt);
    super::apply(&delivery, Event::Answered { call, attempt, answer }, now, &TIMING).unwrap()
}
