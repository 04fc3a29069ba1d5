//! Lists as CSV: the same filters, orders and checks as the lists of the API, without its pages.

use super::accounting::{filter, on_a_thread, report};
use super::errors::Fault;
use super::inputs::{InvoiceOrder, export};
use super::operation::{Caller, known};
use super::service::GraphqlService;
use crate::book::{ReadRequest, Snapshot, Source};
use crate::domain::name_in_logs;
use crate::services::export::{CsvTable, Separator};

/// What an export is asked for by.
#[derive(Debug, Clone, Default)]
pub struct ExportRequest {
    /// Which list.
    pub list: ExportList,
    /// An `InvoiceFilter` as JSON.
    pub filter: Option<String>,
    /// An `InvoiceOrder` as JSON; only the list of invoices has an order to choose.
    pub order_by: Option<String>,
    /// A list of `ReconciliationVerdict` as JSON; only for the list of comparisons.
    pub verdicts: Option<String>,
    /// What stands between two cells.
    pub separator: Separator,
}

/// A list that can be had as CSV.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ExportList {
    /// Invoices.
    #[default]
    Invoices,
    /// Comparisons of both sides.
    Reconciliation,
}

impl GraphqlService {
    /// The list that `request` asks for, of the state of the book that a query would read now.
    ///
    /// # Errors
    /// BAD_USER_INPUT for what cannot be read of the request, UPSTREAM_UNAVAILABLE while one side was never
    /// read: a table without it would look as if there was nothing.
    pub async fn export(&self, request: ExportRequest, caller: Caller) -> Result<CsvTable, Fault> {
        let (given, order) =
            (export::filter(request.filter.as_deref())?, export::order(request.order_by.as_deref())?);
        let verdicts = export::verdicts(request.verdicts.as_deref())?;
        let snapshot = self.both_sides().await?;
        let filter = filter(&snapshot, Some(given))?;
        tracing::info!(export.list = ?request.list, export.by = name_in_logs(&caller.name), "a list is exported as CSV");
        match request.list {
            ExportList::Invoices => {
                let order = InvoiceOrder::checked(order);
                let rows = on_a_thread(&snapshot, move |snapshot| snapshot.list(&filter, order)).await?;
                Ok(CsvTable::invoices(snapshot, rows, request.separator))
            }
            ExportList::Reconciliation => {
                let rows = report(&snapshot, filter, verdicts).await?.into_rows();
                Ok(CsvTable::reconciliation(snapshot, rows, request.separator))
            }
        }
    }

    async fn both_sides(&self) -> Result<Snapshot, Fault> {
        let request = ReadRequest { max_age: None, external_ids: true };
        let snapshot = self.deps.book.read(request).await;
        known(&snapshot, Source::Psohub)?;
        known(&snapshot, Source::Bexio)?;
        Ok(snapshot)
    }
}
