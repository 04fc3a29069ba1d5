//! `serve --check`: whether `serve` would start, without starting it. Opens no port, calls no upstream and
//! changes nothing; `doctor` asks the upstreams as well.

use std::io::Write as _;

use super::commands::{Access, block_on, config_file, described, doubts, require_loopback};
use super::{AppError, callers, keyring, require_key};
use crate::config::Config;
use crate::domain::{Clock as _, SystemClock, Upstream};
use crate::store::{Found, Schema, Store, StoreError, TokenVault};

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
        say(&[("configuration", "can be used".to_owned())])?;
        for doubt in doubts(&config) {
            say(&[("warning", doubt)])?;
        }
        say(&database(&config, access).await?)?;
        say(&[("result", "serve would start".to_owned())])
    })
}

fn say(lines: &[Line]) -> Result<(), AppError> {
    let mut out = std::io::stdout().lock();
    for (what, found) in lines {
        writeln!(out, "{what}: {found}")?;
    }
    Ok(())
}

async fn database(config: &Config, access: Access) -> Result<Vec<Line>, AppError> {
    let keys = keyring(config);
    let store = match Store::look(config.database_url()).await? {
        Found::Database(store) => store.with_keys(keys.clone()),
        Found::Nothing => {
            require_callers(access, callers::are_set(config)?)?;
            return Ok(vec![("database", "there is none yet; the start makes one".to_owned())]);
        }
    };
    let vault = TokenVault::new(store.clone(), keys);
    let mut looked = look(&store, &vault, config).await;
    if let Ok(lines) = &mut looked {
        let found = admitted(&store, config, access).await;
        looked = found.map(|line| std::mem::take(lines).into_iter().chain([line]).collect());
    }
    store.close().await;
    looked
}

async fn look(store: &Store, vault: &TokenVault, config: &Config) -> Result<Vec<Line>, AppError> {
    let schema = store.schema().await?;
    require_key(config, vault)?;
    let Schema::Outdated { pending } = schema else {
        let opened = opened(store, vault).await?;
        return Ok(vec![
            ("database", "it answers, and its schema is up to date".to_owned()),
            ("keys", opened),
        ]);
    };
    let found = format!("it answers; the start brings its schema up to date ({pending} versions)");
    Ok(vec![("database", found), ("keys", "not tried before the schema is up to date".to_owned())])
}

/// Who would be let in.
async fn admitted(store: &Store, config: &Config, access: Access) -> Result<Line, AppError> {
    let now = SystemClock::new().now();
    // A schema without them has none.
    let keys = store.access_keys().await.unwrap_or_default();
    let good = keys.iter().filter(|stored| stored.key.is_good(now)).count();
    let takes_tokens = callers::are_set(config)?;
    require_callers(access, takes_tokens || good > 0)?;
    let tokens = if takes_tokens { "tokens are taken" } else { "no tokens are taken" };
    Ok(match access {
        Access::EverybodyOnLoopback => ("callers", "everybody on this machine".to_owned()),
        Access::Configured => ("callers", format!("{good} keys are in use; {tokens}")),
    })
}

fn require_callers(access: Access, are_there: bool) -> Result<(), AppError> {
    if access == Access::Configured && !are_there { Err(AppError::NobodyAdmitted) } else { Ok(()) }
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
