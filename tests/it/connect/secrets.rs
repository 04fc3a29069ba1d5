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

use crate::support::app::{OAUTH_APPS, SECRETS_KEY, TestApp, TestOptions};
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
    let simulated = TestOptions::company(120)
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
            &[
                ("LISTEN_ADDR", &*address),
                ("SECRETS_KEY", SECRETS_KEY),
                ("REVENUE_ACCOUNT", "3400"),
                ("ZERO_TAX_CODE", "UEX"),
                ("LOG", "trace"),
            ][..],
            &OAUTH_APPS,
        ]
        .concat(),
    );
    let mut canaries = configured();
    for upstream in ["bexio", "psohub"] {
        connect(process.url(), upstream, &mut canaries).await;
    }
    canaries.extend(stored_tokens(folder.path()).await);
    // A renewal, forced by a refusal, and a look by which it is done.
    simulated.simulator.world().bexio().expire_access_tokens();
    let query = json!({ "query": "{ invoices(maxAgeSeconds: 0) { totalCount nodes { bexio { documentNumber } } } }" });
    let renewed = || simulated.simulator.world().traffic.calls_like(traffic::Upstream::Bexio, "*/token") >= 2;
    // The look that a connection begins may still be under way, and be what the query waits for.
    while !renewed() {
        let answer = simulated.http.post(format!("{url}/graphql")).json(&query).send().await.unwrap();
        let answer: serde_json::Value = answer.json().await.unwrap();
        assert_eq!(answer["data"]["invoices"]["totalCount"], 120, "{answer:#}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    canaries.extend(stored_tokens(folder.path()).await);

    send_a_letter(&simulated, &url).await;
    canaries.push(("letter".to_owned(), LETTER.to_owned()));

    let log = process.log();
    assert!(
        log.contains("TRACE") && log.contains("renewing the access token"),
        "{}",
        &log[..log.len().min(2000)]
    );
    assert_absent(&canaries, "the log", log.as_bytes());
}

/// An invoice's note, which becomes its e-mail, and a text given for it.
const LETTER: &str = "Sehr geehrte Frau Beispielhuber, hier unsere Rechnung";

#[tokio::test(flavor = "multi_thread")]
async fn no_letter_to_a_customer_stands_in_the_database() {
    let app: TestApp = TestOptions::company(120)
        .oauth()
        .set("REVENUE_ACCOUNT", "3400")
        .set("ZERO_TAX_CODE", "UEX")
        .start()
        .await;
    super::connect_both(&app).await;
    app.look_at_both().await;
    let found = app.data("{ invoices(first: 500) { nodes { psohubId note status } } }").await;
    let rows = found["invoices"]["nodes"].as_array().unwrap();
    let notes = rows.iter().filter_map(|node| node["note"].as_str()).filter(|note| note.len() >= 16);
    let mut canaries: Canaries = notes.map(|note| ("note".to_owned(), note.to_owned())).collect();
    assert!(!canaries.is_empty(), "some invoices have a note");
    canaries.push(("letter".to_owned(), LETTER.to_owned()));

    let approved = rows.iter().filter(|node| node["status"] == "APPROVED");
    let ids: Vec<_> = approved.map(|node| json!({ "psohubId": node["psohubId"] })).collect();
    let batch = "mutation ($ids: [InvoiceLookup!]!, $letter: String) {
        sendInvoices(input: { invoices: { lookups: $ids }, options: { message: $letter } }) {
            batch { id } userErrors { message } } }";
    let sent = app.answer(batch, json!({ "ids": ids, "letter": LETTER })).await;
    assert!(sent["data"]["sendInvoices"]["batch"]["id"].is_string(), "{sent:#}");
    app.settle().await;
    let bexio = app.simulator.world().bexio().mails().to_vec();
    assert!(bexio.iter().any(|mail| mail.message.contains(LETTER)), "it was sent: {} mails", bexio.len());
    // Subjects name the invoice by Bexio's number, which is no secret; what stands before it is short.
    let addresses = bexio.iter().map(|mail| mail.recipient_email.clone()).filter(|to| to.len() >= 16);
    canaries.extend(addresses.map(|address| ("recipient".to_owned(), address)));
    assert!(canaries.iter().any(|(name, _)| name == "recipient"), "mails have recipients");
    let shown = app.data("{ deliveries { nodes { email { recipient } } } }").await;
    assert!(
        shown["deliveries"]["nodes"][0]["email"]["recipient"].as_str().unwrap().contains('@'),
        "{shown:#}"
    );
    assert_absent_in_files(&canaries, app.folder());

    // With another key in front, and then alone.
    let former = SecretKeys::parse(SECRETS_KEY).unwrap();
    let new = Keyring::generate();
    let both = SecretKeys::parse(&format!("{},{SECRETS_KEY}", new.expose_secret())).unwrap();
    let alone = SecretKeys::parse(new.expose_secret()).unwrap();
    let store = async |keys: &SecretKeys| {
        let url = format!("sqlite:{}", app.folder().join("gateway.db").display());
        let store = Store::open(&url, StoreOptions::default()).await.unwrap();
        store.with_keys(Keyring::new(keys))
    };
    let rotated = TokenVault::new(store(&both).await, Keyring::new(&both)).rotate().await.unwrap();
    assert!(rotated.changed == 2 && rotated.records > 100, "{rotated:?}");
    let (old, new) = (store(&former).await, store(&alone).await);
    assert!(new.load_psohub_mirror().await.unwrap().is_some_and(|mirror| mirror.rows.len() == 120));
    assert!(old.load_psohub_mirror().await.unwrap().is_none(), "a mirror that cannot be read is read anew");
    let deliveries = new.deliveries().await.unwrap().rows;
    let ids: Vec<_> = deliveries.iter().map(|row| row.delivery.id()).collect();
    assert!(!ids.is_empty());
    assert_eq!(new.delivery_plans(&ids).await.unwrap().len(), ids.len());
    assert_eq!(new.batches(None, 10).await.unwrap()[0].options.message.as_deref(), Some(LETTER));
    let error = old.delivery(ids[0]).await.unwrap_err().to_string();
    assert!(error.contains("SECRETS_KEY does not hold"), "{error}");
    assert_absent_in_files(&canaries, app.folder());
}

/// Sends the first invoice that can be sent by the service at `url`, with a text of its own.
async fn send_a_letter(simulated: &TestApp, url: &str) {
    let ask = async |query: &str, variables: serde_json::Value| -> serde_json::Value {
        let body = json!({ "query": query, "variables": variables });
        let answer = simulated.http.post(format!("{url}/graphql")).json(&body).send().await.unwrap();
        answer.json().await.unwrap()
    };
    let approved = "{ invoices(filter: {status: [APPROVED]}) { nodes { psohubId } } }";
    let approved = ask(approved, json!({})).await;
    let preview = "query ($id: ID!) { sendPreview(invoice: { psohubId: $id }) { isSendable problems { code severity message } } }";
    let mut refused = Vec::new();
    let send = "mutation ($id: ID!, $letter: String) { sendInvoice(input: {
        invoice: { psohubId: $id }, options: { message: $letter }, waitSeconds: 60 }) {
        delivery { state } userErrors { message } } }";
    for node in approved["data"]["invoices"]["nodes"].as_array().unwrap() {
        let id = &node["psohubId"];
        let looked = ask(preview, json!({ "id": id })).await;
        if looked["data"]["sendPreview"]["isSendable"] == true {
            let answer = ask(send, json!({ "id": id, "letter": LETTER })).await;
            let mails = simulated.simulator.world().bexio().mails().to_vec();
            assert!(mails.iter().any(|mail| mail.message.contains(LETTER)), "{answer:#}");
            return;
        }
        refused.push(looked);
    }
    panic!("no invoice of the company can be sent: {refused:#?}");
}
