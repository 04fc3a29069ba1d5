//! Work that keeps a processor busy, in turns: light requests are not kept waiting behind a crowd of heavy ones.
//!
//! Half of the processors have a place each, so that the other half answers everybody else. Whoever computes for more
//! than about a millisecond does so in such a place, on a thread beside the executor's.

use std::future::Future;
use std::num::NonZero;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll, Wake, Waker};

use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinError;
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument as _;

use crate::trace::TraceExt as _;

/// The places of this process: processors are shared by all that runs in it.
static PLACES: LazyLock<Places> = LazyLock::new(|| {
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
    Places::new((processors / 2).max(1))
});

/// What `work` gives.
///
/// # Errors
/// When it panicked.
pub(crate) async fn run<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, JoinError> {
    PLACES.run(work).await
}

/// What `running` gives, in a place whenever it computes and in none while it waits for something. It runs in the
/// caller's span and trace.
///
/// # Errors
/// When it panicked.
pub(crate) async fn polled<T: Send + 'static>(
    running: impl Future<Output = T> + Send + 'static,
) -> Result<T, JoinError> {
    PLACES.polled(running.in_current_span().with_current_context()).await
}

/// Places for heavy computing.
#[derive(Clone)]
struct Places(Arc<Semaphore>);

impl Places {
    fn new(places: usize) -> Self {
        Self(Arc::new(Semaphore::new(places)))
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, JoinError> {
        let places = self.clone();
        // In a task of its own: one that is polled in a place could be given the next place and, without it, never ask
        // again. Whoever goes away before the turn has come gives it up.
        AbortOnDropHandle::new(tokio::spawn(async move { places.run_here(work).await })).await?
    }

    async fn run_here<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, JoinError> {
        // Never closed. The place goes along with the work, which goes on when nobody waits for it; and it comes back
        // with the outcome, so that the next work finds this one's thread free and not a new one.
        let place = Arc::clone(&self.0).acquire_owned().await.ok();
        let (outcome, _place) = tokio::task::spawn_blocking(move || (work(), place)).await?;
        Ok(outcome)
    }

    async fn polled<T: Send + 'static>(
        &self,
        running: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, JoinError> {
        let mut running = Box::pin(running);
        let woken = Arc::new(Woken::default());
        loop {
            let waker = Waker::from(Arc::clone(&woken));
            let poll = move || (running.as_mut().poll(&mut Context::from_waker(&waker)), running);
            match self.run_here(poll).await? {
                (Poll::Ready(outcome), _) => return Ok(outcome),
                (Poll::Pending, waiting) => running = waiting,
            }
            woken.0.notified().await;
        }
    }
}

/// Tells that what was waited for may have come, also where that was before anybody listened.
#[derive(Default)]
struct Woken(Notify);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn heavy_work_waits_for_its_turn() {
        let places = Places::new(1);
        let held = Arc::clone(&places.0).try_acquire_owned().unwrap();
        let mut polled = Box::pin(places.polled(std::future::ready(1)));
        assert!((&mut polled).now_or_never().is_none());
        let mut run = Box::pin(places.run(|| 2));
        assert!((&mut run).now_or_never().is_none());
        drop(held);
        let (first, second) = tokio::join!(polled, run);
        assert_eq!((first.unwrap(), second.unwrap()), (1, 2));
    }

    #[tokio::test]
    async fn who_waits_for_something_else_holds_no_place_and_is_woken() {
        let places = Places::new(1);
        let (answer, asked) = tokio::sync::oneshot::channel();
        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let inner = places.clone();
        let waiting = tokio::spawn(async move {
            let running = async move {
                begun.send(()).unwrap();
                asked.await.unwrap()
            };
            inner.polled(running).await
        });
        has_begun.await.unwrap();
        assert_eq!(places.run(|| 7).await.unwrap(), 7);
        answer.send(8).unwrap();
        assert_eq!(waiting.await.unwrap().unwrap(), 8);
    }

    /// As a report within an operation that is heavy.
    #[tokio::test]
    async fn what_is_polled_may_have_something_run_in_the_only_place() {
        let places = Places::new(1);
        let inner = places.clone();
        assert_eq!(places.polled(async move { inner.run(|| 5).await.unwrap() + 1 }).await.unwrap(), 6);
    }

    #[tokio::test]
    async fn a_panic_is_told_and_gives_the_place_back() {
        let places = Places::new(1);
        assert!(places.polled(async { panic!("on purpose") }).await.unwrap_err().is_panic());
        assert_eq!(places.run(|| 1).await.unwrap(), 1);
    }

    /// The only thread of the executor goes on with light tasks while a heavy one computes.
    #[tokio::test]
    async fn a_heavy_operation_holds_up_no_light_one() {
        let places = Places::new(1);
        let (done, is_done) = mpsc::channel();
        let heavy = tokio::spawn(async move {
            places.polled(async move { is_done.recv_timeout(Duration::from_secs(20)) }).await
        });
        let light = tokio::spawn(async move { done.send(()) });
        light.await.unwrap().unwrap();
        heavy.await.unwrap().unwrap().expect("the light task ran meanwhile");
    }
}
