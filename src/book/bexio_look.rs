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
use super::own_writes::LookBegan;
use super::reports::{LookReport, Reports};
use super::shown::Brought;
use super::side::BexioSide;
use crate::bexio::{BexioClient, BexioError, Page};
use crate::domain::{AccountingInvoice, BexioInvoiceId, Currencies, Currency, RowProblem, SharedClock};
use crate::store::MirrorState;

/// How far before the last look changes are asked for again.
const OVERLAP: Duration = Duration::from_hours(2);

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
    /// Whether they were read in this look.
    currencies_are_new: bool,
    invoices: Vec<Arc<AccountingInvoice>>,
    /// Also those whose row was there but could not be understood: they are not gone.
    seen: HashSet<BexioInvoiceId>,
    gone: Vec<BexioInvoiceId>,
    /// Asked for by id, because no list showed them after a write of ours.
    given_up: Vec<BexioInvoiceId>,
    report: LookReport,
}

impl BexioLook {
    /// Reads once and publishes what changed. What was read before a failure is kept: it is true.
    pub(super) async fn look(&self) -> Result<(), String> {
        let (began, began_at) = (self.keeper.publisher().look_begins(), self.clock.now());
        let before = self.keeper.state();
        let full_pass = self.is_full_pass_due(before.as_ref(), began_at);
        let mut read = Read::new(currencies_of(before.as_ref()));
        let mut outcome = self.read_invoices(&mut read, before.as_ref(), full_pass).await;
        if outcome.is_ok() {
            outcome = self.ask_for_overdue(&mut read, &began).await;
        }
        self.reports.set(Source::Bexio, std::mem::take(&mut read.report));
        let reached = outcome.is_ok().then(|| {
            let mut state = reached(before, began_at);
            state.watermark = Some(began_at);
            state.extra = currency_names(&read.currencies);
            if full_pass {
                state.full_pass_at = Some(began_at);
            }
            state
        });
        let Read { invoices: rows, gone, given_up, .. } = read;
        let brought = Brought { began, rows, gone, given_up };
        let kept = self.keeper.keep(LookRead { brought, reached }).await;
        outcome.map_err(|error| error.to_string())?;
        kept
    }

    fn is_full_pass_due(&self, before: Option<&MirrorState>, now: Timestamp) -> bool {
        let last = before.and_then(|state| state.full_pass_at);
        // A clock that was set back must not put the next full pass off for long.
        last.is_none_or(|last| now.duration_since(last).unsigned_abs() >= self.full_pass_every)
    }

    async fn read_invoices(
        &self,
        read: &mut Read,
        before: Option<&MirrorState>,
        full_pass: bool,
    ) -> Result<(), BexioError> {
        if full_pass || read.currencies.is_empty() {
            read.refresh_currencies(&self.client).await?;
        }
        match before.and_then(|state| state.watermark).filter(|_| !full_pass) {
            Some(watermark) => self.read_changes(read, watermark).await,
            None => self.read_all(read).await,
        }
    }

    async fn read_changes(&self, read: &mut Read, watermark: Timestamp) -> Result<(), BexioError> {
        let since = watermark.checked_sub(OVERLAP).unwrap_or(Timestamp::MIN);
        let mut offset = Some(0);
        while let Some(at) = offset {
            let page = self.client.search_updated_since(since, at, &read.currencies).await?;
            if !read.currencies_are_new && page.rows.problems.kept.iter().any(is_unknown_currency) {
                // The company has begun to use another currency: read the page again with it.
                read.refresh_currencies(&self.client).await?;
                continue;
            }
            offset = read.take(page);
        }
        Ok(())
    }

    async fn read_all(&self, read: &mut Read) -> Result<(), BexioError> {
        let mut offset = Some(0);
        let mut pages = 0;
        while let Some(at) = offset {
            let page = self.client.list_page(at, &read.currencies).await?;
            offset = read.take(page);
            pages += 1;
        }
        self.find_gone(read, pages > 1).await
    }

    /// Finds what was held and stands in the full pass no more. One call is one moment, and what it
    /// lacks is gone; several calls are not, so each missing invoice is asked for.
    async fn find_gone(&self, read: &mut Read, several_calls: bool) -> Result<(), BexioError> {
        let held = self.keeper.publisher().read(|held| held.bexio().told_ids());
        let mut missing: Vec<_> = held.difference(&read.seen).copied().collect();
        missing.sort_unstable();
        if !several_calls && read.report.rows_lost == 0 {
            read.gone = missing;
            return Ok(());
        }
        for id in missing.into_iter().take(LOOK_UPS_MAX) {
            self.ask_for(id, read).await?;
        }
        Ok(())
    }

    /// Asks for invoices that we wrote and that stand in no list since.
    async fn ask_for_overdue(&self, read: &mut Read, began: &LookBegan) -> Result<(), BexioError> {
        let mut overdue = self.keeper.publisher().read(|held| held.bexio().overdue(began));
        overdue.sort_unstable();
        let (read_now, unread): (Vec<_>, Vec<_>) = overdue.into_iter().partition(|id| read.seen.contains(id));
        read.given_up.extend(read_now);
        for id in unread.into_iter().take(LOOK_UPS_MAX) {
            self.ask_for(id, read).await?;
            read.given_up.push(id);
        }
        Ok(())
    }

    async fn ask_for(&self, id: BexioInvoiceId, read: &mut Read) -> Result<(), BexioError> {
        match self.client.invoice(id, &read.currencies).await? {
            Some(detail) => read.invoices.push(Arc::new(detail.invoice)),
            None => read.gone.push(id),
        }
        Ok(())
    }
}

impl Read {
    fn new(currencies: Currencies) -> Self {
        Self {
            currencies,
            invoices: Vec::new(),
            seen: HashSet::new(),
            gone: Vec::new(),
            given_up: Vec::new(),
            report: LookReport::default(),
            currencies_are_new: false,
        }
    }

    async fn refresh_currencies(&mut self, client: &BexioClient) -> Result<(), BexioError> {
        let (currencies, problems) = client.currencies().await?;
        self.currencies = currencies;
        self.report.add(&problems);
        self.currencies_are_new = true;
        Ok(())
    }

    /// Takes in a page; where the next one begins.
    fn take(&mut self, page: Page<AccountingInvoice>) -> Option<u32> {
        let Page { rows, next_offset } = page;
        let lost = rows.problems.kept.iter().filter_map(|problem| BexioInvoiceId::new(problem.id?));
        self.seen.extend(lost.chain(rows.rows.iter().map(|invoice| invoice.id)));
        self.report.add(&rows.problems);
        // The draft of a connection test lives for a second and is nobody's invoice.
        let invoices = rows.rows.into_iter().filter(|invoice| !invoice.is_connection_test());
        self.invoices.extend(invoices.map(Arc::new));
        next_offset
    }
}

fn is_unknown_currency(problem: &RowProblem) -> bool {
    &*problem.field == "currency_id"
}

/// The currencies as the mirror's state keeps them: Bexio's id → the ISO code.
fn currency_names(currencies: &Currencies) -> BTreeMap<String, String> {
    currencies
        .iter()
        .map(|currency| (format!("{CURRENCY_KEY}{}", currency.id), currency.code.to_string()))
        .collect()
}

fn currencies_of(state: Option<&MirrorState>) -> Currencies {
    let extra = state.into_iter().flat_map(|state| &state.extra);
    extra
        .filter_map(|(name, code)| {
            let id = name.strip_prefix(CURRENCY_KEY)?.parse().ok()?;
            Some(Currency { id, code: code.parse().ok()?, round_factor: None })
        })
        .collect()
}
