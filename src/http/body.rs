//! Reads a request's body under a limit and a time-out.
//!
//! No extractor does this for GraphQL: axum's body limit does not bind async-graphql's own one.

use std::pin::pin;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body::Body;
use http_body_util::BodyExt;

use super::fault::HttpFault;

/// Longest time a refused body is still read, so that the refusal reaches a client that is sending.
const LINGER: Duration = Duration::from_secs(2);

/// The whole body; a body of one piece is handed over without a copy.
pub(super) async fn read<B>(body: B, limit: usize, timeout: Duration) -> Result<Bytes, HttpFault>
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
{
    if body.size_hint().lower() > u64::try_from(limit).unwrap_or(u64::MAX) {
        linger(body);
        return Err(HttpFault::BodyTooLarge { limit });
    }
    let limit_ms = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
    match tokio::time::timeout(timeout, collect(body, limit)).await {
        Ok(outcome) => outcome,
        Err(_elapsed) => Err(HttpFault::BodyTooSlow { limit_ms }),
    }
}

async fn collect<B>(mut body: B, limit: usize) -> Result<Bytes, HttpFault>
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
{
    let mut whole = Bytes::new();
    let mut pieces = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return Err(HttpFault::BodyIncomplete) };
        let Ok(data) = frame.into_data() else { continue };
        if whole.len() + pieces.len() + data.len() > limit {
            linger(body);
            return Err(HttpFault::BodyTooLarge { limit });
        }
        if whole.is_empty() && pieces.is_empty() {
            whole = data;
        } else {
            if pieces.is_empty() {
                pieces.extend_from_slice(&std::mem::take(&mut whole));
            }
            pieces.extend_from_slice(&data);
        }
    }
    Ok(if pieces.is_empty() { whole } else { pieces.freeze() })
}

/// Goes on reading for a moment beside the answer. Closing with unread bytes in the socket resets
/// the connection, and the client would see that in place of the status.
fn linger<B>(body: B)
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
{
    tokio::spawn(tokio::time::timeout(LINGER, async move {
        let mut body = pin!(body);
        while let Some(Ok(_)) = body.frame().await {}
    }));
}
