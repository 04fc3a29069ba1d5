//! `/readyz` over time, and `invoice-gateway health`.

use std::time::Duration;

use invoice_gateway::book::Source;
use serde_json::{Value, json};
use upstream_simulator::{Simulator, SimulatorOptions};

use crate::support::app::{START, TestApp, TestOptions};
use crate::support::process::{GatewayProcess, run};

async fn ready(app: &TestApp) -> (u16, Value) {
    let response = app.http.get(format!("{}/readyz", app.url())).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn readiness_says_what_lacks_and_since_when() {
    let app = TestOptions::company(2).start().await;
    app.advance(Duration::from_mins(1));
    let (status, report) = ready(&app).await;
    let book = json!({ "name": "book", "ok": false, "since": START,
        "reason": "PSOhub is being read for the first time" });
    assert_eq!((status, &report["checks"][2]), (503, &book), "{report:#}");
    app.look(Source::Psohub).await.unwrap();
    let (status, report) = ready(&app).await;
    assert_eq!((status, &report["status"]), (200, &json!("ready")), "{report:#}");
    // Bexio was never read: PSOhub's side is served all the same.
    app.store().close().await;
    app.advance(Duration::from_mins(1));
    let (status, report) = ready(&app).await;
    assert_eq!((status, &report["checks"][1]["name"]), (503, &json!("store")), "{report:#}");
    assert_eq!(report["checks"][1]["since"], "2026-03-02T08:02:00Z");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_binary_is_its_own_health_check() {
    let simulator = Simulator::start(SimulatorOptions::default()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let process = GatewayProcess::serve(&simulator, &folder);
    let address = process.url().trim_start_matches("http://").to_owned();
    let port = address.rsplit(':').next().unwrap();
    let everywhere = format!("0.0.0.0:{port}");
    for listen_addr in [&address, &everywhere] {
        let healthy = run(&["health"], &simulator, &folder, &[("LISTEN_ADDR", listen_addr)]);
        assert_eq!(healthy.status.code(), Some(0), "{healthy:?}");
    }
    drop(process);
    let gone = run(&["health", "--ready"], &simulator, &folder, &[("LISTEN_ADDR", &address)]);
    assert_eq!(gone.status.code(), Some(1), "{gone:?}");
    let words = String::from_utf8(gone.stderr).unwrap();
    assert!(words.contains(&format!("http://{address}/readyz")), "{words}");
}
