//! The one table of settings: reading, defaults and documentation all come from it.

/// One setting: an environment variable of this name.
#[derive(Debug)]
pub struct Setting {
    /// The variable.
    pub name: &'static str,
    /// What holds when it is not set; `None` where there is nothing to fall back to.
    pub default: Option<&'static str>,
    /// What it sets, for an operator.
    pub meaning: &'static str,
    /// A value that one could set.
    pub example: &'static str,
    /// Whether its value must never be shown.
    pub secret: bool,
}

const fn setting(
    name: &'static str,
    default: Option<&'static str>,
    meaning: &'static str,
    example: &'static str,
) -> Setting {
    Setting { name, default, meaning, example, secret: false }
}

const fn secret(name: &'static str, meaning: &'static str, example: &'static str) -> Setting {
    Setting { name, default: None, meaning, example, secret: true }
}

/// Every setting, in the order of the documentation.
pub const SETTINGS: &[Setting] = &[
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
    setting(
        "JWT_ISSUER",
        None,
        "`iss` of the tokens that callers may present instead of a key, letter by letter. Set together with `JWT_AUDIENCE` and \
         `JWT_JWKS_URL`. Not set: only keys are taken (`invoice-gateway keys add`).",
        "https://id.example.com/realms/company",
    ),
    setting(
        "JWT_AUDIENCE",
        None,
        "What `aud` of a token has to be, or to hold: this service's name at the issuer.",
        "invoice-gateway",
    ),
    setting(
        "JWT_JWKS_URL",
        None,
        "Where the issuer publishes the keys that its tokens are signed with (JWKS). RS256, ES256 and EdDSA are taken.",
        "https://id.example.com/realms/company/protocol/openid-connect/certs",
    ),
    setting(
        "JWT_LEEWAY_SECONDS",
        Some("60"),
        "How far the issuer's clock may be from this one when a token begins and ends.",
        "5",
    ),
    setting(
        "JWT_ROLE_CLAIM",
        Some("roles"),
        "Claim of a token that names roles: its name, or a path with dots. A text with blanks between, or a list. The highest role counts.",
        "realm_access.roles",
    ),
    setting(
        "JWT_NAME_CLAIM",
        Some("sub"),
        "Claim of a token that says whose it is, for records and the log, where it stands behind `jwt:`. Take one that the issuer never gives \
         to two and that users cannot change.",
        "preferred_username",
    ),
    setting(
        "JWT_ROLES",
        None,
        "The issuer's names for roles with what they give, as pairs with blanks between. Not set: the names are `viewer`, `operator` and \
         `admin`, in capitals or not.",
        "finance=operator it-admin=admin",
    ),
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
    setting(
        "MAX_STALE_SECONDS",
        Some("86400"),
        "Up to this age data is served at once while it is refreshed behind. For older data a query first waits for a refresh.",
        "3600",
    ),
    setting(
        "REFRESH_WAIT_SECONDS",
        Some("5"),
        "How long a query waits for a refresh of data that is too old, before it is answered with what there is, marked.",
        "2.5",
    ),
    setting(
        "REFRESH_RETRY_SECONDS",
        Some("5"),
        "Wait after a failed refresh; doubles with each failure up to a minute.",
        "10",
    ),
    setting(
        "REVENUE_ACCOUNT",
        None,
        "Number of the Bexio account for lines that name none. Not set: such lines cannot be sent.",
        "3400",
    ),
    setting(
        "TAX_CODE",
        None,
        "Bexio's code of the sales tax for lines that name none. Not set: Bexio's default sales tax.",
        "UN81",
    ),
    setting(
        "ZERO_TAX_CODE",
        None,
        "Bexio's code of the tax for lines at 0 %, where Bexio has several. Not set: such lines need a code in PSOhub.",
        "UEX",
    ),
    setting(
        "DETAIL_LINES",
        Some("in-text"),
        "What becomes of the hours and expenses behind a line: `in-text` lists them in the line's text, `omit` leaves them out.",
        "omit",
    ),
    setting(
        "EXTERNAL_ID",
        Some("number"),
        "What is written back to PSOhub as external id: Bexio's invoice `number`, or its `id`.",
        "id",
    ),
    // Not LANGUAGE: that is the desktop's on many machines.
    setting(
        "INVOICE_LANGUAGE",
        None,
        "Language of invoices and e-mails, by its code: `de`, `fr`, `it` or `en`. Not set: the contact's in Bexio, else the company's.",
        "fr",
    ),
    setting(
        "BANK_ACCOUNT",
        None,
        "Bexio's id of the bank account on invoices in its currency (`bexioCatalog { bankAccounts { bexioId } }`). \
         Not set, or in another currency: Bexio's standard account, else the only one in the invoice's currency.",
        "1",
    ),
    setting(
        "PAYMENT_TYPE",
        None,
        "Bexio's id of the way of payment (`bexioCatalog { paymentTypes { bexioId } }`). Not set: Bexio's standard.",
        "4",
    ),
    setting(
        "UNIT",
        None,
        "Bexio's id of the unit of each line (`bexioCatalog { units { bexioId } }`). Not set: lines have none.",
        "2",
    ),
    setting(
        "EMAIL_SUBJECT",
        None,
        "Subject of the e-mails with invoices, with placeholders (below). Not set: \"Invoice\" in the invoice's language, and its number.",
        "Rechnung {documentNumber} {name}",
    ),
    setting(
        "EMAIL_MESSAGE",
        None,
        "Text of the e-mails with invoices that have no note in PSOhub, with placeholders (below); `\\n` is a line break. \
         Not set: a short one in the invoice's language.",
        "Guten Tag\\n\\nAnbei unsere Rechnung {documentNumber} über {total}.",
    ),
    setting(
        "EMAIL_ATTACH_PDF",
        Some("true"),
        "Whether Bexio attaches its PDF to the e-mail (`true`), or only links to it (`false`).",
        "false",
    ),
    setting(
        "VAT_MODE",
        Some("added"),
        "How VAT stands on Bexio's invoices: `added` takes PSOhub's prices without VAT and adds it, `included` takes those with VAT, \
         `without` and `exempt` carry none.",
        "included",
    ),
    setting(
        "ROUNDING_TOLERANCE",
        None,
        "Amount in `BASE_CURRENCY`, from 0 to 1, within which totals of both sides count as equal: in reconciliation, for the payment \
         sync, when sending and linking. Not set, and in other currencies: 0.05 in francs, 0.01 elsewhere.",
        "0.10",
    ),
    setting(
        "PAYMENT_SYNC_CRON",
        Some("0 0 */2 * * *"),
        "When payments are carried from Bexio to PSOhub: six fields from seconds to weekday, in UTC.",
        "0 30 6-20 * * MON-FRI",
    ),
    setting(
        "LIMIT_BODY_BYTES",
        Some("65536"),
        "Longest body of a request to `/graphql`, in bytes.",
        "131072",
    ),
    setting("LIMIT_QUERY_BYTES", Some("16384"), "Longest text of an operation, in bytes.", "32768"),
    setting("LIMIT_TOKENS", Some("4000"), "Most words and signs in the text of an operation.", "8000"),
    setting("LIMIT_DEPTH", Some("15"), "How deep fields nest, fragments included.", "20"),
    setting(
        "LIMIT_SELECTIONS",
        Some("5000"),
        "Most selections of an operation when each fragment is put where it is spread.",
        "10000",
    ),
    setting("LIMIT_ALIASES", Some("30"), "Most fields that an operation renames.", "100"),
    setting("LIMIT_ROOT_FIELDS", Some("20"), "Most fields at the top of an operation.", "10"),
    setting("LIMIT_DIRECTIVES", Some("50"), "Most directives in the text of an operation.", "100"),
    setting(
        "LIMIT_COMPLEXITY",
        Some("100000"),
        "Most fields that the answer could have, counting each page as long as was asked for: docs/limits.md.",
        "200000",
    ),
    setting("LIMIT_PAGE_SIZE", Some("500"), "Longest page: 50 to 500.", "200"),
    setting(
        "OPERATION_SECONDS",
        Some("60"),
        "Longest time for a query. A mutation goes on; it is answered for this long and a minute.",
        "30",
    ),
    setting(
        "OPERATIONS_PER_SECOND",
        None,
        "How many operations each caller may send a second in the long run. Not set: 100 with access control; without it, where all requests are the same caller's, they are not counted.",
        "20",
    ),
    setting(
        "OPERATIONS_BURST",
        Some("500"),
        "How many operations a caller may send at once after a pause.",
        "100",
    ),
    setting("WEBSOCKETS_MAX", Some("2048"), "Most WebSockets that are open at a time.", "500"),
    setting(
        "WEBSOCKET_IDLE_SECONDS",
        Some("600"),
        "A WebSocket on which no operation runs for this long is closed.",
        "120",
    ),
    setting("EVENT_STREAMS_MAX", Some("512"), "Most event streams that are open at a time.", "100"),
    setting(
        "INTROSPECTION",
        Some("viewer"),
        "Who may ask for the schema: `viewer` (everybody), `operator`, `admin` or `off` (nobody).",
        "admin",
    ),
    setting(
        "CORS_ORIGINS",
        None,
        "Origins whose pages may use the API beside its own, as browsers write them, separated by commas. Not set: none.",
        "https://finance.example,http://localhost:5173",
    ),
    setting(
        "TRUSTED_DOCUMENTS",
        None,
        "File of the documents that clients may name by their id: docs/trusted-documents.md. Each is held against the schema at the start.",
        "/etc/invoice-gateway/documents.json",
    ),
    setting(
        "TRUSTED_DOCUMENTS_MODE",
        Some("off"),
        "What becomes of documents that the file does not hold: `off` runs them, `log` runs them and names each in the log once, `enforce` refuses them.",
        "log",
    ),
    setting(
        "TRUSTED_DOCUMENTS_EXEMPT",
        Some("off"),
        "The least role whose callers may send any document in the mode `enforce`, for instance to use GraphiQL: `operator`, `admin`, or `off` for nobody's.",
        "admin",
    ),
    setting(
        "PERSISTED_QUERY_BYTES",
        Some("4194304"),
        "How many bytes of documents are kept that clients send with their hash (Automatic Persisted Queries). 0 switches that off.",
        "0",
    ),
    setting("UPSTREAM_CONNECT_SECONDS", Some("5"), "Longest time to connect to PSOhub or Bexio.", "10"),
    setting(
        "UPSTREAM_READ_SECONDS",
        Some("15"),
        "Longest silence of PSOhub or Bexio in the middle of an answer.",
        "30",
    ),
    setting(
        "UPSTREAM_TOTAL_SECONDS",
        Some("30"),
        "Longest time for a whole answer of PSOhub or Bexio.",
        "60",
    ),
    setting(
        "QUIET_PERIOD_SECONDS",
        Some("120"),
        "After a write whose outcome is unknown: how long it can still take effect, and is therefore not repeated.",
        "300",
    ),
    setting(
        "LEASE_SECONDS",
        Some("30"),
        "How long a replica that has stopped keeps the others from taking over its work.",
        "60",
    ),
    setting(
        "UPSTREAM_BREAKER_FAILURES",
        Some("5"),
        "So many calls to PSOhub or Bexio in a row that fail (5xx, time-outs, failed connections), or half of four times as many within a minute, and it is left alone for a while.",
        "10",
    ),
    setting(
        "UPSTREAM_BREAKER_SECONDS",
        Some("30"),
        "How long it is left alone then; one call tries after that, and each that fails doubles the wait, up to four times.",
        "60",
    ),
    setting(
        "UPSTREAM_CONCURRENCY",
        Some("4"),
        "Most calls to each of PSOhub and Bexio at once, from 1 to 64.",
        "8",
    ),
    setting(
        "UPSTREAM_CONCURRENCY_RESERVED",
        Some("1"),
        "How many of these are kept for writes and for reads that somebody waits for.",
        "2",
    ),
    setting(
        "RETRY_BASE_SECONDS",
        Some("1"),
        "Wait before the first repetition of a call that may be repeated; grows with each.",
        "0.5",
    ),
    setting(
        "SHUTDOWN_GRACE_SECONDS",
        Some("20"),
        "How long running requests may take to end after the service was told to stop.",
        "60",
    ),
    setting(
        "LOG",
        Some("info"),
        "What is logged: `error`, `warn`, `info`, `debug` or `trace`, also by target as `target=level`, separated by commas.",
        "info,invoice_gateway::book=debug",
    ),
    setting(
        "LOG_FORMAT",
        Some("pretty"),
        "`pretty` for people, `json` for machines: one object a line.",
        "json",
    ),
    setting(
        "METRICS_ADDR",
        None,
        "Address and port of its own for `/metrics`, `/livez` and `/readyz`, which answer there to whoever reaches it. \
         Not set: they are at `LISTEN_ADDR` alone.",
        "127.0.0.1:9464",
    ),
    setting(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        None,
        "Where traces are sent: an OpenTelemetry collector's address for OTLP over HTTP. Not set: nowhere.",
        "http://127.0.0.1:4318",
    ),
    secret(
        "OTEL_EXPORTER_OTLP_HEADERS",
        "Headers of the calls to the collector: `name=value`, separated by commas.",
        "authorization=Basic dXNlcjpwYXNz",
    ),
    setting(
        "OTEL_SERVICE_NAME",
        Some("invoice-gateway"),
        "What traces call the service.",
        "invoice-gateway-muster-ag",
    ),
];

/// The setting of this name.
pub(super) fn find(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.name == name)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    fn table() -> String {
        let mut table = String::from("| variable | default | meaning | example |\n|---|---|---|---|\n");
        for Setting { name, default, meaning, example, secret } in SETTINGS {
            let default = default.map_or_else(|| "–".to_owned(), |default| format!("`{default}`"));
            let secret = if *secret { " Secret." } else { "" };
            let _ = writeln!(table, "| `{name}` | {default} | {meaning}{secret} | `{example}` |");
        }
        table
    }

    #[test]
    fn the_documentation_has_each_setting_as_it_is_here() {
        let page = include_str!("../../docs/configuration.md");
        let table = table();
        assert!(page.contains(&table), "docs/configuration.md must hold this table:\n{table}");
        let rows = page.lines().filter(|line| line.starts_with("| `")).count();
        assert_eq!(rows, SETTINGS.len(), "docs/configuration.md has rows of no setting");
    }

    #[test]
    fn a_name_stands_once_and_a_secret_has_no_default() {
        for (position, setting) in SETTINGS.iter().enumerate() {
            assert!(SETTINGS[..position].iter().all(|other| other.name != setting.name), "{}", setting.name);
            assert!(!(setting.secret && setting.default.is_some()), "{}", setting.name);
        }
    }
}
