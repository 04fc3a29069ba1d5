//! A 2xx answer's body as it arrives, under the call's remaining time and its size limit.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Sleep;

use super::admission::Permits;
use super::client::Inner;
use super::error::{BodyFault, Call, Doubt, TransportError};
use super::http_client::chain;
use super::pass::Pass;

/// The pieces of a streamed answer. Dropping it ends the call.
#[derive(Debug)]
pub struct BodyStream {
    pub(super) inner: Arc<Inner>,
    pub(super) call: Call,
    pub(super) attempt: u32,
    pub(super) response: reqwest::Response,
    pub(super) time_left: Pin<Box<Sleep>>,
    pub(super) time_max: Duration,
    pub(super) bytes_max: Option<usize>,
    pub(super) bytes_seen: u64,
    pub(super) began: Duration,
    pub(super) settled: bool,
    pub(super) pass: Pass,
    pub(super) _permits: Permits,
}

impl BodyStream {
    /// The next piece, `None` at the answer's proper end.
    ///
    /// # Errors
    /// [`TransportError::OutcomeUnknown`] when it breaks off or stalls, [`BodyFault::TooLarge`]
    /// beyond the call's limit.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, TransportError> {
        let result = self.read().await;
        match &result {
            Ok(Some(chunk)) => self.bytes_seen = self.bytes_seen.saturating_add(chunk.len() as u64),
            // Booked when the reader lets go of it: only the reader can tell whether it was of use.
            Ok(None) => {}
            Err(error) => self.settle(Some(error)),
        }
        result
    }

    /// The next piece without booking it.
    pub(super) async fn read(&mut self) -> Result<Option<Bytes>, TransportError> {
        let silence_max = self.inner.config.read_timeout;
        let read = tokio::time::timeout(silence_max, self.response.chunk());
        let outcome = tokio::select! {
            biased;
            outcome = read => outcome.map_err(|_| silence_max),
            () = &mut self.time_left => Err(self.time_max),
        };
        let doubt = |reason| TransportError::OutcomeUnknown { call: self.call, reason };
        let chunk = outcome
            .map_err(|after| doubt(Doubt::TimedOut { after }))?
            .map_err(|error| doubt(Doubt::BodyCut(chain(error))))?;
        let total = self.bytes_seen.saturating_add(chunk.as_ref().map_or(0, |chunk| chunk.len() as u64));
        match self.bytes_max {
            Some(max) if total > max as u64 => {
                Err(TransportError::Body { call: self.call, fault: BodyFault::TooLarge { max } })
            }
            _ => Ok(chunk),
        }
    }

    /// Reads to the end.
    pub(super) async fn collect(mut self) -> Result<Bytes, TransportError> {
        let Some(first) = self.chunk().await? else { return Ok(Bytes::new()) };
        let Some(second) = self.chunk().await? else { return Ok(first) };
        let mut whole = Vec::with_capacity(first.len().saturating_add(second.len()).saturating_mul(2));
        whole.extend_from_slice(&first);
        whole.extend_from_slice(&second);
        while let Some(chunk) = self.chunk().await? {
            whole.extend_from_slice(&chunk);
        }
        Ok(whole.into())
    }

    /// Ends the call because its answer is of no use, and books that.
    pub fn unusable(mut self, fault: BodyFault) -> TransportError {
        let error = TransportError::Body { call: self.call, fault };
        self.settle(Some(&error));
        error
    }

    /// The call this is the answer of.
    pub const fn call(&self) -> Call {
        self.call
    }

    pub(super) fn settle(&mut self, error: Option<&TransportError>) {
        if !std::mem::replace(&mut self.settled, true) {
            let status = self.response.status().as_u16();
            self.pass.end(error);
            self.inner.settle(self.call, self.attempt, self.began, self.bytes_seen, Some(status), error);
        }
    }
}

impl Drop for BodyStream {
    fn drop(&mut self) {
        // The reader had enough, or went away: the upstream did nothing wrong.
        self.settle(None);
    }
}
