//! `doctor` as an operator runs it: a process, its output and its exit code.

use serde_json::{Value, json};
use tempfile::TempDir;
use upstream_simulator::{Simulator, SimulatorOptions};

use crate::support::process::run;

const SETTINGS: [(&str, &str); 2] = [("REVENUE_ACCOUNT", "3400"), ("TAX_CODE", "UN81")];

async fn upstreams() -> (Simulator, TempDir) {
    (Simulator::start(SimulatorOptions::default()).await.unwrap(), tempfile::tempdir().unwrap())
}

fn check<'r>(report: &'r Value, name: &str) -> &'r Value {
    let checks = report["checks"].as_array().unwrap();
    checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("no {name}: {report:#}"))
}

fn json_of(output: &std::process::Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn all_is_well_and_nothing_is_left() {
    let (simulator, folder) = upstreams().await;
    assert!(run(&["migrate"], &simulator, &folder, &SETTINGS).status.success());
    let output = run(&["doctor", "--write", "--json"], &simulator, &folder, &SETTINGS);
    let report = json_of(&output);
    assert_eq!((output.status.code(), &report["state"]), (Some(0), &json!("PASSED")), "{report:#}");
    assert_eq!((&report["version"], &report["company"]), (&json!(1), &json!("Beispiel Beratung AG")));
    for name in ["CONFIGURATION", "DATABASE", "BEXIO_ACCOUNTS", "DELETE_CONTACT", "CLOCK"] {
        assert_eq!(check(&report, name)["state"], "PASSED", "{report:#}");
    }
    let bexio = simulator.world().bexio();
    assert_eq!(bexio.invoices().len(), 0);
    assert!(bexio.contacts().all(|contact| contact.is_archived));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_warning_is_exit_code_1_and_a_failure_2() {
    let (simulator, folder) = upstreams().await;
    let output = run(&["doctor", "--write", "--json"], &simulator, &folder, &SETTINGS);
    let report = json_of(&output);
    assert_eq!((output.status.code(), &report["state"]), (Some(1), &json!("WARNING")), "{report:#}");
    assert_eq!(check(&report, "DATABASE")["findings"][0]["code"], "DATABASE_OUTDATED");
    assert_eq!(check(&report, "CREATE_CONTACT")["state"], "SKIPPED");

    let wrong = [("BEXIO_ACCESS_TOKEN", "top-secret-token"), ("LISTEN_ADDR", "127.0.0.1:0")];
    let output = run(&["doctor"], &simulator, &folder, &wrong);
    let lines = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(2), "{lines}");
    assert!(lines.contains("TOKEN_REFUSED") && lines.contains("it said (401): Unauthorized"), "{lines}");
    assert!(lines.contains("→ ") && !lines.contains('\u{1b}'), "{lines}");
    assert!(!lines.contains("top-secret-token"));

    let output = run(&["doctor", "--json"], &simulator, &folder, &[("LISTEN_ADDR", "nowhere")]);
    let report = json_of(&output);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(report["checks"].as_array().unwrap().len(), 1);
    assert_eq!(check(&report, "CONFIGURATION")["findings"][0]["code"], "CONFIGURATION_INVALID");
}
