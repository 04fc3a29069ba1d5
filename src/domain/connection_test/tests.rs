//! Each diagnosis from its failure, and the documentation of all.

use std::time::Duration;

use jiff::Timestamp;

use super::*;

fn now() -> Timestamp {
    "2026-03-02T08:00:00Z".parse().unwrap()
}

fn status(status: u16, said: &str) -> Failure {
    Failure::Status { status, said: Some(said.to_owned()), wait: None }
}

fn claims(expires_at: Option<&str>, scopes: Option<&[&str]>) -> TokenClaims {
    TokenClaims {
        issued_at: None,
        expires_at: expires_at.map(|text| text.parse().unwrap()),
        scopes: scopes.map(|scopes| scopes.iter().map(|scope| (*scope).into()).collect()),
    }
}

fn code(step: StepName, failure: &Failure, claims: Option<&TokenClaims>) -> FindingCode {
    diagnose(failure, Subject { step, claims, now: now() }).code
}

#[test]
fn a_401_is_told_apart_by_the_tokens_own_end() {
    let refused = status(401, "Unauthorized");
    let of = |claims: Option<TokenClaims>| code(StepName::BexioUser, &refused, claims.as_ref());
    assert_eq!(of(None), FindingCode::TokenRefused);
    assert_eq!(of(Some(claims(None, None))), FindingCode::TokenRefused);
    assert_eq!(of(Some(claims(Some("2026-03-02T07:59:59Z"), None))), FindingCode::TokenExpired);
    assert_eq!(of(Some(claims(Some("2026-03-02T08:00:01Z"), None))), FindingCode::TokenRevoked);
}

#[test]
fn a_403_is_told_apart_by_scopes_and_words() {
    let of = |said: &str, scopes: Option<&[&str]>| {
        let claims = claims(None, scopes);
        code(StepName::BexioAccounts, &status(403, said), Some(&claims))
    };
    assert_eq!(of("Forbidden", None), FindingCode::Forbidden);
    assert_eq!(of("Forbidden", Some(&["contact_edit"])), FindingCode::ScopeMissing);
    assert_eq!(of("Forbidden", Some(&["accounting"])), FindingCode::UserRightMissing);
    assert_eq!(of("Your company is locked", Some(&[])), FindingCode::AccountLocked);
    assert_eq!(of("Das Konto ist gesperrt", None), FindingCode::AccountLocked);
    assert_eq!(of("Not allowed in the trial version", None), FindingCode::TrialLimit);
}

#[test]
fn edit_implies_show() {
    let claims = claims(None, Some(&["kb_invoice_edit"]));
    let of = |step| code(step, &status(403, "Forbidden"), Some(&claims));
    assert_eq!(of(StepName::BexioInvoices), FindingCode::UserRightMissing);
    assert_eq!(of(StepName::BexioContacts), FindingCode::ScopeMissing);
    assert_eq!(of(StepName::BexioUser), FindingCode::UserRightMissing);
}

#[test]
fn statuses_and_broken_connections_have_a_word_each() {
    let of = |failure: Failure| code(StepName::BexioUser, &failure, None);
    for (failure, expected) in [
        (status(402, ""), FindingCode::AccountLocked),
        (status(404, "Page not found"), FindingCode::AddressWrong),
        (status(302, ""), FindingCode::AddressWrong),
        (status(415, ""), FindingCode::Refused),
        (status(422, "trial"), FindingCode::TrialLimit),
        (status(429, ""), FindingCode::RateLimited),
        (status(500, ""), FindingCode::UpstreamError),
        (status(502, ""), FindingCode::UpstreamError),
        (status(503, "Service unavailable"), FindingCode::Maintenance),
        (Failure::NotConnected("dns error: failed to lookup address".to_owned()), FindingCode::HostNotFound),
        (Failure::NotConnected("invalid peer certificate: UnknownIssuer".to_owned()), FindingCode::TlsFailed),
        (Failure::NotConnected("Connection refused (os error 111)".to_owned()), FindingCode::Unreachable),
        (Failure::TimedOut, FindingCode::TimedOut),
        (Failure::ConnectionLost("reset".to_owned()), FindingCode::ConnectionLost),
        (Failure::OwnRateLimit(Duration::from_secs(7)), FindingCode::RateLimited),
        (Failure::NotJson("an HTML page".to_owned()), FindingCode::NotJson),
        (Failure::NotUnderstood("id is missing".to_owned()), FindingCode::AnswerNotUnderstood),
        (Failure::ListCut("its end is missing".to_owned()), FindingCode::ListCut),
        (Failure::OutcomeUnknown("504".to_owned()), FindingCode::OutcomeUnknown),
        (Failure::NoToken(None), FindingCode::TokenMissing),
        (Failure::BadToken, FindingCode::TokenUnusable),
        (Failure::ReconnectNeeded("here".to_owned()), FindingCode::ReconnectNeeded),
        (Failure::TokenNotRenewed("503".to_owned()), FindingCode::TokenNotRenewed),
    ] {
        assert_eq!(of(failure.clone()), expected, "{failure:?}");
    }
}

#[test]
fn the_upstreams_words_are_kept_and_the_fix_names_the_right_setting() {
    let subject = |step| Subject { step, claims: None, now: now() };
    let bexio = diagnose(&status(401, "Unauthorized"), subject(StepName::BexioUser));
    assert_eq!((bexio.upstream_text.as_deref(), bexio.upstream_status), (Some("Unauthorized"), Some(401)));
    assert!(bexio.hint.contains("BEXIO_ACCESS_TOKEN"), "{bexio:?}");
    let psohub = diagnose(&status(401, "Invalid"), subject(StepName::PsohubInvoices));
    assert!(psohub.hint.contains("PSOHUB_ACCESS_TOKEN") && psohub.message.contains("PSOhub"), "{psohub:?}");
    let limited = Failure::Status { status: 429, said: None, wait: Some(Duration::from_secs(31)) };
    assert!(diagnose(&limited, subject(StepName::BexioUser)).hint.contains("31 s"));
}

#[test]
fn a_token_that_ends_soon_is_warned_of() {
    let warned = |begin: Option<&str>, end: &str| {
        let mut claims = claims(Some(end), None);
        claims.issued_at = begin.map(|text| text.parse().unwrap());
        expiry_warning(Subject { step: StepName::BexioUser, claims: Some(&claims), now: now() }).is_some()
    };
    assert!(warned(None, "2026-03-10T00:00:00Z"));
    assert!(!warned(None, "2026-04-10T00:00:00Z"));
    assert!(warned(Some("2025-09-02T09:00:00Z"), "2026-03-02T09:00:00Z"));
    let hour = warned(Some("2026-03-02T08:00:00Z"), "2026-03-02T09:00:00Z");
    assert!(!hour, "an OAuth token is renewed by itself");
}

#[test]
fn a_marker_is_read_back_and_its_objects_fit_bexio() {
    let marker = TestMarker::new(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef);
    assert_eq!(marker.to_string().parse(), Ok(marker));
    assert_eq!(marker.number(), "TEST-01234567");
    assert!(marker.title().chars().count() <= crate::domain::plan::TITLE_CHARS_MAX);
    assert!(marker.api_reference().len() < 255);
}

#[test]
fn the_heaviest_state_counts() {
    use StepState::{Failed, Passed, Skipped, Warning};
    assert_eq!(overall([Passed, Failed, Warning]), Failed);
    assert_eq!(overall([Passed, Warning]), Warning);
    assert_eq!(overall([Passed, Skipped]), Warning);
    assert_eq!(overall([]), Passed);
}

#[test]
fn the_documentation_explains_every_code_and_no_other() {
    let page = include_str!("../../../docs/connection-test.md");
    let section = page.split_once("## What is found").unwrap().1.split_once("\n## ").unwrap().0;
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    let mut explained: Vec<String> = rows.map(|row| row.split_once('`').unwrap().0.to_owned()).collect();
    let mut codes: Vec<String> = FindingCode::ALL.iter().map(ToString::to_string).collect();
    explained.sort_unstable();
    codes.sort_unstable();
    assert_eq!(explained, codes);
}

#[test]
fn the_documentation_names_every_step() {
    let page = include_str!("../../../docs/connection-test.md");
    for step in StepName::READ.into_iter().chain(StepName::WRITE) {
        assert!(page.contains(&format!("| `{}`", step.word())), "{}", step.word());
    }
}
