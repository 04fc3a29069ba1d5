//! One test from its first step to its last.

use std::sync::Arc;
use std::time::Duration;

use super::ConnectionTestParts;
use crate::domain::connection_test::{
    ConnectionTest, Failure, Finding, Step, StepName, Subject, TestLevel, TokenClaims, diagnose,
};
use crate::domain::plan::{CatalogSnapshot, SendSettings};
use crate::domain::{Upstream, name_in_logs};

/// What a step found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// In a few words.
    pub(super) words: Option<Box<str>>,
    /// What is wrong.
    pub(super) findings: Vec<Finding>,
}

/// A test under way.
pub(super) struct Run<'p> {
    pub(super) parts: &'p ConnectionTestParts,
    pub(super) by: Box<str>,
    /// What is configured for sending.
    pub(super) settings: Arc<SendSettings>,
    /// What was read of Bexio's set-up so far.
    pub(super) catalog: CatalogSnapshot,
    pub(super) company: Option<Box<str>>,
    psohub_claims: Option<TokenClaims>,
    bexio_claims: Option<TokenClaims>,
    /// The steps after which the same upstream need not be asked again.
    stopped: Vec<StepName>,
    steps: Vec<Step>,
}

/// Runs a test.
pub(super) async fn run(parts: &ConnectionTestParts, level: TestLevel, by: Box<str>) -> ConnectionTest {
    let (started_at, began) = (parts.clock.now(), parts.clock.elapsed());
    let settings = settings(parts).await;
    let mut run = Run {
        parts,
        by,
        settings,
        catalog: CatalogSnapshot::default(),
        company: None,
        psohub_claims: parts.psohub.token_claims().await,
        bexio_claims: parts.bexio.token_claims().await,
        stopped: Vec::new(),
        steps: Vec::new(),
    };
    for name in StepName::READ {
        run.read(name).await;
    }
    if level == TestLevel::Write {
        run.write().await;
    }
    let duration = parts.clock.elapsed().saturating_sub(began);
    let test = ConnectionTest { level, started_at, duration, company: run.company, steps: run.steps };
    tracing::info!(state = test.state().word(), by = name_in_logs(&run.by), "the connections were tested");
    test
}

/// The settings that hold. Where the database fails, the environment's: another check says that it does.
async fn settings(parts: &ConnectionTestParts) -> Arc<SendSettings> {
    match parts.settings.current().await {
        Ok(current) => current.settings,
        Err(error) => {
            tracing::warn!(%error, "saved settings could not be read: the environment's are tested");
            parts.settings.first()
        }
    }
}

impl Run<'_> {
    async fn read(&mut self, name: StepName) {
        if let Some(why) = self.stopped(name) {
            return self.skip(name, why);
        }
        let began = self.parts.clock.elapsed();
        let outcome = match tokio::time::timeout(STEP_MAX, Box::pin(self.look(name))).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Failure::TimedOut),
        };
        self.note(name, began, outcome);
    }

    /// Why a step need not be tried: another one failed in a way that all share.
    pub(super) fn stopped(&self, name: StepName) -> Option<String> {
        let stop = self.stopped.iter().find(|stop| stop.upstream() == name.upstream())?;
        Some(format!("not tried, since {} failed", stop.word()))
    }

    /// Notes a step that is not tried.
    pub(super) fn skip(&mut self, name: StepName, why: impl Into<Box<str>>) {
        self.steps.push(Step::skipped(name, why));
    }

    /// Notes what came of a step that began at `began`, by the monotonic clock.
    pub(super) fn note(&mut self, name: StepName, began: Duration, outcome: Result<Found, Failure>) {
        let duration = self.parts.clock.elapsed().saturating_sub(began);
        let Found { words, findings } = outcome.unwrap_or_else(|failure| {
            let finding = diagnose(&failure, self.subject(name));
            if finding.code.stops_all() {
                self.stopped.push(name);
            }
            Found { words: None, findings: vec![finding] }
        });
        self.steps.push(Step::tried(name, duration, words, findings));
    }

    /// Adds to what the last step found.
    pub(super) fn add_finding(&mut self, finding: Finding) {
        if let Some(step) = self.steps.last_mut() {
            step.findings.push(finding);
        }
    }

    /// What a diagnosis of `name` is about.
    pub(super) fn subject(&self, name: StepName) -> Subject<'_> {
        let claims = match name.upstream() {
            Upstream::Psohub => self.psohub_claims.as_ref(),
            Upstream::Bexio => self.bexio_claims.as_ref(),
        };
        Subject { step: name, claims, now: self.parts.clock.now() }
    }
}

/// No reading step takes longer, whatever the upstream does: its reads have a shorter time each.
const STEP_MAX: Duration = Duration::from_mins(1);
