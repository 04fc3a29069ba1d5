//! A connection test: which steps there are, what each found, and what a failure of a step means.
//!
//! Pure. `services::connection_test` makes the calls, [`diagnose`] says what came of one, [`check`] what of
//! Bexio's set-up does not fit, and [`TestMarker`] names what a test creates in Bexio, so that it is found
//! and deleted again whatever happens.

mod check;
mod code;
mod diagnosis;
mod marker;
mod sample;
mod step;

#[cfg(test)]
mod tests;

use std::time::Duration;

use jiff::Timestamp;

pub use check::check;
pub use code::FindingCode;
pub use diagnosis::{Failure, Subject, TokenClaims, diagnose, expiry_warning};
pub use marker::TestMarker;
pub use sample::{draft_differs, sample_invoice, sample_plan};
pub use step::StepName;

/// How far a test goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TestLevel {
    /// It reads.
    Read,
    /// It also creates a contact and a draft in Bexio, and deletes them again.
    Write,
}

/// What came of a step, or of all of them: the heaviest counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StepState {
    /// All is well.
    Passed,
    /// It was not tried, because something before it failed.
    Skipped,
    /// It works, and somebody should look at it.
    Warning,
    /// It does not work.
    Failed,
}

impl StepState {
    /// The state in a word, as the API and the command write it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Passed => "PASSED",
            Self::Skipped => "SKIPPED",
            Self::Warning => "WARNING",
            Self::Failed => "FAILED",
        }
    }
}

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FindingSeverity {
    /// It works all the same.
    Warning,
    /// It does not work.
    Error,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// In one word.
    pub code: FindingCode,
    /// How much it weighs.
    pub severity: FindingSeverity,
    /// What is wrong, in a sentence.
    pub message: Box<str>,
    /// What to do, in a sentence.
    pub hint: Box<str>,
    /// The upstream's own words, where it said any.
    pub upstream_text: Option<Box<str>>,
    /// The HTTP status that came with them.
    pub upstream_status: Option<u16>,
}

impl Finding {
    /// A finding without words of an upstream.
    pub fn new(
        code: FindingCode,
        severity: FindingSeverity,
        message: impl Into<Box<str>>,
        hint: impl Into<Box<str>>,
    ) -> Self {
        let (message, hint) = (message.into(), hint.into());
        Self { code, severity, message, hint, upstream_text: None, upstream_status: None }
    }
}

/// What came of one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Which step.
    pub name: StepName,
    /// What came of it.
    pub state: StepState,
    /// How long it took.
    pub duration: Duration,
    /// What was found, in a few words, such as the company's name; of a skipped step why it was skipped.
    pub found: Option<Box<str>>,
    /// What is wrong, the heaviest first.
    pub findings: Vec<Finding>,
}

impl Step {
    /// A step that was tried: its state follows from what was found.
    pub fn tried(
        name: StepName,
        duration: Duration,
        found: Option<Box<str>>,
        mut findings: Vec<Finding>,
    ) -> Self {
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        let state = match findings.first().map(|finding| finding.severity) {
            None => StepState::Passed,
            Some(FindingSeverity::Warning) => StepState::Warning,
            Some(FindingSeverity::Error) => StepState::Failed,
        };
        Self { name, state, duration, found, findings }
    }

    /// A step that was not tried.
    pub fn skipped(name: StepName, why: impl Into<Box<str>>) -> Self {
        let (state, duration, found) = (StepState::Skipped, Duration::ZERO, Some(why.into()));
        Self { name, state, duration, found, findings: Vec::new() }
    }
}

/// A test that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionTest {
    /// How far it went.
    pub level: TestLevel,
    /// When it began.
    pub started_at: Timestamp,
    /// How long it took.
    pub duration: Duration,
    /// The company that Bexio's token belongs to, where it could be read.
    pub company: Option<Box<str>>,
    /// The steps, in their order.
    pub steps: Vec<Step>,
}

impl ConnectionTest {
    /// What came of it: the heaviest state of its steps.
    pub fn state(&self) -> StepState {
        overall(self.steps.iter().map(|step| step.state))
    }
}

/// The heaviest of several states. A skipped step alone makes nothing fail: what it was skipped for does.
pub fn overall(states: impl IntoIterator<Item = StepState>) -> StepState {
    states.into_iter().max().map_or(StepState::Passed, |heaviest| match heaviest {
        StepState::Skipped => StepState::Warning,
        other => other,
    })
}
