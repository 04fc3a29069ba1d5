//! The settings of PSOhub: where it is, its app, and how fresh its data has to be.

use std::time::Duration;

use secrecy::SecretString;

use super::oauth_client::{ClientConfig, scopes};
use super::reader::Reader;
use super::setting::{Setting, secret, setting};
use crate::domain::CurrencyCode;

/// PSOhub's rows of the table.
pub(super) const SETTINGS: &[Setting] = &[
    setting(
        "PSOHUB_BASE_URL",
        Some("https://www.psohubapp.com"),
        "Where PSOhub's API is.",
        "http://127.0.0.1:9001",
    ),
    secret(
        "PSOHUB_ACCESS_TOKEN",
        "Access token for PSOhub's API. Goes before a connected account. Not set: the account is connected at `/connect/psohub`.",
        "eyJhbGciOi…",
    ),
    setting("PSOHUB_CLIENT_ID", None, "`clientid` of the app registered with PSOhub.", "4711"),
    secret(
        "PSOHUB_CLIENT_SECRET",
        "`clientsecret` of the app registered with PSOhub. PSOhub wants it in the browser's address: see docs/connecting.md.",
        "k3y…",
    ),
    setting(
        "PSOHUB_SCOPES",
        Some("invoices"),
        "What PSOhub is asked for, separated by blanks. Its name for invoices is not documented.",
        "invoices projects",
    ),
    setting(
        "PSOHUB_AUTHORIZE_URL",
        None,
        "PSOhub's page on which a person agrees. Not set: `/link/apiauthorization` at `PSOHUB_BASE_URL`.",
        "https://www.psohubapp.com/link/apiauthorization",
    ),
    setting(
        "PSOHUB_TOKEN_URL",
        None,
        "Where PSOhub gives tokens; not documented. Not set: `/link/apitoken` at `PSOHUB_BASE_URL`.",
        "https://www.psohubapp.com/oauth/token",
    ),
    setting(
        "PSOHUB_TOKEN_NAMES",
        Some("client_id=clientid client_secret=clientsecret redirect_uri=redirecturl"),
        "PSOhub's names of the token call's parameters where they differ from OAuth 2's; not documented.",
        "client_id=clientid grant_type=granttype",
    ),
    setting(
        "PSOHUB_TOKEN_BODY",
        Some("form"),
        "Body of PSOhub's token call, `form` or `json`; not documented.",
        "json",
    ),
    setting(
        "PSOHUB_TOKEN_HEADER",
        Some("Authorization: Bearer"),
        "Header that carries the access token in PSOhub's calls: its name, a colon, and what stands before the token.",
        "X-Api-Token:",
    ),
    setting(
        "PSOHUB_MAX_AGE_SECONDS",
        Some("120"),
        "Up to this age PSOhub's data counts as fresh; an older answer starts a refresh behind it.",
        "300",
    ),
    setting(
        "PSOHUB_REFRESH_SECONDS",
        Some("900"),
        "How often the service looks at PSOhub when nobody asks for anything.",
        "1800",
    ),
    setting(
        "PSOHUB_LIST_SECONDS",
        Some("600"),
        "Longest time for one of PSOhub's lists, which carry all PDFs. Takes the place of `UPSTREAM_TOTAL_SECONDS` there.",
        "1200",
    ),
    setting(
        "BASE_CURRENCY",
        Some("CHF"),
        "Currency of PSOhub's base amounts (ISO 4217): the company's own, which PSOhub does not name.",
        "EUR",
    ),
];

/// PSOhub.
#[derive(Debug, Clone)]
pub struct PsohubConfig {
    /// `PSOHUB_BASE_URL`, without a slash at its end.
    pub base_url: String,
    /// `PSOHUB_ACCESS_TOKEN`.
    pub access_token: Option<SecretString>,
    /// The registered app and what is assumed of its token call.
    pub oauth: PsohubOauthConfig,
    /// `PSOHUB_MAX_AGE_SECONDS`.
    pub max_age: Duration,
    /// `PSOHUB_REFRESH_SECONDS`.
    pub refresh: Duration,
    /// `PSOHUB_LIST_SECONDS`.
    pub list_timeout: Duration,
    /// `BASE_CURRENCY`.
    pub base_currency: CurrencyCode,
}

/// PSOhub's app, and what is not documented of the way to its tokens.
#[derive(Debug, Clone)]
pub struct PsohubOauthConfig {
    /// `PSOHUB_CLIENT_ID` and `PSOHUB_CLIENT_SECRET`.
    pub client: ClientConfig,
    /// `PSOHUB_SCOPES`.
    pub scopes: Vec<String>,
    /// `PSOHUB_AUTHORIZE_URL`.
    pub authorize_url: Option<String>,
    /// `PSOHUB_TOKEN_URL`.
    pub token_url: Option<String>,
    /// `PSOHUB_TOKEN_NAMES`: OAuth 2's name and PSOhub's.
    pub token_names: Vec<(String, String)>,
    /// `PSOHUB_TOKEN_BODY` is `json`.
    pub token_body_is_json: bool,
    /// `PSOHUB_TOKEN_HEADER`: name and scheme.
    pub token_header: (String, String),
}

impl PsohubConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let base_url = reader.base_url("PSOHUB_BASE_URL");
        let access_token = reader.token("PSOHUB_ACCESS_TOKEN");
        let oauth = PsohubOauthConfig::read(reader);
        let max_age = reader.seconds("PSOHUB_MAX_AGE_SECONDS");
        let refresh = reader.seconds("PSOHUB_REFRESH_SECONDS");
        let list_timeout = reader.seconds("PSOHUB_LIST_SECONDS");
        let base_currency =
            reader.parsed("BASE_CURRENCY", "the three letters of an ISO 4217 currency, such as CHF");
        Some(Self {
            base_url: base_url?,
            access_token,
            oauth: oauth?,
            max_age: max_age?,
            refresh: refresh?,
            list_timeout: list_timeout?,
            base_currency: base_currency?,
        })
    }
}

impl PsohubOauthConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let client = ClientConfig::read(reader, "PSOHUB_CLIENT_ID", "PSOHUB_CLIENT_SECRET");
        let authorize_url = reader.optional_url("PSOHUB_AUTHORIZE_URL");
        let token_url = reader.optional_url("PSOHUB_TOKEN_URL");
        let token_names = reader.required("PSOHUB_TOKEN_NAMES", pairs);
        let token_body_is_json = reader.required("PSOHUB_TOKEN_BODY", |value| match value {
            "form" => Ok(false),
            "json" => Ok(true),
            _ => Err("form or json".to_owned()),
        });
        let token_header = reader.required("PSOHUB_TOKEN_HEADER", header);
        Some(Self {
            client,
            scopes: scopes(reader.text("PSOHUB_SCOPES")),
            authorize_url,
            token_url,
            token_names: token_names?,
            token_body_is_json: token_body_is_json?,
            token_header: token_header?,
        })
    }
}

/// `name=theirs`, separated by blanks.
fn pairs(value: &str) -> Result<Vec<(String, String)>, String> {
    let pair = |word: &str| {
        let (name, theirs) =
            word.split_once('=').filter(|(name, theirs)| !name.is_empty() && !theirs.is_empty())?;
        Some((name.to_owned(), theirs.to_owned()))
    };
    value
        .split_whitespace()
        .map(pair)
        .collect::<Option<_>>()
        .ok_or_else(|| "pairs such as client_id=clientid, separated by blanks".to_owned())
}

/// `Name: scheme`; the scheme may be empty.
fn header(value: &str) -> Result<(String, String), String> {
    let (name, scheme) = value.split_once(':').unwrap_or((value, ""));
    match name.trim().parse::<http::HeaderName>() {
        Ok(_) => Ok((name.trim().to_owned(), scheme.trim().to_owned())),
        Err(_) => Err("a header's name, a colon and what stands before the token".to_owned()),
    }
}
