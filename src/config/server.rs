//! What the process itself needs: where it listens, where it keeps its data and with which key, and how long
//! it holds on to what it does.

use secrecy::SecretString;

use super::data_folder;
use super::reader::Reader;
use super::setting::{Setting, secret, setting};
use crate::domain::secret_key::SecretKeys;

/// The first rows of the table.
pub(super) const SETTINGS: &[Setting] = &[
    setting(
        "LISTEN_ADDR",
        Some("127.0.0.1:8080"),
        "Address and port the service listens on. Port 0 takes any free one.",
        "0.0.0.0:8080",
    ),
    secret(
        "DATABASE_URL",
        "Where the service keeps its data: `sqlite:<file>`, created when missing, or `postgres://user:password@host/database`. \
         Not set: the file `invoice-gateway/invoice-gateway.db` in the platform's data folder (`$XDG_DATA_HOME` or `~/.local/share`; \
         macOS `~/Library/Application Support`; Windows `%LOCALAPPDATA%`).",
        "sqlite:/var/lib/invoice-gateway/data.db",
    ),
    setting(
        "PUBLIC_URL",
        None,
        "Where browsers reach this service. The redirect URLs to register with the apps are `<PUBLIC_URL>/connect/bexio/callback` \
         and `<PUBLIC_URL>/connect/psohub/callback`. Not set: `http://` and `LISTEN_ADDR`.",
        "https://invoices.example.com",
    ),
    secret(
        "SECRETS_KEY",
        "Key that tokens and letters to customers are encrypted with in the database: 32 bytes in base64, as `invoice-gateway secrets new-key` prints one. \
         Several, separated by commas, while keys change: the first encrypts, all decrypt. Not set: no account can be connected, and letters are stored in clear.",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    ),
];

/// The rows on leases and on the end.
pub(super) const PERIODS: &[Setting] = &[
    setting(
        "LEASE_SECONDS",
        Some("30"),
        "How long a replica that has stopped keeps the others from taking over its work.",
        "60",
    ),
    setting(
        "SHUTDOWN_GRACE_SECONDS",
        Some("20"),
        "How long running requests may take to end after the service was told to stop.",
        "60",
    ),
];

/// `DATABASE_URL`, else the file in the platform's folder.
pub(super) fn database_url(
    reader: &mut Reader<'_>,
    get: &impl Fn(&str) -> Option<String>,
) -> Option<SecretString> {
    const EXPECTED: &str = "sqlite:<path of a file> or postgres://user@host/database";
    if reader.text("DATABASE_URL").is_none() {
        let default = data_folder::database_url(std::env::consts::OS, get);
        if default.is_none() {
            reader.fault("DATABASE_URL", None, format!("{EXPECTED}, since no home folder is known"));
        }
        return default.map(SecretString::from);
    }
    reader.optional("DATABASE_URL", |value| match value.split_once(':') {
        Some(("sqlite" | "postgres" | "postgresql", rest)) if !rest.is_empty() => {
            Ok(SecretString::from(value))
        }
        _ => Err(EXPECTED.to_owned()),
    })
}

/// `SECRETS_KEY`.
pub(super) fn secrets_keys(reader: &mut Reader<'_>) -> Option<SecretKeys> {
    reader.optional("SECRETS_KEY", |value| {
        SecretKeys::parse(value)
            .map_err(|fault| format!("keys of 32 bytes in base64, separated by commas ({fault})"))
    })
}
