//! A whole day in a log at its most talkative, and in the metrics: nothing secret and nothing personal.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use upstream_simulator::faults::{FaultAction, FaultBody, FaultRule, When};
use upstream_simulator::traffic::Upstream;

use crate::support::app::{OAUTH_APPS, SECRETS_KEY, TestApp, TestOptions, client};
use crate::support::browser::Browser;
use crate::support::process::GatewayProcess;

/// What a caller sends along, whoever is let in.
const CALLERS_KEY: &str = "igw_0123456789abcdef_a-secret-of-somebody";

struct Day<'a> {
    simulated: &'a TestApp,
    url: String,
}

impl Day<'_> {
    async fn ask(&self, query: &str, variables: Value) -> Value {
        let body = json!({ "query": query, "variables": variables });
        let request = client().post(format!("{}/graphql", self.url)).bearer_auth(CALLERS_KEY).json(&body);
        request.send().await.unwrap().json().await.unwrap()
    }

    /// Ids of the invoices in a status.
    async fn ids(&self, status: &str) -> Vec<Value> {
        let query =
            format!("{{ invoices(first: 100, filter: {{status: [{status}]}}) {{ nodes {{ psohubId }} }} }}");
        let answer = self.ask(&query, json!({})).await;
        let nodes = answer["data"]["invoices"]["nodes"].as_array().unwrap_or_else(|| panic!("{answer:#}"));
        nodes.iter().map(|node| node["psohubId"].clone()).collect()
    }

    fn spoil(&self, upstream: Upstream, path: &str, action: FaultAction) {
        let rule = FaultRule::on(upstream, action).path(path).when(When::First(1));
        self.simulated.simulator.world().faults.add(rule);
    }

    /// Reads, sends, marks, synchronises, tests and meets failures.
    async fn live(&self) {
        let read = "query Everything { invoices(first: 100) { nodes { number customer { name } totalIncVat { amount }
            bexio { documentNumber } } } reconciliation { verdicts { verdict count } } receivables { totalCount } }";
        self.ask(read, json!({})).await;
        let send =
            "mutation Send($id: ID!) { sendInvoice(input: { invoice: { psohubId: $id }, waitSeconds: 20 }) {
            delivery { state } userErrors { message } } }";
        let approved = self.ids("APPROVED").await;
        self.spoil(Upstream::Bexio, "/2.0/kb_invoice/*/send", FaultAction::DropAfterEffect);
        let echo = FaultAction::Status { code: 422, body: FaultBody::default(), after_effect: false };
        for (number, id) in approved.iter().take(8).enumerate() {
            if number == 4 {
                self.spoil(Upstream::Bexio, "/2.0/kb_invoice", echo.clone());
            }
            self.ask(send, json!({ "id": id })).await;
        }
        let mark = "mutation Mark($id: ID!) { markInvoicePaid(input: { invoice: { psohubId: $id }, confirmUnpaidInBexio: true }) {
            userErrors { message } } }";
        for id in self.ids("SENT").await.iter().take(4) {
            self.ask(mark, json!({ "id": id })).await;
        }
        self.ask("mutation { runPaymentSync(input: {}) { run { id } userErrors { message } } }", json!({}))
            .await;
        self.ask(
            "mutation { testConnection(input: { level: WRITE }) { userErrors { message } } }",
            json!({}),
        )
        .await;
        self.ask("query Wrong { nothing }", json!({})).await;
        let down = FaultAction::Status { code: 503, body: FaultBody::default(), after_effect: false };
        self.simulated.simulator.world().faults.add(FaultRule::on(Upstream::Psohub, down));
        self.ask("{ invoices(maxAgeSeconds: 0) { totalCount } }", json!({})).await;
        for path in ["export/invoices.csv", "graphiql", "documents/psohub/1", "connect/nobody"] {
            client().get(format!("{}/{path}", self.url)).send().await.unwrap().bytes().await.unwrap();
        }
    }

    /// Names, e-mail addresses and amounts of the whole company, as far as they can be told from other words.
    fn personal(&self) -> BTreeSet<String> {
        let world = self.simulated.simulator.world();
        let mut texts = BTreeSet::new();
        for invoice in world.psohub().invoices() {
            let customer = &invoice.customer;
            texts.extend(
                [&customer.name, &customer.contact_name, &customer.contact_email].map(ToString::to_string),
            );
        }
        for contact in world.bexio().contacts() {
            texts.insert(contact.details.name_1.clone());
            texts.extend(contact.details.mail.clone());
        }
        for mail in world.bexio().mails() {
            texts.insert(mail.recipient_email.clone());
        }
        for invoice in world.bexio().invoices() {
            texts.insert(invoice.totals.total.to_string());
        }
        texts.retain(|text| text.len() >= 7);
        texts
    }
}

/// Whether `text` stands in `log` by itself, not as a part of a longer word or number.
fn stands_in<'l>(log: &'l str, text: &str) -> Option<&'l str> {
    let is_part = |c: char| c.is_alphanumeric() || c == '.';
    log.lines().find(|line| {
        line.match_indices(text).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            let after = line[at + text.len()..].chars().next();
            !before.is_some_and(is_part) && !after.is_some_and(char::is_alphanumeric)
        })
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_and_metrics_of_a_whole_day_hold_nothing_secret_and_nothing_personal() {
    let simulated = TestOptions::company(120).oauth().start().await;
    let folder = tempfile::tempdir().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let url = format!("http://{address}");
    simulated
        .simulator
        .world()
        .bexio()
        .options_mut()
        .client
        .redirect_urls
        .push(format!("{url}/connect/bexio/callback"));
    let process = GatewayProcess::serve_with(
        &simulated.simulator,
        folder.path(),
        &[
            &[
                ("LISTEN_ADDR", &*address),
                ("SECRETS_KEY", SECRETS_KEY),
                ("REVENUE_ACCOUNT", "3400"),
                ("ZERO_TAX_CODE", "UEX"),
                ("RETRY_BASE_SECONDS", "0.1"),
                ("REFRESH_WAIT_SECONDS", "30"),
                ("LOG", "trace"),
            ][..],
            &OAUTH_APPS,
        ]
        .concat(),
    );
    for upstream in ["bexio", "psohub"] {
        let page = Browser::new().connect(&url, upstream).await;
        assert_eq!(page.status, 200, "{}", page.text);
    }
    let day = Day { simulated: &simulated, url: url.clone() };
    day.live().await;
    assert!(!simulated.simulator.world().bexio().mails().is_empty(), "something was sent");

    let metrics = client().get(format!("{url}/metrics")).send().await.unwrap().text().await.unwrap();
    let log = process.log();
    assert!(log.contains("TRACE") && log.contains("request.id="), "{}", &log[..log.len().min(2000)]);
    assert!(log.contains("caller=\"local\""), "the log says who asked");
    // What may be there is found.
    for known in ["Send", "Mark", "POST /2.0/kb_invoice", "PATCH /rest/psohubapi/v1/invoices/paid"] {
        assert!(stands_in(&log, known).is_some(), "{known} does not stand in the log");
    }
    let mut texts = day.personal();
    assert!(texts.len() > 50, "{texts:?}");
    texts
        .extend(["simulated-secret", "psohub-simulator-secret", SECRETS_KEY, CALLERS_KEY].map(str::to_owned));
    let world = simulated.simulator.world();
    for tokens in [world.bexio().given_tokens(), world.psohub().given_tokens()] {
        assert!(tokens.len() >= 2, "an access token and a refresh token: {tokens:?}");
        texts.extend(tokens);
    }
    for (place, page) in [("log", &log), ("metrics", &metrics)] {
        for text in &texts {
            if let Some(line) = stands_in(page, text) {
                panic!("{text:?} stands in the {place}: {}", line.chars().take(600).collect::<String>());
            }
        }
        // Whatever has the form of an address of e-mail.
        let address = page.split(|c: char| c.is_whitespace() || "\"'<>(),;=".contains(c)).find(|word| {
            word.split_once('@')
                .is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !host.contains('/'))
        });
        assert_eq!(address, None, "the {place} holds an e-mail address");
    }
}
