//! `serve --check` and `--config` as an operator runs them: a process, its output and its exit code.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Output;

use tempfile::TempDir;
use upstream_simulator::{Simulator, SimulatorOptions};

use crate::support::app::SECRETS_KEY;
use crate::support::process::run;

const CHECK: [&str; 3] = ["serve", "--check", "--no-auth"];

async fn upstreams() -> (Simulator, TempDir) {
    (Simulator::start(SimulatorOptions::default()).await.unwrap(), tempfile::tempdir().unwrap())
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Every file with its bytes.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap());
    files.map(|file| (file.file_name().into_string().unwrap(), std::fs::read(file.path()).unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_says_what_a_start_would_find_and_changes_nothing() {
    let (simulator, folder) = upstreams().await;
    let check = |settings: &[(&str, &str)]| run(&CHECK, &simulator, &folder, settings);

    let none_yet = check(&[]);
    assert!(
        none_yet.status.success() && told(&none_yet).contains("there is none yet"),
        "{}",
        told(&none_yet)
    );
    assert_eq!(files(folder.path()).len(), 0);

    assert!(run(&["migrate"], &simulator, &folder, &[]).status.success());
    let before = files(folder.path());
    let current = check(&[("SECRETS_KEY", SECRETS_KEY), ("PSOHUB_QQQQ", "1")]);
    let text = told(&current);
    assert_eq!(current.status.code(), Some(0), "{text}");
    for line in
        ["its schema is up to date", "warning: PSOHUB_QQQQ is no setting", "result: serve would start"]
    {
        assert!(text.contains(line), "{text}");
    }
    assert_eq!(files(folder.path()), before);
    // No upstream was asked.
    assert_eq!(simulator.world().traffic.calls(upstream_simulator::traffic::Upstream::Bexio), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_fails_where_a_start_would() {
    let (simulator, folder) = upstreams().await;
    let check = |arguments: &[&str], settings: &[(&str, &str)]| run(arguments, &simulator, &folder, settings);
    let wrong = check(&CHECK, &[("LOG_FORMAT", "xml"), ("LEASE_SECONDS", "0")]);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(
        told(&wrong).contains("LEASE_SECONDS") && told(&wrong).contains("LOG_FORMAT"),
        "{}",
        told(&wrong)
    );

    let open_to_all = check(&CHECK, &[("LISTEN_ADDR", "0.0.0.0:0")]);
    assert_eq!(open_to_all.status.code(), Some(1), "{}", told(&open_to_all));

    std::fs::write(
        folder.path().join("gateway.db"),
        "no database at all, but longer than its header".repeat(9),
    )
    .unwrap();
    let damaged = check(&CHECK, &[]);
    assert_eq!(damaged.status.code(), Some(1), "{}", told(&damaged));
    let nowhere = check(&CHECK, &[("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none")]);
    assert_eq!(nowhere.status.code(), Some(1), "{}", told(&nowhere));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_reads_the_file_that_is_named() {
    let (simulator, folder) = upstreams().await;
    let file = folder.path().join("invoice-gateway.toml");
    std::fs::write(&file, "\npayment_sync_cron = '0 */2 * * *'\nlease_second = 3\n").unwrap();
    let path = file.to_str().unwrap();
    for arguments in
        [&["--config", path, "serve", "--check", "--no-auth"][..], &["migrate", "--config", path][..]]
    {
        let output = run(arguments, &simulator, &folder, &[]);
        let text = told(&output);
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(text.contains(&format!("{path}:2: payment_sync_cron is ")), "{text}");
        assert!(
            text.contains(&format!("{path}:3: lease_second is no setting; did you mean lease_seconds?")),
            "{text}"
        );
    }
    let by_variable = run(&["doctor", "--json"], &simulator, &folder, &[("INVOICE_GATEWAY_CONFIG", path)]);
    assert!(told(&by_variable).contains("CONFIGURATION_INVALID"), "{}", told(&by_variable));
    std::fs::write(&file, "[log]\nformat = 'json'\n").unwrap();
    let migrated = run(&["--config", path, "migrate"], &simulator, &folder, &[]);
    assert!(told(&migrated).contains("{\"timestamp\""), "{}", told(&migrated));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_fails_where_nobody_could_be_let_in() {
    let (simulator, folder) = upstreams().await;
    let check = |settings: &[(&str, &str)]| run(&["serve", "--check"], &simulator, &folder, settings);
    let nobody = check(&[]);
    assert_eq!(nobody.status.code(), Some(1));
    assert!(told(&nobody).contains("keys add --role admin"), "{}", told(&nobody));
    let added = run(&["keys", "add", "--role", "viewer", "--name", "report"], &simulator, &folder, &[]);
    assert!(added.status.success(), "{}", told(&added));
    let somebody = check(&[]);
    assert!(somebody.status.success(), "{}", told(&somebody));
    assert!(
        told(&somebody).contains("callers: 1 keys are in use; no tokens are taken"),
        "{}",
        told(&somebody)
    );
}
