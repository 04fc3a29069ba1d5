//! The report over many invoices.

use super::super::bexio_invoice::BexioInvoice;
use super::super::invoice::Invoice;
use super::super::money::Money;
use super::super::page_info::{PageEnds, PageInfo};
use super::super::sums::CurrencyTotal;
use super::{ReconciliationReason, ReconciliationVerdict};
use crate::book::{
    Page, Reconciled, ReconciledRow, ReconciliationCursor, ReconciliationReport as Report, VerdictTotal,
};
use crate::domain::reconciliation::Reconciliation;
use crate::graphql::inputs::{PAGE, Paging};
use crate::graphql::output::{Root, object};

object! {
    /// Both sides of many invoices compared.
    "ReconciliationReport" ReconciliationReport<'a> from &'a Report {
        /// Number and sums of each verdict, also of those that no invoice has. They count every invoice that
        /// the filter lets through, whichever verdicts the list is asked for.
        "verdicts": Vec<ReconciliationVerdictTotal> = |report, out| {
            out.list::<ReconciliationVerdictTotal>(&report.verdicts);
        };
        /// The invoices with the verdicts asked for: those that need a person most come first, of one
        /// verdict the newest. Read forward with `first` and `after`, backward with `last` and `before`.
        /// Null only with an error, where a page is asked for that cannot be.
        "items"(PAGE): Option<ReconciliationItemConnection> = |report, out| {
            match Paging::of_field(&out).of_reconciliation() {
                Ok(request) => out.object::<ReconciliationItemConnection>(&report.page(&request)),
                Err(fault) => out.fault(&fault),
            }
        };
    }
}

object! {
    /// The invoices of one verdict, in figures.
    "ReconciliationVerdictTotal" ReconciliationVerdictTotal<'a> from &'a VerdictTotal {
        /// The verdict.
        "verdict": ReconciliationVerdict = |total, out| {
            out.member(ReconciliationVerdict::from(total.verdict));
        };
        /// How many invoices.
        "count": i32 = |total, out| out.int_capped(total.count);
        /// Their totals with VAT, a sum for each currency: PSOhub's totals, Bexio's where PSOhub has no
        /// invoice.
        "totals": Vec<CurrencyTotal> = |total, out| out.list::<CurrencyTotal>(total.totals.iter());
    }
}

object! {
    /// One page of a list of comparisons.
    "ReconciliationItemConnection" ReconciliationItemConnection<'a> from &'a Page<ReconciledRow> {
        /// The comparisons of this page with their cursors.
        "edges": Vec<ReconciliationItemEdge> = |page, out| out.list::<ReconciliationItemEdge>(&page.rows);
        /// The comparisons of this page.
        "nodes": Vec<ReconciliationItem> = |page, out| {
            let found: Vec<_> = page.rows.iter().map(|row| (row, out.scope().snapshot.reconciliation_of(&row.subject))).collect();
            out.list::<ReconciliationItem>(found.iter().map(|(row, found)| (&row.subject, found)));
        };
        /// Where this page stands in the list.
        "pageInfo": PageInfo = |page, out| out.object::<PageInfo>(page);
        /// How many invoices have the verdicts asked for, on all pages together.
        "totalCount": i32 = |page, out| {
            out.int_capped(page.total_count);
        };
    }
}

object! {
    /// A comparison with its place in the list.
    "ReconciliationItemEdge" ReconciliationItemEdge<'a> from &'a ReconciledRow {
        /// Its place, for `after` and `before`. Opaque; it stays valid when invoices come and go.
        "cursor": String = |row, out| out.plain(ReconciliationCursor::of(row).encode());
        /// The comparison.
        "node": ReconciliationItem = |row, out| {
            let found = out.scope().snapshot.reconciliation_of(&row.subject);
            out.object::<ReconciliationItem>((&row.subject, &found));
        };
    }
}

object! {
    /// One comparison: of an invoice that PSOhub has, or of a Bexio invoice that was made for a PSOhub
    /// invoice which is not there.
    "ReconciliationItem" ReconciliationItem<'a> from (&'a Reconciled, &'a Reconciliation) {
        /// The verdict.
        "verdict": ReconciliationVerdict = |(_, found), out| {
            out.member(ReconciliationVerdict::from(found.verdict));
        };
        /// Why, the gravest first.
        "reasons": Vec<ReconciliationReason> = |(_, found), out| {
            out.list::<ReconciliationReason>(&found.reasons);
        };
        /// Its total with VAT: PSOhub's, or Bexio's where PSOhub has no invoice.
        "total": Money = |(subject, _), out| out.object::<Money>(subject.total());
        /// The invoice. Null where only Bexio has one.
        "invoice": Option<Invoice> = |(subject, _), out| match subject {
            Reconciled::Invoice(row) => out.object::<Invoice>(row),
            Reconciled::BexioOnly(_) => out.null(),
        };
        /// The invoice in Bexio. Null where only PSOhub has one.
        "bexio": Option<BexioInvoice> = |(subject, _), out| {
            out.opt::<BexioInvoice>(match subject {
                Reconciled::Invoice(row) => row.bexio.as_deref(),
                Reconciled::BexioOnly(invoice) => Some(invoice),
            });
        };
    }
}

impl PageEnds for Page<ReconciledRow> {
    fn has_next(&self) -> bool {
        self.has_next
    }

    fn has_previous(&self) -> bool {
        self.has_previous
    }

    fn start_cursor(&self) -> Option<String> {
        self.rows.first().map(|row| ReconciliationCursor::of(row).encode())
    }

    fn end_cursor(&self) -> Option<String> {
        self.rows.last().map(|row| ReconciliationCursor::of(row).encode())
    }
}

impl Root for ReconciliationReport {
    type Owned = Report;

    fn source(owned: &Self::Owned) -> Self::Source<'_> {
        owned
    }

    fn bytes_hint(_owned: &Self::Owned) -> usize {
        32 * 1024
    }
}
