//! Deliveries in the store, on both databases.

mod batches;
mod claims;
mod golden;
mod records;
mod round_trips;
mod samples;
mod updates;
mod walk;

use std::task::Poll;

use invoice_gateway::domain::delivery::{
    Acceptance, Answer, Delivery, DeliveryId, Event, LogEntry, LogKind, Outcome, Step, Timing, accept, apply,
    next_step,
};
use invoice_gateway::domain::plan::{
    ContactResolution, Email, FoundBy, Header, KnownContact, Plan, PlannedAccount, PlannedTax, Position,
    RateTotal, TaxBasis, Totals, VatMode,
};
use invoice_gateway::domain::{BexioContactId, ContentHash, ContentHasher, CurrencyCode, Invoice};
use invoice_gateway::store::{
    Claim, IdempotencyKey, KeyScope, NewDelivery, Saved, Store, StoreError, StoredDelivery, Update,
};
use jiff::Timestamp;

use crate::store_rows;

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_767_225_600 + seconds).unwrap()
}

pub(crate) fn contact(id: i64) -> BexioContactId {
    BexioContactId::new(id).unwrap()
}

pub(crate) fn hash(of: &str) -> ContentHash {
    let mut hasher = ContentHasher::new("test");
    hasher.text("of", Some(of));
    hasher.finish()
}

/// Everything of a plan, with amounts that a float would lose.
pub(crate) fn plan(invoice: &Invoice) -> Plan {
    let amount = |text: &str| text.parse().unwrap();
    let position = Position {
        line_number: "10.002".into(),
        text: "<strong>Umbau</strong><br>&quot;\u{1F600}&quot;".into(),
        unit_price: Some(amount("27700.000001")),
        account: Some(PlannedAccount { id: 101, number: "3400".into(), name: "Dienstleistung".into() }),
        tax: Some(PlannedTax {
            id: 17,
            code: "UN81".into(),
            rate: amount("8.10"),
            basis: TaxBasis::StatedRate,
        }),
        unit_id: Some(2),
    };
    let known = KnownContact {
        id: contact(31),
        name: Some("Kunde".into()),
        person: Some(contact(32)),
        language_id: Some(1),
    };
    Plan {
        invoice_id: invoice.id,
        invoice_number: invoice.number.clone(),
        snapshot: invoice.content_hash(),
        contact: ContactResolution::Found { contact: known, by: FoundBy::NameAndEmail },
        header: header(invoice),
        positions: vec![position],
        totals: totals(),
        email: Some(Email {
            recipient: "grace@example.com".into(),
            subject: "Rechnung {documentNumber}".into(),
            message: "[Network Link]".into(),
            attach_pdf: true,
        }),
        external_id: invoice_gateway::domain::delivery::ExternalIdKind::DocumentNumber,
        problems: Vec::new(),
    }
}

fn header(invoice: &Invoice) -> Header {
    Header {
        title: "Umbau Zürich".into(),
        document_number: None,
        date: jiff::civil::date(2026, 3, 29),
        due_date: Some(jiff::civil::date(2026, 4, 28)),
        currency: CurrencyCode::CHF,
        currency_id: Some(1),
        language: None,
        bank_account: None,
        payment_type: None,
        user_id: Some(1),
        vat_mode: VatMode::Added,
        api_reference: format!("psohub:{}", invoice.id).into(),
    }
}

fn totals() -> Totals {
    let amount = |text: &str| text.parse().unwrap();
    Totals {
        net: amount("27700.00"),
        taxes: vec![RateTotal { rate: amount("8.10"), base: amount("27700"), tax: amount("2243.7000") }],
        bexio: amount("29943.70"),
        psohub_net: amount("27700"),
        psohub: amount("29943.7"),
        rounding_difference: amount("0.00"),
        tolerance: amount("0.05"),
    }
}

/// What is frozen of PSOhub invoice `id`.
pub(crate) fn invoice(id: i64) -> Invoice {
    Invoice::clone(&store_rows::invoice(id))
}

pub(crate) fn acceptance(invoice: &Invoice) -> Acceptance {
    plan(invoice).acceptance().unwrap()
}

pub(crate) fn key<'a>(key: &'a str, arguments: &str) -> IdempotencyKey<'a> {
    IdempotencyKey { key, scope: KeyScope::SendInvoice, caller: "ada", arguments: hash(arguments) }
}

pub(crate) async fn try_claim(
    store: &Store,
    id: i64,
    key: Option<IdempotencyKey<'_>>,
) -> Result<Claim, StoreError> {
    let invoice = invoice(id);
    let new = NewDelivery {
        acceptance: acceptance(&invoice),
        plan: &plan(&invoice),
        invoice: &invoice,
        key,
        by: "ada",
        batch: None,
        at: at(0),
    };
    store.claim_delivery(new).await
}

pub(crate) async fn claim(store: &Store, id: i64, key: Option<IdempotencyKey<'_>>) -> Claim {
    try_claim(store, id, key).await.unwrap()
}

pub(crate) async fn claimed(store: &Store, id: i64) -> StoredDelivery {
    match claim(store, id, None).await {
        Claim::Claimed(stored) => *stored,
        other => panic!("{other:?}"),
    }
}

/// Polls whenever there is news, so many times at most; then the caller is gone.
pub(crate) async fn dropped_after<T>(polls: i64, future: impl Future<Output = T>) -> Option<T> {
    let mut future = Box::pin(future);
    let mut left = polls;
    std::future::poll_fn(|context| {
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(value) => Poll::Ready(Some(value)),
            Poll::Pending if left > 0 => Poll::Pending,
            Poll::Pending => Poll::Ready(None),
        }
    })
    .await
}

/// Waits for whoever is in the middle of a change, also on behalf of a caller that is gone.
pub(crate) async fn settle(store: &Store) {
    let nothing = entry(&claimed_elsewhere(), LogKind::Accepted);
    assert_eq!(save(store, 1, &claimed_elsewhere(), &nothing).await, Saved::Lost);
}

/// A delivery that no test stores.
fn claimed_elsewhere() -> Delivery {
    accept(DeliveryId::new(i64::MAX).unwrap(), acceptance(&invoice(i64::MAX)), at(0))
}

/// The delivery after its next search never left, at `now` or when its turn comes.
pub(crate) fn stepped(delivery: &Delivery, now: Timestamp) -> (Delivery, LogEntry) {
    let timing = Timing::STANDARD;
    let now = delivery.waits_until(now, &timing).unwrap_or(now);
    let Step::Call(call) = next_step(delivery, now, &timing) else { panic!("no call is next: {delivery:?}") };
    let event = Event::Answered { call, attempt: None, answer: Answer::NotSent { wait: None } };
    let next = apply(delivery, event, now, &timing).unwrap();
    let entry = entry(&next, LogKind::Answered(call, Outcome::NotSent));
    (next, entry)
}

pub(crate) fn entry(delivery: &Delivery, kind: LogKind) -> LogEntry {
    LogEntry {
        delivery: delivery.id(),
        version: delivery.version(),
        at: delivery.changed_at(),
        kind,
        state: delivery.state(),
        actor: None,
        detail: Some("NUL \0 and \u{1F600}".into()),
    }
}

pub(crate) async fn save(store: &Store, expected_version: u64, delivery: &Delivery, log: &LogEntry) -> Saved {
    store.update_delivery(update(expected_version, delivery, log)).await.unwrap()
}

pub(crate) const fn update<'a>(
    expected_version: u64,
    delivery: &'a Delivery,
    log: &'a LogEntry,
) -> Update<'a> {
    Update { expected_version, delivery, replan: None, log, contact: None, person: None, link: None }
}
