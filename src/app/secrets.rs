//! The keys that the database's secrets are sealed with.

use super::AppError;
use crate::config::Config;
use crate::store::{Keyring, TokenVault};

/// An app that is set up would have its tokens stored: not without a key.
pub(super) fn require_key(config: &Config, vault: &TokenVault) -> Result<(), AppError> {
    let apps = [&config.bexio.client, &config.psohub.oauth.client];
    if apps.iter().any(|client| client.both().is_some()) {
        vault.require_key()?;
    }
    Ok(())
}

/// The keys of the configuration; none opens and seals nothing.
pub(super) fn keyring(config: &Config) -> Keyring {
    config.secrets_keys.as_ref().map(Keyring::new).unwrap_or_default()
}
