//! The right to one call, as its sender holds it: it is given back when the sender goes away.

use std::sync::Arc;

use super::circuit::{Admission, Verdict};
use super::client::Inner;
use super::error::{NotSent, TransportError};
use crate::domain::connection::CircuitState;

/// The right to one call, which says of its end once.
#[derive(Debug)]
pub(super) struct Pass {
    inner: Arc<Inner>,
    admission: Option<Admission>,
}

impl Pass {
    /// The right to a call that leaves at once.
    pub(super) fn take(inner: &Arc<Inner>, is_forced: bool) -> Result<Self, NotSent> {
        let admission = inner.circuit.admit(inner.clock.elapsed(), is_forced);
        let admission = admission.map_err(|retry_in| inner.held_back(retry_in))?;
        Ok(Self { inner: Arc::clone(inner), admission: Some(admission) })
    }

    /// The call ended like this.
    pub(super) fn end(&mut self, error: Option<&TransportError>) {
        self.tell(Verdict::of(error));
    }

    fn tell(&mut self, verdict: Verdict) {
        let Some(admission) = self.admission.take() else { return };
        let now = self.inner.clock.elapsed();
        let upstream = self.inner.config.upstream;
        match self.inner.circuit.settle(now, admission, verdict) {
            Some(CircuitState::Open) => {
                let seconds = self.inner.circuit.snapshot(now).retry_in.unwrap_or_default().as_secs();
                tracing::warn!(
                    upstream,
                    seconds,
                    "it failed several times and is left alone for {seconds} s"
                );
            }
            Some(CircuitState::Closed) => tracing::info!(upstream, "it answers again"),
            Some(CircuitState::HalfOpen) | None => {}
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.tell(Verdict::Untold);
    }
}
