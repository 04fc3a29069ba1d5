//! Puts the book together: loads the mirror, starts a refresher for each source and looks again
//! when nobody asks.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::bexio_look::BexioLook;
use super::changes::{ChangeFeed, InvoiceChanges};
use super::external_ids_look::ExternalIdsLook;
use super::holdings::Holdings;
use super::keeper::Keeper;
use super::own_writes::{BexioWrite, OwnWrite};
use super::psohub_look::PsohubLook;
use super::publisher::Publisher;
use super::refresher::{LookFn, LookedAt, Refresher};
use super::reports::{LookReport, Reports};
use super::side::{BexioSide, PsohubSide, Side};
use super::{BookReader, DeliveryBoard, ReadPeriods, Source};
use crate::bexio::BexioClient;
use crate::domain::clock::Sleep;
use crate::domain::{
    AccountingInvoice, BexioInvoiceId, InvoiceStatus, PsohubInvoiceId, RoundingTolerance, SharedClock,
};
use crate::psohub::PsohubClient;
use crate::store::{MirrorState, Mirrored, Store, StoreError};

/// How often the book is read again.
#[derive(Debug, Clone, Copy)]
pub struct BookPeriods {
    /// How old what is served may be.
    pub read: ReadPeriods,
    /// Wait after the first of several failed looks; doubled with each further one, up to a minute.
    pub retry_base: Duration,
    /// PSOhub is looked at this long after the last look when nobody asks.
    pub psohub_refresh: Duration,
    /// Bexio is looked at this long after the last look when nobody asks.
    pub bexio_refresh: Duration,
    /// All of Bexio's invoices are read again this long after the last full pass.
    pub bexio_full_pass: Duration,
}

/// Where the book reads from and what it keeps itself in.
#[derive(Debug)]
pub struct BookSources {
    /// PSOhub.
    pub psohub: PsohubClient,
    /// Bexio.
    pub bexio: BexioClient,
    /// The mirror and the links.
    pub store: Store,
    /// The time.
    pub clock: SharedClock,
}

/// A look as its refresher runs it. A macro, since the compiler cannot name these futures in a
/// generic function.
macro_rules! look_fn {
    ($look:ident) => {
        Box::new(move || {
            let look = Arc::clone(&$look);
            async move { look.look().await }.boxed()
        })
    };
}

/// The book with everything that keeps it fresh.
pub struct BookService {
    publisher: Arc<Publisher>,
    deliveries: Arc<DeliveryBoard>,
    changes: Arc<ChangeFeed>,
    refreshers: Arc<[Arc<Refresher>; Source::ALL.len()]>,
    reports: Arc<Reports>,
    periods: BookPeriods,
    clock: SharedClock,
}

impl BookService {
    /// Opens the book as the mirror has it. Reads no upstream yet.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read; a mirror of another format counts as none.
    pub async fn open(sources: BookSources, periods: BookPeriods) -> Result<Self, StoreError> {
        let BookSources { psohub, bexio, store, clock } = sources;
        let began = clock.elapsed();
        let (holdings, psohub_state, bexio_state) = load(&store).await?;
        let reports = Arc::new(Reports::default());
        let publisher = Arc::new(Publisher::new(holdings, Arc::clone(&clock)));
        tracing::info!(
            invoices = publisher.current().rows().len(),
            took = ?clock.elapsed().saturating_sub(began),
            "the book is open as the database has it"
        );
        let psohub_looked = looked_at(psohub_state.as_ref(), &clock);
        let bexio_looked = looked_at(bexio_state.as_ref(), &clock);
        let psohub_look = Arc::new(PsohubLook {
            client: psohub.clone(),
            keeper: Keeper::new(Arc::clone(&publisher), store.clone(), psohub_state),
            reports: Arc::clone(&reports),
            clock: Arc::clone(&clock),
        });
        let external_ids_look =
            Arc::new(ExternalIdsLook { client: psohub, publisher: Arc::clone(&publisher) });
        let bexio_look = Arc::new(BexioLook {
            client: bexio,
            keeper: Keeper::new(Arc::clone(&publisher), store, bexio_state),
            reports: Arc::clone(&reports),
            clock: Arc::clone(&clock),
            full_pass_every: periods.bexio_full_pass,
        });
        let refresher = |source, looked, look: LookFn| {
            Refresher::new(source, Arc::clone(&clock), periods.retry_base, looked, look)
        };
        let refreshers = Arc::new([
            refresher(Source::Psohub, psohub_looked, look_fn!(psohub_look)),
            refresher(Source::PsohubExternalIds, None, look_fn!(external_ids_look)),
            refresher(Source::Bexio, bexio_looked, look_fn!(bexio_look)),
        ]);
        let deliveries = Arc::default();
        let changes = ChangeFeed::new(Arc::clone(&publisher), Arc::clone(&deliveries));
        Ok(Self { publisher, deliveries, changes, refreshers, reports, periods, clock })
    }

    /// The door for readers.
    pub fn reader(&self) -> BookReader {
        BookReader::new(
            Arc::clone(&self.publisher),
            Arc::clone(&self.deliveries),
            Arc::clone(&self.refreshers),
            self.periods.read,
            Arc::clone(&self.clock),
        )
    }

    /// Tells of every new version of the book.
    pub fn versions(&self) -> watch::Receiver<u64> {
        self.publisher.versions()
    }

    /// The deliveries that readers see beside the book.
    pub const fn deliveries(&self) -> &Arc<DeliveryBoard> {
        &self.deliveries
    }

    /// Every change of an invoice or its delivery from now on. Must be called within a runtime.
    pub fn changes(&self) -> broadcast::Receiver<Arc<InvoiceChanges>> {
        self.changes.subscribe()
    }

    /// Waits by the book's clock.
    pub fn wait(&self, period: Duration) -> Sleep {
        self.clock.sleep(period)
    }

    /// How many listen to [`Self::changes`].
    pub fn listeners(&self) -> usize {
        self.changes.listeners()
    }

    /// What the last look at `source` could not understand.
    pub fn report(&self, source: Source) -> LookReport {
        self.reports.of(source)
    }

    /// Looks at `source` now, whatever failed before, or joins the look under way.
    ///
    /// # Errors
    /// In words for people, when the look failed.
    pub async fn refresh(&self, source: Source) -> Result<(), Arc<str>> {
        self.refreshers[source as usize].look_now().await
    }

    /// Shows a Bexio invoice as a write of ours left it, until a look that began after this call has
    /// read it. Returns, as the other notes do, when readers see it. To be called once the write took
    /// effect.
    pub async fn note_bexio(&self, invoice: AccountingInvoice) {
        let write = OwnWrite::BexioInvoice(invoice.id, BexioWrite::Left(Arc::new(invoice)));
        self.publisher.note(write).await;
    }

    /// Shows a Bexio invoice no more that we deleted.
    pub async fn note_bexio_deleted(&self, invoice: BexioInvoiceId) {
        self.publisher.note(OwnWrite::BexioInvoice(invoice, BexioWrite::Deleted)).await;
    }

    /// Shows the external id that we wrote to PSOhub.
    pub async fn note_external_id(&self, invoice: PsohubInvoiceId, value: Box<str>) {
        self.publisher.note(OwnWrite::ExternalId(invoice, value)).await;
    }

    /// Shows the status that we set in PSOhub. It is noted before this returns; what is returned ends when
    /// readers see it, and may be left to itself by who marks many.
    #[must_use = "readers do not see it before this has ended"]
    pub fn note_status(
        &self,
        invoice: PsohubInvoiceId,
        status: InvoiceStatus,
    ) -> impl Future<Output = ()> + use<'_> {
        self.publisher.note(OwnWrite::Status(invoice, status))
    }

    /// Shows our own record of which Bexio invoice stands for an invoice; `None` where none does. The
    /// store's row is the caller's to write, before.
    pub async fn note_link(&self, invoice: PsohubInvoiceId, bexio: Option<BexioInvoiceId>) {
        self.publisher.note(OwnWrite::Link(invoice, bexio)).await;
    }

    /// Compares totals within another amount from now on; returns when readers see it.
    pub async fn compare_within(&self, tolerance: RoundingTolerance) {
        if self.publisher.current().tolerance() == tolerance {
            return;
        }
        let changed = self.publisher.change(move |holdings| holdings.compare_within(tolerance)).await;
        if changed.is_err() {
            tracing::error!("the book with another tolerance could not be made; the next look makes it");
        }
    }

    /// Returns when every write of ours that was noted so far is shown.
    pub async fn notes_shown(&self) {
        self.publisher.notes_published().await;
    }

    /// Looks at both upstreams now, and whenever their last look is older than the period, until `stop`.
    /// The first look finds what an earlier process wrote and had no time to read back.
    pub fn keep_fresh(&self, tasks: &TaskTracker, stop: &CancellationToken) {
        for (source, period) in
            [(Source::Psohub, self.periods.psohub_refresh), (Source::Bexio, self.periods.bexio_refresh)]
        {
            let refresher = Arc::clone(&self.refreshers[source as usize]);
            let clock = Arc::clone(&self.clock);
            let stop = stop.clone();
            tasks.spawn(async move {
                refresher.start();
                while !stop.is_cancelled() {
                    let wait = refresher.due_in(period, clock.elapsed());
                    if wait.is_zero() {
                        refresher.start();
                    }
                    // A look under way, or one that others start meanwhile, moves the next one.
                    let nap = wait.clamp(Duration::from_millis(100), Duration::from_mins(1));
                    drop(tokio::time::timeout(nap, stop.cancelled()).await);
                }
            });
        }
    }
}

/// Both sides as the mirror has them, each read by a task of its own: a restart waits for this.
async fn load(store: &Store) -> Result<(Holdings, Option<MirrorState>, Option<MirrorState>), StoreError> {
    let psohub = tokio::spawn(load_side::<PsohubSide>(store.clone()));
    let bexio = tokio::spawn(load_side::<BexioSide>(store.clone()));
    let links = store.links().await?;
    let (psohub, psohub_state) = psohub.await.map_err(|_| StoreError::Interrupted)??;
    let (bexio, bexio_state) = bexio.await.map_err(|_| StoreError::Interrupted)??;
    let recorded = links.iter().map(|link| (link.psohub_invoice_id, link.bexio_invoice_id));
    Ok((Holdings::mirrored(psohub, bexio, recorded), psohub_state, bexio_state))
}

async fn load_side<S: Side>(store: Store) -> Result<(S::Rows, Option<MirrorState>), StoreError> {
    Ok(match S::load(&store).await? {
        Some(Mirrored { rows, state }) => (S::mirrored(rows), Some(state)),
        None => (S::Rows::default(), None),
    })
}

/// The age of a mirrored side goes on from the instant at which it was read, by the wall clock: a
/// restart is the one place where no monotonic clock reaches across.
fn looked_at(state: Option<&MirrorState>, clock: &SharedClock) -> Option<LookedAt> {
    let instant = state?.fetched_at;
    let age_then = Duration::try_from(clock.now().duration_since(instant)).unwrap_or_default();
    Some(LookedAt { instant, noted: clock.elapsed(), age_then })
}
