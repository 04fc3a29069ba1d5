//! Work that keeps a processor busy, in turns: light requests are not kept waiting behind a crowd of heavy ones.
//!
//! Half of the processors have a thread each, of a lower priority than those of the executor, so that everybody else is
//! answered meanwhile. What computes for more than about a millisecond does so there.

use std::any::Any;
use std::future::Future;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use tokio::runtime::Handle;
use tokio::sync::{Notify, oneshot};
use tracing::Instrument as _;

use crate::trace::TraceExt as _;

/// How much lower the priority is, as `nice` counts: enough for the executor's threads to go first whenever they wake.
const NICENESS: i32 = 10;

/// The threads of this process: processors are shared by all that runs in it.
static THREADS: LazyLock<Threads> = LazyLock::new(|| {
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    Threads::start((processors / 2).max(1))
});

/// Why there is no outcome.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failed {
    /// It panicked with this.
    #[error("a computation panicked")]
    Panicked(Box<dyn Any + Send>),
    /// The system gave no thread to compute on.
    #[error("there is no thread to compute on")]
    NoThread,
}

/// What `work` gives. Not begun when nobody waits for it any more.
///
/// # Errors
/// When it panicked.
pub(crate) async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failed> {
    THREADS.run(work).await
}

/// What `running` gives, which holds up other heavy work only while it computes, not while it waits for something. It
/// runs in the caller's span and trace.
///
/// # Errors
/// When it panicked.
pub(crate) async fn polled<T: Send + 'static>(
    running: impl Future<Output = T> + Send + 'static,
) -> Result<T, Failed> {
    THREADS.polled(running.in_current_span().with_current_context()).await
}

type Job = Box<dyn FnOnce() + Send>;

/// Threads that take jobs in the order in which they came.
#[derive(Clone)]
struct Threads(Sender<Job>);

impl Threads {
    fn start(count: usize) -> Self {
        let (jobs, taken) = channel();
        let taken = Arc::new(Mutex::new(taken));
        for _ in 0..count {
            let taken = Arc::clone(&taken);
            // Without any of them each job is told that there is no thread.
            let started = thread::Builder::new().name("cpu-bound".to_owned()).spawn(move || work_off(&taken));
            if let Err(error) = started {
                tracing::error!(%error, "a thread for heavy work could not be started");
            }
        }
        Self(jobs)
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failed> {
        let executor = Handle::current();
        let (tell, outcome) = oneshot::channel();
        let job = move || {
            let is_waited_for = !tell.is_closed();
            if is_waited_for {
                let _within = executor.enter();
                // Whoever waits goes on panicking or answers for it; nothing of `work` is seen by others.
                drop(tell.send(catch_unwind(AssertUnwindSafe(work))));
            }
        };
        self.0.send(Box::new(job)).map_err(|_| Failed::NoThread)?;
        outcome.await.map_err(|_| Failed::NoThread)?.map_err(Failed::Panicked)
    }

    async fn polled<T: Send + 'static>(
        &self,
        running: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Failed> {
        let mut running = Box::pin(running);
        let woken = Arc::new(Woken::default());
        loop {
            let waker = Waker::from(Arc::clone(&woken));
            let poll = move || (running.as_mut().poll(&mut Context::from_waker(&waker)), running);
            match self.run(poll).await? {
                (Poll::Ready(outcome), _) => return Ok(outcome),
                (Poll::Pending, waiting) => running = waiting,
            }
            woken.0.notified().await;
        }
    }
}

/// Takes jobs until nobody can send one any more.
fn work_off(jobs: &Mutex<Receiver<Job>>) {
    lower_priority();
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        job();
    }
}

/// On Linux priorities are those of threads, whatever POSIX says (setpriority(2)).
#[cfg(target_os = "linux")]
fn lower_priority() {
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::debug!(%error, "heavy work has the priority of everything else");
    }
}

#[cfg(not(target_os = "linux"))]
const fn lower_priority() {
    let _ = NICENESS;
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
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    use futures_util::FutureExt;

    use super::*;

    /// Keeps the only thread busy until it is told to go on.
    fn occupy(threads: &Threads) -> Sender<()> {
        let (go_on, told) = channel();
        threads.0.send(Box::new(move || told.recv().unwrap())).unwrap();
        go_on
    }

    #[tokio::test]
    async fn heavy_work_waits_for_its_turn() {
        let threads = Threads::start(1);
        let go_on = occupy(&threads);
        let mut polled = Box::pin(threads.polled(std::future::ready(1)));
        let mut run = Box::pin(threads.run(|| 2));
        assert!((&mut polled).now_or_never().is_none() && (&mut run).now_or_never().is_none());
        go_on.send(()).unwrap();
        assert_eq!((polled.await.unwrap(), run.await.unwrap()), (1, 2));
    }

    #[tokio::test]
    async fn what_nobody_waits_for_is_not_begun() {
        let threads = Threads::start(1);
        let go_on = occupy(&threads);
        let has_begun = Arc::new(AtomicBool::new(false));
        let begun = Arc::clone(&has_begun);
        assert!(threads.run(move || begun.store(true, Ordering::SeqCst)).now_or_never().is_none());
        go_on.send(()).unwrap();
        threads.run(|| ()).await.unwrap();
        assert!(!has_begun.load(Ordering::SeqCst));
    }

    #[tokio::test]
    async fn who_waits_for_something_else_holds_up_nobody_and_is_woken() {
        let threads = Threads::start(1);
        let (answer, asked) = oneshot::channel();
        let (begun, has_begun) = oneshot::channel();
        let inner = threads.clone();
        let waiting = tokio::spawn(async move {
            let running = async move {
                begun.send(()).unwrap();
                asked.await.unwrap()
            };
            inner.polled(running).await
        });
        has_begun.await.unwrap();
        assert_eq!(threads.run(|| 7).await.unwrap(), 7);
        answer.send(8).unwrap();
        assert_eq!(waiting.await.unwrap().unwrap(), 8);
    }

    /// As a report within an operation that is heavy.
    #[tokio::test]
    async fn what_is_polled_may_have_something_run_on_the_only_thread() {
        let threads = Threads::start(1);
        let inner = threads.clone();
        assert_eq!(threads.polled(async move { inner.run(|| 5).await.unwrap() + 1 }).await.unwrap(), 6);
    }

    #[tokio::test]
    async fn a_panic_is_told_and_the_thread_goes_on() {
        let threads = Threads::start(1);
        let failed = threads.polled(async { panic!("on purpose") }).await;
        assert!(matches!(failed, Err::<(), _>(Failed::Panicked(_))));
        assert_eq!(threads.run(|| 1).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn it_runs_within_the_executor_of_the_caller() {
        let threads = Threads::start(1);
        let running = async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            tokio::spawn(async { 3 }).await.unwrap()
        };
        assert_eq!(threads.polled(running).await.unwrap(), 3);
    }

    /// The only thread of the executor goes on with light tasks while a heavy one computes.
    #[tokio::test]
    async fn a_heavy_operation_holds_up_no_light_one() {
        let threads = Threads::start(1);
        let (done, is_done) = channel();
        let heavy = tokio::spawn(async move {
            threads.polled(async move { is_done.recv_timeout(Duration::from_secs(20)) }).await
        });
        let light = tokio::spawn(async move { done.send(()) });
        light.await.unwrap().unwrap();
        heavy.await.unwrap().unwrap().expect("the light task ran meanwhile");
    }
}
