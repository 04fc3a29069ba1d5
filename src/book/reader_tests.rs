//! What a reader is given when sources are young, old, failing, hanging or never read.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures_util::FutureExt;
use tokio::sync::Notify;

use super::*;
use crate::book::holdings::Holdings;
use crate::book::refresher::LookedAt;
use crate::domain::{Clock, ManualClock};

const SECOND: Duration = Duration::from_secs(1);

/// A source whose looks are counted and can be made to fail or to hang.
#[derive(Default)]
struct Upstream {
    looks: AtomicUsize,
    fails: AtomicBool,
    hangs: AtomicBool,
    released: Notify,
}

struct World {
    psohub: Arc<Upstream>,
    bexio: Arc<Upstream>,
    external_ids: Arc<Upstream>,
    clock: Arc<ManualClock>,
    reader: BookReader,
}

/// Readers whose data was read `age` ago, or never.
fn world(age: Option<Duration>) -> World {
    let clock = Arc::new(ManualClock::new("2026-01-01T00:00:00Z".parse().unwrap()));
    let looked = age.map(|age_then| LookedAt { instant: clock.now(), noted: clock.elapsed(), age_then });
    let [psohub, external_ids, bexio] = std::array::from_fn(|_| Arc::new(Upstream::default()));
    let refresher = |source, upstream: &Arc<Upstream>| {
        let upstream = Arc::clone(upstream);
        let look = move || {
            let upstream = Arc::clone(&upstream);
            async move {
                upstream.looks.fetch_add(1, Ordering::SeqCst);
                if upstream.hangs.load(Ordering::SeqCst) {
                    upstream.released.notified().await;
                }
                if upstream.fails.load(Ordering::SeqCst) { Err("it is down".to_owned()) } else { Ok(()) }
            }
            .boxed()
        };
        Refresher::new(source, clock.clone(), 5 * SECOND, looked, Box::new(look))
    };
    let refreshers = Arc::new([
        refresher(Source::Psohub, &psohub),
        refresher(Source::PsohubExternalIds, &external_ids),
        refresher(Source::Bexio, &bexio),
    ]);
    let periods = ReadPeriods {
        psohub_age_max: 60 * SECOND,
        bexio_age_max: 60 * SECOND,
        stale_max: 600 * SECOND,
        refresh_wait: 5 * SECOND,
    };
    let publisher = Arc::new(Publisher::new(Holdings::default(), clock.clone()));
    let reader = BookReader::new(publisher, Arc::default(), refreshers, periods, clock.clone());
    World { psohub, bexio, external_ids, clock, reader }
}

impl World {
    fn looks(&self) -> [usize; 3] {
        [&self.psohub, &self.external_ids, &self.bexio].map(|upstream| upstream.looks.load(Ordering::SeqCst))
    }

    async fn states(&self, request: ReadRequest) -> [FreshnessState; 3] {
        self.reader.read(request).await.freshness.map(|freshness| freshness.state)
    }

    /// Lets the looks that were started run to their end.
    async fn settle(&self) {
        for refresher in self.reader.refreshers.iter() {
            refresher.ended(60 * SECOND).await;
        }
    }
}

use FreshnessState::{Cached, Live, Stale, StaleOnError, Unavailable};

#[tokio::test(start_paused = true)]
async fn a_cold_service_looks_once_however_many_ask() {
    let world = world(None);
    let asked = (0..500).map(|_| world.states(ReadRequest::default()));
    for states in futures_util::future::join_all(asked).await {
        assert_eq!(states, [Live, Unavailable, Live]);
    }
    assert_eq!(world.looks(), [1, 0, 1]);
}

#[tokio::test(start_paused = true)]
async fn young_data_is_served_without_a_look() {
    let world = world(Some(60 * SECOND));
    assert_eq!(world.states(ReadRequest::default()).await, [Cached, Cached, Cached]);
    assert_eq!(world.looks(), [0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn older_data_is_served_at_once_and_refreshed_behind() {
    let world = world(Some(61 * SECOND));
    world.psohub.hangs.store(true, Ordering::SeqCst);
    assert_eq!(world.states(ReadRequest::default()).await[0], Stale);
    assert_eq!(world.states(ReadRequest::default()).await[0], Stale);
    tokio::task::yield_now().await;
    assert_eq!(world.looks()[0], 1);
    world.psohub.released.notify_one();
    world.settle().await;
    assert_eq!(world.states(ReadRequest::default()).await[0], Live);
}

#[tokio::test(start_paused = true)]
async fn too_old_data_is_waited_for() {
    let world = world(Some(601 * SECOND));
    // What was not asked for shows its age.
    assert_eq!(world.states(ReadRequest::default()).await, [Live, Stale, Live]);
}

#[tokio::test(start_paused = true)]
async fn a_caller_may_ask_for_younger_data_and_never_for_older() {
    let world = world(Some(30 * SECOND));
    let ask = |seconds| ReadRequest { max_age: Some(Duration::from_secs(seconds)), external_ids: false };
    assert_eq!(world.states(ask(3600)).await[0], Cached);
    assert_eq!(world.looks(), [0, 0, 0]);
    assert_eq!(world.states(ask(0)).await[0], Live);
    assert_eq!(world.looks(), [1, 0, 1]);
}

#[tokio::test(start_paused = true)]
async fn external_ids_are_looked_up_only_when_asked_for() {
    let world = world(None);
    world.states(ReadRequest { max_age: None, external_ids: true }).await;
    assert_eq!(world.looks(), [1, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn an_upstream_that_fails_is_left_alone_for_a_while_and_costs_no_wait() {
    let world = world(Some(601 * SECOND));
    world.psohub.fails.store(true, Ordering::SeqCst);
    for _ in 0..100 {
        let snapshot = world.reader.read(ReadRequest::default()).await;
        let freshness = snapshot.freshness_of(Source::Psohub);
        assert_eq!(freshness.state, StaleOnError);
        assert_eq!(freshness.last_error.as_deref(), Some("it is down"));
    }
    assert_eq!(world.looks()[0], 1);
    // Bexio is whole all the while.
    assert_eq!(world.states(ReadRequest::default()).await[2], Live);

    world.psohub.fails.store(false, Ordering::SeqCst);
    world.clock.advance(5 * SECOND);
    assert_eq!(world.states(ReadRequest::default()).await[0], Live);
}

#[tokio::test(start_paused = true)]
async fn an_upstream_that_hangs_costs_one_wait_and_not_one_a_query() {
    let world = world(Some(601 * SECOND));
    world.psohub.hangs.store(true, Ordering::SeqCst);
    let before = tokio::time::Instant::now();
    assert_eq!(world.states(ReadRequest::default()).await[0], Stale);
    assert_eq!(before.elapsed(), 5 * SECOND);
    // The monotonic clock went on as well.
    world.clock.advance(5 * SECOND);
    let before = tokio::time::Instant::now();
    assert_eq!(world.states(ReadRequest::default()).await[0], Stale);
    assert_eq!(before.elapsed(), Duration::ZERO);
    assert_eq!(world.looks()[0], 1);
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_goes_away_does_not_end_the_look() {
    let world = world(None);
    world.psohub.hangs.store(true, Ordering::SeqCst);
    let gone = tokio::time::timeout(SECOND, world.reader.read(ReadRequest::default())).await;
    assert!(gone.is_err());
    world.psohub.released.notify_one();
    world.settle().await;
    assert_eq!(world.reader.peek().freshness_of(Source::Psohub).state, Live);
    assert_eq!(world.looks()[0], 1);
}

#[tokio::test(start_paused = true)]
async fn a_look_that_panics_is_a_failure_like_any_other() {
    let clock = Arc::new(ManualClock::new("2026-01-01T00:00:00Z".parse().unwrap()));
    let look = || async { panic!("a fault of ours") }.boxed();
    let refresher = Refresher::new(Source::Bexio, clock, SECOND, None, Box::new(look));
    assert!(refresher.look_now().await.is_err());
    assert!(refresher.state().running_since.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_clock_set_back_or_forward_ages_nothing() {
    let world = world(Some(SECOND * 10));
    world.clock.set("2027-01-01T00:00:00Z".parse().unwrap());
    assert_eq!(world.states(ReadRequest::default()).await[0], Cached);
    world.clock.set("2020-01-01T00:00:00Z".parse().unwrap());
    assert_eq!(world.states(ReadRequest::default()).await[0], Cached);
    assert_eq!(world.looks(), [0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_reusable_until_its_marks_would_change() {
    let world = world(Some(Duration::from_millis(59_500)));
    let snapshot = world.reader.read(ReadRequest::default()).await;
    assert_eq!(snapshot.reusable_until, world.clock.elapsed() + Duration::from_millis(500));
}
