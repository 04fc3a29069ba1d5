//! `Range: bytes=…` (RFC 9110, section 14): which part of a document is wanted.

use std::ops::Range;

/// What to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Everything: no range, one that is not understood, or several apart from each other, which a
    /// server may answer as if none had been asked for.
    Whole,
    /// This part, with 206.
    Part(Range<usize>),
    /// Nothing of what is asked for exists: 416.
    Nothing,
}

/// Most ranges in one header that are looked at.
const RANGES_MAX: usize = 16;

/// The part of a document of `length` bytes that `header` asks for.
pub(super) fn wanted(header: &str, length: usize) -> Wanted {
    let Some((unit, list)) = header.split_once('=') else { return Wanted::Whole };
    if !unit.trim().eq_ignore_ascii_case("bytes") || list.split(',').count() > RANGES_MAX {
        return Wanted::Whole;
    }
    let mut parts = Vec::new();
    for spec in list.split(',').map(str::trim).filter(|spec| !spec.is_empty()) {
        match one(spec, length) {
            Some(part) => parts.extend((!part.is_empty()).then_some(part)),
            None => return Wanted::Whole,
        }
    }
    if list.split(',').all(|spec| spec.trim().is_empty()) {
        return Wanted::Whole;
    }
    match joined(parts) {
        None => Wanted::Nothing,
        Some(Ok(part)) => Wanted::Part(part),
        Some(Err(Apart)) => Wanted::Whole,
    }
}

/// One range; empty when it lies outside. `None` for what the grammar does not know.
fn one(spec: &str, length: usize) -> Option<Range<usize>> {
    let (first, last) = spec.split_once('-')?;
    let number = |text: &str| -> Option<usize> {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        // Too many digits is a number all the same, just one beyond every document.
        digits.then(|| text.parse().unwrap_or(usize::MAX))
    };
    if first.is_empty() {
        let suffix = number(last)?.min(length);
        return Some(length - suffix..length);
    }
    let start = number(first)?;
    if last.is_empty() {
        return Some(start.min(length)..length);
    }
    let last = number(last)?;
    if last < start {
        return None;
    }
    Some(start.min(length)..last.saturating_add(1).min(length))
}

/// The parts do not touch.
struct Apart;

/// The parts as one, if they overlap or touch; `None` if there are none.
fn joined(mut parts: Vec<Range<usize>>) -> Option<Result<Range<usize>, Apart>> {
    parts.sort_by_key(|part| part.start);
    let mut parts = parts.into_iter();
    let mut whole = parts.next()?;
    for part in parts {
        if part.start > whole.end {
            return Some(Err(Apart));
        }
        whole.end = whole.end.max(part.end);
    }
    Some(Ok(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_a_document_of_100_bytes() {
        for (header, expected) in [
            ("bytes=0-0", Wanted::Part(0..1)),
            ("bytes=0-99", Wanted::Part(0..100)),
            ("bytes=10-19", Wanted::Part(10..20)),
            ("bytes=90-1000", Wanted::Part(90..100)),
            ("bytes=90-", Wanted::Part(90..100)),
            ("bytes=-10", Wanted::Part(90..100)),
            ("bytes=-1000", Wanted::Part(0..100)),
            ("bytes=-0", Wanted::Nothing),
            ("bytes=100-", Wanted::Nothing),
            ("bytes=100-200", Wanted::Nothing),
            ("bytes=18446744073709551616-", Wanted::Nothing),
            ("bytes=0-18446744073709551616", Wanted::Part(0..100)),
            ("bytes=0-9,10-19", Wanted::Part(0..20)),
            ("bytes=5-20, 0-9", Wanted::Part(0..21)),
            ("bytes=0-9, 500-", Wanted::Part(0..10)),
            ("bytes=0-9, 50-59", Wanted::Whole),
            ("bytes=200-, 300-", Wanted::Nothing),
            ("bytes=20-10", Wanted::Whole),
            ("bytes=a-b", Wanted::Whole),
            ("bytes=", Wanted::Whole),
            ("bytes=,", Wanted::Whole),
            ("bytes=-", Wanted::Whole),
            ("bytes=+1-5", Wanted::Whole),
            ("lines=0-1", Wanted::Whole),
            ("bytes", Wanted::Whole),
            ("BYTES=0-1", Wanted::Part(0..2)),
        ] {
            assert_eq!(wanted(header, 100), expected, "{header}");
        }
        assert_eq!(wanted("bytes=0-", 0), Wanted::Nothing);
        assert_eq!(wanted(&format!("bytes={}", ["0-1"; 17].join(",")), 100), Wanted::Whole);
    }
}
