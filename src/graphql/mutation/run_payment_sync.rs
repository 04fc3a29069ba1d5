//! `runPaymentSync`.

use super::refusal::{bad_key, input, internal_without_write, key_reused, not_connected, refused};
use super::send_invoice::bad_wait;
use super::{outcome, waiting_time};
use crate::domain::payment::run::{RunStatus, SyncRun, Trigger};
use crate::graphql::inputs::RunPaymentSyncInput;
use crate::graphql::operation::OperationState;
use crate::graphql::types::{AskedRun, Outcome, UserError, UserErrorCode, UserErrorOutcome};
use crate::services::payment_sync::{RunError, RunRequest, Started};

/// Begins a run, or joins the one under way.
pub(super) async fn run(operation: &OperationState, given: RunPaymentSyncInput) -> Outcome<AskedRun> {
    let mut asked = AskedRun::default();
    let error = ask(operation, given, &mut asked).await.err();
    outcome(operation, asked, error.into_iter().collect())
}

async fn ask(
    operation: &OperationState,
    given: RunPaymentSyncInput,
    asked: &mut AskedRun,
) -> Result<(), UserError> {
    let patience = waiting_time(operation, given.wait_seconds).ok_or_else(|| bad_wait(given.wait_seconds))?;
    let request = RunRequest {
        trigger: Trigger::Manual { by: (*operation.caller.name).into() },
        is_dry_run: given.dry_run,
        key: given.idempotency_key.map(Into::into),
    };
    let payment_sync = &operation.deps.payment_sync;
    let (run, was_there_before) = match payment_sync.start(request).await.map_err(|error| of(&error))? {
        Started::Began(run) => (run, false),
        Started::Running(run) | Started::Repeated(run) => (run, true),
        // Only the schedule asks whether it is due.
        Started::NotDue => return Err(of(&RunError::Busy)),
    };
    let ended = payment_sync.ended(run.id, patience).await;
    // It was shown when it began, should the database not show it now.
    let run = ended.ok().flatten().unwrap_or(run);
    let failed = failed(&run);
    *asked = AskedRun { run: Some(run), was_there_before };
    failed.map_or(Ok(()), Err)
}

fn of(error: &RunError) -> UserError {
    match error {
        RunError::BadKey => bad_key(),
        RunError::KeyConflict => key_reused(),
        RunError::NotConnected(why) => not_connected(input(&[]), why),
        RunError::Busy | RunError::Stopping => UserError {
            retryable: true,
            ..refused(
                input(&[]),
                UserErrorCode::PaymentSyncBusy,
                error.to_string(),
                "Nothing was done. Try again in a moment.",
            )
        },
        RunError::Store(error) => internal_without_write(input(&[]), error),
    }
}

/// That a run did not get to its end.
fn failed(run: &SyncRun) -> Option<UserError> {
    if !matches!(run.status, RunStatus::Failed | RunStatus::Interrupted) {
        return None;
    }
    let (message, hint) = match &run.failure {
        Some(failure) => (failure.message.to_string(), failure.code.hint()),
        None => ("the run was interrupted".to_owned(), "Run it again, or wait for the schedule."),
    };
    let error = refused(input(&[]), UserErrorCode::PaymentSyncFailed, message, hint);
    let outcome = if run.counts.paid > 0 { UserErrorOutcome::Applied } else { UserErrorOutcome::NotApplied };
    Some(UserError { outcome, retryable: true, ..error })
}
