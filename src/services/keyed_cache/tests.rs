//! Each of moka's traps, and the promises of [`KeyedCache`]; no test waits for time to pass.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinHandle;

use super::*;
use crate::domain::ManualClock;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the source failed")]
struct SourceError;

type TestCache<K = u32> = KeyedCache<K, String, SourceError>;

const SECOND: Duration = Duration::from_secs(1);
const POLICY: CachePolicy = CachePolicy {
    name: "test",
    stale_max: Duration::from_mins(1),
    error_ttl: Duration::from_secs(5),
    bytes_max: 1_000,
};

/// A source that answers when it is let, and counts how often it was asked.
#[derive(Clone, Default)]
struct Source {
    asked: Arc<AtomicUsize>,
    was_asked: Arc<Notify>,
}

/// Lets one load end.
type Gate = Arc<Semaphore>;

impl Source {
    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// At once.
    fn answers(&self, answer: &str) -> impl FnOnce() -> BoxedLoad + Send + 'static + use<> {
        self.answers_behind(&Arc::new(Semaphore::new(1)), Ok(answer.to_owned()))
    }

    fn fails(&self) -> impl FnOnce() -> BoxedLoad + Send + 'static + use<> {
        self.answers_behind(&Arc::new(Semaphore::new(1)), Err(SourceError))
    }

    fn answers_behind(
        &self,
        gate: &Gate,
        answer: Result<String, SourceError>,
    ) -> impl FnOnce() -> BoxedLoad + Send + 'static + use<> {
        let (source, gate) = (self.clone(), Arc::clone(gate));
        move || -> BoxedLoad {
            Box::pin(async move {
                source.asked.fetch_add(1, Ordering::SeqCst);
                source.was_asked.notify_waiters();
                gate.acquire().await.unwrap().forget();
                answer
            })
        }
    }

    async fn until_asked(&self, times: usize) {
        loop {
            let notified = self.was_asked.notified();
            if self.asked() >= times {
                return;
            }
            notified.await;
        }
    }
}

type BoxedLoad = std::pin::Pin<Box<dyn Future<Output = Result<String, SourceError>> + Send>>;

fn closed() -> Gate {
    Arc::new(Semaphore::new(0))
}

fn cache() -> (TestCache, Arc<ManualClock>, Source) {
    let clock = Arc::new(ManualClock::new("2026-01-01T00:00:00Z".parse().unwrap()));
    let cache = KeyedCache::new(POLICY, clock.clone(), |_, value: &String| value.len());
    (cache, clock, Source::default())
}

/// A caller of its own.
fn call(
    cache: &TestCache,
    key: u32,
    load: impl FnOnce() -> BoxedLoad + Send + 'static,
) -> JoinHandle<Result<Cached<String>, CacheError<SourceError>>> {
    let cache = cache.clone();
    tokio::spawn(async move { cache.get(key, SECOND, load).await })
}

/// Until no load is on its way.
async fn landed(cache: &TestCache) {
    while !cache.shared.flights().by_key.is_empty() {
        tokio::task::yield_now().await;
    }
}

async fn value(cache: &TestCache, key: u32, load: impl FnOnce() -> BoxedLoad + Send + 'static) -> String {
    cache.get(key, SECOND, load).await.unwrap().value
}

#[tokio::test]
async fn a_value_is_fetched_once_while_it_is_young_enough() {
    let (cache, clock, source) = cache();
    assert_eq!(value(&cache, 1, source.answers("a")).await, "a");
    clock.advance(SECOND);
    let again = cache.get(1, SECOND, source.answers("b")).await.unwrap();
    assert_eq!(again, Cached { value: "a".to_owned(), age: SECOND, stale: false });
    assert_eq!(value(&cache, 2, source.answers("other key")).await, "other key");
    clock.advance(POLICY.stale_max);
    let fetched = cache.get(1, SECOND, source.answers("c")).await.unwrap();
    assert_eq!(fetched, Cached { value: "c".to_owned(), age: Duration::ZERO, stale: false });
    assert_eq!(source.asked(), 3);
}

#[tokio::test]
async fn a_clock_that_is_set_neither_ages_nor_rejuvenates() {
    let (cache, clock, source) = cache();
    value(&cache, 1, source.answers("a")).await;
    clock.set("2036-01-01T00:00:00Z".parse().unwrap());
    assert_eq!(value(&cache, 1, source.answers("b")).await, "a");
    clock.advance(POLICY.stale_max + SECOND);
    clock.set("2016-01-01T00:00:00Z".parse().unwrap());
    assert_eq!(value(&cache, 1, source.answers("b")).await, "b");
}

#[tokio::test]
async fn age_counts_from_when_the_source_was_asked() {
    let (cache, clock, source) = cache();
    let gate = closed();
    let caller = call(&cache, 1, source.answers_behind(&gate, Ok("a".to_owned())));
    source.until_asked(1).await;
    clock.advance(3 * SECOND);
    gate.add_permits(1);
    let slow = caller.await.unwrap().unwrap();
    assert_eq!((slow.age, slow.stale), (3 * SECOND, false), "there is nothing newer");
}

#[tokio::test]
async fn a_hundred_callers_share_one_load() {
    let (cache, _, source) = cache();
    let gate = closed();
    let callers: Vec<_> =
        (0..100).map(|_| call(&cache, 1, source.answers_behind(&gate, Ok("a".to_owned())))).collect();
    source.until_asked(1).await;
    gate.add_permits(100);
    for caller in callers {
        assert_eq!(caller.await.unwrap().unwrap().value, "a");
    }
    assert_eq!(source.asked(), 1);
}

/// moka drops the load with its first caller, and a follower starts it again.
#[tokio::test]
async fn a_caller_that_goes_away_neither_ends_nor_restarts_the_load() {
    let (cache, _, source) = cache();
    let gate = closed();
    let first = call(&cache, 1, source.answers_behind(&gate, Ok("a".to_owned())));
    source.until_asked(1).await;
    let follower = call(&cache, 1, source.answers("b"));
    tokio::task::yield_now().await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    gate.add_permits(1);
    assert_eq!(follower.await.unwrap().unwrap().value, "a");
    assert_eq!(source.asked(), 1);

    let alone = call(&cache, 2, source.answers_behind(&gate, Ok("c".to_owned())));
    source.until_asked(2).await;
    alone.abort();
    gate.add_permits(1);
    landed(&cache).await;
    assert_eq!(value(&cache, 2, source.answers("d")).await, "c", "kept for the next caller");
}

/// moka keeps a value whose load began before the invalidation: the race of a write and a read.
#[tokio::test]
async fn a_load_that_began_before_an_invalidation_is_never_served_after_it() {
    for everything in [false, true] {
        let (cache, _, source) = cache();
        let invalidate = || if everything { cache.invalidate_all() } else { cache.invalidate(&1) };
        let gate = closed();
        let before = call(&cache, 1, source.answers_behind(&gate, Ok("old".to_owned())));
        source.until_asked(1).await;
        invalidate();
        assert_eq!(value(&cache, 1, source.answers("new")).await, "new", "does not join the old flight");
        gate.add_permits(1);
        assert_eq!(before.await.unwrap().unwrap().value, "old", "who asked before may know the old");
        assert_eq!(value(&cache, 1, source.answers("?")).await, "new", "the late value takes no place");

        let gate = closed();
        invalidate();
        let before = call(&cache, 1, source.answers_behind(&gate, Ok("old".to_owned())));
        source.until_asked(3).await;
        invalidate();
        gate.add_permits(1);
        before.await.unwrap().unwrap();
        assert_eq!(value(&cache, 1, source.answers("newest")).await, "newest", "nor an empty one");
    }
}

#[tokio::test]
async fn what_is_invalidated_is_gone_and_the_rest_is_not() {
    let (cache, _, source) = cache();
    for key in [1, 2] {
        value(&cache, key, source.answers("a")).await;
    }
    cache.invalidate(&1);
    assert_eq!(value(&cache, 1, source.answers("b")).await, "b");
    assert_eq!(value(&cache, 2, source.answers("b")).await, "a");
    cache.invalidate_all();
    for key in [1, 2] {
        assert_eq!(value(&cache, key, source.answers("c")).await, "c");
        assert_eq!(value(&cache, key, source.answers("d")).await, "c", "what comes after it is kept");
    }
}

#[tokio::test]
async fn a_stale_value_is_served_at_once_and_fetched_again_once_behind() {
    let (cache, clock, source) = cache();
    value(&cache, 1, source.answers("a")).await;
    clock.advance(POLICY.stale_max);
    let gate = closed();
    for _ in 0..10 {
        let load = source.answers_behind(&gate, Ok("b".to_owned()));
        let served = cache.get(1, SECOND, load).await.unwrap();
        assert_eq!(served, Cached { value: "a".to_owned(), age: POLICY.stale_max, stale: true });
    }
    source.until_asked(2).await;
    gate.add_permits(1);
    landed(&cache).await;
    let served = cache.get(1, SECOND, source.answers("c")).await.unwrap();
    assert_eq!(served, Cached { value: "b".to_owned(), age: Duration::ZERO, stale: false });
    assert_eq!(source.asked(), 2);
}

#[tokio::test]
async fn a_value_that_is_too_old_is_waited_for_and_a_refresh_behind_can_be_joined() {
    let (cache, clock, source) = cache();
    value(&cache, 1, source.answers("a")).await;
    clock.advance(2 * SECOND);
    let gate = closed();
    assert!(cache.get(1, SECOND, source.answers_behind(&gate, Ok("b".to_owned()))).await.unwrap().stale);
    source.until_asked(2).await;
    clock.advance(POLICY.stale_max);
    let waiting = call(&cache, 1, source.answers("c"));
    tokio::task::yield_now().await;
    gate.add_permits(1);
    assert_eq!(waiting.await.unwrap().unwrap().value, "b");
    assert_eq!(source.asked(), 2);
}

/// moka asks a failing source again with every call.
#[tokio::test]
async fn a_failure_is_the_answer_for_a_short_while() {
    let (cache, clock, source) = cache();
    for _ in 0..3 {
        let error = cache.get(1, SECOND, source.fails()).await.unwrap_err();
        assert!(matches!(error, CacheError::Load(error) if *error == SourceError));
    }
    assert_eq!(source.asked(), 1);
    assert_eq!(value(&cache, 2, source.answers("a")).await, "a", "of this key alone");
    clock.advance(POLICY.error_ttl);
    assert_eq!(value(&cache, 1, source.answers("b")).await, "b");
    clock.advance(POLICY.stale_max + SECOND);
    cache.get(1, SECOND, source.fails()).await.unwrap_err();
    cache.invalidate(&1);
    assert_eq!(value(&cache, 1, source.answers("c")).await, "c", "an invalidation forgets it");
}

#[tokio::test]
async fn a_failure_behind_a_stale_value_hides_nothing_and_is_not_repeated_at_once() {
    let (cache, clock, source) = cache();
    value(&cache, 1, source.answers("a")).await;
    clock.advance(2 * SECOND);
    for _ in 0..3 {
        assert_eq!(value(&cache, 1, source.fails()).await, "a");
        landed(&cache).await;
    }
    assert_eq!(source.asked(), 2);
    clock.advance(POLICY.error_ttl);
    assert_eq!(value(&cache, 1, source.answers("b")).await, "a");
    landed(&cache).await;
    assert_eq!(value(&cache, 1, source.answers("c")).await, "b");
}

#[tokio::test]
async fn a_load_that_panics_costs_its_callers_and_nobody_after_them() {
    let (cache, _, source) = cache();
    let gate = closed();
    let panics = {
        let gate = Arc::clone(&gate);
        move || -> BoxedLoad {
            Box::pin(async move {
                gate.acquire().await.unwrap().forget();
                panic!("on purpose")
            })
        }
    };
    let first = call(&cache, 1, panics);
    while cache.shared.flights().by_key.is_empty() {
        tokio::task::yield_now().await;
    }
    let second = call(&cache, 1, source.answers("not asked"));
    tokio::task::yield_now().await;
    gate.add_permits(1);
    for caller in [first, second] {
        assert!(matches!(caller.await.unwrap(), Err(CacheError::CutShort)));
    }
    assert_eq!(value(&cache, 1, source.answers("a")).await, "a");
}

#[tokio::test]
async fn room_is_counted_in_bytes() {
    let (cache, _, source) = cache();
    for key in 0..50 {
        value(&cache, key, source.answers(&"x".repeat(100))).await;
        assert!(cache.bytes() <= POLICY.bytes_max, "{}", cache.bytes());
    }
    assert!(cache.bytes() >= POLICY.bytes_max / 2, "the room is used");
    let heavy = "x".repeat(1_001);
    assert_eq!(value(&cache, 99, source.answers(&heavy)).await, heavy, "served, not kept");
    assert!(cache.bytes() <= POLICY.bytes_max);
}

/// A cache that compared hashes alone has shown people other people's invoices.
#[tokio::test]
async fn keys_of_one_hash_have_each_their_value() {
    #[derive(Clone, PartialEq, Eq)]
    struct Key(u32);
    impl Hash for Key {
        fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
            0_u8.hash(state);
        }
    }
    let clock = Arc::new(ManualClock::new("2026-01-01T00:00:00Z".parse().unwrap()));
    let cache: TestCache<Key> = KeyedCache::new(POLICY, clock, |_, value: &String| value.len());
    let source = Source::default();
    for _ in 0..2 {
        for key in 0..20 {
            let answer = cache.get(Key(key), SECOND, source.answers(&key.to_string())).await.unwrap();
            assert_eq!(answer.value, key.to_string());
        }
    }
    assert_eq!(source.asked(), 20);
}

/// Loads, failures, invalidations and hits, in any order on many threads: a value from before an
/// invalidation is never served to who asks after it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_from_before_an_invalidation_is_served_after_it_under_load() {
    let (cache, clock, _) = cache();
    let truth = Arc::new(AtomicUsize::new(0));
    // The newest truth whose invalidation is done.
    let settled = Arc::new(AtomicUsize::new(0));
    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..8_usize {
        let (cache, clock, truth, settled) = (cache.clone(), clock.clone(), truth.clone(), settled.clone());
        callers.spawn(async move {
            for round in 0..3_000_usize {
                if (round + caller).is_multiple_of(16) {
                    let changed = truth.fetch_add(1, Ordering::SeqCst) + 1;
                    if round % 2 == 0 {
                        cache.invalidate(&1);
                    } else {
                        cache.invalidate_all();
                    }
                    settled.fetch_max(changed, Ordering::SeqCst);
                    clock.advance(SECOND);
                }
                let known = settled.load(Ordering::SeqCst);
                let truth = Arc::clone(&truth);
                let load = move || -> BoxedLoad {
                    Box::pin(async move {
                        let value = truth.load(Ordering::SeqCst);
                        tokio::task::yield_now().await;
                        if round % 7 == 0 { Err(SourceError) } else { Ok(value.to_string()) }
                    })
                };
                if let Ok(cached) = cache.get(1, SECOND, load).await {
                    assert!(cached.value.parse::<usize>().unwrap() >= known);
                }
            }
        });
    }
    while let Some(caller) = callers.join_next().await {
        caller.unwrap();
    }
}

/// Asks a cache when it is dropped, as a task does that a runtime ends in the middle of its work.
struct AsksAtItsEnd {
    cache: TestCache,
    source: Source,
    ended: std::sync::mpsc::Sender<()>,
}

impl Drop for AsksAtItsEnd {
    fn drop(&mut self) {
        let asked = self.cache.get(1, SECOND, self.source.answers("late"));
        drop(futures_util::FutureExt::now_or_never(asked));
        self.ended.send(()).unwrap();
    }
}

#[test]
fn a_runtime_that_goes_down_in_the_middle_does_not_hang() {
    let (sender, ended) = std::sync::mpsc::channel();
    let (cache, _, source) = cache();
    let asks = AsksAtItsEnd { cache, source, ended: sender };
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        runtime.spawn(async move {
            let _asks = asks;
            std::future::pending::<()>().await;
        });
        drop(runtime);
    });
    ended.recv_timeout(Duration::from_secs(20)).unwrap();
}
