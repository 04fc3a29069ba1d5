//! Which names of this service are answered to.
//!
//! On a loopback address nobody is asked who they are, because only programs of this machine get
//! there. A browser is one of them: the page of any site can have its own name lead to 127.0.0.1
//! (DNS rebinding), and then reads answers as its own origin's. The browser still sends that name.

use std::net::{Ipv4Addr, Ipv6Addr};

use http::Request;
use http::header::HOST;
use http::uri::Authority;

use super::fault::HttpFault;

/// Which names of this service are answered to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hosts {
    /// Every name.
    Any,
    /// Addresses and names of this machine that no other site's page can have: literal addresses,
    /// `localhost` and what ends in `.localhost` (RFC 6761).
    Local,
}

impl Hosts {
    /// Refuses a request for a name that is not answered to. Without a name (HTTP/1.0) it is not from
    /// a browser.
    pub(super) fn check<B>(self, request: &Request<B>) -> Result<(), HttpFault> {
        if self == Self::Any {
            return Ok(());
        }
        let named =
            request.headers().get_all(HOST).iter().map(|host| Authority::try_from(host.as_bytes()).ok());
        let stranger = named
            .chain(request.uri().authority().cloned().map(Some))
            .any(|name| !name.is_some_and(|name| is_local(name.host())));
        if stranger { Err(HttpFault::ForeignHost) } else { Ok(()) }
    }
}

fn is_local(host: &str) -> bool {
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    name == "localhost"
        || name.ends_with(".localhost")
        || host.parse::<Ipv4Addr>().is_ok()
        || bracketed.is_some_and(|host| host.parse::<Ipv6Addr>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(uri: &str, hosts: &[&str]) -> Result<(), HttpFault> {
        let request =
            hosts.iter().fold(Request::builder().uri(uri), |request, host| request.header(HOST, *host));
        Hosts::Local.check(&request.body(()).unwrap())
    }

    #[test]
    fn only_names_of_this_machine_are_answered_to() {
        for host in [
            "127.0.0.1:8080",
            "localhost",
            "LocalHost:8080",
            "app.localhost:1",
            "[::1]:8080",
            "10.0.0.7",
            "localhost.",
        ] {
            assert_eq!(asked("/graphql", &[host]), Ok(()), "{host}");
        }
        for host in [
            "evil.example:8080",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "notlocalhost",
            "",
            "a b",
            "2130706433",
        ] {
            assert_eq!(asked("/graphql", &[host]), Err(HttpFault::ForeignHost), "{host}");
        }
        assert_eq!(asked("/graphql", &[]), Ok(()));
        assert_eq!(asked("/graphql", &["localhost", "evil.example"]), Err(HttpFault::ForeignHost));
        assert_eq!(asked("http://evil.example/graphql", &["localhost"]), Err(HttpFault::ForeignHost));
    }
}
