//! The words of tables: those of the API's enums, as a test over HTTP sees to.

use crate::domain::{AccountingStatus, InvoiceStatus};

pub(super) const fn status(status: InvoiceStatus) -> &'static str {
    match status {
        InvoiceStatus::Draft => "DRAFT",
        InvoiceStatus::Approved => "APPROVED",
        InvoiceStatus::Sent => "SENT",
        InvoiceStatus::Paid => "PAID",
        InvoiceStatus::Void => "VOID",
        InvoiceStatus::Unknown => "UNKNOWN",
    }
}

pub(super) const fn bexio_status(status: AccountingStatus) -> &'static str {
    match status {
        AccountingStatus::Draft => "DRAFT",
        AccountingStatus::Pending => "PENDING",
        AccountingStatus::Paid => "PAID",
        AccountingStatus::Partial => "PARTIAL",
        AccountingStatus::Cancelled => "CANCELLED",
        AccountingStatus::Unpaid => "UNPAID",
        AccountingStatus::Unknown => "UNKNOWN",
    }
}
