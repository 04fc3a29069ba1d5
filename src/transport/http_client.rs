//! The HTTP client below, and its errors in words.

use std::error::Error as _;
use std::fmt::Write as _;

use super::config::TransportConfig;

/// A client that follows no redirect, repeats nothing and uses no proxy.
pub(super) fn build_client(config: &TransportConfig) -> Result<reqwest::Client, reqwest::Error> {
    // Several providers may be compiled in, so that none is the default; a second call changes
    // nothing and says so, which is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = || {
        reqwest::Client::builder()
            .user_agent(config.user_agent.as_str())
            .connect_timeout(config.connect_timeout)
            .pool_idle_timeout(config.idle_timeout)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
    };
    builder().build().or_else(|error| {
        // A machine without any root certificate can still talk to a simulator over plain HTTP;
        // over HTTPS every certificate is then refused.
        tracing::warn!(upstream = config.upstream, error = chain(error), "no system root certificates");
        builder().tls_certs_only([]).build()
    })
}

/// An error with its causes in one line, without the URL.
pub(super) fn chain(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = String::new();
    let mut cause = error.source();
    if cause.is_none() {
        return error.to_string();
    }
    while let Some(error) = cause {
        let _ = write!(text, "{}{error}", if text.is_empty() { "" } else { ": " });
        cause = error.source();
    }
    text
}
