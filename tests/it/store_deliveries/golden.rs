//! What was ever written must still be read: `tests/it/golden` holds one JSON line for every form that
//! a body in the store has had.
//!
//! The files only grow. When a test here says that a form is missing, a type changed: make sure that
//! the old lines are still read (`#[serde(default)]` for a new field, `#[serde(alias = "…")]` for a new
//! name), then let `GOLDEN=add cargo test --test it golden` add lines for what is new. A line is never
//! edited and never removed: some database out there has its like.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use invoice_gateway::domain::delivery::{Delivery, DeliveryId, LogEntry, LogKind, Outcome, State};
use invoice_gateway::domain::plan::SendOptions;
use invoice_gateway::domain::{BatchProgress, Invoice, InvoiceStatus};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::samples::{all_calls, all_plans};
use super::walk::Walk;
use super::{at, invoice};
use crate::store_rows;

/// Walks enough to see every form that a delivery can have.
const WALKS: u64 = 300;

#[test]
fn deliveries() {
    let id = DeliveryId::new(1).unwrap();
    let walked = (0..WALKS).flat_map(|seed| {
        let walk = Walk::new(seed, id, &invoice(41_939_771_881_672_249));
        std::iter::once(walk.delivery.clone()).chain(walk.steps().map(|(delivery, _)| delivery))
    });
    check("deliveries", walked);
    let states: BTreeSet<State> =
        lines("deliveries").iter().map(|line| read::<Delivery>(line).state()).collect();
    assert!(states.into_iter().eq(State::ALL), "there is a line of every state");
}

#[test]
fn plans() {
    check("plans", all_plans());
}

#[test]
fn invoices() {
    use InvoiceStatus::{Approved, Draft, Paid, Sent, Unknown, Void};
    let id = 41_939_771_881_672_249;
    let mut forms = vec![invoice(id), Invoice::clone(&store_rows::bare_invoice(id))];
    forms.extend(
        [Approved, Draft, Paid, Sent, Unknown, Void].map(|status| Invoice { status, ..forms[1].clone() }),
    );
    let mut detailed = invoice(id);
    detailed.lines[0].details[0].kind = invoice_gateway::domain::DetailKind::Unknown;
    forms.push(detailed);
    check("invoices", forms);
}

#[test]
fn history() {
    let entry = |kind: LogKind, text: Option<&str>| LogEntry {
        delivery: DeliveryId::new(1).unwrap(),
        version: 1,
        at: at(0),
        kind,
        state: State::Contact,
        actor: text.map(Into::into),
        detail: text.map(Into::into),
    };
    let calls = all_calls();
    let kinds = [LogKind::Accepted, LogKind::SentAgain, LogKind::Resolved, LogKind::InvoiceChanged]
        .into_iter()
        .chain(calls.iter().map(|call| LogKind::Announced(*call)))
        .chain(calls.iter().map(|call| LogKind::Lost(*call)))
        .chain(calls.iter().flat_map(|call| {
            let outcomes = [
                Outcome::Done,
                Outcome::NothingFound,
                Outcome::NotSent,
                Outcome::Refused(422),
                Outcome::Unknown,
            ];
            outcomes.map(|outcome| LogKind::Answered(*call, outcome))
        }));
    check("history", kinds.flat_map(|kind| [entry(kind, None), entry(kind, Some("ada"))]));
}

#[test]
fn options_of_batches() {
    let text = |text: &str| Some(text.into());
    let full = SendOptions {
        email: false,
        recipient: text("ada@example.com"),
        subject: text("s"),
        message: text("m"),
        revenue_account: text("3400"),
        tax_code: text("UN81"),
        language: text("de"),
        bank_account_id: Some(9_007_199_254_740_993),
    };
    check("options", [SendOptions::default(), full]);
}

#[test]
fn progress_of_batches() {
    let refused = BatchProgress::Refused { code: "NO_LINES".into(), message: "m".into(), hint: "h".into() };
    let delivery = BatchProgress::Delivery(DeliveryId::new(i64::MAX).unwrap());
    check("progress", [BatchProgress::Waiting, delivery, refused, BatchProgress::Cancelled]);
}

/// Every line is read and says the same when it is written again; every form of `today` has a line.
fn check<T: Serialize + DeserializeOwned>(name: &str, today: impl IntoIterator<Item = T>) {
    let mut known = BTreeSet::new();
    let mut lines = lines(name);
    for line in &lines {
        let before: Value = serde_json::from_str(line).unwrap();
        let after = serde_json::to_value(read::<T>(line)).unwrap();
        assert!(holds(&after, &before), "{name}: this lost something when it was read:\n{line}\n{after}");
        forms(&before, "", &mut known);
    }
    let mut missing = BTreeSet::new();
    for value in today {
        let mut new = BTreeSet::new();
        forms(&serde_json::to_value(&value).unwrap(), "", &mut new);
        if !new.is_subset(&known) {
            missing.extend(new.difference(&known).cloned());
            known.extend(new);
            lines.push(serde_json::to_string(&value).unwrap());
        }
    }
    if !missing.is_empty() && std::env::var("GOLDEN").as_deref() == Ok("add") {
        fs::write(path(name), lines.join("\n") + "\n").unwrap();
        return;
    }
    assert!(missing.is_empty(), "{name}: no line has these forms; read the top of this file: {missing:#?}");
}

fn read<T: DeserializeOwned>(line: &str) -> T {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("no longer read: {error}\n{line}"))
}

/// Whether `after` says all that `before` says; it may say more.
fn holds(after: &Value, before: &Value) -> bool {
    match (after, before) {
        (Value::Object(after), Value::Object(before)) => {
            before.iter().all(|(name, value)| after.get(name).is_some_and(|after| holds(after, value)))
        }
        (Value::Array(after), Value::Array(before)) => {
            after.len() == before.len()
                && after.iter().zip(before).all(|(after, before)| holds(after, before))
        }
        (after, before) => after == before,
    }
}

/// The forms in `value`: which fields there are, of which type, and the words of enumerations.
fn forms(value: &Value, at: &str, found: &mut BTreeSet<String>) {
    let form = match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "boolean".to_owned(),
        Value::Number(_) => "number".to_owned(),
        // Only enumerations write words such as NeedsReview.
        Value::String(word) if word.starts_with(|c: char| c.is_ascii_uppercase()) => word.clone(),
        Value::String(_) => "text".to_owned(),
        Value::Array(values) => {
            for value in values {
                forms(value, &format!("{at}[]"), found);
            }
            "list".to_owned()
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                forms(value, &format!("{at}.{name}"), found);
            }
            "object".to_owned()
        }
    };
    found.insert(format!("{at}: {form}"));
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/golden").join(format!("{name}.jsonl"))
}

fn lines(name: &str) -> Vec<String> {
    let text = fs::read_to_string(path(name)).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}
