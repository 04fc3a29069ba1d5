//! The settings for sending: the environment's until an administrator saves others, which then win.
//!
//! They are read from the store each time, so that every process on one database goes by the same.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Catalog;
use super::deliveries::SettingsSource;
use crate::book::BookService;
use crate::domain::plan::SendSettings;
use crate::domain::schedule::{Schedule, ScheduleError};
use crate::domain::settings::{InvalidSetting, Setting, invalid_settings};
use crate::domain::{CurrencyCode, SharedClock, name_in_logs};
use crate::store::{SavedSettings, Store, StoreError};

/// How often what is set is held against what Bexio has set up.
const CHECK_EVERY: Duration = Duration::from_hours(24);
/// The same after Bexio could not be asked.
const CHECK_AGAIN: Duration = Duration::from_mins(10);
/// How often it is looked whether another process saved other settings.
const LOOK_EVERY: Duration = Duration::from_mins(1);

/// Where the settings are.
#[derive(Clone)]
pub struct SettingsParts {
    /// Where they are saved; without it the first ones hold.
    pub store: Option<Store>,
    /// The environment's.
    pub first: SendSettings,
    /// What goes by the tolerance; nothing where only settings are looked at.
    pub book: Option<Arc<BookService>>,
}

/// The settings for sending. Cloning shares them.
#[derive(Clone)]
pub struct SettingsService {
    store: Option<Store>,
    first: Arc<SendSettings>,
    checked: Arc<ArcSwap<Checked>>,
    book: Option<Arc<BookService>>,
    /// The schedule of the payment sync as it was last read.
    schedule: watch::Sender<SetSchedule>,
}

/// The schedule that is set, or why that text is none.
pub type SetSchedule = Result<Schedule, ScheduleError>;

/// The settings that hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CurrentSettings {
    /// Counts the changes; 0 while the environment's hold.
    pub version: i64,
    /// When they were changed; `None` while the environment's hold.
    pub changed_at: Option<Timestamp>,
    /// Who changed them; `None` while the environment's hold.
    pub changed_by: Option<Box<str>>,
    /// The settings.
    pub settings: Arc<SendSettings>,
}

/// What came of holding the settings against what Bexio has set up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// When; `None` before the first time.
    pub at: Option<Timestamp>,
    /// Which version.
    pub version: i64,
    /// What cannot be used any more.
    pub invalid: Vec<InvalidSetting>,
}

/// A change that is asked for.
#[derive(Debug, Clone)]
pub struct SettingsUpdate {
    /// All settings as they shall be.
    pub settings: SendSettings,
    /// Those that the caller named: only these can be refused.
    pub named: Vec<Setting>,
    /// The version that the change was made on.
    pub expected_version: i64,
    /// Who asks.
    pub by: Box<str>,
}

/// Why settings were not saved.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// Somebody changed them meanwhile.
    #[error("the settings were changed since: they have the version {current} and not {expected}")]
    VersionConflict {
        /// The version that holds.
        current: i64,
        /// The version that the change was made on.
        expected: i64,
    },
    /// Some of them cannot be used.
    #[error("some of the settings cannot be used")]
    Invalid(Vec<InvalidSetting>),
    /// Bexio could not be asked whether they can.
    #[error("{0}")]
    Unavailable(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What settings are held against.
#[derive(Debug, Clone)]
pub struct SettingsCheck {
    /// What Bexio has set up.
    pub catalog: Catalog,
    /// The company's own currency.
    pub base_currency: CurrencyCode,
    /// The clock.
    pub clock: SharedClock,
}

impl SettingsService {
    /// The settings over `parts`. Reads nothing yet.
    pub fn new(parts: SettingsParts) -> Self {
        let SettingsParts { store, first, book } = parts;
        let schedule = watch::Sender::new(schedule_of(&first));
        Self { store, first: Arc::new(first), checked: Arc::default(), book, schedule }
    }

    /// The settings that hold now. What goes by them follows.
    pub async fn current(&self) -> Result<CurrentSettings, StoreError> {
        let saved = match &self.store {
            Some(store) => store.settings().await?,
            None => None,
        };
        let current = saved.map_or_else(|| self.unsaved(), |saved| self.version(saved));
        self.put_into_effect(&current.settings).await;
        Ok(current)
    }

    /// When the payment sync runs by itself, as it was last read, and every change of it.
    pub fn schedule(&self) -> watch::Receiver<SetSchedule> {
        self.schedule.subscribe()
    }

    async fn put_into_effect(&self, settings: &SendSettings) {
        self.schedule.send_if_modified(|known| {
            let is_known = known
                .as_ref()
                .is_ok_and(|known| Some(known.as_str()) == settings.payment_sync_cron.as_deref());
            if is_known {
                return false;
            }
            let set = schedule_of(settings);
            let is_other = set.is_ok() || set.as_ref().err() != known.as_ref().err();
            *known = set;
            is_other
        });
        if let Some(book) = &self.book {
            book.compare_within(settings.rounding_tolerance).await;
        }
    }

    /// A version as it holds: a schedule that it does not name is the environment's.
    fn version(&self, saved: SavedSettings) -> CurrentSettings {
        let SavedSettings { version, changed_at, changed_by, mut settings } = saved;
        settings.payment_sync_cron =
            settings.payment_sync_cron.or_else(|| self.first.payment_sync_cron.clone());
        CurrentSettings {
            version,
            changed_at: Some(changed_at),
            changed_by: Some(changed_by),
            settings: Arc::new(settings),
        }
    }

    /// The environment's settings.
    pub fn first(&self) -> Arc<SendSettings> {
        Arc::clone(&self.first)
    }

    /// The newest versions, the newest first.
    pub async fn history(&self, limit: usize) -> Result<Vec<CurrentSettings>, StoreError> {
        let saved = match &self.store {
            Some(store) => store.settings_versions(limit).await?,
            None => Vec::new(),
        };
        Ok(saved.into_iter().map(|saved| self.version(saved)).collect())
    }

    /// What the last check found.
    pub fn checked(&self) -> Arc<Checked> {
        self.checked.load_full()
    }

    /// Saves settings that fit what Bexio has set up now. The same settings once more change nothing.
    ///
    /// # Errors
    /// [`UpdateError`]; nothing was saved.
    pub async fn update(
        &self,
        update: SettingsUpdate,
        check: &SettingsCheck,
    ) -> Result<CurrentSettings, UpdateError> {
        let SettingsUpdate { settings, named, expected_version: expected, by } = update;
        let current = self.current().await?;
        let conflict = |current: i64| UpdateError::VersionConflict { current, expected };
        if current.version != expected {
            return Err(conflict(current.version));
        }
        if settings == *current.settings {
            return Ok(current);
        }
        let invalid = check.of(&settings).await.map_err(UpdateError::Unavailable)?;
        let refused: Vec<InvalidSetting> =
            invalid.iter().filter(|invalid| named.contains(&invalid.setting)).cloned().collect();
        if !refused.is_empty() {
            return Err(UpdateError::Invalid(refused));
        }
        let Some(store) = &self.store else {
            return Err(UpdateError::Unavailable("there is no database to save settings in".to_owned()));
        };
        let at = check.clock.now();
        let saved = SavedSettings { version: expected + 1, changed_at: at, changed_by: by, settings };
        if !store.save_settings(&saved).await? {
            return Err(conflict(self.current().await?.version));
        }
        tracing::info!(
            version = saved.version,
            by = name_in_logs(&saved.changed_by),
            "the settings were changed"
        );
        self.checked.store(Arc::new(Checked { at: Some(at), version: saved.version, invalid }));
        let current = self.version(saved);
        self.put_into_effect(&current.settings).await;
        Ok(current)
    }

    /// Holds the settings against what Bexio has set up now, and logs what cannot be used any more.
    ///
    /// # Errors
    /// Why it could not be told.
    pub async fn check(&self, check: &SettingsCheck) -> Result<Arc<Checked>, String> {
        let current = self.current().await.map_err(|error| error.to_string())?;
        let invalid = check.of(&current.settings).await?;
        for InvalidSetting { setting, problem } in &invalid {
            tracing::warn!(setting = setting.name(), "a setting cannot be used: {}", problem.what);
        }
        let checked = Checked { at: Some(check.clock.now()), version: current.version, invalid };
        self.checked.store(Arc::new(checked));
        Ok(self.checked())
    }

    /// Checks now, once a day, and soon after another process saved other settings, until `stop`.
    pub fn keep_checked(&self, check: SettingsCheck, tasks: &TaskTracker, stop: &CancellationToken) {
        let (this, stop) = (self.clone(), stop.clone());
        tasks.spawn(async move {
            let mut next_check = Duration::ZERO;
            loop {
                if check.clock.elapsed() >= next_check || this.was_changed_elsewhere().await {
                    next_check = check.clock.elapsed() + this.check_or_warn(&check).await;
                }
                if stop.run_until_cancelled(check.clock.sleep(LOOK_EVERY)).await.is_none() {
                    return;
                }
            }
        });
    }

    /// Whether the settings that hold are others than those that were checked last. What cannot be read has
    /// not changed.
    async fn was_changed_elsewhere(&self) -> bool {
        let current = self.current().await;
        let checked = self.checked();
        checked.at.is_some() && current.is_ok_and(|current| current.version != checked.version)
    }

    /// Checks, and says after how long to do so again.
    async fn check_or_warn(&self, check: &SettingsCheck) -> Duration {
        match self.check(check).await {
            Ok(_) => CHECK_EVERY,
            Err(why) => {
                tracing::warn!(why, "the settings could not be checked");
                CHECK_AGAIN
            }
        }
    }

    /// The environment's, as they hold while nobody saved others.
    pub fn unsaved(&self) -> CurrentSettings {
        let settings = Arc::clone(&self.first);
        CurrentSettings { version: 0, changed_at: None, changed_by: None, settings }
    }
}

fn schedule_of(settings: &SendSettings) -> SetSchedule {
    Schedule::parse(settings.payment_sync_cron.as_deref().unwrap_or_default())
}

impl SettingsSource for SettingsService {
    fn current(&self) -> BoxFuture<'_, Result<Arc<SendSettings>, StoreError>> {
        async move { Ok(Self::current(self).await?.settings) }.boxed()
    }
}

impl SettingsCheck {
    /// What of `settings` cannot be used; Bexio is asked, and not what is kept of it.
    async fn of(&self, settings: &SendSettings) -> Result<Vec<InvalidSetting>, String> {
        self.catalog.invalidate_all();
        let catalog = self.catalog.snapshot().await.map_err(|error| error.to_string())?;
        Ok(invalid_settings(settings, &catalog, self.base_currency, self.clock.today()))
    }
}
