//! Work that is done once for everybody who asks for the same at the same time. It runs in a task of
//! its own: who goes away does not end it, and a shutdown waits for it.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::trace::TraceExt as _;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use tokio_util::task::TaskTracker;

/// What is under way, by what was asked for. Cloning shares it.
pub(super) struct Flights<K, V>(Arc<Inner<K, V>>);

struct Inner<K, V> {
    under_way: Mutex<HashMap<K, Flight<V>>>,
    tasks: TaskTracker,
}

/// `None`: its task was cut short.
type Flight<V> = Shared<BoxFuture<'static, Option<V>>>;

impl<K, V> Clone for Flights<K, V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K, V> Default for Flights<K, V> {
    fn default() -> Self {
        Self(Arc::new(Inner { under_way: Mutex::default(), tasks: TaskTracker::new() }))
    }
}

impl<K: Clone + Eq + Hash + Send + 'static, V: Clone + Send + Sync + 'static> Flights<K, V> {
    /// The outcome of the work under way for `key`, else of `work`, which then begins. `None` where the
    /// task was cut short: it panicked, or the runtime is going down.
    pub(super) async fn join<F>(&self, key: K, work: impl FnOnce() -> F) -> Option<V>
    where
        F: Future<Output = V> + Send + 'static,
    {
        let flight = {
            let mut under_way = self.0.lock();
            under_way.entry(key.clone()).or_insert_with(|| self.start(key, work())).clone()
        };
        flight.await
    }

    /// Waits for what is under way, at most `grace`. Whether all of it ended.
    pub(super) async fn drain(&self, grace: Duration) -> bool {
        self.0.tasks.close();
        tokio::time::timeout(grace, self.0.tasks.wait()).await.is_ok()
    }

    fn start(&self, key: K, work: impl Future<Output = V> + Send + 'static) -> Flight<V> {
        let inner = Arc::clone(&self.0);
        let work = async move {
            let _landing = Landing { inner, key };
            work.await
        };
        let task = self.0.tasks.spawn(work.with_current_context());
        async move { task.await.ok() }.boxed().shared()
    }
}

impl<K, V> Inner<K, V> {
    fn lock(&self) -> MutexGuard<'_, HashMap<K, Flight<V>>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes a flight from the list when it has ended, however it ends.
struct Landing<K: Eq + Hash, V> {
    inner: Arc<Inner<K, V>>,
    key: K,
}

impl<K: Eq + Hash, V> Drop for Landing<K, V> {
    fn drop(&mut self) {
        self.inner.lock().remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use futures_util::future::join_all;
    use tokio::sync::Notify;

    use super::*;

    #[tokio::test]
    async fn many_who_ask_at_once_share_one_and_who_comes_later_begins_anew() {
        let (flights, begun, go) =
            (Flights::<u8, u32>::default(), Arc::new(AtomicU32::new(0)), Arc::new(Notify::new()));
        let work = || {
            let (begun, go) = (Arc::clone(&begun), Arc::clone(&go));
            async move {
                let number = begun.fetch_add(1, Ordering::SeqCst) + 1;
                go.notified().await;
                number
            }
        };
        let asked = join_all((0..50).map(|_| flights.join(1, work)));
        let other = flights.join(2, || async { 7 });
        let (answers, seven, ()) = tokio::join!(asked, other, async {
            tokio::task::yield_now().await;
            go.notify_one();
        });
        assert_eq!((answers, seven), (vec![Some(1); 50], Some(7)));
        go.notify_one();
        assert_eq!(flights.join(1, work).await, Some(2));
        assert!(flights.0.lock().is_empty() && flights.drain(Duration::ZERO).await);
    }

    #[tokio::test]
    async fn who_goes_away_does_not_end_it() {
        let (flights, go) = (Flights::<u8, u32>::default(), Arc::new(Notify::new()));
        let work = || {
            let go = Arc::clone(&go);
            async move {
                go.notified().await;
                3
            }
        };
        let mut first = Box::pin(flights.join(1, work));
        assert!(futures_util::poll!(&mut first).is_pending());
        drop(first);
        go.notify_one();
        assert_eq!(flights.join(1, || async { 4 }).await, Some(3));
    }

    #[tokio::test]
    async fn a_panic_ends_one_flight_and_not_the_next() {
        let flights = Flights::<u8, u32>::default();
        assert_eq!(flights.join(1, || async { panic!("on purpose") }).await, None);
        assert_eq!(flights.join(1, || async { 4 }).await, Some(4));
    }
}
