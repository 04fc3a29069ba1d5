//! Two things that are made from the same rows, at the same time.

/// From how many rows on a second thread pays.
const ROWS_MIN: usize = 10_000;

/// What both give, the first on a thread of its own where there are many `rows`.
pub(super) fn both<A: Send, B>(
    rows: usize,
    first: impl FnOnce() -> A + Send,
    second: impl FnOnce() -> B,
) -> (A, B) {
    if rows < ROWS_MIN {
        return (first(), second());
    }
    std::thread::scope(|scope| {
        let first = scope.spawn(first);
        let second = second();
        match first.join() {
            Ok(first) => (first, second),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}
