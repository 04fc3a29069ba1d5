//! The only place that reads the time.
//!
//! Instants are UTC; durations come from the monotonic clock, so that a clock set back or forward
//! neither ages nor rejuvenates what is cached. Tests hand in a [`ManualClock`].

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Where Bexio's wall times and the company's calendar are at home.
pub const COMPANY_TIME_ZONE: &str = "Europe/Zurich";

/// Tells the time.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The instant now, UTC.
    fn now(&self) -> Timestamp;

    /// Time since this clock was made, never going back.
    fn elapsed(&self) -> Duration;

    /// Ends once [`Clock::elapsed`] has grown by `period`.
    fn sleep(&self, period: Duration) -> Sleep;

    /// The calendar date at [`COMPANY_TIME_ZONE`]: what "overdue" is measured against.
    fn today(&self) -> Date {
        self.now().to_zoned(company_time_zone()).date()
    }
}

/// A wait for a clock.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A clock that is handed around.
pub type SharedClock = Arc<dyn Clock>;

/// [`COMPANY_TIME_ZONE`] from the time zone database that is built in.
pub fn company_time_zone() -> TimeZone {
    TimeZone::get(COMPANY_TIME_ZONE).unwrap_or(TimeZone::UTC)
}

/// The machine's clock.
#[derive(Debug)]
pub struct SystemClock {
    started: std::time::Instant,
}

impl SystemClock {
    /// A clock whose [`Clock::elapsed`] starts at zero now.
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    pub fn new() -> Self {
        Self { started: std::time::Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    fn sleep(&self, period: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(period))
    }
}

/// A clock that moves only when it is told to.
#[derive(Debug)]
pub struct ManualClock {
    now_ms: AtomicI64,
    elapsed_ms: Arc<AtomicU64>,
    sleepers: Arc<Sleepers>,
}

/// Who waits for the clock to move, each with the monotonic time that it waits for.
#[derive(Debug, Default)]
struct Sleepers {
    waiting: Mutex<BTreeMap<u64, (Duration, Waker)>>,
    next_id: AtomicU64,
}

impl Sleepers {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, (Duration, Waker)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A wait for a [`ManualClock`]; gone from its list when it is over or dropped.
#[derive(Debug)]
struct ManualSleep {
    id: u64,
    end: Duration,
    elapsed_ms: Arc<AtomicU64>,
    sleepers: Arc<Sleepers>,
}

impl Future for ManualSleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        // Under the lock, so that no advance slips in between the look and the note.
        let mut waiting = self.sleepers.lock();
        if Duration::from_millis(self.elapsed_ms.load(Ordering::SeqCst)) >= self.end {
            waiting.remove(&self.id);
            return Poll::Ready(());
        }
        waiting.insert(self.id, (self.end, context.waker().clone()));
        Poll::Pending
    }
}

impl Drop for ManualSleep {
    fn drop(&mut self) {
        self.sleepers.lock().remove(&self.id);
    }
}

impl ManualClock {
    /// A clock that stands at `now`.
    pub fn new(now: Timestamp) -> Self {
        Self {
            now_ms: AtomicI64::new(now.as_millisecond()),
            elapsed_ms: Arc::default(),
            sleepers: Arc::default(),
        }
    }

    /// Lets time pass: both the instant and the monotonic time move.
    pub fn advance(&self, by: Duration) {
        let ms = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        self.elapsed_ms.fetch_add(ms, Ordering::SeqCst);
        self.now_ms.fetch_add(i64::try_from(ms).unwrap_or(i64::MAX), Ordering::SeqCst);
        let now = self.elapsed();
        let waiting = self.sleepers.lock();
        let over = waiting.values().filter(|(end, _)| *end <= now).map(|(_, waker)| waker.clone());
        let over: Vec<Waker> = over.collect();
        drop(waiting);
        over.into_iter().for_each(Waker::wake);
    }

    /// How many wait for it to move; those who may go on already do not.
    pub fn sleepers(&self) -> usize {
        let now = self.elapsed();
        self.sleepers.lock().values().filter(|(end, _)| *end > now).count()
    }

    /// How far it has to move until the first of them wakes.
    pub fn next_wake(&self) -> Option<Duration> {
        let now = self.elapsed();
        self.sleepers.lock().values().map(|(end, _)| end.saturating_sub(now)).min()
    }

    /// Sets the instant as an administrator would: the monotonic time does not move.
    pub fn set(&self, now: Timestamp) {
        self.now_ms.store(now.as_millisecond(), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.now_ms.load(Ordering::SeqCst)).unwrap_or(Timestamp::MAX)
    }

    fn elapsed(&self) -> Duration {
        Duration::from_millis(self.elapsed_ms.load(Ordering::SeqCst))
    }

    fn sleep(&self, period: Duration) -> Sleep {
        Box::pin(ManualSleep {
            id: self.sleepers.next_id.fetch_add(1, Ordering::Relaxed),
            end: self.elapsed().saturating_add(period),
            elapsed_ms: Arc::clone(&self.elapsed_ms),
            sleepers: Arc::clone(&self.sleepers),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn today_is_the_date_in_zurich_and_not_in_utc() {
        let clock = ManualClock::new("2026-03-29T22:30:00Z".parse().unwrap());
        assert_eq!(clock.today(), jiff::civil::date(2026, 3, 30));
        clock.set("2026-01-31T23:30:00Z".parse().unwrap());
        assert_eq!(clock.today(), jiff::civil::date(2026, 2, 1));
    }

    #[test]
    fn setting_the_instant_ages_nothing() {
        let clock = ManualClock::new("2026-01-01T00:00:00Z".parse().unwrap());
        clock.set("2027-01-01T00:00:00Z".parse().unwrap());
        assert_eq!(clock.elapsed(), Duration::ZERO);
        clock.advance(Duration::from_millis(1500));
        assert_eq!(clock.elapsed(), Duration::from_millis(1500));
    }

    #[tokio::test]
    async fn a_sleeper_wakes_when_the_clock_was_moved_far_enough() {
        let clock = ManualClock::new("2026-01-01T00:00:00Z".parse().unwrap());
        let mut sleep = tokio::spawn(clock.sleep(Duration::from_secs(2)));
        tokio::task::yield_now().await;
        assert!(!sleep.is_finished());
        clock.advance(Duration::from_secs(1));
        tokio::task::yield_now().await;
        assert!(!sleep.is_finished());
        assert_eq!((clock.sleepers(), clock.next_wake()), (1, Some(Duration::from_secs(1))));
        clock.advance(Duration::from_secs(1));
        (&mut sleep).await.unwrap();
        assert_eq!((clock.sleepers(), clock.next_wake()), (0, None));
    }

    #[tokio::test]
    async fn who_stops_waiting_is_forgotten() {
        let clock = ManualClock::new("2026-01-01T00:00:00Z".parse().unwrap());
        let sleep = tokio::spawn(clock.sleep(Duration::from_secs(2)));
        tokio::task::yield_now().await;
        assert_eq!(clock.sleepers(), 1);
        sleep.abort();
        assert!(sleep.await.is_err());
        assert_eq!(clock.sleepers(), 0);
    }
}
