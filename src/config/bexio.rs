//! The settings of Bexio: where it is, its app, and how fresh its data has to be.

use std::time::Duration;

use secrecy::SecretString;

use super::oauth_client::{ClientConfig, scopes};
use super::reader::Reader;
use super::setting::{Setting, secret, setting};

/// Bexio's rows of the table.
pub(super) const SETTINGS: &[Setting] = &[
    setting(
        "BEXIO_BASE_URL",
        Some("https://api.bexio.com"),
        "Where Bexio's API is.",
        "http://127.0.0.1:9002",
    ),
    secret(
        "BEXIO_ACCESS_TOKEN",
        "Access token for Bexio's API, such as a personal access token. Goes before a connected account. \
         Not set: the account is connected at `/connect/bexio`.",
        "eyJraWQiOi…",
    ),
    setting(
        "BEXIO_CLIENT_ID",
        None,
        "`client_id` of the app registered at developer.bexio.com.",
        "1f5e3c9a-0b7d-4f6a-9c2e-8d4b6a7f0e13",
    ),
    secret("BEXIO_CLIENT_SECRET", "`client_secret` of the app registered at developer.bexio.com.", "AJ2n…"),
    setting(
        "BEXIO_SCOPES",
        Some(
            "openid offline_access company_profile kb_invoice_edit contact_edit bank_account_show accounting",
        ),
        "What Bexio is asked for, separated by blanks. Bexio refuses the whole request for one that it does not know.",
        "openid offline_access kb_invoice_edit contact_edit",
    ),
    setting(
        "BEXIO_ISSUER_URL",
        Some("https://auth.bexio.com/realms/bexio"),
        "Bexio's OAuth server (its OpenID Connect issuer).",
        "http://127.0.0.1:9002/realms/bexio",
    ),
    setting(
        "BEXIO_MAX_AGE_SECONDS",
        Some("60"),
        "Up to this age Bexio's data counts as fresh; an older answer starts a refresh behind it.",
        "120",
    ),
    setting(
        "BEXIO_REFRESH_SECONDS",
        Some("300"),
        "How often the service looks at Bexio when nobody asks for anything.",
        "600",
    ),
    setting(
        "BEXIO_FULL_PASS_SECONDS",
        Some("86400"),
        "How often all of Bexio's invoices are read again, which finds the deleted ones. In between, only changes are read.",
        "43200",
    ),
];

/// Bexio.
#[derive(Debug, Clone)]
pub struct BexioConfig {
    /// `BEXIO_BASE_URL`, without a slash at its end.
    pub base_url: String,
    /// `BEXIO_ACCESS_TOKEN`.
    pub access_token: Option<SecretString>,
    /// `BEXIO_CLIENT_ID` and `BEXIO_CLIENT_SECRET`.
    pub client: ClientConfig,
    /// `BEXIO_SCOPES`.
    pub scopes: Vec<String>,
    /// `BEXIO_ISSUER_URL`, without a slash at its end.
    pub issuer_url: String,
    /// `BEXIO_MAX_AGE_SECONDS`.
    pub max_age: Duration,
    /// `BEXIO_REFRESH_SECONDS`.
    pub refresh: Duration,
    /// `BEXIO_FULL_PASS_SECONDS`.
    pub full_pass: Duration,
}

impl BexioConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let base_url = reader.base_url("BEXIO_BASE_URL");
        let access_token = reader.token("BEXIO_ACCESS_TOKEN");
        let client = ClientConfig::read(reader, "BEXIO_CLIENT_ID", "BEXIO_CLIENT_SECRET");
        let scopes = scopes(reader.text("BEXIO_SCOPES"));
        let issuer_url = reader.base_url("BEXIO_ISSUER_URL");
        let max_age = reader.seconds("BEXIO_MAX_AGE_SECONDS");
        let refresh = reader.seconds("BEXIO_REFRESH_SECONDS");
        let full_pass = reader.seconds("BEXIO_FULL_PASS_SECONDS");
        Some(Self {
            base_url: base_url?,
            access_token,
            client,
            scopes,
            issuer_url: issuer_url?,
            max_age: max_age?,
            refresh: refresh?,
            full_pass: full_pass?,
        })
    }
}
