//! Whole answers, kept as the bytes that were sent.
//!
//! The key is the whole request and the rights of who asked, compared in full: a key shortened to a hash would
//! some day answer one invoice with another's data. A value says itself how long it holds.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use moka::sync::Cache;

use super::encoding::Encoding;
use super::media_type::MediaType;
use crate::graphql::{Reusable, Role};

/// What decides an answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) media: MediaType,
    /// The coding that the client wants most.
    pub(super) encoding: Encoding,
    pub(super) rights: Role,
    /// An answer may name who asked.
    pub(super) asked_by: Arc<str>,
    /// The request's body, byte for byte.
    pub(super) body: Bytes,
}

/// The bytes of an answer, and how they are coded: a short one is not compressed for anybody.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) bytes: Bytes,
    pub(super) coding: Encoding,
}

#[derive(Debug, Clone)]
struct Kept {
    answer: Answer,
    reusable: Reusable,
}

/// Answers by request, bounded by their bytes.
#[derive(Debug)]
pub(super) struct ResponseCache {
    kept: Cache<Key, Kept>,
    /// Bytes put in since the last clearing up.
    unsettled: AtomicU64,
    unsettled_max: u64,
    hits: AtomicU64,
    misses: AtomicU64,
}

impl ResponseCache {
    /// A cache of at most `bytes_max` bytes of requests and answers, and a sixteenth more.
    pub(super) fn new(bytes_max: u64) -> Self {
        let weigh = |key: &Key, kept: &Kept| weight(&key.body, &kept.answer.bytes);
        let kept = Cache::builder().max_capacity(bytes_max).weigher(weigh).build();
        Self {
            kept,
            unsettled: AtomicU64::new(0),
            unsettled_max: bytes_max / 16,
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        }
    }

    /// The answer, if it still holds for this version of the book at this monotonic time.
    pub(super) fn get(&self, key: &Key, book_version: u64, elapsed: Duration) -> Option<Answer> {
        let holds = |kept: &Kept| kept.reusable.book_version == book_version && elapsed < kept.reusable.until;
        let answer = self.kept.get(key).filter(holds).map(|kept| kept.answer);
        let counter = if answer.is_some() { &self.hits } else { &self.misses };
        counter.fetch_add(1, Ordering::Relaxed);
        answer
    }

    /// How often it had an answer, and how often not.
    pub(super) fn counts(&self) -> (u64, u64) {
        (self.hits.load(Ordering::Relaxed), self.misses.load(Ordering::Relaxed))
    }

    /// Keeps an answer. The key's body is copied: as it came it is a window into the connection's
    /// read buffer, which it would keep alive.
    pub(super) fn put(&self, mut key: Key, answer: Answer, reusable: Reusable) {
        key.body = Bytes::copy_from_slice(&key.body);
        let weight = u64::from(weight(&key.body, &answer.bytes));
        self.kept.insert(key, Kept { answer, reusable });
        // moka evicts in arrears, after a number of entries or a third of a second. Entries of a
        // megabyte would be far above the limit by then.
        if self.unsettled.fetch_add(weight, Ordering::Relaxed) + weight > self.unsettled_max {
            self.unsettled.store(0, Ordering::Relaxed);
            self.kept.run_pending_tasks();
        }
    }
}

fn weight(request: &Bytes, answer: &Bytes) -> u32 {
    /// What an entry costs beside its bytes, roughly: node, handles, key.
    const ENTRY_BYTES: usize = 256;
    u32::try_from(request.len() + answer.len() + ENTRY_BYTES).unwrap_or(u32::MAX)
}
