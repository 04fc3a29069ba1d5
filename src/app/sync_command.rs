//! `sync`: one run of the payment sync from the terminal.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::commands::{block_on, configured};
use super::{App, AppError};
use crate::domain::SystemClock;
use crate::domain::payment::run::{ItemResult, RunItem, RunStatus, SyncRun, Trigger};
use crate::services::payment_sync::{RunError, RunRequest, Started};

/// Exit code where some invoices failed.
const SOME_FAILED: u8 = 3;
/// How long the end is waited for at a time.
const PATIENCE: Duration = Duration::from_mins(10);
/// Who asks, in the record.
const ACTOR: &str = "command line";

/// How `sync` runs.
#[derive(Debug, Clone, Copy)]
pub struct SyncOptions {
    /// Shows what it would do.
    pub dry_run: bool,
    /// Prints JSON.
    pub json: bool,
}

/// `sync`: one run, or the end of the one under way.
///
/// # Errors
/// [`AppError`], or the runtime that cannot be made.
pub fn sync(options: SyncOptions) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let mut code = ExitCode::FAILURE;
    block_on(async {
        let config = configured()?;
        let app = App::build(&config, Arc::new(SystemClock::new())).await?;
        let (run, items) = run(&app, options.dry_run).await?;
        app.store().close().await;
        let text = if options.json { in_json(&run, &items) } else { in_words(&run, &items) };
        std::io::stdout().write_all(text.as_bytes())?;
        code = match run.status {
            RunStatus::Succeeded => ExitCode::SUCCESS,
            RunStatus::SucceededWithFailures => ExitCode::from(SOME_FAILED),
            RunStatus::Running | RunStatus::Failed | RunStatus::Interrupted => ExitCode::FAILURE,
        };
        Ok(())
    })?;
    Ok(code)
}

async fn run(app: &App, is_dry_run: bool) -> Result<(SyncRun, Vec<RunItem>), AppError> {
    let request = RunRequest { trigger: Trigger::Manual { by: ACTOR.into() }, is_dry_run, key: None };
    let mut run = match app.payment_sync.start(request).await? {
        Started::Began(run) | Started::Repeated(run) => run,
        Started::Running(run) => {
            tracing::info!(run = %run.id, "a run of the payment sync is under way; waiting for its end");
            run
        }
        Started::NotDue => return Err(RunError::Busy.into()),
    };
    while run.status == RunStatus::Running {
        match app.payment_sync.ended(run.id, PATIENCE).await? {
            Some(now) => run = now,
            None => return Err(RunError::Busy.into()),
        }
    }
    let items = app.store().sync_run_items(&[run.id]).await?;
    Ok((run, items.into_iter().map(|(_, item)| item).collect()))
}

fn in_json(run: &SyncRun, items: &[RunItem]) -> String {
    format!("{:#}\n", json!({ "run": run, "items": items }))
}

/// The run in a few lines: what was done, what failed and what is to be looked at.
fn in_words(run: &SyncRun, items: &[RunItem]) -> String {
    let counts = &run.counts;
    let paid = if run.is_dry_run { "would be set to Paid" } else { "set to Paid" };
    let skipped: u64 = counts.skipped.values().sum();
    let mut text = format!(
        "Run {}: {}. {} invoices looked at: {} {paid}, {skipped} left as they are, {} failed.\n",
        run.id,
        status(run.status),
        counts.checked,
        counts.paid,
        counts.failed
    );
    // Writing to memory cannot fail.
    if let Some(failure) = &run.failure {
        let _ = writeln!(text, "{} {}", failure.message, failure.code.hint());
    }
    for item in items {
        let number = &item.number;
        let _ = match &item.result {
            ItemResult::Paid(settled) => {
                let on = settled.paid_on.map(|date| format!(" on {date}")).unwrap_or_default();
                writeln!(text, "  {number}: {paid} (settled by {}{on})", settled.by.words())
            }
            ItemResult::Reported(reason) => {
                writeln!(text, "  {number}: {}. {}", reason.words(), reason.hint())
            }
            ItemResult::Failed(failure) => writeln!(text, "  {number}: failed: {}", failure.message),
        };
    }
    text
}

const fn status(status: RunStatus) -> &'static str {
    match status {
        RunStatus::Running => "still running",
        RunStatus::Succeeded => "succeeded",
        RunStatus::SucceededWithFailures => "succeeded, but some invoices failed",
        RunStatus::Failed => "failed",
        RunStatus::Interrupted => "interrupted",
    }
}
