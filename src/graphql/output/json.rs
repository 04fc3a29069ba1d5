//! JSON text: strings, and async-graphql's values with what was written beforehand inside them.

use async_graphql::Value;

/// Writes `text` as a JSON string.
pub(super) fn write_text(out: &mut Vec<u8>, text: &str) {
    // Most texts need no escape: one look at each byte, one copy.
    if text.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\') {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    } else {
        // Writing to memory cannot fail.
        let _ = serde_json::to_writer(out, text);
    }
}

/// Writes a value of an answer. [`Value::Binary`] holds JSON that is written as it stands: the
/// schema has no binary type, so nothing else ever becomes one.
pub(in crate::graphql) fn write_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Binary(json) => out.extend_from_slice(json),
        Value::List(values) => {
            out.push(b'[');
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_value(out, value);
            }
            out.push(b']');
        }
        Value::Object(entries) => {
            out.push(b'{');
            for (index, (key, value)) in entries.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_text(out, key);
                out.push(b':');
                write_value(out, value);
            }
            out.push(b'}');
        }
        leaf => {
            // Writing to memory cannot fail, and a leaf has no keys that could be refused.
            let _ = serde_json::to_writer(out, leaf);
        }
    }
}
