//! Connecting the accounts through real redirects against the simulator's OAuth servers, and what
//! becomes of the tokens.

mod doctor;
mod flow;
mod form;
mod psohub;
mod renewal;
mod secrets;
mod writes;

use invoice_gateway::book::Source;
use serde_json::Value;
use upstream_simulator::traffic::Upstream;

use crate::support::app::TestApp;
use crate::support::browser::Browser;

const CONNECTIONS: &str =
    "{ connections { upstream state method account { companyName companyId userName userEmail }
    scopes grantedAt expiresAt connectUrl warning lastError requestsLastHour } }";

/// `connections` of one upstream.
async fn connection(app: &TestApp, upstream: &str) -> Value {
    let data = app.data(CONNECTIONS).await;
    let of = data["connections"].as_array().unwrap().iter().find(|one| one["upstream"] == upstream);
    of.unwrap().clone()
}

/// Connects Bexio.
async fn connect_bexio(app: &TestApp) {
    let page = Browser::new().connect(app.url(), "bexio").await;
    assert!(page.text.contains("Bexio is connected"), "{} {}", page.status, page.text);
    first_look(app, Source::Bexio).await;
}

/// Connects both.
pub(crate) async fn connect_both(app: &TestApp) {
    connect_bexio(app).await;
    let page = Browser::new().connect(app.url(), "psohub").await;
    assert!(page.text.contains("PSOhub is connected"), "{} {}", page.status, page.text);
    first_look(app, Source::Psohub).await;
}

/// Ends the look that a connection begins, so that no later one joins it. How it goes is the test's.
async fn first_look(app: &TestApp, source: Source) {
    let _ = app.look(source).await;
}

/// Calls of Bexio's token endpoint so far.
fn token_calls(app: &TestApp) -> u64 {
    app.simulator.world().traffic.calls_like(Upstream::Bexio, "POST */token")
}
