//! What the commands do, from arguments to an exit.

use std::error::Error;
use std::future::Future;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use secrecy::ExposeSecret;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::secrets::keyring;
use super::{App, AppError, demo as demo_run};
use crate::config::{Config, unknown_variables};
use crate::domain::SystemClock;
use crate::store::{Keyring, Store, StoreOptions, TokenVault};
use crate::telemetry;

/// Who is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Whoever the configuration names.
    Configured,
    /// Everybody who reaches a loopback address.
    EverybodyOnLoopback,
}

/// The simulated company of `demo`.
#[derive(Debug, Clone, Copy)]
pub struct DemoOptions {
    /// How many PSOhub invoices it has.
    pub invoices: usize,
    /// What it is made from.
    pub seed: u64,
    /// Seconds between two changes; 0 for none.
    pub change_seconds: u64,
}

pub(super) type Outcome = Result<(), Box<dyn Error>>;

/// `serve`: until the process is told to stop.
///
/// # Errors
/// [`AppError`], or the runtime that cannot be made.
pub fn serve(access: Access) -> Outcome {
    block_on(async move {
        let config = configured()?;
        require_loopback(access, config.listen_addr)?;
        for doubt in doubts(&config) {
            tracing::warn!("{doubt}");
        }
        let listener = listen(config.listen_addr).await?;
        let monitoring = match config.observability.metrics_addr {
            Some(addr) => Some(listen(addr).await?),
            None => None,
        };
        let app = App::build(&config, Arc::new(SystemClock::new())).await?;
        let mut app = match access {
            Access::EverybodyOnLoopback => app.open_to_everybody(),
            Access::Configured if app.can_admit() => app,
            Access::Configured => return Err(AppError::NobodyAdmitted),
        };
        if let Some(listener) = monitoring {
            tracing::info!("metrics are at http://{}/metrics", listener.local_addr()?);
            app = app.monitored_on(listener);
        }
        tracing::info!("serving; GraphiQL is at http://{}/graphiql", listener.local_addr()?);
        app.run(listener, stopped_by_signal()).await;
        Ok(())
    })
}

/// `demo`: the same over a simulated PSOhub and Bexio in this process.
///
/// # Errors
/// [`AppError`], or the runtime that cannot be made.
pub fn demo(options: DemoOptions) -> Outcome {
    block_on(async move {
        let stop = stopped_by_signal();
        demo_run::run(options, stop).await
    })
}

/// `schema`: prints the GraphQL schema.
///
/// # Errors
/// When standard output cannot be written.
pub fn print_schema() -> Outcome {
    Ok(std::io::stdout().write_all(crate::graphql::sdl().as_bytes())?)
}

/// `migrate`: brings the database's schema up to date.
///
/// # Errors
/// [`AppError`], or the runtime that cannot be made.
pub fn migrate() -> Outcome {
    block_on(async {
        let config = configured()?;
        let store = Store::open(config.database_url(), StoreOptions::default()).await?;
        store.migrate().await?;
        store.close().await;
        tracing::info!("the database is up to date");
        Ok(())
    })
}

/// `secrets new-key`: prints a new key.
///
/// # Errors
/// When standard output cannot be written.
pub fn new_secrets_key() -> Outcome {
    Ok(writeln!(std::io::stdout(), "{}", Keyring::generate().expose_secret())?)
}

/// `secrets rotate`: encrypts everything anew with the first key.
///
/// # Errors
/// [`AppError`], or the runtime that cannot be made.
pub fn rotate_secrets() -> Outcome {
    block_on(async {
        let config = configured()?;
        let store = Store::open(config.database_url(), StoreOptions::default()).await?;
        store.migrate().await?;
        let keys = keyring(&config);
        let vault = TokenVault::new(store.clone().with_keys(keys.clone()), keys);
        let rotated = vault.rotate().await?;
        store.close().await;
        tracing::info!(
            "{} connections and {} other records are encrypted with the first key now, {} connections were before; \
             the other keys can be taken away",
            rotated.changed,
            rotated.records,
            rotated.current
        );
        Ok(())
    })
}

/// Prints an error and what caused it, once each.
pub fn report(error: &(dyn Error + 'static)) {
    // There is nowhere to say that standard error cannot be written.
    let _ = writeln!(std::io::stderr(), "invoice-gateway: {}", described(error));
}

/// An error and what caused it, once each, in one line.
pub(super) fn described(error: &(dyn Error + 'static)) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !words.contains(&text) {
            words = format!("{words}: {text}");
        }
        cause = error.source();
    }
    words
}

pub(super) fn block_on(command: impl Future<Output = Result<(), AppError>>) -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    Ok(runtime.block_on(async {
        let outcome = command.await;
        // A thread of its own: it waits for calls that this runtime makes. One that panicked has nothing to say.
        let _ = tokio::task::spawn_blocking(telemetry::flush).await;
        outcome
    })?)
}

/// Of this process's arguments, like them there is one; every command but `demo` reads it.
static CONFIG_FILE: OnceLock<PathBuf> = OnceLock::new();

/// Has every command read its configuration from the environment and, below it, from this file. Once.
pub fn use_config_file(path: PathBuf) {
    // A second one changes nothing: there is one argument.
    let _ = CONFIG_FILE.set(path);
}

/// The configuration file, where one was named.
pub(super) fn config_file() -> Option<&'static Path> {
    CONFIG_FILE.get().map(PathBuf::as_path)
}

pub(super) fn configured() -> Result<Config, AppError> {
    let config = Config::from_env(config_file())?;
    telemetry::init(&config.log, &config.observability.otel)?;
    Ok(config)
}

/// What can be used and is probably not meant, a sentence each.
pub(super) fn doubts(config: &Config) -> Vec<String> {
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let unknown = unknown_variables(names).into_iter().map(|unknown| unknown.to_string());
    config.warnings().into_iter().chain(unknown).collect()
}

pub(super) fn require_loopback(access: Access, addr: SocketAddr) -> Result<(), AppError> {
    if access == Access::EverybodyOnLoopback && !addr.ip().is_loopback() {
        return Err(AppError::OpenToOthers { addr });
    }
    Ok(())
}

/// Binds `addr`.
pub(super) async fn listen(addr: SocketAddr) -> Result<TcpListener, AppError> {
    TcpListener::bind(addr).await.map_err(|source| AppError::Listen { addr, source })
}

/// Cancelled by the first SIGTERM or Ctrl-C; a second one ends the process as usual.
fn stopped_by_signal() -> CancellationToken {
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    tokio::spawn(async move {
        signal().await;
        tracing::info!("stopping: finishing what is under way");
        stopped.cancel();
        signal().await;
        std::process::exit(130);
    });
    stop
}

#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return drop(tokio::signal::ctrl_c().await);
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

#[cfg(not(unix))]
async fn signal() {
    drop(tokio::signal::ctrl_c().await);
}
