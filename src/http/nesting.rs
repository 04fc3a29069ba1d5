//! How deep JSON is nested, told from its bytes before anything decodes it.
//!
//! Decoders recurse; a few kilobytes of brackets are then a stack overflow that no handler catches.

/// Deepest nesting of arrays and objects that is taken.
pub(super) const MAX_DEPTH: usize = 64;

/// Whether `json` nests arrays and objects deeper than [`MAX_DEPTH`]. Brackets in strings do not
/// count; text that is not JSON gives an answer too, which the decoder then makes irrelevant.
pub(super) fn too_deep(json: &[u8]) -> bool {
    let mut depth = 0_usize;
    let mut bytes = json.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => skip_string(&mut bytes),
            b'[' | b'{' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return true;
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

fn skip_string(bytes: &mut std::slice::Iter<'_, u8>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => {
                bytes.next();
            }
            b'"' => return,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_counted_outside_strings_only() {
        let nested = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
        assert!(!too_deep(nested(MAX_DEPTH).as_bytes()));
        assert!(too_deep(nested(MAX_DEPTH + 1).as_bytes()));
        assert!(too_deep(&b"{\"a\":".repeat(MAX_DEPTH + 1)));
        assert!(!too_deep(format!("\"{}\"", "[".repeat(5000)).as_bytes()));
        assert!(!too_deep(format!("\"\\\"{}\"", "[".repeat(5000)).as_bytes()));
        assert!(too_deep(format!("\"\\\\\"{}", "[".repeat(5000)).as_bytes()));
        assert!(!too_deep("[]".repeat(5000).as_bytes()));
        assert!(!too_deep("]".repeat(5000).as_bytes()));
    }
}
