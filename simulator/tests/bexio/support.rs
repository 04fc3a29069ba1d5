//! A simulator with an empty company and a client that speaks as the reference asks.

use std::sync::MutexGuard;

use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use upstream_simulator::bexio::{Bexio, BexioOptions, NewContact, Quirk};
use upstream_simulator::clock::SimClock;
use upstream_simulator::{Simulator, SimulatorOptions};

/// A simulator whose clock stands at 14:55:15 in Zurich on 18 June 2026.
pub(crate) struct Company {
    simulator: Simulator,
    pub(crate) clock: SimClock,
    http: Client,
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error} in {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The ids of a list.
    pub(crate) fn ids(&self) -> Vec<i64> {
        assert_eq!(self.status, 200, "{}", self.text);
        self.json().as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect()
    }

    /// The one error of a refused form.
    pub(crate) fn form_error(&self) -> String {
        let body = self.json();
        assert_eq!(self.status, 422, "{body}");
        assert_eq!(body["message"], "The form could not be saved due to the following errors:");
        let errors = body["errors"].as_array().unwrap();
        assert_eq!(errors.len(), 1, "{body}");
        errors[0].as_str().unwrap().to_owned()
    }

    /// The object of a 200 or 201.
    pub(crate) fn object(&self) -> Value {
        assert!(matches!(self.status, 200 | 201), "{} {}", self.status, self.text);
        self.json()
    }
}

impl Company {
    pub(crate) async fn start() -> Self {
        Self::start_with(BexioOptions::default()).await
    }

    pub(crate) async fn start_with(bexio: BexioOptions) -> Self {
        // The first test of the process installs it; the others find it there.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let clock = SimClock::standing_at("2026-06-18T12:55:15Z".parse().unwrap());
        let options = SimulatorOptions { clock: clock.clone(), bexio, ..SimulatorOptions::default() };
        let simulator = Simulator::start(options).await.unwrap();
        let http = Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
        Self { simulator, clock, http }
    }

    pub(crate) fn set_clock(&self, instant: &str) {
        self.clock.set(instant.parse().unwrap());
    }

    pub(crate) fn bexio(&self) -> MutexGuard<'_, Bexio> {
        self.simulator.world().bexio()
    }

    pub(crate) fn turn_on(&self, quirk: Quirk) {
        self.bexio().set_quirk(quirk, true);
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.simulator.bexio_url())
    }

    pub(crate) fn issuer(&self) -> String {
        self.simulator.issuer_url()
    }

    /// A bare request.
    pub(crate) fn request(&self, method: Method, url: &str) -> RequestBuilder {
        self.http.request(method, url)
    }

    /// A request as it should be.
    pub(crate) fn api(&self, method: Method, path: &str) -> RequestBuilder {
        self.request(method, &self.url(path)).bearer_auth("bexio-token").header("accept", "application/json")
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        send(self.api(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        send(json_body(self.api(Method::POST, path), &body)).await
    }

    /// An action: neither body nor content type.
    pub(crate) async fn act(&self, path: &str) -> Reply {
        send(self.api(Method::POST, path)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        send(self.api(Method::DELETE, path)).await
    }

    pub(crate) fn add_customer(&self) -> i64 {
        self.bexio().add_contact(NewContact {
            name_1: "Muster Bau AG".to_owned(),
            street_name: Some("Seestrasse".to_owned()),
            house_number: Some("4".to_owned()),
            postcode: Some("8002".to_owned()),
            city: Some("Zürich".to_owned()),
            mail: Some("ap@muster.example".to_owned()),
            ..NewContact::default()
        })
    }

    /// A line at the standard rate.
    pub(crate) fn line(&self, unit_price: &str) -> Value {
        let bexio = self.bexio();
        json!({
            "type": "KbPositionCustom", "text": "Beratung Februar", "amount": "1", "unit_price": unit_price,
            "account_id": bexio.account_id("3400"), "tax_id": bexio.tax_id("UN81"), "unit_id": 2,
            "discount_in_percent": "0",
        })
    }

    /// A good create for a new customer.
    pub(crate) fn invoice_body(&self, unit_price: &str) -> Value {
        json!({
            "contact_id": self.add_customer(), "user_id": 1, "title": "INV-2026-77", "mwst_type": 0,
            "mwst_is_net": true, "currency_id": 1, "api_reference": "psohub:41939771000000077",
            "is_valid_from": "2026-06-18", "is_valid_to": "2026-07-18", "positions": [self.line(unit_price)],
        })
    }

    /// A draft made through the API.
    pub(crate) async fn draft(&self, unit_price: &str) -> i64 {
        let reply = self.post("/2.0/kb_invoice", self.invoice_body(unit_price)).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        reply.json()["id"].as_i64().unwrap()
    }

    /// An issued invoice made through the API.
    pub(crate) async fn issued(&self, unit_price: &str) -> i64 {
        let id = self.draft(unit_price).await;
        assert_eq!(self.act(&format!("/2.0/kb_invoice/{id}/issue")).await.status, 200);
        id
    }

    pub(crate) async fn show(&self, id: i64) -> Value {
        self.get(&format!("/2.0/kb_invoice/{id}")).await.object()
    }
}

/// Sends and reads the answer whole.
pub(crate) async fn send(request: RequestBuilder) -> Reply {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Reply { status, headers, text: response.text().await.unwrap() }
}

/// A request with a JSON body.
pub(crate) fn json_body(request: RequestBuilder, body: &Value) -> RequestBuilder {
    request.header("content-type", "application/json").body(body.to_string())
}
