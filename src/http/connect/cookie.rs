//! The cookie that ties an attempt to one browser. Out of reach of scripts, sent to this path only,
//! and on the way back from the upstream, which `SameSite=Lax` allows and `Strict` would not.

use std::time::Duration;

use http::header::{COOKIE, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use crate::domain::Upstream;

/// A header that sets the cookie; `None` where the value cannot stand in one.
pub(super) fn set(
    upstream: Upstream,
    value: &SecretString,
    life: Duration,
    https: bool,
) -> Option<HeaderValue> {
    header(upstream, value.expose_secret(), life, https)
}

/// A header that removes the cookie.
pub(super) fn clear(upstream: Upstream, https: bool) -> Option<HeaderValue> {
    header(upstream, "", Duration::ZERO, https)
}

/// The cookie's value as a browser sent it.
pub(super) fn read(upstream: Upstream, headers: &HeaderMap) -> Option<SecretString> {
    let wanted = name(upstream);
    let cookies = headers.get_all(COOKIE).into_iter().filter_map(|header| header.to_str().ok());
    cookies
        .flat_map(|header| header.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find(|(name, _)| *name == wanted)
        .map(|(_, value)| value.into())
}

fn header(upstream: Upstream, value: &str, life: Duration, https: bool) -> Option<HeaderValue> {
    let text = format!(
        "{}={value}; Path=/connect/{}; Max-Age={}; HttpOnly; SameSite=Lax{}",
        name(upstream),
        upstream.key(),
        life.as_secs(),
        if https { "; Secure" } else { "" }
    );
    let mut value = HeaderValue::try_from(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn name(upstream: Upstream) -> String {
    format!("connect_{}", upstream.key())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_stays_with_this_path_and_away_from_scripts() {
        let set = |https| set(Upstream::Bexio, &"a.b".into(), Duration::from_mins(10), https).unwrap();
        let expected = "connect_bexio=a.b; Path=/connect/bexio; Max-Age=600; HttpOnly; SameSite=Lax";
        assert_eq!(set(false).to_str().unwrap(), expected);
        assert_eq!(set(true).to_str().unwrap(), format!("{expected}; Secure"));
        assert!(
            clear(Upstream::Bexio, false)
                .unwrap()
                .to_str()
                .unwrap()
                .contains("=; Path=/connect/bexio; Max-Age=0;")
        );
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, "theme=dark; connect_psohub=x.y".parse().unwrap());
        headers.append(COOKIE, "connect_bexio=a.b=; z=1".parse().unwrap());
        let found = |upstream| read(upstream, &headers).map(|value| value.expose_secret().to_owned());
        assert_eq!(found(Upstream::Psohub).as_deref(), Some("x.y"));
        assert_eq!(found(Upstream::Bexio).as_deref(), Some("a.b="));
        assert!(read(Upstream::Bexio, &HeaderMap::new()).is_none());
    }
}
