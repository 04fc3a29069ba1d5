//! No token, code or client secret is found where it must not be: in the database's files and in a
//! log at its most talkative.

use std::path::Path;
use std::time::Duration;

use invoice_gateway::book::Source;
use invoice_gateway::domain::Upstream;
use invoice_gateway::domain::secret_key::SecretKeys;
use invoice_gateway::store::{Keyring, Store, StoreOptions, TokenVault};
use secrecy::ExposeSecret;
use serde_json::json;
use upstream_simulator::traffic;

use crate::support::app::{SECRETS_KEY, TestApp, TestOptions};
use crate::support::browser::{Browser, parameter};
use crate::support::process::GatewayProcess;

/// Texts that must be found nowhere, each with its name.
type Canaries = Vec<(String, String)>;

/// The tokens that the store has now.
async fn stored_tokens(folder: &Path) -> Canaries {
    let url = format!("sqlite:{}", folder.join("gateway.db").display());
    let store = Store::open(&url, StoreOptions::default()).await.unwrap();
    let vault = TokenVault::new(store, Keyring::new(&SecretKeys::parse(SECRETS_KEY).unwrap()));
    let mut canaries = Canaries::new();
    for upstream in Upstream::ALL {
        let tokens = vault.connection(upstream).await.unwrap().unwrap().tokens.unwrap();
        let refresh = tokens.refresh.unwrap();
        for (kind, token) in [("access", &tokens.access), ("refresh", &refresh)] {
            canaries.push((format!("{kind} token of {upstream}"), token.expose_secret().to_owned()));
        }
    }
    canaries
}

/// Connects an account by hand and notes everything secret that passes.
async fn connect(service: &str, upstream: &str, canaries: &mut Canaries) {
    let mut browser = Browser::new();
    let begun = browser.open(format!("{service}/connect/{upstream}")).await;
    let cookie = begun.headers["set-cookie"].to_str().unwrap().to_owned();
    let value = cookie.split(['=', ';']).nth(1).unwrap();
    for (name, part) in ["state", "session"].into_iter().zip(value.split('.')) {
        canaries.push((format!("{name} of {upstream}"), part.to_owned()));
    }
    let callback = browser.visit(begun.to()).await.to().clone();
    canaries.push((format!("code of {upstream}"), parameter(&callback, "code").unwrap()));
    assert_eq!(browser.open(&callback).await.status, 303);
}

fn configured() -> Canaries {
    ["simulated-secret", "psohub-simulator-secret", SECRETS_KEY]
        .map(|secret| ("configured".to_owned(), secret.to_owned()))
        .into()
}

fn assert_absent(canaries: &Canaries, place: &str, bytes: &[u8]) {
    for (name, canary) in canaries {
        assert!(canary.len() >= 16, "{name} is too short to be looked for");
        let found = bytes.windows(canary.len()).any(|window| window == canary.as_bytes());
        assert!(!found, "the {name} stands in {place}");
    }
}

fn assert_absent_in_files(canaries: &Canaries, folder: &Path) {
    let mut bytes_read = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        bytes_read += bytes.len();
        assert_absent(canaries, &path.display().to_string(), &bytes);
    }
    assert!(bytes_read > 10_000, "there was a database to look through");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_stands_in_the_database() {
    let app: TestApp = TestOptions::company(5)
        .oauth()
        .simulator(|options| options.psohub.oauth.rotate_refresh_tokens = true)
        .start()
        .await;
    let mut canaries = configured();
    // An attempt that is not over stands there, too.
    let open = Browser::new().open(format!("{}/connect/bexio", app.url())).await;
    canaries.push(("state of an open attempt".to_owned(), parameter(open.to(), "state").unwrap()));
    for upstream in ["bexio", "psohub"] {
        connect(app.url(), upstream, &mut canaries).await;
    }
    app.look_at_both().await;
    canaries.extend(stored_tokens(app.folder()).await);
    assert_absent_in_files(&canaries, app.folder());
    app.advance(Duration::from_hours(1));
    app.look(Source::Bexio).await.unwrap();
    canaries.extend(stored_tokens(app.folder()).await);
    assert_eq!(canaries.len(), 18);
    assert_absent_in_files(&canaries, app.folder());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_stands_in_a_log_at_trace_level() {
    let simulated = TestOptions::company(5)
        .oauth()
        .simulator(|options| options.psohub.oauth.rotate_refresh_tokens = true)
        .start()
        .await;
    let folder = tempfile::tempdir().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let url = format!("http://{address}");
    let callback = format!("{url}/connect/bexio/callback");
    simulated.simulator.world().bexio().options_mut().client.redirect_urls.push(callback);
    let process = GatewayProcess::serve_with(
        &simulated.simulator,
        folder.path(),
        &[
            ("LISTEN_ADDR", &address),
            ("SECRETS_KEY", SECRETS_KEY),
            ("BEXIO_ACCESS_TOKEN", ""),
            ("BEXIO_CLIENT_ID", "simulated-app"),
            ("BEXIO_CLIENT_SECRET", "simulated-secret"),
            ("PSOHUB_ACCESS_TOKEN", ""),
            ("PSOHUB_CLIENT_ID", "psohub-simulator-client"),
            ("PSOHUB_CLIENT_SECRET", "psohub-simulator-secret"),
            ("LOG", "trace"),
        ],
    );
    let mut canaries = configured();
    for upstream in ["bexio", "psohub"] {
        connect(process.url(), upstream, &mut canaries).await;
    }
    canaries.extend(stored_tokens(folder.path()).await);
    // A renewal, forced by a refusal, and a look by which it is done.
    simulated.simulator.world().bexio().expire_access_tokens();
    let query = json!({ "query": "{ invoices(maxAgeSeconds: 0) { totalCount nodes { bexio { documentNumber } } } }" });
    let answer = simulated.http.post(format!("{url}/graphql")).json(&query).send().await.unwrap();
    let answer: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(answer["data"]["invoices"]["totalCount"], 5, "{answer:#}");
    let renewed = simulated.simulator.world().traffic.calls_like(traffic::Upstream::Bexio, "*/token");
    assert_eq!(renewed, 2);
    canaries.extend(stored_tokens(folder.path()).await);

    let log = process.log();
    assert!(
        log.contains("TRACE") && log.contains("renewing the access token"),
        "{}",
        &log[..log.len().min(2000)]
    );
    assert_absent(&canaries, "the log", log.as_bytes());
}
