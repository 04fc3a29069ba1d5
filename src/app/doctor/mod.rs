//! `doctor`: the connection test, and what else must be right, for an operator on a terminal. Needs no
//! running service, and changes nothing but what `--write` says.
//!
//! The exit codes are those of monitoring plugins
//! (<https://www.monitoring-plugins.org/doc/guidelines.html#AEN78>): 0 all is well, 1 warnings,
//! 2 failures, 3 the doctor itself could not run.

mod checks;
mod print;

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::domain::connection_test::{Finding, FindingSeverity, Step, StepState, TestLevel, overall};
use crate::domain::{SharedClock, SystemClock};

/// How `doctor` looks.
#[derive(Debug, Clone, Copy)]
pub struct DoctorOptions {
    /// Whether to create a contact and a draft in Bexio and delete them again.
    pub write: bool,
    /// Whether to print JSON.
    pub json: bool,
}

/// One thing that was looked at.
#[derive(Debug)]
struct Check {
    name: String,
    state: StepState,
    duration: Duration,
    found: Option<Box<str>>,
    findings: Vec<CheckFinding>,
}

/// One thing that is wrong.
#[derive(Debug)]
struct CheckFinding {
    code: String,
    severity: FindingSeverity,
    message: Box<str>,
    hint: Box<str>,
    upstream_text: Option<Box<str>>,
    upstream_status: Option<u16>,
}

/// Everything that was looked at.
#[derive(Debug)]
struct Report {
    started_at: Timestamp,
    duration: Duration,
    company: Option<Box<str>>,
    checks: Vec<Check>,
}

/// Looks at everything, prints what it found, and says by the exit code what came of it.
///
/// # Errors
/// The runtime that cannot be made, or standard output that cannot be written.
pub fn doctor(options: DoctorOptions) -> Result<ExitCode, Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let report = runtime.block_on(examine(options));
    print::print(&report, options.json)?;
    Ok(ExitCode::from(match report.state() {
        StepState::Passed => 0,
        StepState::Skipped | StepState::Warning => 1,
        StepState::Failed => 2,
    }))
}

async fn examine(options: DoctorOptions) -> Report {
    let clock: SharedClock = Arc::new(SystemClock::new());
    let started_at = clock.now();
    let level = if options.write { TestLevel::Write } else { TestLevel::Read };
    let mut report = Report { started_at, duration: Duration::ZERO, company: None, checks: Vec::new() };
    checks::run(&mut report, level, &clock).await;
    report.duration = clock.elapsed();
    report
}

impl Report {
    fn state(&self) -> StepState {
        overall(self.checks.iter().map(|check| check.state))
    }
}

impl Check {
    /// A check that was made: its state follows from what was found.
    fn made(name: &str, duration: Duration, found: Option<Box<str>>, findings: Vec<CheckFinding>) -> Self {
        let worst = findings.iter().map(|finding| finding.severity).max();
        let state = match worst {
            None => StepState::Passed,
            Some(FindingSeverity::Warning) => StepState::Warning,
            Some(FindingSeverity::Error) => StepState::Failed,
        };
        Self { name: name.to_owned(), state, duration, found, findings }
    }
}

impl From<Step> for Check {
    fn from(step: Step) -> Self {
        let Step { name, state, duration, found, findings } = step;
        let findings = findings.into_iter().map(CheckFinding::from).collect();
        Self { name: name.word(), state, duration, found, findings }
    }
}

impl From<Finding> for CheckFinding {
    fn from(finding: Finding) -> Self {
        let Finding { code, severity, message, hint, upstream_text, upstream_status } = finding;
        Self { code: code.to_string(), severity, message, hint, upstream_text, upstream_status }
    }
}

impl CheckFinding {
    fn new(code: &str, severity: FindingSeverity, message: String, hint: &str) -> Self {
        Self {
            code: code.to_owned(),
            severity,
            message: message.into(),
            hint: hint.into(),
            upstream_text: None,
            upstream_status: None,
        }
    }
}
