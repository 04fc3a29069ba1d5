//! What callers give: filters, orders, pages and look-ups, checked and turned into the book's terms.

mod connection_test;
mod delivery_filter;
mod disconnect;
pub(super) mod export;
mod filter;
mod lookup;
mod mark;
mod order;
mod paging;
mod payment_sync;
mod receivables;
mod send;
mod settings;
mod unknown_fields;

pub(super) use connection_test::TestConnectionInput;
pub(super) use delivery_filter::DeliveryFilter;
pub(super) use disconnect::DisconnectInput;
pub(super) use filter::InvoiceFilter;
pub(super) use lookup::{BadLookup, InvoiceLookup};
pub(super) use mark::{
    LinkInvoiceInput, MarkInvoicePaidInput, SetInvoiceExternalIdInput, UnlinkInvoiceInput,
};
pub(super) use order::InvoiceOrder;
pub(super) use paging::{
    FORWARD_PAGE, PAGE, PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX, Paging, check_max_age, forward_page,
    page_of_batches, page_of_sync_runs,
};
pub(super) use payment_sync::RunPaymentSyncInput;
pub(super) use receivables::{check_groups, dimensions};
pub(super) use send::{
    CancelBatchInput, DRY_RUN_MAX, InvoiceSelection, ResolveDeliveryInput, SendInvoiceInput,
    SendInvoicesInput, SendOptions,
};
pub(super) use settings::{SettingsBasis, UpdateSettingsInput};
