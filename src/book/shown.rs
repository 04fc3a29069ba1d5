//! The rows of one upstream: as it told them, and as they are shown while writes of ours are noted.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::Arc;

use super::own_writes::{LookBegan, NotedAt};

/// What a look changed: rows to write and rows to remove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Changes<T, I> {
    pub(super) upserts: Vec<Arc<T>>,
    pub(super) deletes: Vec<I>,
}

impl<T, I> Changes<T, I> {
    pub(super) const fn is_empty(&self) -> bool {
        self.upserts.is_empty() && self.deletes.is_empty()
    }
}

/// A write of ours to a row `T`.
pub(super) trait Patch<T> {
    /// The row as the write leaves it, given what the upstream told; `None` hides it.
    fn over(&self, told: Option<&Arc<T>>) -> Option<Arc<T>>;

    /// Whether `told`, read by a look that began after the note, is newer than the write.
    fn is_settled_by(&self, told: &T) -> bool;
}

/// What one look brought.
pub(super) struct Brought<T, I> {
    /// When it began.
    pub(super) began: LookBegan,
    /// The rows it read.
    pub(super) rows: Vec<Arc<T>>,
    /// The rows that are no more.
    pub(super) gone: Vec<I>,
    /// Rows whose notes were waited for long enough.
    pub(super) given_up: Vec<I>,
}

/// A note on one row.
#[derive(Debug)]
struct Note<T, W> {
    write: W,
    at: NotedAt,
    /// `write` over what was told.
    shown: Option<Arc<T>>,
}

/// The rows of one upstream.
#[derive(Debug)]
pub(super) struct ShownRows<I, T, W> {
    told: HashMap<I, Arc<T>>,
    notes: HashMap<I, Note<T, W>>,
}

impl<I, T, W> Default for ShownRows<I, T, W> {
    fn default() -> Self {
        Self { told: HashMap::new(), notes: HashMap::new() }
    }
}

impl<I: Copy + Eq + Hash, T: PartialEq, W: Patch<T>> ShownRows<I, T, W> {
    /// What an earlier process read.
    pub(super) fn mirrored(rows: Vec<Arc<T>>, id_of: impl Fn(&T) -> I) -> Self {
        Self { told: rows.into_iter().map(|row| (id_of(&row), row)).collect(), notes: HashMap::new() }
    }

    /// The row as it is shown.
    pub(super) fn get(&self, id: &I) -> Option<&Arc<T>> {
        match self.notes.get(id) {
            Some(note) => note.shown.as_ref(),
            None => self.told.get(id),
        }
    }

    /// All rows as they are shown.
    pub(super) fn shown(&self) -> impl Iterator<Item = &Arc<T>> {
        let untouched = self.told.iter().filter(|(id, _)| !self.notes.contains_key(id));
        let noted = self.notes.values().filter_map(|note| note.shown.as_ref());
        untouched.map(|(_, row)| row).chain(noted)
    }

    /// All rows as the upstream told them.
    pub(super) fn told(&self) -> impl Iterator<Item = &Arc<T>> {
        self.told.values()
    }

    /// Ids of all rows that the upstream told.
    pub(super) fn told_ids(&self) -> HashSet<I> {
        self.told.keys().copied().collect()
    }

    /// How many rows the upstream told.
    pub(super) fn told_len(&self) -> usize {
        self.told.len()
    }

    /// Rows whose notes have waited too long to be read by any look.
    pub(super) fn overdue(&self, began: &LookBegan) -> Vec<I> {
        let overdue = self.notes.iter().filter(|(_, note)| began.is_overdue(note.at));
        overdue.map(|(id, _)| *id).collect()
    }

    /// Shows a write of ours; whether that looks different from before.
    pub(super) fn note(&mut self, id: I, write: W, at: NotedAt) -> bool {
        let before = self.get(&id).cloned();
        let shown = write.over(self.told.get(&id));
        let changed = before != shown;
        self.notes.insert(id, Note { write, at, shown });
        changed
    }

    /// Takes in what a look brought: what differs from what was told before, and whether anything
    /// that is shown looks different.
    pub(super) fn apply(&mut self, brought: Brought<T, I>, id_of: impl Fn(&T) -> I) -> (Changes<T, I>, bool) {
        let Brought { began, rows, gone, given_up } = brought;
        let mut upserts = Vec::new();
        let mut deletes = Vec::new();
        let mut looks_different = false;
        for row in rows {
            let id = id_of(&row);
            if self.told.get(&id).is_none_or(|before| **before != *row) {
                looks_different |= !self.notes.contains_key(&id);
                self.told.insert(id, Arc::clone(&row));
                upserts.push(Arc::clone(&row));
            }
            looks_different |= self.renew_note(id, |note| note.write.is_settled_by(&row), &began);
        }
        for id in gone {
            if self.told.remove(&id).is_some() {
                looks_different |= !self.notes.contains_key(&id);
                deletes.push(id);
            }
            looks_different |= self.renew_note(id, |_| true, &began);
        }
        for id in given_up {
            looks_different |= self.renew_note(id, |_| true, &began);
        }
        (Changes { upserts, deletes }, looks_different)
    }

    /// Drops the note on a row where the look settles it, else puts it over what is told now.
    fn renew_note(&mut self, id: I, settles: impl FnOnce(&Note<T, W>) -> bool, began: &LookBegan) -> bool {
        let Some(note) = self.notes.get_mut(&id) else { return false };
        let told = self.told.get(&id);
        let now = if began.is_after(note.at) && settles(note) {
            told.cloned()
        } else {
            let shown = note.write.over(told);
            let changed = note.shown != shown;
            note.shown = shown;
            return changed;
        };
        self.notes.remove(&id).is_some_and(|note| note.shown != now)
    }
}
