//! Tells the book what a step changed in the upstreams, so that readers see it at once.

use std::future::Future;
use std::sync::Arc;

use futures_util::FutureExt;

use crate::book::BookService;
use crate::domain::delivery::{Answer, Call, Delivery, WriteBack};
use crate::domain::{AccountingInvoice, AccountingStatus};

/// `kb_item_status_id` of an invoice that was just issued.
const PENDING: i64 = 8;

/// The books' last word on one delivery's invoice, as far as this run has heard it.
#[derive(Debug, Default)]
pub(super) struct Heard(Option<AccountingInvoice>);

/// An answer that was stored, as far as the book is concerned.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told<'a> {
    heard: &'a Heard,
    call: Call,
    /// Whether the answer showed the invoice.
    is_shown: bool,
    /// Whether the answer says that the invoice does not exist.
    is_gone: bool,
}

impl Heard {
    /// Takes in what an answer showed.
    pub(super) fn hear(&mut self, bexio: Option<AccountingInvoice>) {
        if bexio.is_some() {
            self.0 = bexio;
        }
    }
}

impl<'a> Told<'a> {
    pub(super) const fn of(heard: &'a Heard, call: Call, answer: &Answer) -> Self {
        let is_shown = matches!(answer, Answer::DraftCreated(_) | Answer::Reading(_));
        let is_deleted = matches!((call, answer), (Call::DeleteDraft(_), Answer::Done));
        Self { heard, call, is_shown, is_gone: is_deleted || matches!(answer, Answer::Gone) }
    }

    /// Tells the book of a step that was stored. In order, and without waiting for the next book:
    /// [`BookService::notes_shown`] does.
    pub(super) fn tell(&self, book: &Arc<BookService>, before: &Delivery, after: &Delivery) {
        match (self.call, &self.heard.0) {
            (Call::DeleteDraft(id) | Call::Read(id), _) if self.is_gone => {
                note(book, move |book| async move { book.note_bexio_deleted(id).await });
            }
            (Call::CreateDraft | Call::Read(_), Some(invoice)) if self.is_shown => {
                note_bexio(book, invoice.clone());
            }
            _ => {}
        }
        if before.issued_at().is_none() && after.issued_at().is_some() {
            self.tell_of_issue(book, after);
        }
        let was_written = matches!(before.write_back(), WriteBack::Written { .. });
        let is_written = matches!(after.write_back(), WriteBack::Written { .. });
        if let (false, true, Some(value)) = (was_written, is_written, after.external_id()) {
            let invoice = after.invoice_id();
            note(book, move |book| async move { book.note_external_id(invoice, value).await });
        }
    }

    fn tell_of_issue(&self, book: &Arc<BookService>, after: &Delivery) {
        let Some(pin) = after.pin().map(|pin| pin.id) else { return };
        // After a restart between the reading and the issue the book has it.
        let held = || book.reader().peek().book.by_bexio_id(pin)?.bexio.as_deref().cloned();
        if let Call::Issue(_) = self.call
            && let Some(draft) = self.heard.0.clone().or_else(held)
        {
            note_bexio(
                book,
                AccountingInvoice { status: AccountingStatus::Pending, status_raw: PENDING, ..draft },
            );
        }
        let invoice = after.invoice_id();
        note(book, move |book| async move { book.note_link(invoice, Some(pin)).await });
    }
}

fn note_bexio(book: &Arc<BookService>, invoice: AccountingInvoice) {
    note(book, move |book| async move { book.note_bexio(invoice).await });
}

/// A note is taken when it is first asked for; what follows is waiting for the book.
fn note<F>(book: &Arc<BookService>, take: impl FnOnce(Arc<BookService>) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut taken = Box::pin(take(Arc::clone(book)));
    if (&mut taken).now_or_never().is_none() {
        tokio::spawn(taken);
    }
}
