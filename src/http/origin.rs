//! Which pages may open a WebSocket.
//!
//! A browser lets the page of any site open a WebSocket to any other and sends the reader's cookies along;
//! no preflight asks. It does say in `Origin` where the page comes from. Programs send no such header.

use http::header::{HOST, HeaderValue, ORIGIN};
use http::{HeaderMap, Request, Uri};

use super::fault::HttpFault;

/// Refuses a page that does not come from the name that the request is for. The scheme is not compared: a
/// proxy may have taken TLS off.
pub(super) fn check<B>(request: &Request<B>) -> Result<(), HttpFault> {
    let Some(origin) = request.headers().get(ORIGIN) else { return Ok(()) };
    let host = host_of(request.headers(), request.uri());
    match (authority_of(origin), host) {
        (Some(origin), Some(host)) if origin.eq_ignore_ascii_case(without_default_port(host)) => Ok(()),
        (_, host) => Err(HttpFault::ForeignOrigin {
            origin: String::from_utf8_lossy(origin.as_bytes()).chars().take(100).collect(),
            host: host.unwrap_or_default().chars().take(100).collect(),
        }),
    }
}

fn host_of<'r>(headers: &'r HeaderMap, uri: &'r Uri) -> Option<&'r str> {
    let named = headers.get(HOST).and_then(|host| host.to_str().ok());
    named.or_else(|| uri.authority().map(http::uri::Authority::as_str))
}

/// `host[:port]` of an origin; `null`, as sandboxed pages and files send, has none.
fn authority_of(origin: &HeaderValue) -> Option<&str> {
    let (_scheme, authority) = origin.to_str().ok()?.split_once("://")?;
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
        check(&request.body(()).unwrap())
    }

    #[test]
    fn a_page_opens_sockets_to_where_it_comes_from() {
        assert_eq!(opened_by(None, "gateway.example"), Ok(()));
        for (origin, host) in [
            ("http://localhost:8080", "localhost:8080"),
            ("https://Gateway.example", "gateway.example"),
            ("https://gateway.example", "gateway.example:443"),
            ("http://[::1]:8080", "[::1]:8080"),
        ] {
            assert_eq!(opened_by(Some(origin), host), Ok(()), "{origin}");
        }
        for (origin, host) in [
            ("https://evil.example", "gateway.example"),
            ("http://localhost:5173", "localhost:8080"),
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
}
