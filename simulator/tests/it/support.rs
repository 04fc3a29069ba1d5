//! A simulator on free ports with a standing clock, and clients for its three listeners.

use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::Value;
use upstream_simulator::clock::SimClock;
use upstream_simulator::psohub::NewPsohubInvoice;
use upstream_simulator::{Simulator, SimulatorOptions};

/// A running simulator and a client.
pub(crate) struct Sim {
    pub(crate) simulator: Simulator,
    pub(crate) client: Client,
    token: String,
}

impl Sim {
    /// An empty world on 18 June 2026.
    pub(crate) async fn empty() -> Self {
        Self::start(SimulatorOptions::default()).await
    }

    pub(crate) async fn start(mut options: SimulatorOptions) -> Self {
        options.clock = SimClock::standing_at("2026-06-18T12:00:00Z".parse().unwrap());
        let token = options.psohub.access_token.clone();
        let simulator = Simulator::start(options).await.unwrap();
        Self { simulator, client: client(), token }
    }

    /// Adds an invoice to PSOhub.
    pub(crate) fn add(&self, new: NewPsohubInvoice) -> i64 {
        self.simulator.world().psohub().add(new)
    }

    /// A call of PSOhub's API with the right token.
    pub(crate) fn psohub(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}/rest/psohubapi/v1{path}", self.simulator.psohub_url());
        self.client.request(method, url).bearer_auth(&self.token)
    }

    /// The rows of PSOhub's list.
    pub(crate) async fn list(&self, query: &str) -> Vec<Value> {
        let response = self.psohub(Method::GET, &format!("/invoices{query}")).send().await.unwrap();
        assert_eq!(response.status(), 200, "{query}");
        response.json().await.unwrap()
    }

    /// The numbers of PSOhub's list.
    pub(crate) async fn numbers(&self, query: &str) -> Vec<String> {
        self.list(query).await.iter().map(|row| row["InvoiceNumber"].as_str().unwrap().to_owned()).collect()
    }

    /// A control call; panics unless it answers 200.
    pub(crate) async fn control(&self, method: Method, path: &str, body: &str) -> Value {
        let response = self.control_raw(method, path, body).await;
        let (status, text) = (response.status(), response.text().await.unwrap());
        assert_eq!(status, 200, "{path}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    pub(crate) async fn control_raw(&self, method: Method, path: &str, body: &str) -> Response {
        let url = format!("{}{path}", self.simulator.control_url());
        self.client.request(method, url).body(body.to_owned()).send().await.unwrap()
    }
}

/// A client that follows no redirect and waits at most ten seconds.
pub(crate) fn client() -> Client {
    // The second test of the process finds it installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(std::time::Duration::from_secs(10))
        .build()
        .unwrap()
}

/// An invoice of this number.
pub(crate) fn numbered(number: &str) -> NewPsohubInvoice {
    NewPsohubInvoice { number: Some(number.into()), ..NewPsohubInvoice::default() }
}
