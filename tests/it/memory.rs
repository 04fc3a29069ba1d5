//! Memory follows the number of invoices and not the bytes that PSOhub sends for them.

use serde_json::{Value, json};
use upstream_simulator::seed::SeedOptions;
use upstream_simulator::{Simulator, SimulatorOptions};

use crate::support::app::client;
use crate::support::process::GatewayProcess;

const INVOICES: usize = 600;
const MIB: u64 = 1024 * 1024;

/// Peak memory of a service that has read a company whose PDFs have `pdf_bytes` each.
async fn peak_memory_bytes(pdf_bytes: usize) -> u64 {
    let seed = Some(SeedOptions { invoices: INVOICES, seed: 1 });
    let mut options = SimulatorOptions { seed, ..SimulatorOptions::default() };
    options.psohub.pdf_size_bytes_min = pdf_bytes;
    let simulator = Simulator::start(options).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let gateway = GatewayProcess::serve(&simulator, &folder);
    let query = json!({ "query": "{ invoices { totalCount } }" });
    let asked = client().post(format!("{}/graphql", gateway.url())).json(&query).send().await.unwrap();
    let answer: Value = asked.json().await.unwrap();
    assert_eq!(answer["data"]["invoices"]["totalCount"], INVOICES, "{answer}");
    let counts = simulator.world().traffic.counts();
    let sent: u64 = counts.values().map(|counts| counts.bytes_out).sum();
    assert!(sent > (INVOICES * pdf_bytes / 2) as u64, "only {sent} bytes were sent");
    gateway.peak_memory_bytes()
}

/// The least peak of several runs: what else the machine does only ever adds to it.
async fn least_peak_memory_bytes(pdf_bytes: usize) -> u64 {
    let mut least = u64::MAX;
    for _ in 0..3 {
        least = least.min(peak_memory_bytes(pdf_bytes).await);
    }
    least
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn pdfs_of_100_kib_cost_no_memory() {
    let without = least_peak_memory_bytes(0).await;
    let with = least_peak_memory_bytes(100 * 1024).await;
    let more = with.saturating_sub(without) / MIB;
    assert!(more <= 8, "PDFs of 60 MB in all took {more} MiB");
}
