//! The pages: a heading, a few sentences, one link. They load nothing from anywhere.

use std::sync::LazyLock;

use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use http::{HeaderValue, StatusCode};
use sha2::{Digest, Sha256};

use crate::domain::Upstream;
use crate::services::connect::ConnectionStatus;

const STYLE: &str = ":root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:4rem auto;padding:0 1rem;\
    color:#1b1f24;background:#fff}h1{font-size:1.5rem}a{color:#0b57d0}\
    input,button{font:inherit;padding:.3rem .6rem;max-width:100%;box-sizing:border-box}\
    @media(prefers-color-scheme:dark){body{color:#e6e8eb;background:#15181c}a{color:#8ab4f8}}";

/// Nothing but the style above, named by its digest.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| policy("'none'"));

/// The same for the page with a form.
static FORM_POLICY: LazyLock<HeaderValue> = LazyLock::new(|| policy("'self'"));

fn policy(form_action: &str) -> HeaderValue {
    let digest = STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action {form_action}; frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).unwrap_or(crate::http::security::NO_CONTENT_POLICY)
}

/// Asks to begin: for who came here from elsewhere.
pub(super) fn ask(upstream: Upstream) -> Response {
    let text = format!("{upstream} will ask you whether this service may read and write there for you.");
    page(StatusCode::OK, &format!("Connect {upstream}"), &[text], Some((&begin(upstream), "Begin")))
}

/// Asks for an administrator's key; `why` says what was wrong with the last one.
pub(super) fn sign_in(upstream: Upstream, status: StatusCode, why: Option<&str>) -> Response {
    let text = format!(
        "Only an administrator of this service connects {upstream}. Give a key with the role ADMIN, as \
         `invoice-gateway keys add --role admin --name NAME` makes one. It is used once and not kept."
    );
    let why = why.map(|why| marked(&sentence(why)));
    let alert = why.map(|why| format!("<p role=\"alert\" id=\"why\"><strong>{why}</strong></p>"));
    let about = if alert.is_some() { " aria-invalid=\"true\" aria-describedby=\"why\"" } else { "" };
    let form = format!(
        "{}<form method=\"post\" action=\"{}\"><p><label>Key <input type=\"password\" name=\"key\" size=\"40\" \
         autocomplete=\"off\" required autofocus{about}></label> <button>Begin</button></p></form>",
        alert.unwrap_or_default(),
        begin(upstream)
    );
    let mut response = html(status, &format!("Connect {upstream}"), &[text], Tail::Form(&form));
    // Without a referrer browsers post a form as from the origin `null`, which is refused.
    response.headers_mut().insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}

/// Takes the browser on to the upstream.
pub(super) fn go_on(upstream: Upstream, location: &HeaderValue) -> Response {
    let location = String::from_utf8_lossy(location.as_bytes());
    let text = format!("{upstream} asks you now whether this service may read and write there for you.");
    let title = format!("Connect {upstream}");
    html(StatusCode::OK, &title, &[text], Tail::Onward(&location, &format!("On to {upstream}")))
}

/// The browser is back, and nobody is told whose account it is.
pub(super) fn back(upstream: Upstream) -> Response {
    let text = "If you have just agreed, the account is connected. The query `connections` shows whose it is, \
                and tokens are renewed by themselves. You can close this page.";
    page(
        StatusCode::OK,
        &format!("Back from {upstream}"),
        &[text.to_owned()],
        Some(("/graphiql", "To the API")),
    )
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

/// What stands below the sentences.
#[derive(Clone, Copy)]
enum Tail<'a> {
    Nothing,
    /// A link of ours, and its text.
    Link(&'a str, &'a str),
    /// A link that the browser follows by itself, and its text.
    Onward(&'a str, &'a str),
    /// A form, as HTML.
    Form(&'a str),
}

fn page(status: StatusCode, title: &str, texts: &[String], link: Option<(&str, &str)>) -> Response {
    html(status, title, texts, link.map_or(Tail::Nothing, |(to, text)| Tail::Link(to, text)))
}

fn html(status: StatusCode, title: &str, texts: &[String], tail: Tail<'_>) -> Response {
    let title = escaped(title);
    let texts: String =
        texts.iter().flat_map(|text| ["<p>".to_owned(), marked(text), "</p>".to_owned()]).collect();
    let link = |to: &str, text: &str| format!("<p><a href=\"{}\">{}</a></p>", escaped(to), escaped(text));
    let (head, end, policy) = match tail {
        Tail::Nothing => (String::new(), String::new(), &*POLICY),
        Tail::Link(to, text) => (String::new(), link(to, text), &*POLICY),
        Tail::Onward(to, text) => {
            let refresh = format!("<meta http-equiv=\"refresh\" content=\"0;url={}\">", escaped(to));
            (refresh, link(to, text), &*POLICY)
        }
        Tail::Form(form) => (String::new(), form.to_owned(), &*FORM_POLICY),
    };
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">{head}\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title><style>{STYLE}</style></head>\
         <body><h1>{title}</h1>{texts}{end}</body></html>"
    );
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (CONTENT_SECURITY_POLICY, policy.clone()),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (status, headers, html).into_response()
}

/// The text as HTML, with what stands between backticks as code.
fn marked(text: &str) -> String {
    let safe = escaped(text);
    let mut marked = String::with_capacity(safe.len());
    let mut rest = safe.as_str();
    while let Some((before, (code, after))) =
        rest.split_once('`').and_then(|(before, rest)| Some((before, rest.split_once('`')?)))
    {
        marked.extend([before, "<code>", code, "</code>"]);
        rest = after;
    }
    marked + rest
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

    #[test]
    fn what_stands_between_backticks_is_code() {
        assert_eq!(marked("run `a <b>` or `c`"), "run <code>a &lt;b&gt;</code> or <code>c</code>");
        assert_eq!(marked("one ` alone"), "one ` alone");
    }

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
