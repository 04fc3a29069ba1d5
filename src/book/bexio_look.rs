//! One look at Bexio's invoices: what changed since the last look, with an overlap, 2,000 rows a
//! call; and everything once a day.
//!
//! `updated_at` is Zurich wall time by Bexio's clock, and a payment may not move it: the overlap
//! covers clocks and the hour that a clock change repeats, the daily full pass covers what changed
//! without saying so and what was deleted.
//! Source: <https://docs.bexio.com/#tag/Invoices/operation/v2SearchInvoices>.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::Source;
use super::keeper::{Keeper, LookRead, reached};
use super::reports::{LookReport, Reports};
use super::side::BexioSide;
use crate::bexio::{BexioClient, BexioError, Currencies, INVOICE_PAGE_ROWS, InvoicePage};
use crate::domain::{AccountingInvoice, BexioInvoiceId, CurrencyCode, SharedClock};
use crate::store::MirrorState;

/// How far before the last look changes are asked for again.
const OVERLAP: Duration = Duration::from_secs(2 * 60 * 60);

/// Invoices missing from a full pass of several calls that are asked for one by one: paging by
/// offset can skip a row when one before it is deleted meanwhile.
const LOOK_UPS_MAX: usize = 50;

/// Name of a currency in the mirror's state: this, then Bexio's id.
const CURRENCY_KEY: &str = "currency.";

/// Reads Bexio's invoices into the book.
pub(super) struct BexioLook {
    pub(super) client: BexioClient,
    pub(super) keeper: Keeper<BexioSide>,
    pub(super) reports: Arc<Reports>,
    pub(super) clock: SharedClock,
    pub(super) full_pass_every: Duration,
}

/// What a look has read so far.
struct Read {
    currencies: Currencies,
    invoices: Vec<Arc<AccountingInvoice>>,
    /// Also those whose row was there but could not be understood: they are not gone.
    seen: HashSet<BexioInvoiceId>,
    gone: Vec<BexioInvoiceId>,
    report: LookReport,
}
