//! The shapes in which clients' builds write their documents.

use async_graphql::parser::types::DocumentOperations;
use serde::Deserialize;
use serde_json::Value;

/// Apollo's manifest.
const APOLLO: &str = "apollo-persisted-query-manifest";

/// What is taken, in words.
const EXPECTED: &str = "an object of ids and texts, or Apollo's persisted-query-manifest.json";

#[derive(Deserialize)]
struct Operation {
    id: String,
    body: String,
}

/// Ids and texts.
pub(super) fn entries(manifest: &str) -> Result<Vec<(String, String)>, String> {
    let whole: Value = serde_json::from_str(manifest.trim_start_matches('\u{feff}'))
        .map_err(|error| format!("it is not valid JSON: {error}"))?;
    let Value::Object(members) = whole else { return Err(format!("expected {EXPECTED}")) };
    if members.get("format").and_then(Value::as_str) == Some(APOLLO) {
        let operations = members.get("operations").cloned().unwrap_or_default();
        let operations: Vec<Operation> =
            serde_json::from_value(operations).map_err(|error| format!("its operations: {error}"))?;
        return Ok(operations.into_iter().map(|operation| (operation.id, operation.body)).collect());
    }
    let entry = |(id, text): (String, Value)| match text {
        Value::String(text) if !id.is_empty() => Ok((id, text)),
        _ => Err(format!("the member '{id}' is no text: expected {EXPECTED}")),
    };
    members.into_iter().map(entry).collect()
}

/// The name of the first operation of `text` that has one.
pub(super) fn name_of(text: &str) -> Option<&str> {
    // Told from the text, since what does not parse is to be named too.
    let mut words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    while let Some(word) = words.next() {
        if matches!(word, "query" | "mutation" | "subscription") {
            return words.next().filter(|name| !name.is_empty());
        }
    }
    None
}

/// The names of the operations of a document; `None` for the only one.
pub(super) fn operations_of(operations: &DocumentOperations) -> Vec<Option<String>> {
    match operations {
        DocumentOperations::Single(_) => vec![None],
        DocumentOperations::Multiple(operations) => {
            operations.keys().map(|name| Some(name.to_string())).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifests_of_relay_code_generator_and_apollo_are_read() {
        let plain = r#"{ "2e1d": "query A { a }", "ffff": "{ b }" }"#;
        let apollo = r#"{ "format": "apollo-persisted-query-manifest", "version": 1, "operations": [
            { "id": "2e1d", "name": "A", "type": "query", "body": "query A { a }" },
            { "id": "ffff", "name": "B", "type": "query", "body": "{ b }" } ] }"#;
        for manifest in [plain, apollo] {
            let read = entries(manifest).unwrap();
            let expected = [("2e1d", "query A { a }"), ("ffff", "{ b }")];
            assert_eq!(read, expected.map(|(id, text)| (id.to_owned(), text.to_owned())));
        }
        assert_eq!(entries("{}").unwrap().len(), 0);
    }

    #[test]
    fn anything_else_is_refused_in_words() {
        for (manifest, says) in [
            ("", "not valid JSON"),
            ("[]", "expected an object"),
            (r#"{ "a": 1 }"#, "'a' is no text"),
            (r#"{ "": "{ a }" }"#, "'' is no text"),
            (r#"{ "format": "apollo-persisted-query-manifest", "operations": [ { "id": "x" } ] }"#, "body"),
        ] {
            let refused = entries(manifest).unwrap_err();
            assert!(refused.contains(says), "{manifest}: {refused}");
        }
    }

    #[test]
    fn an_operation_is_named_by_its_text() {
        for (text, name) in [
            ("query Open($n: Int) { a }", Some("Open")),
            ("fragment F on Query { a } mutation Send { b }", Some("Send")),
            ("{ a }", None),
            ("query { a }", None),
            ("subscription Watch{", Some("Watch")),
        ] {
            assert_eq!(name_of(text), name, "{text}");
        }
    }
}
