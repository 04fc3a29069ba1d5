//! The request id: taken from `x-request-id` when it is fit for a log line, else made here.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};

/// The header, both ways.
pub(super) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longest id that is taken over from a client.
const LENGTH_MAX: usize = 128;

/// Names one request in answers and logs.
#[derive(Debug, Clone)]
pub(super) struct RequestId(HeaderValue);

impl RequestId {
    /// The client's id if it is 1 to 128 characters of `A-Z a-z 0-9 - _ .`, else a new one: what a
    /// client sends is written into logs and answers, so nothing else may pass.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        match headers.get(X_REQUEST_ID) {
            Some(value) if is_fit(value.as_bytes()) => Self(value.clone()),
            _ => Self::generate(),
        }
    }

    /// A new id: unique here by its counter, among processes by its random start. It is no secret.
    pub(super) fn generate() -> Self {
        static PREFIX: OnceLock<u64> = OnceLock::new();
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let prefix = *PREFIX.get_or_init(rand::random);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let mut text = [b'0'; 32];
        write_hex(prefix, &mut text[..16]);
        write_hex(count, &mut text[16..]);
        let value = HeaderValue::from_maybe_shared(Bytes::copy_from_slice(&text));
        Self(value.unwrap_or(HeaderValue::from_static("unknown")))
    }

    /// As text.
    pub(super) fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or("unknown")
    }

    /// As the value of the answer's header.
    pub(super) fn header_value(&self) -> HeaderValue {
        self.0.clone()
    }
}

fn is_fit(value: &[u8]) -> bool {
    let fit = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    (1..=LENGTH_MAX).contains(&value.len()) && value.iter().all(fit)
}

fn write_hex(mut number: u64, into: &mut [u8]) {
    for digit in into.iter_mut().rev() {
        *digit = b"0123456789abcdef"[usize::try_from(number & 15).unwrap_or(0)];
        number >>= 4;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id_for(given: &'static str) -> String {
        let headers = [(X_REQUEST_ID, HeaderValue::from_static(given))].into_iter().collect();
        RequestId::of(&headers).as_str().to_owned()
    }

    #[test]
    fn a_fit_id_is_taken_over_and_any_other_replaced() {
        assert_eq!(id_for("order-7_A.1"), "order-7_A.1");
        for unfit in ["", "a b", "a\tb", "<script>", "a;b", "ä"] {
            let id = RequestId::of(
                &[(X_REQUEST_ID, HeaderValue::from_bytes(unfit.as_bytes()).unwrap())].into_iter().collect(),
            );
            assert_ne!(id.as_str(), unfit);
            assert_eq!(id.as_str().len(), 32, "{unfit:?}");
        }
        let long: HeaderMap =
            [(X_REQUEST_ID, HeaderValue::try_from("a".repeat(129)).unwrap())].into_iter().collect();
        assert_eq!(RequestId::of(&long).as_str().len(), 32);
    }

    #[test]
    fn generated_ids_differ() {
        assert_ne!(RequestId::generate().as_str(), RequestId::generate().as_str());
    }
}
