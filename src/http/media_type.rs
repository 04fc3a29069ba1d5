//! Media types of GraphQL over HTTP: which one a client wants, and whether a body is JSON.
//!
//! Implements "Accept" and "POST" of the GraphQL-over-HTTP draft and RFC 9110, section 12.5.1.

use std::cmp::Ordering;

use http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};

use super::fault::HttpFault;
use super::quality::{Offer, offers};

/// The media type of server-sent events.
pub(super) const EVENT_STREAM: &str = "text/event-stream";

/// What a GraphQL answer is written as. The bytes are the same; statuses differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum MediaType {
    /// `application/graphql-response+json`: the status tells what happened.
    GraphqlResponse,
    /// `application/json`: for clients that read the body of a 200 only.
    Json,
}

impl MediaType {
    /// Every one of them.
    pub(super) const ALL: [Self; 2] = [Self::GraphqlResponse, Self::Json];

    /// The value of `Content-Type`.
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::GraphqlResponse => "application/graphql-response+json",
            Self::Json => "application/json",
        }
    }
}

/// The forms of an answer that a client takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// One answer.
    Answer(MediaType),
    /// One answer; events for a subscription.
    AnswerOrEvents(MediaType),
    /// Events, also where there is one answer only.
    Events,
}

impl Form {
    /// How a request is refused.
    pub(super) fn of_refusal(self) -> MediaType {
        match self {
            Self::Answer(media) | Self::AnswerOrEvents(media) => media,
            Self::Events => MediaType::Json,
        }
    }

    /// Whether a subscription can be answered.
    pub(super) fn is_streamed(self) -> bool {
        !matches!(self, Self::Answer(_))
    }
}

/// The form for a request's `Accept`. Events are sent to who names their type, and answers are preferred
/// where both are wanted alike.
pub(super) fn form(headers: &HeaderMap) -> Result<Form, HttpFault> {
    let events = events_quality(headers);
    let answer = negotiate(headers);
    match (events, answer) {
        (None, answer) => answer.map(Form::Answer),
        (Some(_), Err(_)) => Ok(Form::Events),
        (Some(events), Ok(media)) => {
            let offers: Vec<Offer<'_>> = headers.get_all(ACCEPT).iter().flat_map(offers).collect();
            let answers = quality_of(media, &offers).map_or(0, |(_, quality)| quality);
            Ok(if events > answers { Form::Events } else { Form::AnswerOrEvents(media) })
        }
    }
}

/// How much a client wants `text/event-stream`, in thousandths; `None` when it does not name it.
fn events_quality(headers: &HeaderMap) -> Option<u16> {
    let values = headers.get_all(ACCEPT).iter().filter(|value| plain(value).is_none());
    let named = values.flat_map(offers).filter(|offer| offer.name.eq_ignore_ascii_case(EVENT_STREAM));
    named.filter(|offer| speaks_utf8(offer)).map(|offer| offer.quality).max().filter(|quality| *quality > 0)
}

/// The media type for a request's `Accept`. Without the header, or with wildcards only, it is
/// `application/json`: who does not name GraphQL's type is not known to read its statuses.
fn negotiate(headers: &HeaderMap) -> Result<MediaType, HttpFault> {
    let mut values = headers.get_all(ACCEPT).iter();
    match (values.next(), values.next()) {
        (None, _) => return Ok(MediaType::Json),
        (Some(only), None) => {
            if let Some(media) = plain(only) {
                return Ok(media);
            }
        }
        _ => {}
    }
    let offers: Vec<Offer<'_>> = headers.get_all(ACCEPT).iter().flat_map(offers).collect();
    let [graphql, json] = MediaType::ALL.map(|media| quality_of(media, &offers));
    match (graphql, json) {
        (None, None) => Err(HttpFault::NotAcceptable),
        (Some(_), None) => Ok(MediaType::GraphqlResponse),
        (None, Some(_)) => Ok(MediaType::Json),
        (Some((named, graphql)), Some((_, json))) => Ok(match graphql.cmp(&json) {
            Ordering::Greater => MediaType::GraphqlResponse,
            Ordering::Equal if named == Match::Named => MediaType::GraphqlResponse,
            Ordering::Equal | Ordering::Less => MediaType::Json,
        }),
    }
}

/// The media type for what most clients send, told without taking it apart.
fn plain(accept: &HeaderValue) -> Option<MediaType> {
    match accept.as_bytes() {
        b"*/*" | b"application/json" => Some(MediaType::Json),
        b"application/graphql-response+json" => Some(MediaType::GraphqlResponse),
        _ => None,
    }
}

/// How narrowly a range of `Accept` names a media type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Match {
    Anything,
    Application,
    Named,
}

/// The narrowest match and its quality in thousandths; `None` when the type is not wanted.
fn quality_of(media: MediaType, offers: &[Offer<'_>]) -> Option<(Match, u16)> {
    let matches = offers.iter().filter(|offer| speaks_utf8(offer)).filter_map(|offer| {
        let kind = if offer.name == "*/*" {
            Match::Anything
        } else if offer.name.eq_ignore_ascii_case("application/*") {
            Match::Application
        } else if offer.name.eq_ignore_ascii_case(media.name()) {
            Match::Named
        } else {
            return None;
        };
        Some((kind, offer.quality))
    });
    matches.max().filter(|(_, quality)| *quality > 0)
}

fn speaks_utf8(offer: &Offer<'_>) -> bool {
    offer.parameters().all(|(name, value)| !name.eq_ignore_ascii_case("charset") || is_utf8(value))
}

fn is_utf8(charset: &str) -> bool {
    let charset = charset.trim_matches('"');
    charset.eq_ignore_ascii_case("utf-8") || charset.eq_ignore_ascii_case("utf8")
}

/// Passes a request whose body is announced as UTF-8 JSON. A browser sends that across sites only
/// after asking (CORS preflight), which is what protects against forged requests.
pub(super) fn require_json(headers: &HeaderMap) -> Result<(), HttpFault> {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    match (values.next(), values.next()) {
        (Some(only), None) if is_json(only) => {}
        (None, _) => return Err(unsupported("none".to_owned())),
        (Some(first), _) => return Err(unsupported(shown(first))),
    }
    match headers.get(CONTENT_ENCODING) {
        None => Ok(()),
        Some(encoding) if encoding.as_bytes().eq_ignore_ascii_case(b"identity") => Ok(()),
        Some(encoding) => Err(HttpFault::UnsupportedContentEncoding { given: shown(encoding) }),
    }
}

fn unsupported(given: String) -> HttpFault {
    HttpFault::UnsupportedMediaType { given }
}

fn shown(value: &HeaderValue) -> String {
    let text = String::from_utf8_lossy(value.as_bytes());
    format!("'{}'", text.chars().take(80).collect::<String>())
}

fn is_json(value: &HeaderValue) -> bool {
    if value.as_bytes() == b"application/json" {
        return true;
    }
    let Ok(text) = value.to_str() else { return false };
    let mut parts = text.split(';');
    let named = parts.next().is_some_and(|name| name.trim().eq_ignore_ascii_case("application/json"));
    named
        && parts
            .filter_map(|part| part.split_once('='))
            .all(|(name, charset)| !name.trim().eq_ignore_ascii_case("charset") || is_utf8(charset.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accept(values: &[&str]) -> Result<MediaType, HttpFault> {
        negotiate(&values.iter().map(|v| (ACCEPT, HeaderValue::from_str(v).unwrap())).collect())
    }

    #[test]
    fn accept_is_negotiated() {
        use MediaType::{GraphqlResponse, Json};
        let cases: [(&[&str], MediaType); 18] = [
            (&[], Json),
            (&["*/*"], Json),
            (&["application/*"], Json),
            (&["application/json"], Json),
            (&["APPLICATION/JSON"], Json),
            (&["application/json; charset=utf-8"], Json),
            (&["application/graphql-response+json"], GraphqlResponse),
            (&["application/graphql-response+json; charset=utf-8"], GraphqlResponse),
            (&["application/graphql-response+json, application/json;q=0.9"], GraphqlResponse),
            (&["application/json;q=0.9,application/graphql-response+json"], GraphqlResponse),
            (&["application/json, application/graphql-response+json"], GraphqlResponse),
            (&["application/json", "application/graphql-response+json"], GraphqlResponse),
            (&["application/json, application/graphql-response+json;q=0.5"], Json),
            (&["application/graphql-response+json, */*;q=0.1"], GraphqlResponse),
            (&["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"], Json),
            (&["application/json;q=0, */*"], GraphqlResponse),
            (&["application/graphql-response+json;q=0, */*"], Json),
            (&["application/json, multipart/mixed"], Json),
        ];
        for (given, expected) in cases {
            assert_eq!(accept(given), Ok(expected), "{given:?}");
        }
    }

    #[test]
    fn events_are_for_who_names_them() {
        use MediaType::{GraphqlResponse, Json};
        let form_of = |accept: &str| {
            form(&[(ACCEPT, HeaderValue::from_str(accept).unwrap())].into_iter().collect()).unwrap()
        };
        for (accept, expected) in [
            ("text/event-stream", Form::Events),
            ("Text/Event-Stream;charset=utf-8", Form::Events),
            ("text/event-stream, application/json;q=0.9", Form::Events),
            ("application/json, text/event-stream", Form::AnswerOrEvents(Json)),
            ("text/event-stream, */*", Form::AnswerOrEvents(Json)),
            ("text/event-stream;q=0, */*", Form::Answer(Json)),
            ("text/*, application/json", Form::Answer(Json)),
            (
                "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, \
                 multipart/mixed",
                Form::AnswerOrEvents(GraphqlResponse),
            ),
        ] {
            assert_eq!(form_of(accept), expected, "{accept}");
        }
    }

    #[test]
    fn what_cannot_be_answered_is_not_acceptable() {
        for given in ["text/html", "application/xml", "application/json;q=0", "*/*;q=0", "image/*, text/*"] {
            assert_eq!(accept(&[given]), Err(HttpFault::NotAcceptable), "{given}");
        }
        assert_eq!(accept(&["application/json; charset=iso-8859-1"]), Err(HttpFault::NotAcceptable));
    }

    #[test]
    fn only_json_in_utf8_is_taken() {
        let takes = |value: &str| is_json(&HeaderValue::from_str(value).unwrap());
        for good in [
            "application/json",
            "Application/JSON",
            "application/json; charset=utf-8",
            "application/json;charset=\"UTF-8\"",
        ] {
            assert!(takes(good), "{good}");
        }
        for bad in [
            "text/plain",
            "application/json; charset=latin1",
            "application/graphql",
            "application/jsonx",
            "application/json, text/plain",
            "multipart/form-data",
            "application/x-www-form-urlencoded",
            "",
        ] {
            assert!(!takes(bad), "{bad}");
        }
    }
}
