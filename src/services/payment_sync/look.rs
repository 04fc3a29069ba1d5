//! The look at the books, and how fresh they must be.
//!
//! Bexio is looked at in every run, by the book's own refresher: one call for what changed since its
//! last look, and once a day everything, which finds payments that did not move `updated_at`. Without
//! that look nothing is marked: what was read earlier may have been undone since.
//!
//! PSOhub's lists carry every PDF, so they are not read again where the service keeps them: PSOhub
//! itself refuses to set what is not Approved or Sent. Older than it would ever be while the service
//! runs, they are read; that fails, the run does.

use std::time::Duration;

use super::service::PaymentSyncParts;
use crate::book::{Snapshot, Source};
use crate::domain::payment::run::{Calls, Failure, FailureCode};
use crate::services::accounts::Closed;
use crate::transport::Transport;

/// Looks at the books, and counts the calls that were made meanwhile.
pub(super) async fn look(parts: &PaymentSyncParts, calls: &mut Calls) -> Result<Snapshot, Failure> {
    if let Err(Closed::NotConnected(why)) = parts.accounts().require().await {
        let message = format!("nothing was read and nothing was marked: {why}").into();
        return Err(Failure { code: FailureCode::NotConnected, message });
    }
    let made = |transport: &Transport| transport.stats().calls;
    let before = (made(parts.psohub.transport()), made(parts.bexio.transport()));
    let looked = look_at_both(parts).await;
    calls.psohub += made(parts.psohub.transport()).saturating_sub(before.0);
    calls.bexio += made(parts.bexio.transport()).saturating_sub(before.1);
    looked.map(|()| parts.book.reader().peek())
}

async fn look_at_both(parts: &PaymentSyncParts) -> Result<(), Failure> {
    let age = parts.book.reader().peek().freshness_of(Source::Psohub).age;
    if age.is_none_or(|age| age > psohub_age_max(parts)) {
        let looked = parts.book.refresh(Source::Psohub).await;
        looked.map_err(|why| failure(FailureCode::PsohubUnavailable, "PSOhub's invoices", &why))?;
    }
    // Last: what decides is as new as it can be.
    let looked = parts.book.refresh(Source::Bexio).await;
    looked.map_err(|why| failure(FailureCode::BexioUnavailable, "Bexio's invoices", &why))
}

/// While the service runs PSOhub is looked at every period, and a look of a large company takes a while.
fn psohub_age_max(parts: &PaymentSyncParts) -> Duration {
    parts.psohub_refresh.saturating_mul(2)
}

fn failure(code: FailureCode, what: &str, why: &str) -> Failure {
    Failure { code, message: format!("{what} could not be read, so nothing was marked: {why}").into() }
}
