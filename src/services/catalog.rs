//! What a Bexio company has set up, kept for an hour: it changes about once a year, and each
//! answer of ours would ask for it otherwise.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use super::keyed_cache::{CacheError, CachePolicy, KeyedCache};
use crate::bexio::{BexioClient, BexioError, Rows};
use crate::domain::catalog::{Account, BankAccount, Coded, Currencies, InvoiceSettings, Named, Tax, User};
use crate::domain::plan::CatalogSnapshot;
use crate::domain::{Problems, SharedClock};

/// A list that was read, or the failure of Bexio's call.
pub type CatalogResult<T> = Result<Arc<T>, CacheError<BexioError>>;

/// Up to this age a list is not asked for again.
const AGE_MAX: Duration = Duration::from_hours(1);
/// Up to this age it is served while it is asked for again; an outage of Bexio hides no account.
const STALE_MAX: Duration = Duration::from_hours(24);
/// How long Bexio is left alone after a failure.
const ERROR_TTL: Duration = Duration::from_secs(5);

/// Bexio's look-ups. Cloning shares them.
#[derive(Debug, Clone)]
pub struct Catalog {
    bexio: BexioClient,
    accounts: List<Vec<Account>>,
    sales_taxes: List<Vec<Tax>>,
    taxes: List<Vec<Tax>>,
    currencies: List<Currencies>,
    units: List<Vec<Named>>,
    payment_types: List<Vec<Named>>,
    languages: List<Vec<Coded>>,
    countries: List<Vec<Coded>>,
    bank_accounts: List<Vec<BankAccount>>,
    invoice_settings: List<InvoiceSettings>,
    user: List<User>,
}

impl Catalog {
    /// Look-ups through `bexio`, empty yet.
    pub fn new(bexio: BexioClient, clock: &SharedClock) -> Self {
        Self {
            bexio,
            accounts: List::new("accounts", clock),
            sales_taxes: List::new("sales taxes", clock),
            taxes: List::new("taxes", clock),
            currencies: List::new("currencies", clock),
            units: List::new("units", clock),
            payment_types: List::new("payment types", clock),
            languages: List::new("languages", clock),
            countries: List::new("countries", clock),
            bank_accounts: List::new("bank accounts", clock),
            invoice_settings: List::new("invoice settings", clock),
            user: List::new("user", clock),
        }
    }

    /// The chart of accounts.
    pub async fn accounts(&self) -> CatalogResult<Vec<Account>> {
        let bexio = self.bexio.clone();
        self.accounts.rows(async move || bexio.accounts().await).await
    }

    /// The active sales taxes. Bexio lists no 0 % export tax among them: [`Self::taxes`] has it.
    pub async fn sales_taxes(&self) -> CatalogResult<Vec<Tax>> {
        let bexio = self.bexio.clone();
        self.sales_taxes.rows(async move || bexio.sales_taxes(None).await).await
    }

    /// All taxes, of every kind, also those that are over.
    pub async fn taxes(&self) -> CatalogResult<Vec<Tax>> {
        let bexio = self.bexio.clone();
        self.taxes.rows(async move || bexio.taxes().await).await
    }

    /// The company's currencies.
    pub async fn currencies(&self) -> CatalogResult<Currencies> {
        let bexio = self.bexio.clone();
        self.currencies.get(async move || bexio.currencies().await).await
    }

    /// The units of positions.
    pub async fn units(&self) -> CatalogResult<Vec<Named>> {
        let bexio = self.bexio.clone();
        self.units.rows(async move || bexio.units().await).await
    }

    /// The payment types.
    pub async fn payment_types(&self) -> CatalogResult<Vec<Named>> {
        let bexio = self.bexio.clone();
        self.payment_types.rows(async move || bexio.payment_types().await).await
    }

    /// The languages of documents.
    pub async fn languages(&self) -> CatalogResult<Vec<Coded>> {
        let bexio = self.bexio.clone();
        self.languages.rows(async move || bexio.languages().await).await
    }

    /// The countries of addresses.
    pub async fn countries(&self) -> CatalogResult<Vec<Coded>> {
        let bexio = self.bexio.clone();
        self.countries.rows(async move || bexio.countries().await).await
    }

    /// The company's bank accounts.
    pub async fn bank_accounts(&self) -> CatalogResult<Vec<BankAccount>> {
        let bexio = self.bexio.clone();
        self.bank_accounts.rows(async move || bexio.bank_accounts().await).await
    }

    /// How the company numbers and presets its invoices.
    pub async fn invoice_settings(&self) -> CatalogResult<InvoiceSettings> {
        let bexio = self.bexio.clone();
        self.invoice_settings
            .get(async move || Ok((bexio.invoice_settings().await?, Problems::default())))
            .await
    }

    /// The user whose token is used: who creates invoices and contacts.
    pub async fn user(&self) -> CatalogResult<User> {
        let bexio = self.bexio.clone();
        self.user.get(async move || Ok((bexio.me().await?, Problems::default()))).await
    }

    /// All that a plan is made from.
    ///
    /// # Errors
    /// [`CatalogUnread`], for the first list that could not be had.
    pub async fn snapshot(&self) -> Result<CatalogSnapshot, CatalogUnread> {
        let catalog = self;
        let (accounts, taxes, currencies, languages, bank_accounts, payment_types, units, settings, user) = tokio::try_join!(
            async { catalog.accounts().await.map_err(|error| unread("accounts", &error)) },
            async { catalog.taxes().await.map_err(|error| unread("taxes", &error)) },
            async { catalog.currencies().await.map_err(|error| unread("currencies", &error)) },
            async { catalog.languages().await.map_err(|error| unread("languages", &error)) },
            async { catalog.bank_accounts().await.map_err(|error| unread("bank accounts", &error)) },
            async { catalog.payment_types().await.map_err(|error| unread("payment types", &error)) },
            async { catalog.units().await.map_err(|error| unread("units", &error)) },
            async { catalog.invoice_settings().await.map_err(|error| unread("invoice settings", &error)) },
            async { catalog.user().await.map_err(|error| unread("user", &error)) },
        )?;
        Ok(CatalogSnapshot {
            accounts: accounts.to_vec(),
            taxes: taxes.to_vec(),
            currencies: (*currencies).clone(),
            languages: languages.to_vec(),
            bank_accounts: bank_accounts.to_vec(),
            payment_types: payment_types.to_vec(),
            units: units.to_vec(),
            invoice_settings: Some((*settings).clone()),
            user_id: Some(user.id),
            // Bexio does not say: the planner takes the account's proposal.
            default_tax_id: None,
        })
    }

    /// Forgets everything: another company may be connected now.
    pub fn invalidate_all(&self) {
        self.accounts.cache.invalidate_all();
        self.sales_taxes.cache.invalidate_all();
        self.taxes.cache.invalidate_all();
        self.currencies.cache.invalidate_all();
        self.units.cache.invalidate_all();
        self.payment_types.cache.invalidate_all();
        self.languages.cache.invalidate_all();
        self.countries.cache.invalidate_all();
        self.bank_accounts.cache.invalidate_all();
        self.invoice_settings.cache.invalidate_all();
        self.user.cache.invalidate_all();
    }
}

/// A list of Bexio's that could not be had.
#[derive(Debug, thiserror::Error)]
#[error("Bexio's {what} could not be read: {why}")]
pub struct CatalogUnread {
    what: &'static str,
    why: String,
}

fn unread(what: &'static str, error: &dyn std::fmt::Display) -> CatalogUnread {
    CatalogUnread { what, why: error.to_string() }
}

/// One list, the only entry of its cache.
#[derive(Debug, Clone)]
struct List<T> {
    name: &'static str,
    cache: KeyedCache<(), Arc<T>, BexioError>,
}

impl<T: Send + Sync + 'static> List<T> {
    fn new(name: &'static str, clock: &SharedClock) -> Self {
        let policy = CachePolicy { name, stale_max: STALE_MAX, error_ttl: ERROR_TTL, bytes_max: 1 };
        Self { name, cache: KeyedCache::new(policy, Arc::clone(clock), |(), _| 1) }
    }

    async fn get<F>(&self, load: impl FnOnce() -> F + Send + 'static) -> CatalogResult<T>
    where
        F: Future<Output = Result<(T, Problems), BexioError>> + Send + 'static,
    {
        let name = self.name;
        let load = move || async move {
            let (list, problems) = load().await?;
            report(name, &problems);
            Ok(Arc::new(list))
        };
        Ok(self.cache.get((), AGE_MAX, load).await?.value)
    }
}

impl<T: Send + Sync + 'static> List<Vec<T>> {
    async fn rows<F>(&self, load: impl FnOnce() -> F + Send + 'static) -> CatalogResult<Vec<T>>
    where
        F: Future<Output = Result<Rows<T>, BexioError>> + Send + 'static,
    {
        self.get(move || async move { load().await.map(|rows| (rows.rows, rows.problems)) }).await
    }
}

/// What was not understood costs itself and not the list, and is named here.
fn report(name: &'static str, problems: &Problems) {
    if problems.rows_lost + problems.fields_lost > 0 {
        tracing::warn!(
            list = name,
            rows_lost = problems.rows_lost,
            fields_lost = problems.fields_lost,
            first = problems.kept.first().map(tracing::field::debug),
            "some of Bexio's {name} were not understood"
        );
    }
}
