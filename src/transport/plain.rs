//! Single requests to what is no upstream: the collector of traces, and this service itself.
//!
//! No budget, no repeats, no counters, no token: what is sent here may be lost.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};

use super::config::TransportConfig;
use super::http_client::{build_client, chain};

/// Why a request had no answer, in words without its address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PlainError(String);

/// Longest answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;

/// Sends single requests. Cloning shares its connections.
#[derive(Debug, Clone)]
pub struct PlainSender {
    client: reqwest::Client,
    time_max: Duration,
}

impl PlainSender {
    /// A sender whose requests take this long at most.
    ///
    /// # Errors
    /// When the TLS library refuses its configuration.
    pub fn new(time_max: Duration) -> Result<Self, PlainError> {
        let client =
            build_client(&TransportConfig::new("no upstream")).map_err(|error| PlainError(chain(error)))?;
        Ok(Self { client, time_max })
    }

    /// The answer, whatever its status.
    ///
    /// # Errors
    /// When none came in time, or it is too long.
    pub async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, PlainError> {
        let sent = tokio::time::timeout(self.time_max, self.exchange(request)).await;
        sent.unwrap_or_else(|_| Err(PlainError(format!("no answer within {} ms", self.time_max.as_millis()))))
    }

    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, PlainError> {
        let failed = |error| PlainError(chain(error));
        let request = reqwest::Request::try_from(request).map_err(failed)?;
        let mut response = self.client.execute(request).await.map_err(failed)?;
        let mut answer = Response::new(Bytes::new());
        *answer.status_mut() = response.status();
        *answer.headers_mut() = std::mem::take(response.headers_mut());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            body.extend_from_slice(&chunk);
            if body.len() > ANSWER_BYTES_MAX {
                return Err(PlainError(format!("its answer is longer than {ANSWER_BYTES_MAX} bytes")));
            }
        }
        *answer.body_mut() = body.into();
        Ok(answer)
    }
}
