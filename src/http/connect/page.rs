//! The pages: a heading, a few sentences, one link. They load nothing from anywhere.

use std::sync::LazyLock;

use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use sha2::{Digest, Sha256};

use crate::domain::Upstream;
use crate::services::connect::ConnectionStatus;

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:4rem auto;padding:0 1rem;\
    color:#1b1f24;background:#fff}h1{font-size:1.5rem}a{color:#0b57d0}\
    @media(prefers-color-scheme:dark){body{color:#e6e8eb;background:#15181c}a{color:#8ab4f8}}";

/// Nothing but the style above, named by its digest.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let digest = STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).unwrap_or(crate::http::security::NO_CONTENT_POLICY)
});

/// Asks to begin: for who came here from elsewhere.
pub(super) fn ask(upstream: Upstream) -> Response {
    let text = format!("{upstream} will ask you whether this service may read and write there for you.");
    page(StatusCode::OK, &format!("Connect {upstream}"), &[text], Some((&begin(upstream), "Begin")))
}

/// The account is connected.
pub(super) fn connected(status: &ConnectionStatus) -> Response {
    let account = &status.account;
    let mut texts = Vec::new();
    if let Some(company) = &account.company_name {
        texts.push(format!("Company: {company}"));
    }
    if let Some(user) = &account.user_name {
        let email = account.user_email.as_deref().map(|email| format!(" ({email})")).unwrap_or_default();
        texts.push(format!("The service acts there as {user}{email}."));
    }
    texts.push("Tokens are renewed by themselves. You can close this page.".to_owned());
    page(
        StatusCode::OK,
        &format!("{} is connected", status.upstream),
        &texts,
        Some(("/graphiql", "To the API")),
    )
}

/// The account is not connected, and why. `again` where another attempt may help at once.
pub(super) fn failed(upstream: Upstream, status: StatusCode, why: &str, again: bool) -> Response {
    let title = format!("{upstream} was not connected");
    let begin = begin(upstream);
    page(status, &title, &[sentence(why)], again.then_some((begin.as_str(), "Begin again")))
}

fn begin(upstream: Upstream) -> String {
    format!("/connect/{}", upstream.key())
}

/// With a capital and a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}

fn page(status: StatusCode, title: &str, texts: &[String], link: Option<(&str, &str)>) -> Response {
    let title = escaped(title);
    let texts: String =
        texts.iter().flat_map(|text| ["<p>".to_owned(), escaped(text), "</p>".to_owned()]).collect();
    let link = link.map(|(to, text)| format!("<p><a href=\"{to}\">{text}</a></p>")).unwrap_or_default();
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title><style>{STYLE}</style></head>\
         <body><h1>{title}</h1>{texts}{link}</body></html>"
    );
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (CONTENT_SECURITY_POLICY, POLICY.clone()),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (status, headers, html).into_response()
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_an_upstream_says_is_text_and_never_markup() {
        let response =
            failed(Upstream::Bexio, StatusCode::BAD_REQUEST, "no <script>alert('x')</script> & \"so\"", true);
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        let policy = response.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
        let html = std::str::from_utf8(&body).unwrap();
        assert!(!html.contains("<script") && !html.contains("http"), "{html}");
        assert!(
            html.contains("No &lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;so&quot;.</p>"),
            "{html}"
        );
        assert!(html.contains("<a href=\"/connect/bexio\">Begin again</a>"), "{html}");
    }
}
