//! A PSOhub id is above 2^53: it goes through a JavaScript client and back unharmed, and one that
//! JavaScript has rounded is refused instead of naming another invoice.

use std::process::Stdio;

use serde_json::Value;
use tokio::process::Command;

use crate::support::app::TestOptions;

#[tokio::test(flavor = "multi_thread")]
async fn an_id_survives_a_javascript_client() {
    let app = TestOptions::company(3).set("REFRESH_WAIT_SECONDS", "60").start().await;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/javascript/ids.mjs");
    let node =
        Command::new("node").args([script, app.url(), "INV-2024-33"]).stderr(Stdio::inherit()).output().await;
    let output = match node {
        Ok(output) => output,
        Err(error) if std::env::var_os("CI").is_none() => {
            println!("skipped: Node.js cannot be run: {error}");
            return;
        }
        Err(error) => panic!("Node.js cannot be run: {error}"),
    };
    let seen: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(seen["psohubId"], "41939771881672249");
    assert_eq!(seen["byId"]["data"]["invoice"]["number"], "INV-2024-33", "{seen:#}");
    assert_eq!(seen["byId"]["data"]["node"]["number"], "INV-2024-33");
    assert_eq!(seen["byId"]["data"]["node"]["psohubId"], "41939771881672249");
    assert_eq!(seen["rounded"]["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{seen:#}");
}
