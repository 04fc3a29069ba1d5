//! How the two sides of an invoice stand to one another, and why.

mod code;
mod enums;
mod report;

use code::ReasonCode;
pub(in crate::graphql) use enums::ReconciliationVerdict;
use enums::{Mutation, ReconciliationField, Severity};
pub(in crate::graphql) use report::ReconciliationReport;

use super::money::Money;
use crate::domain::reconciliation::{Reason, Reconciliation, Value};
use crate::graphql::output::object;

object! {
    /// How PSOhub and Bexio stand to one another on an invoice, compared field by field.
    "Reconciliation" ReconciliationType<'a> from &'a Reconciliation {
        /// In one word. It is that of the weightiest reason.
        "verdict": ReconciliationVerdict = |found, out| {
            out.member(ReconciliationVerdict::from(found.verdict));
        };
        /// Whether nobody has to do anything about it: MATCHED, EXPLAINED, NOT_APPLICABLE or NOT_SENT_YET.
        "isSettled": bool = |found, out| out.boolean(found.verdict.is_settled());
        /// Why, the gravest first. Empty exactly when the verdict is MATCHED.
        "reasons": Vec<ReconciliationReason> = |found, out| out.list::<ReconciliationReason>(&found.reasons);
    }
}

object! {
    /// One thing in which PSOhub and Bexio differ, or that is to be known of the invoice.
    "ReconciliationReason" ReconciliationReason<'a> from &'a Reason {
        /// In one word.
        "code": ReasonCode = |reason, out| out.plain(reason.rule.code());
        /// What was compared.
        "field": ReconciliationField = |reason, out| {
            out.member(ReconciliationField::from(reason.rule.field()));
        };
        /// How much it matters.
        "severity": Severity = |reason, out| out.member(Severity::from(reason.rule.severity()));
        /// What PSOhub says, as it would be shown: a status, an amount with its currency, a date. Null where
        /// it says nothing.
        "psohubValue": Option<String> = |reason, out| out.opt_text(shown(reason.psohub.as_ref()).as_deref());
        /// What Bexio says, as it would be shown. Null where it says nothing.
        "bexioValue": Option<String> = |reason, out| out.opt_text(shown(reason.bexio.as_ref()).as_deref());
        /// Bexio's amount less PSOhub's, where both are amounts.
        "difference": Option<Money> = |reason, out| out.opt::<Money>(reason.difference);
        /// The rule that found it, in a sentence.
        "rule": String = |reason, out| out.text(reason.rule.words());
        /// What to do, in a sentence. Null where nothing is to be done.
        "fix": Option<String> = |reason, out| out.opt_text(reason.rule.remedy());
        /// The mutation that does it. Null where nothing is to be done, or it is done by hand in Bexio or
        /// PSOhub.
        "mutation": Option<Mutation> = |reason, out| match reason.mutation {
            Some(mutation) => out.member(Mutation::from(mutation)),
            None => out.null(),
        };
    }
}

fn shown(value: Option<&Value>) -> Option<String> {
    value.map(Value::to_string)
}
