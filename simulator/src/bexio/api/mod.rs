//! The gate of the API: token, rate limit, `Accept`, scope; then the resources.
//!
//! Every answer carries the headers of facts.md section 2, errors too. A request without a good token is not
//! counted: it belongs to no company.

mod actions;
mod contacts;
mod invoices;
mod lookups;
mod payments;
mod positions;
mod relations;
mod reminders;

use axum::http::Method;
use axum::response::Response;

use super::answer::Answer;
use super::call::Call;
use super::error::ApiError;
use super::options::Quirk;
use super::rate_limit::{Bucket, Window};
use super::search::InForm;
use super::state::Bexio;

impl Bexio {
    /// Answers one request to the API.
    pub(super) fn answer(&mut self, call: &Call<'_>) -> Response {
        let bucket = bucket(call);
        let (window, outcome) = match self.authenticate(call) {
            Err(error) => (self.limiter.look(bucket, self.options.limits, self.clock.now()), Err(error)),
            Ok(scopes) => {
                let window = self.limiter.count(bucket, self.options.limits, self.clock.now());
                let outcome = if window.is_exceeded {
                    Err(ApiError::TooManyRequests)
                } else {
                    self.admitted(call, &scopes)
                };
                (window, outcome)
            }
        };
        let answer = outcome.unwrap_or_else(|error| error.answer());
        self.finish(answer, window)
    }

    fn finish(&self, answer: Answer, window: Window) -> Response {
        let window = (!self.has(Quirk::NoRateLimitHeaders)).then_some(window);
        answer.into_response(window, self.has(Quirk::RetryAfterOn429))
    }

    fn authenticate(&self, call: &Call<'_>) -> Result<Scopes, ApiError> {
        let token = call.bearer().ok_or(ApiError::Unauthorized)?;
        if self.options.access_token.as_deref() == Some(token) {
            return Ok(Scopes::All);
        }
        let scopes = self.issuer.scopes_of(token, self.clock.now()).ok_or(ApiError::Unauthorized)?;
        Ok(Scopes::Granted(scopes.to_vec()))
    }

    fn admitted(&mut self, call: &Call<'_>, scopes: &Scopes) -> Result<Answer, ApiError> {
        if !accepts_json(call) && !self.takes_raw_pdf(call) {
            return Err(ApiError::BadAccept);
        }
        if !call.body.is_empty() && call.header("content-length").is_none() {
            return Err(ApiError::LengthRequired);
        }
        if required_scope(call).is_some_and(|(show, edit)| !scopes.allow(call, show, edit)) {
            return Err(ApiError::Forbidden);
        }
        self.route(call)
    }

    fn route(&mut self, call: &Call<'_>) -> Result<Answer, ApiError> {
        match call.path.as_slice() {
            ["2.0", "kb_invoice", rest @ ..] => self.invoice_route(call, rest),
            ["2.0", "contact", rest @ ..] => self.contact_route(call, rest),
            ["2.0", "contact_relation", rest @ ..] => self.relation_route(call, rest),
            _ => self.lookup_route(call),
        }
    }

    /// Whether the quirk lets `Accept: application/pdf` through to a PDF.
    fn takes_raw_pdf(&self, call: &Call<'_>) -> bool {
        self.has(Quirk::RawPdf)
            && call.path.last() == Some(&"pdf")
            && call.header("accept") == Some("application/pdf")
    }

    /// How `in` is read at present.
    fn in_form(&self) -> InForm {
        match (self.has(Quirk::InArrayOnly), self.has(Quirk::InTextOnly)) {
            (true, _) => InForm::Array,
            (_, true) => InForm::Text,
            _ => InForm::Both,
        }
    }
}

/// What a token may do.
enum Scopes {
    /// A personal access token: everything.
    All,
    /// What the user agreed to.
    Granted(Vec<String>),
}

impl Scopes {
    /// Edit implies show.
    fn allow(&self, call: &Call<'_>, show: &str, edit: &str) -> bool {
        let Self::Granted(scopes) = self else { return true };
        let holds = |wanted: &str| scopes.iter().any(|scope| scope == wanted);
        holds(edit) || (is_read(call) && holds(show))
    }
}

/// A search is a read, although it is a POST.
fn is_read(call: &Call<'_>) -> bool {
    call.method == Method::GET || call.path.last() == Some(&"search")
}

/// (scope to read, scope to change). Look-ups without a scope come with any token.
fn required_scope(call: &Call<'_>) -> Option<(&'static str, &'static str)> {
    match call.path.as_slice() {
        ["2.0", "kb_invoice" | "kb_item_setting", ..] => Some(("kb_invoice_show", "kb_invoice_edit")),
        ["2.0", "contact" | "contact_relation", ..] => Some(("contact_show", "contact_edit")),
        ["2.0", "accounts", ..] => Some(("accounting", "accounting")),
        ["3.0", "banking", "accounts", ..] => Some(("bank_account_show", "bank_account_edit")),
        _ => None,
    }
}

fn bucket(call: &Call<'_>) -> Bucket {
    match call.path.as_slice() {
        ["2.0", "contact" | "kb_invoice" | "kb_offer" | "article", "search"] | [.., "pdf"] => Bucket::Search,
        ["2.0", "article", ..] => Bucket::Items,
        _ => Bucket::General,
    }
}

/// Exactly that: a list of types or a wildcard was refused.
fn accepts_json(call: &Call<'_>) -> bool {
    call.header("accept").is_some_and(|accept| accept.trim().eq_ignore_ascii_case("application/json"))
}

/// An id in a path. Anything else is no route.
fn path_id(segment: &str) -> Result<i64, ApiError> {
    segment.parse().map_err(|_| ApiError::NotFound)
}
