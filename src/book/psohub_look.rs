//! One look at PSOhub's invoices.
//!
//! PSOhub has no paging, no look-up by id and no "changed since" that is documented, and every row
//! carries its PDF. So the whole list is read once in a lifetime; after that a look reads the three
//! lists of what may still change (draft, approved, sent), and asks by number for what has left
//! them: it was paid, voided or deleted. The calls grow with what is open and what changed.
//! Source: <https://help.psohub.com/psohub-api-invoices>.

use std::collections::HashSet;
use std::sync::Arc;

use super::Source;
use super::keeper::{Keeper, LookRead, reached};
use super::reports::{LookReport, Reports};
use super::shown::Brought;
use super::side::PsohubSide;
use crate::domain::{Invoice, PsohubInvoiceId, SharedClock};
use crate::psohub::{InvoiceListFilter, ListReport, PsohubClient, PsohubError, StatusFilter};

/// Invoices that left the open lists and are asked for by number in one look; the others follow in
/// the next.
const LOOK_UPS_MAX: usize = 50;

/// The lists of what may still change, in the order of an invoice's life: one that moves on while
/// the lists are read is then seen in the later list, or in both, but not in none.
const OPEN_LISTS: [StatusFilter; 3] = [StatusFilter::Draft, StatusFilter::Approved, StatusFilter::Sent];

/// Reads PSOhub's invoices into the book.
pub(super) struct PsohubLook {
    pub(super) client: PsohubClient,
    pub(super) keeper: Keeper<PsohubSide>,
    pub(super) reports: Arc<Reports>,
    pub(super) clock: SharedClock,
}

/// What a look has read so far.
#[derive(Default)]
struct Read {
    invoices: Vec<Arc<Invoice>>,
    /// Also those whose row was there but could not be understood: they have not left.
    seen: HashSet<PsohubInvoiceId>,
    gone: Vec<PsohubInvoiceId>,
    report: LookReport,
}

impl PsohubLook {
    /// Reads once and publishes what changed. What was read before a failure is kept: it is true.
    pub(super) async fn look(&self) -> Result<(), String> {
        let (began, began_at) = (self.keeper.publisher().look_begins(), self.clock.now());
        let before = self.keeper.state();
        let history_was_read = before.as_ref().is_some_and(|state| state.full_pass_at.is_some());
        let mut read = Read::default();
        let outcome = if history_was_read {
            self.read_open(&mut read).await
        } else {
            self.read_history(&mut read).await
        };
        self.reports.set(Source::Psohub, std::mem::take(&mut read.report));
        let reached = outcome.is_ok().then(|| {
            let mut state = reached(before, began_at);
            state.full_pass_at.get_or_insert(began_at);
            state
        });
        // PSOhub has no look-up by id: a note that this look did not read after so long has had its time.
        let given_up = if reached.is_some() {
            self.keeper.publisher().read(|held| held.psohub().overdue(&began))
        } else {
            Vec::new()
        };
        let brought = Brought { began, rows: read.invoices, gone: read.gone, given_up };
        let kept = self.keeper.keep(LookRead { brought, reached }).await;
        outcome.map_err(|error| error.to_string())?;
        kept
    }

    async fn read_history(&self, read: &mut Read) -> Result<(), PsohubError> {
        if self.read_list(InvoiceListFilter::default(), read).await?.may_be_cut {
            // Then what matters most is asked for by status; each of these lists is shorter.
            tracing::warn!(rows = read.seen.len(), "PSOhub's list may have been cut; asking by status");
            for status in OPEN_LISTS.into_iter().chain([StatusFilter::Paid]) {
                self.read_list(InvoiceListFilter::by_status(status), read).await?;
            }
        }
        Ok(())
    }

    async fn read_open(&self, read: &mut Read) -> Result<(), PsohubError> {
        for status in OPEN_LISTS {
            self.read_list(InvoiceListFilter::by_status(status), read).await?;
        }
        let left = self.keeper.publisher().read(|held| held.left_open_lists(&read.seen));
        if left.len() > LOOK_UPS_MAX {
            // Many at once: most were paid, and one list tells that of all of them.
            self.read_list(InvoiceListFilter::by_status(StatusFilter::Paid), read).await?;
        }
        let unseen: Vec<_> = left.into_iter().filter(|invoice| !read.seen.contains(&invoice.id)).collect();
        for invoice in unseen.iter().take(LOOK_UPS_MAX) {
            self.look_up(invoice, read).await?;
        }
        Ok(())
    }

    /// Learns what became of an invoice that stands in no open list any more.
    async fn look_up(&self, invoice: &Invoice, read: &mut Read) -> Result<(), PsohubError> {
        let rows_lost_before = read.report.rows_lost;
        if !invoice.number.is_empty() {
            self.read_list(InvoiceListFilter::by_number(&invoice.number), read).await?;
        }
        // A row that could not be understood may be this very invoice.
        let understood = read.report.rows_lost == rows_lost_before;
        if understood && !read.seen.contains(&invoice.id) {
            tracing::info!(invoice.id = %invoice.id, invoice.number = %invoice.number, "PSOhub has it no more");
            read.gone.push(invoice.id);
        }
        Ok(())
    }

    async fn read_list(&self, filter: InvoiceListFilter, read: &mut Read) -> Result<ListReport, PsohubError> {
        let Read { invoices, seen, report, .. } = read;
        let listed = self.client.list(&filter, |invoice| {
            seen.insert(invoice.id);
            invoices.push(Arc::new(invoice));
        });
        let answer = listed.await?;
        seen.extend(answer.problems.kept.iter().filter_map(|problem| PsohubInvoiceId::new(problem.id?)));
        report.add(&answer.problems);
        Ok(answer)
    }
}
