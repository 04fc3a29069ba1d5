//! What callers give: filters, orders, pages and look-ups, checked and turned into the book's terms.

mod filter;
mod lookup;
mod order;
mod paging;

pub(super) use filter::InvoiceFilter;
pub(super) use lookup::InvoiceLookup;
pub(super) use order::InvoiceOrder;
pub(super) use paging::{PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX, Paging, check_max_age};
