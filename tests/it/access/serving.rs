//! How `serve` starts with and without access control, as a process of its own.

use std::process::{Command, Stdio};

use upstream_simulator::{Simulator, SimulatorOptions};

use crate::support::process::{binary, run};

async fn refused(
    arguments: &'static [&'static str],
    settings: &'static [(&'static str, &'static str)],
) -> String {
    let simulator = Simulator::start(SimulatorOptions::default()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let work = move || {
        let output = run(arguments, &simulator, &folder, settings);
        assert!(!output.status.success(), "{arguments:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    tokio::task::spawn_blocking(work).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn without_anybody_to_let_in_it_does_not_start_and_says_what_to_do() {
    let said = refused(&["serve"], &[("LISTEN_ADDR", "127.0.0.1:0")]).await;
    for command in ["invoice-gateway keys add --role admin --name NAME", "invoice-gateway serve --no-auth"] {
        assert!(said.contains(command), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_access_control_it_serves_this_machine_only() {
    let said = refused(&["serve", "--no-auth"], &[("LISTEN_ADDR", "0.0.0.0:0")]).await;
    assert!(said.contains("LISTEN_ADDR is 0.0.0.0:0") && said.contains("keys add"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn half_an_issuer_is_none() {
    let said =
        refused(&["serve"], &[("JWT_ISSUER", "https://id.example"), ("LISTEN_ADDR", "127.0.0.1:0")]).await;
    assert!(said.contains("JWT_JWKS_URL") && said.contains("set all three"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_key_it_serves_whoever_has_it() {
    let simulator = Simulator::start(SimulatorOptions::default()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", folder.path().join("gateway.db").display());
    let made = Command::new(binary())
        .args(["keys", "add", "--role", "admin", "--name", "eva"])
        .env("DATABASE_URL", &database)
        .output()
        .unwrap();
    let key = String::from_utf8(made.stdout).unwrap().trim().to_owned();
    let mut child = Command::new(binary())
        .arg("serve")
        .env("LISTEN_ADDR", "127.0.0.1:0")
        .env("DATABASE_URL", &database)
        .envs(simulator.environment())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let log = std::io::BufReader::new(child.stderr.take().unwrap());
    let line =
        std::io::BufRead::lines(log).find_map(|line| line.ok().filter(|line| line.contains("http://")));
    let line = line.unwrap();
    let url = line[line.find("http://").unwrap()..].trim_end_matches("/graphiql").to_owned();
    let ask = async |key: &str| {
        let request = crate::support::app::client().post(format!("{url}/graphql")).bearer_auth(key);
        let request = request.json(&serde_json::json!({"query": "{ viewer { name } }"}));
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!((ask(&key).await, ask("x").await), (200, 401));
    child.kill().unwrap();
    child.wait().unwrap();
}
