//! Errors as clients see them: a closed set of codes, each with a cause and a cure in
//! `docs/errors.md`. What has no code of its own is masked: a client learns that something failed
//! and the log learns what.

use std::error::Error as StdError;

use async_graphql::{
    ErrorExtensionValues, PathSegment, Pos, QueryPathNode, QueryPathSegment, ServerError, Value,
};

/// Every code in `errors[].extensions.code`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// The HTTP request is not one that GraphQL over HTTP knows.
    BadRequest,
    /// A value given by the caller cannot be used.
    BadUserInput,
    /// The text is not GraphQL.
    GraphqlParseFailed,
    /// The text is GraphQL but does not fit the schema.
    GraphqlValidationFailed,
    /// Which operation of the text is meant cannot be told.
    OperationResolutionFailure,
    /// The text is too long or has too many parts.
    QueryTooLarge,
    /// The text nests too deeply.
    QueryTooDeep,
    /// The answer would take too much work.
    QueryTooComplex,
    /// Too many fields are renamed.
    TooManyAliases,
    /// Too many fields stand at the top.
    TooManyRootFields,
    /// Too many directives.
    TooManyDirectives,
    /// A variable that needs a value has none.
    VariableMissing,
    /// Variables nest too deeply.
    VariablesTooDeep,
    /// The text is none of those that are trusted.
    DocumentNotTrusted,
    /// A text was named that is not known here (any more).
    PersistedQueryNotFound,
    /// Texts cannot be named in this way.
    PersistedQueryNotSupported,
    /// A text was sent with the hash of another.
    PersistedQueryHashMismatch,
    /// The schema is not told.
    IntrospectionDisabled,
    /// Too many operations run on one connection.
    TooManyOperations,
    /// A caller sends more operations than its share.
    RateLimited,
    /// An operation took too long.
    OperationTimeout,
    /// Events of a subscription were lost because they were not read in time.
    EventsLost,
    /// An upstream was not read, so that what it knows cannot be told.
    UpstreamUnavailable,
    /// The caller's key or token has ended.
    Unauthenticated,
    /// The caller's role does not allow it.
    Forbidden,
    /// Our fault; the log has the cause under the request id.
    Internal,
}

impl ErrorCode {
    /// Every code.
    pub const ALL: [Self; 26] = [
        Self::BadRequest,
        Self::BadUserInput,
        Self::GraphqlParseFailed,
        Self::GraphqlValidationFailed,
        Self::OperationResolutionFailure,
        Self::QueryTooLarge,
        Self::QueryTooDeep,
        Self::QueryTooComplex,
        Self::TooManyAliases,
        Self::TooManyRootFields,
        Self::TooManyDirectives,
        Self::VariableMissing,
        Self::VariablesTooDeep,
        Self::DocumentNotTrusted,
        Self::PersistedQueryNotFound,
        Self::PersistedQueryNotSupported,
        Self::PersistedQueryHashMismatch,
        Self::IntrospectionDisabled,
        Self::TooManyOperations,
        Self::RateLimited,
        Self::OperationTimeout,
        Self::EventsLost,
        Self::UpstreamUnavailable,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::Internal,
    ];

    /// The code as clients read it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BadRequest => "BAD_REQUEST",
            Self::BadUserInput => "BAD_USER_INPUT",
            Self::GraphqlParseFailed => "GRAPHQL_PARSE_FAILED",
            Self::GraphqlValidationFailed => "GRAPHQL_VALIDATION_FAILED",
            Self::OperationResolutionFailure => "OPERATION_RESOLUTION_FAILURE",
            Self::QueryTooLarge => "QUERY_TOO_LARGE",
            Self::QueryTooDeep => "QUERY_TOO_DEEP",
            Self::QueryTooComplex => "QUERY_TOO_COMPLEX",
            Self::TooManyAliases => "TOO_MANY_ALIASES",
            Self::TooManyRootFields => "TOO_MANY_ROOT_FIELDS",
            Self::TooManyDirectives => "TOO_MANY_DIRECTIVES",
            Self::VariableMissing => "VARIABLE_MISSING",
            Self::VariablesTooDeep => "VARIABLES_TOO_DEEP",
            Self::DocumentNotTrusted => "DOCUMENT_NOT_TRUSTED",
            Self::PersistedQueryNotFound => "PERSISTED_QUERY_NOT_FOUND",
            Self::PersistedQueryNotSupported => "PERSISTED_QUERY_NOT_SUPPORTED",
            Self::PersistedQueryHashMismatch => "PERSISTED_QUERY_HASH_MISMATCH",
            Self::IntrospectionDisabled => "INTROSPECTION_DISABLED",
            Self::TooManyOperations => "TOO_MANY_OPERATIONS",
            Self::RateLimited => "RATE_LIMITED",
            Self::OperationTimeout => "OPERATION_TIMEOUT",
            Self::EventsLost => "EVENTS_LOST",
            Self::UpstreamUnavailable => "UPSTREAM_UNAVAILABLE",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::Internal => "INTERNAL",
        }
    }

    /// Whether the same request may succeed later without being changed.
    pub const fn retryable(self) -> bool {
        matches!(
            self,
            Self::TooManyOperations
                | Self::RateLimited
                | Self::OperationTimeout
                | Self::EventsLost
                | Self::UpstreamUnavailable
                | Self::Internal
        )
    }
}

/// An error with its code and what a client may read of it.
///
/// It has no `Display`: async-graphql turns whatever displays into an error without a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Its code.
    pub code: ErrorCode,
    /// What failed and what to do, in words.
    pub message: String,
}

impl Fault {
    /// An error that a client may read.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// A value that the caller gave and that cannot be used.
    pub fn bad_input(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::BadUserInput, message)
    }

    /// Our fault: logs `cause` once and shows nothing of it.
    pub fn internal(cause: &(dyn StdError + 'static)) -> Self {
        tracing::error!(error = cause, "a request failed inside the gateway: {cause}");
        Self::new(ErrorCode::Internal, INTERNAL_MESSAGE)
    }

    /// As async-graphql carries it, without a path.
    pub(super) fn server_error(&self) -> ServerError {
        let mut error = ServerError::new(self.message.as_str(), None);
        set_code(&mut error, self.code);
        error
    }

    /// As async-graphql carries it, at `path`.
    pub(super) fn at(&self, path: &QueryPathNode<'_>) -> ServerError {
        let mut segments: Vec<PathSegment> = std::iter::successors(Some(path), |node| node.parent)
            .map(|node| match node.segment {
                QueryPathSegment::Index(index) => PathSegment::Index(index),
                QueryPathSegment::Name(name) => PathSegment::Field(name.to_owned()),
            })
            .collect();
        segments.reverse();
        let mut error = self.server_error();
        error.path = segments;
        error
    }
}

impl From<Fault> for async_graphql::Error {
    fn from(fault: Fault) -> Self {
        let error = fault.server_error();
        Self { message: error.message, source: None, extensions: error.extensions }
    }
}

/// What a client reads of an error that is ours.
const INTERNAL_MESSAGE: &str =
    "Something failed inside the gateway. Try again; if it stays, give the operator the request id.";

/// Puts `code` on `error`.
pub(super) fn set_code(error: &mut ServerError, code: ErrorCode) {
    let extensions = error.extensions.get_or_insert_with(ErrorExtensionValues::default);
    extensions.set("code", Value::String(code.as_str().to_owned()));
    extensions.set("retryable", Value::Boolean(code.retryable()));
}

/// Gives a code to what async-graphql reports without one. Its own errors are about the request
/// only: before execution the document does not fit the schema, in a field an argument's value
/// cannot be read. Of the latter it tells the place in `query`, from which the argument is named.
pub(super) fn classify(error: &mut ServerError, query: &str) {
    let has_code = error.extensions.as_ref().is_some_and(|extensions| extensions.get("code").is_some());
    if has_code {
        return;
    }
    let is_field_error = !error.path.is_empty();
    let argument = error.locations.first().and_then(|at| argument_at(query, *at));
    if let Some(argument) = argument.filter(|_| is_field_error) {
        error.message = format!("'{argument}': {}", error.message);
        set_field(error, &[argument]);
    }
    if let Some(path) = value_path(&error.message) {
        let path: Vec<String> = path.split('.').map(str::to_owned).collect();
        set_field(error, &path);
    } else if !is_field_error {
        return set_code(error, ErrorCode::GraphqlValidationFailed);
    }
    set_hint(error);
    set_code(error, ErrorCode::BadUserInput);
}

/// The value that a message of validation is about: the argument, and the fields down to it.
fn value_path(message: &str) -> Option<&str> {
    message.strip_prefix("Invalid value for argument \"")?.split_once('"').map(|(path, _)| path)
}

/// Says which value of the input an error is about, from the argument down.
fn set_field(error: &mut ServerError, path: &[impl AsRef<str>]) {
    let path = path.iter().map(|segment| Value::String(segment.as_ref().to_owned())).collect();
    error.extensions.get_or_insert_with(ErrorExtensionValues::default).set("field", Value::List(path));
}

/// Says what to do about a value that cannot be read.
fn set_hint(error: &mut ServerError) {
    let is_of = |name: &str| error.message.contains(&format!("\"{name}\""));
    let hint = if is_of("Decimal") {
        "Send it as a string, such as \"1234.50\": a JSON number would lose digits."
    } else if is_of("ID") {
        "Send it as a string: a JSON number may have been rounded."
    } else {
        "Give a value of the type that the schema names."
    };
    let extensions = error.extensions.get_or_insert_with(ErrorExtensionValues::default);
    extensions.set("hint", Value::String(hint.to_owned()));
}

/// The name of the argument whose value stands at `at`.
fn argument_at(query: &str, at: Pos) -> Option<&str> {
    let line = query.lines().nth(at.line.checked_sub(1)?)?;
    let (end, _) = line.char_indices().nth(at.column.checked_sub(1)?)?;
    let before = line[..end].trim_end().strip_suffix(':')?.trim_end();
    let start = before.rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_').map_or(0, |at| at + 1);
    Some(&before[start..]).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use async_graphql::resolver_utils::EnumType;

    use super::*;
    use crate::graphql::types::{
        DeliveryReasonCode, PaymentSyncFailureCode, PaymentSyncSkipReason, UserErrorCode,
    };

    #[test]
    fn every_code_is_explained_in_the_documentation() {
        let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/errors.md")).unwrap();
        for code in ErrorCode::ALL {
            assert!(
                page.contains(&format!("`{}`", code.as_str())),
                "docs/errors.md says nothing of {code:?}"
            );
        }
    }

    /// The codes that the tables between two headings explain.
    fn explained(page: &str, from: &str, to: &str) -> Vec<String> {
        let section = page.split_once(from).unwrap().1.split_once(to).unwrap().0;
        let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
        let mut codes: Vec<String> = rows.map(|row| row.split_once('`').unwrap().0.to_owned()).collect();
        codes.sort_unstable();
        codes
    }

    fn names<E: EnumType>() -> Vec<String> {
        let mut names: Vec<String> = E::items().iter().map(|item| item.name.to_owned()).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn the_documentation_explains_the_codes_of_sending_and_no_others() {
        let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/errors.md")).unwrap();
        let codes = explained(&page, "### What was asked", "## Why a delivery stands still");
        assert_eq!(codes, names::<UserErrorCode>());
        let reasons = explained(&page, "## Why a delivery stands still", "## Why the payment sync");
        assert_eq!(reasons, names::<DeliveryReasonCode>());
    }

    #[test]
    fn the_documentation_explains_the_codes_of_the_payment_sync_and_no_others() {
        let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/errors.md")).unwrap();
        let reasons = explained(&page, "## Why the payment sync", "Why a run, or one invoice of it, failed");
        assert_eq!(reasons, names::<PaymentSyncSkipReason>());
        let failures = explained(&page, "Why a run, or one invoice of it, failed", "## Refused by HTTP");
        assert_eq!(failures, names::<PaymentSyncFailureCode>());
    }

    #[test]
    fn an_argument_is_named_by_the_place_of_its_value() {
        let at =
            |line, column| argument_at("{ ü: invoices(first:\n last : $n, a: [1]) }", Pos { line, column });
        assert_eq!(at(2, 9), Some("last"));
        assert_eq!(at(2, 16), Some("a"));
        for (line, column) in [(1, 1), (0, 0), (2, 17), (1, 99), (9, 1), (usize::MAX, usize::MAX)] {
            assert_eq!(at(line, column), None);
        }
    }

    #[test]
    fn the_cause_of_an_internal_error_is_not_shown() {
        let cause = std::io::Error::other("https://user:secret@upstream.example failed");
        assert!(!Fault::internal(&cause).message.contains("secret"));
    }
}
