//! The table of states in the module's documentation, held against what really happens.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::delivery::{Call, Delivery, State, Step};

/// What was seen of each state.
#[derive(Default)]
pub(super) struct Table(BTreeMap<State, (BTreeSet<&'static str>, BTreeSet<State>)>);

impl Table {
    pub(super) fn note(&mut self, delivery: &Delivery, step: Step) {
        let (calls, _) = self.0.entry(delivery.state()).or_default();
        if let Step::Call(call) = step {
            calls.insert(name(call));
        }
    }

    /// A change that no person made.
    pub(super) fn note_change(&mut self, from: &Delivery, to: &Delivery, what: &str) {
        let by_person = ["MailArrived", "SendAgain", "Abandon", "ChooseContact", "UseExisting", "send again"];
        if from.state() != to.state() && !by_person.iter().any(|word| what.starts_with(word)) {
            self.0.entry(from.state()).or_default().1.insert(to.state());
        }
    }

    pub(super) fn compare(&self) {
        let rows: Vec<String> = self
            .0
            .iter()
            .map(|(state, (calls, next))| {
                let calls: Vec<&str> = calls.iter().copied().collect();
                let next: Vec<String> = next.iter().map(|next| format!("{next:?}")).collect();
                let list =
                    |words: Vec<String>| if words.is_empty() { "–".to_owned() } else { words.join(", ") };
                let calls = list(calls.into_iter().map(str::to_owned).collect());
                format!("//! | {state:?} | {calls} | {} |", list(next))
            })
            .collect();
        let documentation = include_str!("../../mod.rs");
        let missing: Vec<&String> = rows.iter().filter(|row| !documentation.contains(row.as_str())).collect();
        assert!(missing.is_empty(), "the table of states should read\n{}", rows.join("\n"));
    }
}

const fn name(call: Call) -> &'static str {
    match call {
        Call::FindContact(_) => "FindContact",
        Call::CreateContact(_) => "CreateContact",
        Call::FindOwn => "FindOwn",
        Call::FindLookalikes => "FindLookalikes",
        Call::CreateDraft => "CreateDraft",
        Call::Read(_) => "Read",
        Call::Issue(_) => "Issue",
        Call::SendMail(_) => "SendMail",
        Call::WriteExternalId => "WriteExternalId",
        Call::DeleteDraft(_) => "DeleteDraft",
    }
}
