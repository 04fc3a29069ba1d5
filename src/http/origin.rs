//! Where the page comes from that has its reader's browser ask.
//!
//! A browser lets the page of any site open a WebSocket to any other, or send it a GET, and sends the reader's
//! cookies along; no preflight asks. It does say in `Origin` or `Sec-Fetch-Site` where the page comes from. Programs
//! send neither.

use std::sync::Arc;

use http::header::{HOST, HeaderName, HeaderValue, ORIGIN, REFERER};
use http::{HeaderMap, Request, Uri};

use super::fault::HttpFault;

/// Headers of which one is enough to tell that a browser has asked before it sent a request: no form and no image
/// can send them, and a script of another origin only where the preflight allows it.
const NEEDS_PREFLIGHT: [HeaderName; 4] = [
    HeaderName::from_static("apollo-require-preflight"),
    HeaderName::from_static("graphql-require-preflight"),
    HeaderName::from_static("x-apollo-operation-name"),
    HeaderName::from_static("x-requested-with"),
];

/// Origins whose pages may use the API beside its own, such as `https://finance.example`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowedOrigins(Arc<[Box<str>]>);

impl AllowedOrigins {
    /// These origins, each as browsers write it.
    pub fn new(origins: impl IntoIterator<Item = impl Into<Box<str>>>) -> Self {
        Self(origins.into_iter().map(Into::into).collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `origin` is one of them, letter for letter.
    pub(super) fn holds(&self, origin: &HeaderValue) -> bool {
        self.0.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes())
    }
}

/// Refuses a WebSocket to a page that comes neither from the name that the request is for nor from an allowed
/// origin. The scheme is not compared: a proxy may have taken TLS off.
pub(super) fn check<B>(request: &Request<B>, allowed: &AllowedOrigins) -> Result<(), HttpFault> {
    let Some(origin) = request.headers().get(ORIGIN) else { return Ok(()) };
    let host = host_of(request.headers(), request.uri());
    if allowed.holds(origin) || is_of_host(origin, host) {
        return Ok(());
    }
    Err(HttpFault::ForeignOrigin {
        origin: shown(origin),
        host: host.unwrap_or_default().chars().take(100).collect(),
    })
}

/// Refuses a GET that a page of another site has its reader's browser send: it needs no preflight. The browser says so
/// in `Sec-Fetch-Site`; an old one says where the page comes from.
pub(super) fn check_get(headers: &HeaderMap, uri: &Uri, allowed: &AllowedOrigins) -> Result<(), HttpFault> {
    if NEEDS_PREFLIGHT.iter().any(|name| headers.contains_key(name))
        || headers.get(ORIGIN).is_some_and(|origin| allowed.holds(origin))
    {
        return Ok(());
    }
    let is_foreign = match headers.get("sec-fetch-site") {
        Some(site) => site.as_bytes() == b"cross-site",
        None => headers
            .get(ORIGIN)
            .or_else(|| headers.get(REFERER))
            .is_some_and(|page| !is_of_host(page, host_of(headers, uri))),
    };
    if is_foreign { Err(HttpFault::CrossSite) } else { Ok(()) }
}

/// Whether the page at `origin` comes from `host`.
fn is_of_host(origin: &HeaderValue, host: Option<&str>) -> bool {
    let (Some(origin), Some(host)) = (authority_of(origin), host) else { return false };
    origin.eq_ignore_ascii_case(without_default_port(host))
}

/// An origin as messages show it.
pub(super) fn shown(origin: &HeaderValue) -> String {
    String::from_utf8_lossy(origin.as_bytes()).chars().take(100).collect()
}

fn host_of<'r>(headers: &'r HeaderMap, uri: &'r Uri) -> Option<&'r str> {
    let named = headers.get(HOST).and_then(|host| host.to_str().ok());
    named.or_else(|| uri.authority().map(http::uri::Authority::as_str))
}

/// `host[:port]` of an origin or address; `null`, as sandboxed pages and files send, has none.
fn authority_of(origin: &HeaderValue) -> Option<&str> {
    let (_scheme, rest) = origin.to_str().ok()?.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    Some(without_default_port(authority)).filter(|authority| !authority.is_empty())
}

/// Browsers leave out the port that goes with the scheme; other clients may not.
fn without_default_port(authority: &str) -> &str {
    authority.strip_suffix(":80").or_else(|| authority.strip_suffix(":443")).unwrap_or(authority)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened_by(origin: Option<&str>, host: &str) -> Result<(), HttpFault> {
        let request = Request::builder().uri("/graphql").header(HOST, host);
        let request = origin.into_iter().fold(request, |request, origin| request.header(ORIGIN, origin));
        check(&request.body(()).unwrap(), &AllowedOrigins::new(["https://app.example"]))
    }

    #[test]
    fn a_page_opens_sockets_to_where_it_comes_from() {
        assert_eq!(opened_by(None, "gateway.example"), Ok(()));
        for (origin, host) in [
            ("http://localhost:8080", "localhost:8080"),
            ("https://Gateway.example", "gateway.example"),
            ("https://gateway.example", "gateway.example:443"),
            ("http://[::1]:8080", "[::1]:8080"),
            ("https://app.example", "gateway.example"),
        ] {
            assert_eq!(opened_by(Some(origin), host), Ok(()), "{origin}");
        }
        for (origin, host) in [
            ("https://evil.example", "gateway.example"),
            ("http://localhost:5173", "localhost:8080"),
            ("http://app.example", "gateway.example"),
            ("https://app.example:8443", "gateway.example"),
            ("https://app.example/", "gateway.example"),
            ("http://localhost", "localhost:8080"),
            ("https://gateway.example.evil.example", "gateway.example"),
            ("null", "gateway.example"),
            ("", "gateway.example"),
            ("file://", "gateway.example"),
            ("https://", ""),
        ] {
            let refused = opened_by(Some(origin), host);
            assert!(matches!(refused, Err(HttpFault::ForeignOrigin { .. })), "{origin}: {refused:?}");
        }
    }

    #[test]
    fn a_get_of_another_sites_page_is_told_by_what_the_browser_says() {
        let checked = |headers: &[(&'static str, &str)]| {
            let request =
                headers.iter().fold(Request::builder().uri("/graphql"), |request, (name, value)| {
                    request.header(*name, *value)
                });
            let request = request.header(HOST, "gateway.example").body(()).unwrap();
            check_get(request.headers(), request.uri(), &AllowedOrigins::new(["https://app.example"]))
        };
        let cross_site = ("sec-fetch-site", "cross-site");
        for passes in [
            &[][..],
            &[("sec-fetch-site", "none")],
            &[("sec-fetch-site", "same-origin"), ("referer", "https://gateway.example/graphiql")],
            &[("origin", "https://gateway.example")],
            &[("referer", "https://gateway.example/graphiql?query={a}")],
            &[cross_site, ("origin", "https://app.example")],
            &[cross_site, ("x-requested-with", "XMLHttpRequest")],
            &[cross_site, ("apollo-require-preflight", "true")],
        ] {
            assert_eq!(checked(passes), Ok(()), "{passes:?}");
        }
        for refused in [
            &[cross_site][..],
            &[cross_site, ("origin", "https://evil.example")],
            &[("origin", "https://evil.example")],
            &[("origin", "null")],
            &[("referer", "https://evil.example/gateway.example")],
        ] {
            assert_eq!(checked(refused), Err(HttpFault::CrossSite), "{refused:?}");
        }
    }
}
