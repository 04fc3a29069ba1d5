//! `invoice-gateway keys`, as an operator runs it.

use std::process::{Command, Output};

use serde_json::Value;

use crate::support::process::binary;

fn keys(folder: &tempfile::TempDir, arguments: &[&str]) -> Output {
    let database = format!("sqlite:{}", folder.path().join("gateway.db").display());
    Command::new(binary()).arg("keys").args(arguments).env("DATABASE_URL", database).output().unwrap()
}

fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn refused(output: &Output) -> String {
    assert!(!output.status.success());
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_key_is_shown_once_listed_and_revoked() {
    let folder = tempfile::tempdir().unwrap();
    assert!(printed(&keys(&folder, &["list"])).contains("There is no key"));
    let added =
        keys(&folder, &["add", "--role", "operator", "--name", "intranet", "--expires-in-days", "30"]);
    let key = printed(&added).trim().to_owned();
    assert_eq!(
        (key.len(), key.lines().count()),
        (4 + 16 + 1 + 64, 1),
        "the key alone can be put into a variable"
    );
    let (id, secret) = key.strip_prefix("igw_").unwrap().split_once('_').unwrap();
    printed(&keys(&folder, &["add", "--role", "VIEWER", "--name", "report"]));

    let listed = printed(&keys(&folder, &["list", "--json"]));
    let list: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(
        (&list[0]["name"], &list[0]["role"], &list[0]["id"]),
        (&"intranet".into(), &"OPERATOR".into(), &id.into())
    );
    assert_eq!((&list[0]["revokedAt"], &list[0]["lastUsedAt"]), (&Value::Null, &Value::Null));
    let (from, to) = (&list[0]["createdAt"], &list[0]["expiresAt"]);
    let at = |at: &Value| at.as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert_eq!(at(to).duration_since(at(from)), jiff::SignedDuration::from_hours(24 * 30));
    assert_eq!(list[1]["expiresAt"], Value::Null);

    assert!(printed(&keys(&folder, &["revoke", "intranet"])).contains("'intranet' (OPERATOR) is revoked"));
    printed(&keys(&folder, &["revoke", list[1]["id"].as_str().unwrap()]));
    let table = printed(&keys(&folder, &["list"]));
    assert_eq!(table.matches("revoked 2").count(), 2, "{table}");
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let is_there = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!is_there, "the secret is in the database");
    }
}

#[test]
fn what_cannot_be_done_is_said_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    printed(&keys(&folder, &["add", "--role", "viewer", "--name", "report"]));
    for (arguments, words) in [
        (vec!["add", "--role", "admin", "--name", "report"], "keys revoke 'report'"),
        (vec!["add", "--role", "admin", "--name", "local"], "choose another"),
        (vec!["add", "--role", "root", "--name", "x"], "viewer, operator or admin"),
        (vec!["add", "--role", "admin", "--name", "x", "--expires-in-days", "0"], "1..=3650"),
        (vec!["revoke", "nobody"], "`invoice-gateway keys list` shows them"),
    ] {
        let said = refused(&keys(&folder, &arguments));
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
}
