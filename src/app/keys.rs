//! `keys`: makes, lists and revokes API keys.

use std::fmt::Write as _;
use std::io::Write as _;

use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;
use serde_json::json;

use super::AppError;
use super::commands::{Outcome, block_on, configured};
use crate::domain::access::KeyNameError;
use crate::domain::{AccessKey, Clock as _, Role, SystemClock};
use crate::services::access::FreshKey;
use crate::store::{Store, StoreOptions, StoredAccessKey};

/// The key to make.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// What its holder is called in records.
    pub name: String,
    /// What its holder may do.
    pub role: Role,
    /// After how many days it ends.
    pub expires_in_days: Option<u32>,
}

/// Why a key was not made or revoked.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// Choose another name.
    #[error("a key cannot be called '{name}': {reason}")]
    Name {
        /// As given.
        name: String,
        /// What is wrong with it.
        reason: KeyNameError,
    },
    /// Choose another name, or revoke the key that has it.
    #[error(
        "there is a key named '{0}' already: choose another name, or revoke that one first with \
         `invoice-gateway keys revoke '{0}'`"
    )]
    NameInUse(String),
    /// Look at the list.
    #[error("no key that is in use has the name or id '{0}': `invoice-gateway keys list` shows them")]
    NotFound(String),
}

/// `keys add`: makes a key and prints it, once.
///
/// # Errors
/// [`AppError`], or the runtime that cannot be made.
pub fn add_key(new: NewKey) -> Outcome {
    block_on(async {
        AccessKey::check_name(&new.name)
            .map_err(|reason| KeysError::Name { name: new.name.clone(), reason })?;
        let fresh = FreshKey::generate();
        let created_at = SystemClock::new().now();
        let expires_at = new.expires_in_days.map(|days| in_days(created_at, days));
        let key = AccessKey {
            id: fresh.id,
            name: new.name.as_str().into(),
            role: new.role,
            created_at,
            expires_at,
            revoked_at: None,
            last_used_at: None,
        };
        let stored = StoredAccessKey { key, secret_sha256: fresh.secret_sha256 };
        let store = opened().await?;
        let is_added = store.add_access_key(&stored).await?;
        store.close().await;
        if !is_added {
            return Err(KeysError::NameInUse(new.name).into());
        }
        writeln!(std::io::stdout(), "{}", fresh.text.expose_secret())?;
        let StoredAccessKey { key, .. } = stored;
        let end = key.expires_at.map_or_else(|| "has no end".to_owned(), |end| format!("ends at {end:.0}"));
        let role = key.role.as_str();
        writeln!(
            std::io::stderr(),
            "This is the key '{}' with the role {role}; it {end}. It is shown this once: only a digest is kept.",
            key.name
        )?;
        Ok(())
    })
}

/// `keys list`: shows every key that ever was, without its secret.
///
/// # Errors
/// [`AppError`], or the runtime that cannot be made.
pub fn list_keys(as_json: bool) -> Outcome {
    block_on(async {
        let store = opened().await?;
        let keys = store.access_keys().await?;
        store.close().await;
        let keys: Vec<AccessKey> = keys.into_iter().map(|stored| stored.key).collect();
        let text = if as_json { in_json(&keys) } else { in_words(&keys, SystemClock::new().now()) };
        Ok(std::io::stdout().write_all(text.as_bytes())?)
    })
}

/// `keys revoke`: ends a key, by its name or its id.
///
/// # Errors
/// [`AppError`], or the runtime that cannot be made.
pub fn revoke_key(name_or_id: String) -> Outcome {
    block_on(async {
        let store = opened().await?;
        let revoked = store.revoke_access_key(&name_or_id, SystemClock::new().now()).await?;
        store.close().await;
        let Some(key) = revoked else { return Err(KeysError::NotFound(name_or_id).into()) };
        let (name, role) = (&key.name, key.role.as_str());
        writeln!(
            std::io::stdout(),
            "The key '{name}' ({role}) is revoked; running services refuse it within 5 seconds."
        )?;
        Ok(())
    })
}

async fn opened() -> Result<Store, AppError> {
    let config = configured()?;
    let store = Store::open(config.database_url(), StoreOptions::default()).await?;
    store.migrate().await?;
    Ok(store)
}

fn in_days(from: Timestamp, days: u32) -> Timestamp {
    from.saturating_add(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MAX)
}

fn in_json(keys: &[AccessKey]) -> String {
    let row = |key: &AccessKey| {
        json!({
            "id": key.id, "name": key.name, "role": key.role.as_str(), "createdAt": key.created_at,
            "lastUsedAt": key.last_used_at, "expiresAt": key.expires_at, "revokedAt": key.revoked_at,
        })
    };
    format!("{:#}\n", keys.iter().map(row).collect::<serde_json::Value>())
}

/// A line for each key, under a heading.
fn in_words(keys: &[AccessKey], now: Timestamp) -> String {
    if keys.is_empty() {
        return "There is no key: `invoice-gateway keys add --role admin --name NAME` makes one.\n"
            .to_owned();
    }
    let width = keys.iter().map(|key| key.name.chars().count()).max().unwrap_or_default().max(4);
    let line = |columns: [&str; 7]| {
        let [id, name, role, created, used, expires, state] = columns;
        format!("{id:16}  {name:width$}  {role:8}  {created:20}  {used:20}  {expires:20}  {state}")
    };
    let mut text = line(["ID", "NAME", "ROLE", "CREATED", "LAST USED", "EXPIRES", "STATE"]);
    text.push('\n');
    for key in keys {
        let at = |at: Option<Timestamp>, none: &str| at.map_or(none.to_owned(), |at| format!("{at:.0}"));
        let state = match key.revoked_at {
            Some(revoked) => format!("revoked {revoked:.0}"),
            None if key.is_good(now) => "in use".to_owned(),
            None => "expired".to_owned(),
        };
        let (created, used) = (at(Some(key.created_at), ""), at(key.last_used_at, "never"));
        let columns =
            [&*key.id, &*key.name, key.role.as_str(), &created, &used, &at(key.expires_at, "never"), &state];
        // Writing to memory cannot fail.
        let _ = writeln!(text, "{}", line(columns));
    }
    text
}
