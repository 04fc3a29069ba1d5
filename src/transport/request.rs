//! One call to an upstream, described before it is sent.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use reqwest::{Method, Url};

use super::budget::Share;
use super::error::Call;

/// Whether a call may be repeated by the transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallKind {
    /// Changes nothing at the upstream: may be repeated. GET, and a search by POST.
    Read,
    /// May change something: sent once.
    Write,
}

/// A call. Its `Debug` shows the route only: a URL may hold names and codes.
#[derive(Clone)]
pub struct Request {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) route: &'static str,
    pub(super) kind: CallKind,
    pub(super) bucket: Option<&'static str>,
    pub(super) body: Option<Bytes>,
    pub(super) content_type: &'static str,
    pub(super) with_token: bool,
    pub(super) bytes_max: Option<usize>,
    pub(super) deadline: Option<Duration>,
    pub(super) turn_max: Option<Duration>,
    pub(super) is_urgent: bool,
    pub(super) is_forced: bool,
}

impl Request {
    /// A GET. `route` is the method and path with placeholders, for logs and errors.
    pub fn get(url: Url, route: &'static str) -> Self {
        Self::new(Method::GET, CallKind::Read, url, route)
    }

    /// A POST that only reads, such as Bexio's `/search`, with a JSON body.
    pub fn search(url: Url, route: &'static str, json: impl Into<Bytes>) -> Self {
        let mut request = Self::new(Method::POST, CallKind::Read, url, route);
        request.body = Some(json.into());
        request
    }

    /// How long a write waits for its turn: its token, the rate limit, the others in flight. Once it may
    /// leave it has the upstream's whole time for an answer, so that no write is cut short by a queue.
    pub const TURN_MAX: Duration = Duration::from_secs(10);

    /// A call that may change something; sent once, whatever happens. `json` is its body; without one
    /// neither a body nor a content type is sent.
    pub fn write(method: Method, url: Url, route: &'static str, json: Option<Bytes>) -> Self {
        let mut request = Self::new(method, CallKind::Write, url, route);
        request.body = json;
        request.turn_max = Some(Self::TURN_MAX);
        request
    }

    /// A POST of a form that may change something; sent once, whatever happens.
    pub fn form(url: Url, route: &'static str, form: impl Into<Bytes>) -> Self {
        let mut request = Self::new(Method::POST, CallKind::Write, url, route);
        request.body = Some(form.into());
        request.content_type = "application/x-www-form-urlencoded";
        request
    }

    const fn new(method: Method, kind: CallKind, url: Url, route: &'static str) -> Self {
        Self {
            method,
            url,
            route,
            kind,
            bucket: None,
            body: None,
            content_type: "application/json",
            with_token: true,
            bytes_max: None,
            deadline: None,
            turn_max: None,
            is_urgent: false,
            is_forced: false,
        }
    }

    /// Sends no access token: the call is open to all, or its body says who asks.
    #[must_use]
    pub const fn without_token(mut self) -> Self {
        self.with_token = false;
        self
    }

    /// Counts the call against this bucket of the upstream's rate limit.
    #[must_use]
    pub const fn bucket(mut self, name: &'static str) -> Self {
        self.bucket = Some(name);
        self
    }

    /// Accepts an answer of this size instead of the upstream's ordinary one.
    #[must_use]
    pub const fn bytes_max(mut self, bytes: usize) -> Self {
        self.bytes_max = Some(bytes);
        self
    }

    /// Ends the call, with its waits and repeats, after this time.
    #[must_use]
    pub const fn deadline(mut self, within: Duration) -> Self {
        self.deadline = Some(within);
        self
    }

    /// Somebody waits for it in front of a screen: it may use what the rate limit keeps back from
    /// other reads.
    #[must_use]
    pub const fn urgent(mut self) -> Self {
        self.is_urgent = true;
        self
    }

    /// Is made also while the upstream is left alone.
    #[must_use]
    pub(super) const fn forced(mut self) -> Self {
        self.is_forced = true;
        self
    }

    /// How much of the rate limit's window it may use.
    pub(super) const fn share(&self) -> Share {
        if self.is_urgent || matches!(self.kind, CallKind::Write) { Share::Whole } else { Share::Ordinary }
    }

    pub(super) const fn call(&self, upstream: &'static str) -> Call {
        Call { upstream, route: self.route }
    }
}

/// Names and values as the body of a [`Request::form`].
pub fn form_of<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    // A query is written as a form is.
    let Ok(mut scratch) = Url::parse("form:?") else { return String::new() };
    scratch.query_pairs_mut().clear().extend_pairs(pairs);
    scratch.query().unwrap_or_default().to_owned()
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("route", &self.route)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// Why a text is not an upstream's address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlError {
    /// It does not parse. The text is not repeated: it may hold a password.
    #[error("not a URL: expected something like https://api.bexio.com")]
    NotAUrl,
    /// It is neither http nor https, or has no host.
    #[error("not an http or https URL with a host: expected something like https://api.bexio.com")]
    NotHttp,
    /// It holds what only a single call may have.
    #[error("the URL must have no user name, password, query or fragment")]
    NotAnOrigin,
}

/// An upstream's address: scheme, host, port, and a path prefix where a proxy needs one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(Url);

impl BaseUrl {
    /// Reads an address, such as `https://www.psohubapp.com`.
    pub fn parse(text: &str) -> Result<Self, BaseUrlError> {
        let url = Url::parse(text.trim()).map_err(|_| BaseUrlError::NotAUrl)?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
            return Err(BaseUrlError::NotHttp);
        }
        let extras = !url.username().is_empty()
            || url.password().is_some()
            || url.query().is_some()
            || url.fragment().is_some();
        if extras { Err(BaseUrlError::NotAnOrigin) } else { Ok(Self(url)) }
    }

    /// The address of `path`, which starts with a slash and holds nothing to be escaped.
    pub fn at(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        let whole = format!("{}{path}", self.0.path().trim_end_matches('/'));
        url.set_path(&whole);
        url
    }

    /// [`Self::at`] with a query; names and values are percent-encoded here.
    pub fn at_with<'a>(&self, path: &str, query: impl IntoIterator<Item = (&'a str, &'a str)>) -> Url {
        let mut url = self.at(path);
        let mut pairs = query.into_iter().peekable();
        if pairs.peek().is_some() {
            url.query_pairs_mut().extend_pairs(pairs);
            // Not every server reads a plus as a blank; a plus itself is %2B by now.
            let blanks_escaped = url.query().map(|query| query.replace('+', "%20"));
            url.set_query(blanks_escaped.as_deref());
        }
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_is_an_origin_with_an_optional_prefix() {
        let plain = BaseUrl::parse("https://api.bexio.com").unwrap();
        assert_eq!(plain.at("/2.0/kb_invoice").as_str(), "https://api.bexio.com/2.0/kb_invoice");
        let prefixed = BaseUrl::parse(" http://127.0.0.1:9/bexio/ ").unwrap();
        assert_eq!(prefixed.at("/2.0/unit").as_str(), "http://127.0.0.1:9/bexio/2.0/unit");
        for (text, error) in [
            ("", BaseUrlError::NotAUrl),
            ("api.bexio.com", BaseUrlError::NotAUrl),
            ("ftp://api.bexio.com", BaseUrlError::NotHttp),
            ("https://u:secret@api.bexio.com", BaseUrlError::NotAnOrigin),
            ("https://api.bexio.com/?a=b", BaseUrlError::NotAnOrigin),
        ] {
            assert_eq!(BaseUrl::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_query_is_percent_encoded() {
        let base = BaseUrl::parse("https://h.example").unwrap();
        let url = base.at_with("/x", [("externalid", "RE +1&a=b#ü")]);
        assert_eq!(url.as_str(), "https://h.example/x?externalid=RE%20%2B1%26a%3Db%23%C3%BC");
    }

    #[test]
    fn a_form_keeps_every_letter() {
        let form = form_of([("code", "a+b &=%ü"), ("empty", "")]);
        assert_eq!(form, "code=a%2Bb+%26%3D%25%C3%BC&empty=");
    }

    #[test]
    fn a_request_prints_its_route_and_not_its_url() {
        let url = Url::parse("https://h.example/x?code=topsecret").unwrap();
        let text = format!("{:?}", Request::get(url, "GET /x"));
        assert!(text.contains("GET /x") && !text.contains("topsecret"), "{text}");
    }
}
