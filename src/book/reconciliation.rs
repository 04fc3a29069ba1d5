//! Both sides of all invoices compared: how many agree, what the others come to, and which they are.
//!
//! A report holds verdicts only. Why an invoice has its verdict is asked for the few that are shown:
//! [`Snapshot::reconciliation_of`].

use std::cmp::Reverse;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::cursor::{from_text, to_text};
use super::page::window;
use super::{
    CombinedInvoice, CursorError, FreshnessState, InvoiceFilter, LinkOrigin, Page, PageRequest, Snapshot,
    Source,
};
use crate::domain::receivables::Sums;
use crate::domain::reconciliation::{Knowledge, Reconciliation, Sides, Verdict, compare};
use crate::domain::{AccountingInvoice, ExternalId, Money};

/// What was compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reconciled {
    /// An invoice that PSOhub has.
    Invoice(Arc<CombinedInvoice>),
    /// A Bexio invoice with our reference, without an invoice in PSOhub.
    BexioOnly(Arc<AccountingInvoice>),
}

/// One comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReconciledRow {
    /// Of what.
    pub subject: Reconciled,
    /// What it came to.
    pub verdict: Verdict,
}

/// The invoices of one verdict, in figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerdictTotal {
    /// The verdict.
    pub verdict: Verdict,
    /// How many invoices.
    pub count: usize,
    /// Their totals with VAT: PSOhub's, or Bexio's where PSOhub has none.
    pub totals: Sums,
}

/// Comparisons of many invoices.
#[derive(Debug, Clone)]
pub struct ReconciliationReport {
    /// One for each verdict, in their order, also of those that no invoice has.
    pub verdicts: Vec<VerdictTotal>,
    /// Those that need a person most come first; of one verdict, the newest first.
    rows: Vec<ReconciledRow>,
}

/// A place in a report. It keeps its meaning when invoices come, go or change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ReconciliationCursor {
    list: u8,
    verdict: Reverse<Verdict>,
    bexio_only: bool,
    id: Reverse<i64>,
}

/// Tells this list's cursors from those of others.
const LIST: u8 = b'r';

impl Snapshot {
    /// Compares both sides of one invoice.
    pub fn reconciliation(&self, row: &CombinedInvoice) -> Reconciliation {
        let duplicates: Vec<_> =
            row.duplicates.iter().filter_map(|id| self.book.bexio_invoice(*id).cloned()).collect();
        let customer = row.psohub.customer.as_ref().and_then(|customer| customer.id);
        compare(&Sides {
            psohub: Some(&row.psohub),
            bexio: row.bexio.as_deref(),
            duplicates: &duplicates,
            external_id: &row.external_id,
            contact: customer.and_then(|customer| self.book.contacts().of_customer(customer)),
            delivery: self.deliveries.of_invoice(row.psohub.id).map(|entry| entry.state()),
            is_linked_by_hand: row.link == Some(LinkOrigin::Recorded)
                && row.bexio.as_deref().and_then(AccountingInvoice::psohub_id) != Some(row.psohub.id),
            ..self.nothing_of_either()
        })
    }

    /// Compares a Bexio invoice with the PSOhub invoice that is not there.
    fn without_psohub(&self, invoice: &AccountingInvoice) -> Reconciliation {
        compare(&Sides { bexio: Some(invoice), ..self.nothing_of_either() })
    }

    /// Compares what stands in a report.
    pub fn reconciliation_of(&self, subject: &Reconciled) -> Reconciliation {
        match subject {
            Reconciled::Invoice(row) => self.reconciliation(row),
            Reconciled::BexioOnly(invoice) => self.without_psohub(invoice),
        }
    }

    fn nothing_of_either(&self) -> Sides<'static> {
        Sides {
            psohub: None,
            bexio: None,
            duplicates: &[],
            external_id: &ExternalId::Unknown,
            contact: None,
            delivery: None,
            is_linked_by_hand: false,
            psohub_known: self.knowledge(Source::Psohub),
            bexio_known: self.knowledge(Source::Bexio),
            tolerance: self.book.tolerance(),
            today: self.today,
        }
    }

    const fn knowledge(&self, source: Source) -> Knowledge {
        match self.freshness_of(source).state {
            FreshnessState::Unavailable => Knowledge::Never,
            FreshnessState::StaleOnError => Knowledge::Failing,
            FreshnessState::Live | FreshnessState::Cached | FreshnessState::Stale => Knowledge::Read,
        }
    }

    /// Compares both sides of all invoices that match `filter`: counts and sums of every verdict, and the
    /// list of those that have one of `verdicts`; of all where that is `None`. Bexio's invoices without
    /// one in PSOhub are among the rest only where `filter` asks for nothing but a verdict.
    pub fn reconciliation_report(
        &self,
        filter: &InvoiceFilter,
        verdicts: Option<&[Verdict]>,
    ) -> ReconciliationReport {
        let (filter, of_filter) = filter.without_verdict();
        let invoices = self.book.select(&filter, self.beside()).map(|row| ReconciledRow {
            verdict: self.reconciliation(row).verdict,
            subject: Reconciled::Invoice(Arc::clone(row)),
        });
        let wants_bexio_only = filter == InvoiceFilter::default();
        let made_for_psohub =
            |invoice: &&Arc<AccountingInvoice>| wants_bexio_only && invoice.psohub_id().is_some();
        let bexio_only = self.book.unlinked().iter().filter(made_for_psohub).map(|invoice| ReconciledRow {
            verdict: self.without_psohub(invoice).verdict,
            subject: Reconciled::BexioOnly(Arc::clone(invoice)),
        });
        let all = invoices.chain(bexio_only).filter(|row| one_of(of_filter, row.verdict));
        ReconciliationReport::of(all, verdicts)
    }
}

fn one_of(wanted: Option<&[Verdict]>, verdict: Verdict) -> bool {
    wanted.is_none_or(|wanted| wanted.contains(&verdict))
}

impl ReconciliationReport {
    fn of(all: impl Iterator<Item = ReconciledRow>, listed: Option<&[Verdict]>) -> Self {
        let empty = |verdict| VerdictTotal { verdict, count: 0, totals: Sums::default() };
        let mut verdicts = Verdict::ALL.map(empty);
        let mut rows: Vec<_> = all
            .inspect(|row| {
                if let Some(total) = verdicts.get_mut(row.verdict as usize) {
                    total.count += 1;
                    total.totals.add(row.subject.total());
                }
            })
            .filter(|row| one_of(listed, row.verdict))
            .collect();
        rows.sort_by_cached_key(ReconciliationCursor::of);
        Self { verdicts: verdicts.into(), rows }
    }

    /// All comparisons, in the list's order.
    pub fn rows(&self) -> &[ReconciledRow] {
        &self.rows
    }

    /// The comparisons alone.
    pub fn into_rows(self) -> Vec<ReconciledRow> {
        self.rows
    }

    /// One page of the comparisons.
    pub fn page(&self, request: &PageRequest<ReconciliationCursor>) -> Page<ReconciledRow> {
        let up_to = |place: &ReconciliationCursor, inclusive: bool| {
            self.rows.partition_point(|row| {
                let here = ReconciliationCursor::of(row);
                here < *place || (inclusive && here == *place)
            })
        };
        let start = request.after.as_ref().map_or(0, |after| up_to(after, true));
        let end = request.before.as_ref().map_or(self.rows.len(), |before| up_to(before, false));
        let page = window(start, end, request.size, request.from_end);
        Page {
            has_next: page.end < self.rows.len(),
            has_previous: page.start > 0,
            total_count: self.rows.len(),
            rows: self.rows.get(page).unwrap_or_default().to_vec(),
        }
    }
}

impl Reconciled {
    /// PSOhub's total with VAT, or Bexio's where PSOhub has none.
    pub fn total(&self) -> Money {
        match self {
            Self::Invoice(row) => row.psohub.total_inc_vat_money(),
            Self::BexioOnly(invoice) => invoice.money(invoice.total),
        }
    }
}

impl ReconciliationCursor {
    /// The place of `row`.
    pub fn of(row: &ReconciledRow) -> Self {
        let (bexio_only, id) = match &row.subject {
            Reconciled::Invoice(row) => (false, row.psohub.id.get()),
            Reconciled::BexioOnly(invoice) => (true, invoice.id.get()),
        };
        Self { list: LIST, verdict: Reverse(row.verdict), bexio_only, id: Reverse(id) }
    }

    /// The text to hand out.
    pub fn encode(&self) -> String {
        to_text(self)
    }

    /// Reads a text that was handed out for a report.
    ///
    /// # Errors
    /// [`CursorError::Malformed`].
    pub fn decode(text: &str) -> Result<Self, CursorError> {
        let cursor: Self = from_text(text)?;
        if cursor.list == LIST { Ok(cursor) } else { Err(CursorError::Malformed) }
    }
}

#[cfg(test)]
#[path = "reconciliation_tests.rs"]
mod tests;
