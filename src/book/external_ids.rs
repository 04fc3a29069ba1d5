//! What is known of PSOhub's external ids: what its list without them told, and what we wrote.

use std::collections::{HashMap, HashSet};

use super::ExternalId;
use super::own_writes::{LookBegan, NotedAt};
use crate::domain::{Invoice, PsohubInvoiceId};

/// What is known of all external ids.
#[derive(Debug, Default)]
pub(super) struct ExternalIds {
    /// Whether an invoice had one when last looked; what is missing was not looked at.
    listed: HashMap<PsohubInvoiceId, bool>,
    /// What we wrote. It is kept when a look finds that there is one, since only we know its value.
    written: HashMap<PsohubInvoiceId, (Box<str>, NotedAt)>,
}

impl ExternalIds {
    /// The value that is known of `invoice`: what we wrote, else what PSOhub shows.
    pub(super) fn value_of<'a>(&'a self, invoice: &'a Invoice) -> Option<&'a str> {
        let written = self.written.get(&invoice.id).map(|(value, _)| &**value);
        written.or(invoice.external_id.as_deref())
    }

    /// All that is known of the external id of `invoice`.
    pub(super) fn of(&self, invoice: &Invoice) -> ExternalId {
        match (self.value_of(invoice), self.listed.get(&invoice.id)) {
            (Some(value), _) => ExternalId::Present(Some(value.into())),
            (None, Some(true)) => ExternalId::Present(None),
            (None, Some(false)) => ExternalId::Absent,
            (None, None) => ExternalId::Unknown,
        }
    }

    /// Shows a value that we wrote; whether another one was.
    pub(super) fn note(&mut self, invoice: PsohubInvoiceId, value: Box<str>, at: NotedAt) -> bool {
        let changed = self.written.get(&invoice).is_none_or(|(before, _)| *before != value);
        self.written.insert(invoice, (value, at));
        changed
    }

    /// Takes in which of `asked` have none; whether that changed anything.
    pub(super) fn apply_absent(
        &mut self,
        asked: &HashSet<PsohubInvoiceId>,
        absent: &HashSet<PsohubInvoiceId>,
        began: &LookBegan,
    ) -> bool {
        let listed: HashMap<_, _> = asked.iter().map(|id| (*id, !absent.contains(id))).collect();
        let written_before = self.written.len();
        self.written.retain(|id, (_, at)| !(absent.contains(id) && began.is_after(*at)));
        let changed = listed != self.listed || self.written.len() != written_before;
        self.listed = listed;
        changed
    }

    /// Takes in a row that a look read: where PSOhub shows a value, that holds from now on. A row
    /// without one tells nothing, since PSOhub's documented answer has no such field. Whether another
    /// value was known.
    pub(super) fn apply_row(&mut self, invoice: &Invoice, began: &LookBegan) -> bool {
        let Some(value) = &invoice.external_id else { return false };
        let is_settled = self.written.get(&invoice.id).is_some_and(|(_, at)| began.is_after(*at));
        let written = is_settled.then(|| self.written.remove(&invoice.id)).flatten();
        written.is_some_and(|(written, _)| written != *value)
    }

    /// Forgets invoices that are no more.
    pub(super) fn forget(&mut self, gone: &[PsohubInvoiceId]) {
        for id in gone {
            self.listed.remove(id);
            self.written.remove(id);
        }
    }
}
