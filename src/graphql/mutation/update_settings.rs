//! `updateSettings`.

use super::outcome;
use super::refusal::{input, internal, refused};
use crate::domain::settings::InvalidSetting;
use crate::graphql::errors::Fault;
use crate::graphql::inputs::{SettingsBasis, UpdateSettingsInput};
use crate::graphql::operation::OperationState;
use crate::graphql::types::{Outcome, SettingsState, UserError, UserErrorCode};
use crate::services::settings::{SettingsUpdate, UpdateError};

/// Saves settings that fit what Bexio has set up.
pub(super) async fn run(
    operation: &OperationState,
    given: UpdateSettingsInput,
) -> Outcome<Result<SettingsState, Fault>> {
    let errors = update(operation, given).await.err().unwrap_or_default();
    outcome(operation, SettingsState::read(&*operation.deps.settings).await, errors)
}

async fn update(operation: &OperationState, given: UpdateSettingsInput) -> Result<(), Vec<UserError>> {
    let settings = &operation.deps.settings;
    let current = settings.current().await.map_err(|fault| vec![internal(input(&[]), fault.message)])?;
    let expected_version = i64::from(given.expected_version);
    let basis = SettingsBasis { base_currency: settings.base_currency(), now: operation.snapshot.taken_at };
    let (changed, named) = given
        .on((*current.settings).clone(), basis)
        .map_err(|bad| vec![refused(input(&[bad.setting.name()]), bad.code, bad.why, bad.hint)])?;
    let by = (*operation.caller.name).into();
    let update = SettingsUpdate { settings: changed, named, expected_version, by };
    settings.update(update).await.map(drop).map_err(|error| of_update(&error))
}

fn of_update(error: &UpdateError) -> Vec<UserError> {
    match error {
        UpdateError::VersionConflict { .. } => {
            let hint = "Look at the settings again, and change what they are now.";
            let field = input(&["expectedVersion"]);
            vec![refused(field, UserErrorCode::VersionConflict, error.to_string(), hint)]
        }
        UpdateError::Invalid(invalid) => invalid.iter().map(of_invalid).collect(),
        UpdateError::Unavailable(why) => {
            let hint =
                "Nothing was saved: whether the settings fit could not be told. Try again in a moment.";
            vec![refused(input(&[]), UserErrorCode::UpstreamUnavailable, why.as_str(), hint)]
        }
        UpdateError::Store(error) => vec![internal(input(&[]), Fault::internal(error).message)],
    }
}

fn of_invalid(invalid: &InvalidSetting) -> UserError {
    let InvalidSetting { setting, problem } = invalid;
    refused(input(&[setting.name()]), problem.code.into(), &*problem.what, &*problem.mend)
}
