//! An answer as JSON.

use async_graphql::{Response, Value};

use super::output::write_value;

/// Writes `response` to `out`, by the specification's response format: errors first; no `data` where
/// the operation was refused before it ran, which is when an error has no path.
///
/// The data holds JSON that was written beforehand, so no other serializer gives it out right.
pub fn write_response(out: &mut Vec<u8>, response: &Response) {
    let Response { data, errors, extensions, .. } = response;
    out.reserve(size(data) + 512);
    let mut opener = b'{';
    if !errors.is_empty() {
        out.extend_from_slice(b"{\"errors\":");
        // Errors hold texts, numbers and lists of them: nothing that could be refused.
        let _ = serde_json::to_writer(&mut *out, errors);
        opener = b',';
    }
    if errors.iter().all(|error| !error.path.is_empty()) {
        out.push(opener);
        out.extend_from_slice(b"\"data\":");
        write_value(out, data);
        opener = b',';
    }
    if !extensions.is_empty() {
        out.push(opener);
        out.extend_from_slice(b"\"extensions\":");
        let _ = serde_json::to_writer(&mut *out, extensions);
        opener = b',';
    }
    if opener == b'{' {
        out.push(opener);
    }
    out.push(b'}');
}

/// About how many bytes `data` takes.
fn size(data: &Value) -> usize {
    match data {
        Value::Object(entries) => entries.values().map(size).sum::<usize>() + 64,
        Value::List(values) => values.iter().map(size).sum::<usize>() + 64,
        Value::Binary(json) => json.len(),
        _ => 64,
    }
}
