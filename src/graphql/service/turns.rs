//! Heavy operations take turns, so that light ones are not kept waiting behind a crowd of them.
//!
//! What counts is computing: a place is held while an operation computes, and given back whenever it waits for
//! something.

use std::future::{Future, poll_fn};
use std::num::NonZero;
use std::pin::pin;
use std::sync::Arc;
use std::task::ready;

use tokio::sync::Semaphore;
use tokio_util::sync::PollSemaphore;

use crate::graphql::needs::Needs;

/// From which cost on an operation is heavy: some milliseconds of writing.
const HEAVY_COST: usize = 20_000;

/// Places for heavy operations.
#[derive(Clone)]
pub(super) struct Turns(Arc<Semaphore>);

impl Turns {
    /// Half of the processors, so that the other half answers everybody else.
    pub(super) fn new() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
        Self(Arc::new(Semaphore::new((processors / 2).max(1))))
    }

    /// What `running` gives, in its turns if the operation is heavy.
    pub(super) async fn taken<T>(&self, needs: &Needs, running: impl Future<Output = T>) -> T {
        if needs.introspects || needs.cost_requested >= HEAVY_COST {
            self.in_turns(running).await
        } else {
            running.await
        }
    }

    async fn in_turns<T>(&self, running: impl Future<Output = T>) -> T {
        let mut running = pin!(running);
        let mut places = PollSemaphore::new(Arc::clone(&self.0));
        poll_fn(|context| {
            let _place = ready!(places.poll_acquire(context));
            running.as_mut().poll(context)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use futures_util::FutureExt;

    use super::*;

    fn one_place() -> Turns {
        Turns(Arc::new(Semaphore::new(1)))
    }

    #[tokio::test]
    async fn a_heavy_operation_waits_for_its_turn_and_a_light_one_does_not() {
        let turns = one_place();
        let held = Arc::clone(&turns.0).try_acquire_owned().unwrap();
        let has_begun = AtomicBool::new(false);
        let work = || async { has_begun.store(true, Ordering::SeqCst) };
        let heavy = Needs { introspects: true, ..Needs::default() };
        let mut running = pin!(turns.taken(&heavy, work()));
        assert!((&mut running).now_or_never().is_none());
        assert!(!has_begun.load(Ordering::SeqCst));
        let costly = Needs { cost_requested: HEAVY_COST, ..Needs::default() };
        assert!(turns.taken(&costly, work()).now_or_never().is_none());
        turns.taken(&Needs::default(), work()).now_or_never().unwrap();
        drop(held);
        running.await;
    }

    #[tokio::test]
    async fn who_waits_for_something_else_holds_no_place() {
        let turns = one_place();
        let mut waiting = pin!(turns.in_turns(std::future::pending::<()>()));
        assert!((&mut waiting).now_or_never().is_none());
        assert_eq!(turns.in_turns(std::future::ready(7)).now_or_never(), Some(7));
    }
}
