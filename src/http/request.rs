//! A GraphQL-over-HTTP request: from a JSON body or from the parameters of a URL.
//!
//! Every refusal says in words what is wrong. Nothing is parsed as GraphQL here but, for GET, what
//! kind of operation would run.

use std::borrow::Cow;

use async_graphql::parser::types::{DocumentOperations, OperationType};
use async_graphql::{Request, Variables};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::fault::HttpFault;
use super::nesting::{self, MAX_DEPTH};

/// Longest query component of a URL, in bytes: the longest text of an operation, each letter escaped.
const URL_BYTES_MAX: usize = 48 * 1024;

/// What a JSON body is called in messages.
const BODY: &str = "the request body";

/// The members of a request, not yet decoded: each wrong type gets its own sentence. Unknown
/// members are passed over, as the draft demands.
#[derive(Deserialize)]
struct Members<'a> {
    #[serde(borrow, default)]
    query: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "operationName")]
    operation_name: Option<&'a RawValue>,
    #[serde(borrow, default)]
    variables: Option<&'a RawValue>,
    #[serde(borrow, default)]
    extensions: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "documentId")]
    document_id: Option<&'a RawValue>,
}

/// A request, whose document may be named in place of its text.
#[derive(Debug)]
pub(super) struct Asking {
    /// The request; its text is empty where it is named.
    pub(super) request: Request,
    /// Whether the text was sent.
    pub(super) has_text: bool,
    /// The id of a document.
    pub(super) document_id: Option<String>,
}

impl Asking {
    /// Refuses a request that says in no way what is to be run.
    fn checked(self) -> Result<Self, HttpFault> {
        let is_named = self.document_id.is_some() || self.request.extensions.contains_key("persistedQuery");
        if self.has_text || is_named { Ok(self) } else { Err(HttpFault::MissingQuery) }
    }
}

/// Decodes the body of a POST.
pub(super) fn from_body(body: &[u8]) -> Result<Asking, HttpFault> {
    let text =
        std::str::from_utf8(body).map_err(|error| HttpFault::BodyNotUtf8 { at: error.valid_up_to() })?;
    let text = text.trim_ascii();
    match text.bytes().next() {
        None => return Err(HttpFault::BodyEmpty),
        Some(b'[') => return Err(HttpFault::BatchUnsupported),
        Some(_) => {}
    }
    if nesting::too_deep(text.as_bytes()) {
        return Err(HttpFault::NestedTooDeep { what: BODY });
    }
    if !text.starts_with('{') {
        let whole: &RawValue = json(BODY, text)?;
        return Err(HttpFault::BodyNotObject { given: kind(whole) });
    }
    from_object(BODY, text)
}

/// Decodes `text`, a JSON object that is not nested too deep and is called `what` in messages.
pub(super) fn from_object(what: &'static str, text: &str) -> Result<Asking, HttpFault> {
    let members: Members<'_> = serde_json::from_str(text).map_err(|error| object_fault(what, &error))?;
    let text = members.query.map(|query| string("query", query)).transpose()?;
    let has_text = text.is_some();
    let mut request = Request::new(text.unwrap_or_default());
    request.operation_name = members
        .operation_name
        .map(|name| string("operationName", name))
        .transpose()?
        .filter(|name| !name.is_empty());
    if let Some(variables) = members.variables {
        request.variables = object("variables", variables)?;
    }
    if let Some(extensions) = members.extensions {
        request.extensions = object("extensions", extensions)?;
    }
    let id = members.document_id.map(|id| string("documentId", id)).transpose()?;
    Asking { request, has_text, document_id: id.filter(|id| !id.is_empty()) }.checked()
}

fn object_fault(what: &'static str, error: &serde_json::Error) -> HttpFault {
    let reason = error.to_string();
    let names = ["query", "operationName", "variables", "extensions", "documentId"];
    let twice = names.into_iter().find(|name| reason.starts_with(&format!("duplicate field `{name}`")));
    match twice {
        Some(member) => HttpFault::DuplicateMember { member },
        None => HttpFault::InvalidJson { what, reason },
    }
}

fn json<'a, T: Deserialize<'a>>(what: &'static str, text: &'a str) -> Result<T, HttpFault> {
    serde_json::from_str(text).map_err(|error| HttpFault::InvalidJson { what, reason: error.to_string() })
}

/// A JSON string, decoded; `member` names it in messages.
pub(super) fn string(member: &'static str, value: &RawValue) -> Result<String, HttpFault> {
    if value.get().starts_with('"') {
        return json(member, value.get());
    }
    Err(HttpFault::WrongType { member, expected: "a string", given: kind(value) })
}

fn object<'a, T: Deserialize<'a>>(member: &'static str, value: &'a RawValue) -> Result<T, HttpFault> {
    if value.get().starts_with('{') {
        return json(member, value.get());
    }
    Err(HttpFault::WrongType { member, expected: "an object", given: kind(value) })
}

/// The kind of a JSON value, told by its first character.
pub(super) fn kind(value: &RawValue) -> &'static str {
    match value.get().bytes().next() {
        Some(b'{') => "an object",
        Some(b'[') => "a list",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}

/// Decodes the query component of a GET's URL.
pub(super) fn from_url(component: &str) -> Result<Asking, HttpFault> {
    if component.len() > URL_BYTES_MAX {
        return Err(HttpFault::UrlTooLong { limit: URL_BYTES_MAX });
    }
    let mut query = None;
    let mut operation_name = None;
    let mut variables = None;
    let mut extensions = None;
    let mut document_id = None;
    for (name, value) in parameters(component) {
        let (member, slot) = match decode("a parameter's name", name)?.as_ref() {
            "query" => ("query", &mut query),
            "operationName" => ("operationName", &mut operation_name),
            "variables" => ("variables", &mut variables),
            "extensions" => ("extensions", &mut extensions),
            "documentId" => ("documentId", &mut document_id),
            _ => continue,
        };
        if slot.replace(decode(member, value)?).is_some() {
            return Err(HttpFault::DuplicateMember { member });
        }
    }
    let text = |given: Option<Cow<'_, str>>| given.filter(|text| !text.is_empty()).map(Cow::into_owned);
    let query = text(query);
    let has_text = query.is_some();
    let mut request = Request::new(query.unwrap_or_default());
    request.operation_name = text(operation_name);
    request.variables = parameter("variables", variables)?.unwrap_or_else(Variables::default);
    request.extensions = parameter("extensions", extensions)?.unwrap_or_default();
    Asking { request, has_text, document_id: text(document_id) }.checked()
}

/// The parameters of the query component of a URL, in their order and still encoded.
pub(super) fn parameters(component: &str) -> impl Iterator<Item = (&str, &str)> {
    let pairs = component.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// Percent-decoding with `+` for a blank. Bytes that are no UTF-8 are refused, not replaced.
pub(super) fn decode<'a>(member: &'static str, text: &'a str) -> Result<Cow<'a, str>, HttpFault> {
    let not_utf8 =
        |_| HttpFault::WrongType { member, expected: "percent-encoded UTF-8", given: "other bytes" };
    if text.contains('+') {
        let blanks = text.replace('+', " ");
        let decoded = percent_encoding::percent_decode_str(&blanks).decode_utf8().map_err(not_utf8)?;
        return Ok(Cow::Owned(decoded.into_owned()));
    }
    percent_encoding::percent_decode_str(text).decode_utf8().map_err(not_utf8)
}

/// A parameter that holds a JSON object; the empty string and `null` are the same as none.
fn parameter<T: for<'de> Deserialize<'de>>(
    member: &'static str,
    text: Option<Cow<'_, str>>,
) -> Result<Option<T>, HttpFault> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    if nesting::too_deep(text.as_bytes()) {
        return Err(HttpFault::NestedTooDeep { what: member });
    }
    let value: Option<&RawValue> = json(member, &text)?;
    value.map(|value| object(member, value)).transpose()
}

/// Refuses what a GET may not run: a mutation, and a subscription unless it is `streamed`. Decided on the document
/// as the executor's own parser reads it, so that no spelling is a query here and a mutation there. What does not parse passes: the
/// executor answers it with the right error and runs nothing.
pub(super) fn refuse_operation_by_get(request: &mut Request, streamed: bool) -> Result<(), HttpFault> {
    // The parser recurses on nested values. Brackets in strings count here too, which is stricter
    // than the executor's own bound and cannot be talked around.
    if deepest(&request.query) > MAX_DEPTH {
        return Err(HttpFault::TooManyBracketsByGet);
    }
    let name = request.operation_name.clone();
    let Ok(document) = request.parsed_query() else { return Ok(()) };
    let kind = match (&document.operations, name) {
        (DocumentOperations::Single(operation), _) => Some(operation.node.ty),
        (DocumentOperations::Multiple(operations), Some(name)) => {
            operations.get(name.as_str()).map(|operation| operation.node.ty)
        }
        // The parser counts a document of one operation that has a name as one of several. Of really several the
        // executor runs none without a name.
        (DocumentOperations::Multiple(operations), None) => {
            operations.values().next().filter(|_| operations.len() == 1).map(|operation| operation.node.ty)
        }
    };
    match kind {
        Some(OperationType::Mutation) => Err(HttpFault::OperationByGet { operation: "mutation" }),
        Some(OperationType::Subscription) if !streamed => {
            Err(HttpFault::OperationByGet { operation: "subscription" })
        }
        Some(OperationType::Query | OperationType::Subscription) | None => Ok(()),
    }
}

/// Deepest run of opened brackets when nothing is known of strings and comments: closing brackets
/// there could hide depth, so they are not subtracted across a quote or a comment sign.
fn deepest(document: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0_usize);
    let quoted = document.contains(['"', '#']);
    for byte in document.bytes() {
        match byte {
            b'[' | b'{' | b'(' => depth += 1,
            b']' | b'}' | b')' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}
