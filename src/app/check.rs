//! `serve --check`: whether `serve` would start, without starting it. Opens no port, calls no upstream and
//! changes nothing; `doctor` asks the upstreams as well.

use std::io::Write as _;
use std::sync::Arc;

use jiff::Timestamp;

use super::commands::{Access, block_on, config_file, described, doubts, require_loopback};
use super::secrets::{keyring, require_key};
use super::{AppError, callers};
use crate::config::Config;
use crate::domain::{SharedClock, SystemClock, Upstream};
use crate::store::{self, Schema, Store, StoreError, TokenVault};

/// What was looked at: what it is, and what is to be said of it.
type Line = (&'static str, String);

/// `serve --check`.
///
/// # Errors
/// [`AppError`]: why `serve` would not start.
pub fn check(access: Access) -> Result<(), Box<dyn std::error::Error>> {
    block_on(async move {
        let config = Config::from_env(config_file())?;
        require_loopback(access, config.listen_addr)?;
        let clock: SharedClock = Arc::new(SystemClock::new());
        let takes_tokens = callers::tokens(&config, &clock)?.is_some();
        say(&[("configuration", "can be used".to_owned())])?;
        for doubt in doubts(&config) {
            say(&[("warning", doubt)])?;
        }
        let found = database(&config, clock.now()).await?;
        say(&found.lines)?;
        say(&[admitted(access, found.good_keys, takes_tokens)?])?;
        say(&[("result", "serve would start".to_owned())])
    })
}

/// What a look at the database found.
struct Found {
    lines: Vec<Line>,
    /// How many keys would let somebody in.
    good_keys: usize,
}

fn say(lines: &[Line]) -> Result<(), AppError> {
    let mut out = std::io::stdout().lock();
    for (what, found) in lines {
        writeln!(out, "{what}: {found}")?;
    }
    Ok(())
}

async fn database(config: &Config, now: Timestamp) -> Result<Found, AppError> {
    let keys = keyring(config);
    let store = match Store::look(config.database_url()).await? {
        store::Found::Database(store) => store.with_keys(keys.clone()),
        store::Found::Nothing => {
            let lines = vec![("database", "there is none yet; the start makes one".to_owned())];
            return Ok(Found { lines, good_keys: 0 });
        }
    };
    let vault = TokenVault::new(store.clone(), keys);
    let looked = look(&store, &vault, config, now).await;
    store.close().await;
    looked
}

async fn look(store: &Store, vault: &TokenVault, config: &Config, now: Timestamp) -> Result<Found, AppError> {
    let schema = store.schema().await?;
    require_key(config, vault)?;
    // A schema without them has none; what cannot be read is told by the mirror below, or by the start. Read
    // before that: SQLite leaves its log behind where a single statement comes last.
    let keys = store.access_keys().await.unwrap_or_default();
    let good_keys = keys.iter().filter(|stored| stored.key.is_good(now)).count();
    let Schema::Outdated { pending } = schema else {
        let opened = opened(store, vault).await?;
        let lines =
            vec![("database", "it answers, and its schema is up to date".to_owned()), ("keys", opened)];
        return Ok(Found { lines, good_keys });
    };
    let found = format!("it answers; the start brings its schema up to date ({pending} versions)");
    let lines = vec![("database", found), ("keys", "not tried before the schema is up to date".to_owned())];
    Ok(Found { lines, good_keys })
}

/// Who would be let in.
fn admitted(access: Access, good_keys: usize, takes_tokens: bool) -> Result<Line, AppError> {
    let tokens = if takes_tokens { "tokens are taken" } else { "no tokens are taken" };
    match access {
        Access::EverybodyOnLoopback => Ok(("callers", "everybody on this machine".to_owned())),
        Access::Configured if !takes_tokens && good_keys == 0 => Err(AppError::NobodyAdmitted),
        Access::Configured => Ok(("callers", format!("{good_keys} keys are in use; {tokens}"))),
    }
}

/// Opens whatever is encrypted and read by a start. A mirror that cannot be opened is only read anew.
async fn opened(store: &Store, vault: &TokenVault) -> Result<String, StoreError> {
    let mut connections = 0;
    for upstream in Upstream::ALL {
        connections += usize::from(vault.connection(upstream).await?.is_some());
    }
    let mirror = match (store.load_psohub_mirror().await, store.load_bexio_mirror().await) {
        (Ok(_), Ok(_)) => "the mirror can be read".to_owned(),
        (Err(error), _) | (_, Err(error)) => format!("the mirror will be read anew: {}", described(&error)),
    };
    Ok(format!("{connections} connected accounts can be decrypted; {mirror}"))
}
