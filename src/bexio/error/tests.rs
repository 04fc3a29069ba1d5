//! Refusals in every shape that was recorded, and some that were not.

use super::*;
use crate::transport::{Doubt, Excerpt};

const FORM: &str = "The form could not be saved due to the following errors:";

fn refusal(errors: &str) -> (Option<String>, Vec<FieldError>) {
    read_refusal(&format!(r#"{{"error_code":422,"message":"{FORM}","errors":{errors}}}"#))
}

/// Field, text and whether the field is unknown, of each complaint.
fn complaints(errors: &str) -> Vec<(String, String, bool)> {
    let (message, errors) = refusal(errors);
    assert_eq!(message.as_deref(), Some(FORM));
    errors.into_iter().map(|e| (e.field.unwrap_or_else(|| "-".into()), e.message, e.unknown_field)).collect()
}

fn said(field: &str, message: &str) -> (String, String, bool) {
    (field.to_owned(), message.to_owned(), false)
}

fn unknown(field: &str) -> (String, String, bool) {
    (field.to_owned(), "Bexio does not take this field".to_owned(), true)
}

#[test]
fn every_recorded_shape_is_understood() {
    let not_correct = "Diese Eingabe ist nicht korrekt.";
    assert_eq!(
        complaints(r#"["positions: 0 [account_id [Diese Eingabe ist nicht korrekt.]]"]"#),
        [said("positions[0].account_id", not_correct)]
    );
    assert_eq!(
        complaints(r#"["user_id: Diese Eingabe ist nicht korrekt."]"#),
        [said("user_id", not_correct)]
    );
    assert_eq!(
        complaints(
            r#"["name: Pflichtfeld","global: Unexpected extra form field named \"non_existent_field\"."]"#
        ),
        [said("name", "Pflichtfeld"), unknown("non_existent_field")]
    );
    assert_eq!(
        complaints(r#"["Widget schema does not include the following field(s): esr_id, qr_invoice_id"]"#),
        [unknown("esr_id"), unknown("qr_invoice_id")]
    );
    assert_eq!(complaints("[]"), []);
    let plain = read_refusal(r#"{"error_code":409,"message":"tax can not be deleted"}"#);
    assert_eq!(plain, (Some("tax can not be deleted".to_owned()), Vec::new()));
}

#[test]
fn nested_forms_name_each_field() {
    assert_eq!(
        complaints(r#"["positions: 0 [account_id [A.] tax_id [B.]] 12 [text [C]]"]"#),
        [
            said("positions[0].account_id", "A."),
            said("positions[0].tax_id", "B."),
            said("positions[12].text", "C")
        ]
    );
    assert_eq!(complaints(r#"["positions: 0 [Pflichtfeld]"]"#), [said("positions[0]", "Pflichtfeld")]);
    assert_eq!(
        complaints(r#"["message: 0 [text [Missing [Network Link] here]]"]"#),
        [said("message[0].text", "Missing [Network Link] here")]
    );
}

#[test]
fn what_only_clients_report_is_understood_too() {
    assert_eq!(complaints(r#"[{"field":"mail","message":"invalid"}]"#), [said("mail", "invalid")]);
    assert_eq!(
        complaints(r#"{"mail":["invalid","too long"],"name_1":"missing"}"#),
        [said("mail", "invalid"), said("mail", "too long"), said("name_1", "missing")]
    );
    let problem = read_refusal(r#"{"title":"Bad request","detail":"limit is too large","status":400}"#);
    assert_eq!(problem.0.as_deref(), Some("Bad request: limit is too large"));
}

#[test]
fn what_does_not_follow_the_grammar_is_kept_as_it_is() {
    assert_eq!(
        complaints(r#"["The message must contain [Network Link]"]"#),
        [said("-", "The message must contain [Network Link]")]
    );
    assert_eq!(
        complaints(r#"["message: must contain [Network Link]"]"#),
        [said("message", "must contain [Network Link]")]
    );
    assert_eq!(complaints(r#"["positions: 0 [account_id [A.]"]"#), [said("positions", "0 [account_id [A.]")]);
    assert_eq!(complaints(r#"["positions: ]["]"#), [said("positions", "][")]);
    assert_eq!(
        complaints(r#"["Es ist 12:30 Uhr", "global: Nein"]"#),
        [said("-", "Es ist 12:30 Uhr"), said("-", "Nein")]
    );
    assert_eq!(complaints(r#""missing data""#), [said("-", "missing data")]);
    assert_eq!(complaints("null"), []);
    for body in ["", "<html>502</html>", "null", "[]", "\"x\"", r#"{"message":{"a":1},"errors":7}"#] {
        let (message, _) = read_refusal(body);
        assert_eq!(message, None, "{body}");
    }
}

#[test]
fn a_refusal_is_told_from_a_failure() {
    let call = Call { upstream: "Bexio", route: "POST /2.0/kb_invoice" };
    let status = |status, body: &str| {
        let body = Excerpt::new(body.as_bytes(), "");
        BexioError::from(TransportError::Status { call, status, body, wait: None })
    };
    let refused = status(422, r#"{"message":"No.","errors":["user_id: Pflichtfeld"]}"#);
    assert_eq!(refused.to_string(), "Bexio POST /2.0/kb_invoice answered 422: No. [user_id: Pflichtfeld]");
    assert!(matches!(status(404, "<html>"), BexioError::Refused { status: 404, message: None, .. }));
    for code in [302, 408, 429, 500, 503] {
        assert!(matches!(status(code, "{}"), BexioError::Call(_)), "{code}");
    }
    let lost = TransportError::OutcomeUnknown { call, reason: Doubt::BodyCut("x".to_owned()) };
    assert!(matches!(BexioError::from(lost), BexioError::Call(_)));
}

proptest::proptest! {
    #[test]
    fn no_complaint_panics(text in proptest::prop_oneof![r"[a-z0-9:\[\] ,.]{0,60}", ".*", r"positions: (0 \[){0,30}"]) {
        let errors = read_text(&text);
        proptest::prop_assert!(!errors.is_empty() || text.trim().starts_with("Widget"));
    }
}
