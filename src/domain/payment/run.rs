//! A run of the payment sync, as it is recorded: what began it, what it looked at, what it did.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Settled, SkipReason};
use crate::domain::{BexioInvoiceId, PsohubInvoiceId};

/// The store's id of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SyncRunId(i64);

impl SyncRunId {
    /// The id for a whole number from 1.
    pub const fn new(value: i64) -> Option<Self> {
        if value > 0 { Some(Self(value)) } else { None }
    }

    /// The number as the database writes it.
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl fmt::Display for SyncRunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What began a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Trigger {
    /// The schedule.
    Schedule,
    /// The start of the service: the last good run was too long ago.
    Start,
    /// A person.
    Manual {
        /// Who.
        by: Box<str>,
    },
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RunStatus {
    /// It has not ended.
    Running,
    /// Every invoice was looked at, and none failed.
    Succeeded,
    /// Some invoices failed; the next run tries them again.
    SucceededWithFailures,
    /// It could not look at the books, or had to give up; what it did before holds.
    Failed,
    /// The process ended, or lost its right to run, in the middle; what it did before holds.
    Interrupted,
}

impl RunStatus {
    /// The word in the database.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Succeeded => "SUCCEEDED",
            Self::SucceededWithFailures => "SUCCEEDED_WITH_FAILURES",
            Self::Failed => "FAILED",
            Self::Interrupted => "INTERRUPTED",
        }
    }

    /// Whether the books were looked at whole: what is left to do is the failed invoices alone.
    pub const fn is_success(self) -> bool {
        matches!(self, Self::Succeeded | Self::SucceededWithFailures)
    }
}

/// Why something failed, in words for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// In one word, as in docs/errors.md.
    pub code: FailureCode,
    /// What failed, in a sentence.
    pub message: Box<str>,
}

/// Why a run, or one invoice of it, failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FailureCode {
    /// Bexio could not be asked.
    BexioUnavailable,
    /// PSOhub could not be asked.
    PsohubUnavailable,
    /// An account is not connected, or no longer honoured: a person is needed.
    NotConnected,
    /// PSOhub refused to set the invoice to Paid.
    PsohubRefused,
    /// PSOhub was asked and its answer was lost: it may be Paid.
    OutcomeUnknown,
    /// Too many invoices failed one after the other for this one to be tried.
    NotTried,
    /// The gateway's database failed.
    StoreUnavailable,
    /// A fault of the gateway's own.
    Internal,
}

impl FailureCode {
    /// What to do.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::BexioUnavailable | Self::PsohubUnavailable | Self::NotTried => {
                "Nothing, if it passes: the next run tries again. Else look at connections."
            }
            Self::NotConnected => "An administrator has to connect the account; the next run goes on.",
            Self::PsohubRefused => "Look at the invoice in PSOhub; the next run tries again.",
            Self::OutcomeUnknown => "Nothing: the next look at PSOhub tells, and the next run goes by that.",
            Self::StoreUnavailable => "Look after the gateway's database.",
            Self::Internal => "Look at the gateway's log, and report it.",
        }
    }
}

/// How many invoices a run did what with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Invoices that could become Paid (Approved or Sent), and those Paid that Bexio does not call so.
    pub checked: u64,
    /// Set to Paid; in a dry run, would be.
    pub paid: u64,
    /// Left as they are, by reason.
    pub skipped: BTreeMap<SkipReason, u64>,
    /// Failed; the next run tries them again.
    pub failed: u64,
}

impl Counts {
    /// Counts one that is left as it is.
    pub fn skip(&mut self, reason: SkipReason) {
        *self.skipped.entry(reason).or_default() += 1;
    }
}

/// Calls that a run made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calls {
    /// To PSOhub.
    pub psohub: u64,
    /// To Bexio.
    pub bexio: u64,
}

/// One run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncRun {
    /// The store's id.
    pub id: SyncRunId,
    /// What began it.
    pub trigger: Trigger,
    /// Whether it only shows what it would do.
    pub is_dry_run: bool,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended; `None` while it runs.
    pub ended_at: Option<Timestamp>,
    /// How it ended.
    pub status: RunStatus,
    /// Why it failed; `None` where it did not.
    pub failure: Option<Failure>,
    /// How many invoices it did what with.
    pub counts: Counts,
    /// Invoices that are worth a person's look and were not written down: more than a run keeps.
    pub reported_beyond: u64,
    /// Calls that it made.
    pub calls: Calls,
    /// When the schedule has the next one, seen from its end.
    pub next_run: Option<Timestamp>,
}

/// What a run did with one invoice. Those that simply wait for their money are only counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunItem {
    /// The invoice.
    pub invoice: PsohubInvoiceId,
    /// PSOhub's number.
    pub number: Box<str>,
    /// The invoice in Bexio.
    pub bexio: Option<BexioInvoiceId>,
    /// Bexio's number.
    pub document_number: Option<Box<str>>,
    /// When.
    pub at: Timestamp,
    /// What.
    pub result: ItemResult,
}

/// What became of one invoice in a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ItemResult {
    /// Set to Paid in PSOhub; in a dry run, would be.
    Paid(Settled),
    /// Left as it is, and worth a person's look.
    Reported(SkipReason),
    /// It failed; the next run tries it again.
    Failed(Failure),
}
