//! What customers owe, by the book.

use super::{CombinedInvoice, InvoiceFilter, Snapshot};
use crate::domain::receivables::{Dimension, Group, group};

impl Snapshot {
    /// What is owed on the invoices that match `filter`, grouped by `dimensions`; by none: all together.
    /// Bexio's invoices that stand for no PSOhub invoice are not among them.
    pub fn receivables(&self, filter: &InvoiceFilter, dimensions: &[Dimension]) -> Vec<Group> {
        let invoices = self.book.select(filter, self.beside());
        group(invoices.filter_map(|row| CombinedInvoice::receivable(row)), dimensions, self.today)
    }
}
