//! What a mutation could not do, in words that the person who asked can act on.

use async_graphql::Enum;

use super::UserErrorCode;
use crate::graphql::output::{leaf, object};

/// Whether what was asked for took effect in spite of the error.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::graphql) enum UserErrorOutcome {
    /// It did. Of a send: the invoice is issued in Bexio.
    Applied,
    /// It did not: nothing was changed. Of a send: nothing was issued and nothing was mailed.
    NotApplied,
    /// Nobody knows yet. Repeating the request is safe: an invoice is sent once, and marked once.
    Uncertain,
}
leaf!(UserErrorOutcome);

/// One reason why a mutation did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::graphql) struct UserError {
    /// Path of the input that it is about, from the argument down.
    pub(in crate::graphql) field: Vec<String>,
    /// In one word.
    pub(in crate::graphql) code: UserErrorCode,
    /// What failed, and for which invoice.
    pub(in crate::graphql) message: String,
    /// What to do.
    pub(in crate::graphql) hint: String,
    /// Whether it took effect all the same.
    pub(in crate::graphql) outcome: UserErrorOutcome,
    /// Whether the same request may succeed later without being changed.
    pub(in crate::graphql) retryable: bool,
}

object! {
    /// Why a mutation did not do what was asked.
    "UserError" UserErrorType<'a> from &'a UserError {
        /// Path of the input that it is about, such as ["input", "options", "recipient"].
        "field": Vec<String> = |error, out| out.text_list(error.field.iter().map(String::as_str));
        /// In one word.
        "code": UserErrorCode = |error, out| out.member(error.code);
        /// What failed, and for which invoice, in a sentence.
        "message": String = |error, out| out.text(&error.message);
        /// What to do.
        "hint": String = |error, out| out.text(&error.hint);
        /// Whether it took effect all the same.
        "outcome": UserErrorOutcome = |error, out| out.member(error.outcome);
        /// Whether the same request may succeed later without being changed.
        "retryable": bool = |error, out| out.boolean(error.retryable);
    }
}
