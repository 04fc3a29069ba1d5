//! Processes that bring one new database up to date at the same time.

use std::process::{Child, Command, Stdio};

use invoice_gateway::store::{Schema, Store, StoreOptions};

use crate::support::postgres;
use crate::support::process::binary;

fn migrate(url: &str) -> Child {
    let mut command = Command::new(binary());
    command.arg("migrate").env("DATABASE_URL", url).stderr(Stdio::piped()).spawn().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn several_processes_at_once_make_one_schema() {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = format!("sqlite:{}", folder.path().join("data.db").display());
    for url in std::iter::once(sqlite).chain(postgres::database_url().await) {
        let processes: Vec<_> = (0..4).map(|_| migrate(&url)).collect();
        for process in processes {
            let output = process.wait_with_output().unwrap();
            assert!(output.status.success(), "{output:?}");
        }
        let store = Store::open(&url, StoreOptions::default()).await.unwrap();
        assert_eq!(store.schema().await.unwrap(), Schema::Current);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_database_is_refused_in_words_and_left_as_it_is() {
    use sqlx::Connection as _;
    let folder = tempfile::tempdir().unwrap();
    let sqlite = format!("sqlite:{}", folder.path().join("data.db").display());
    for url in std::iter::once(sqlite).chain(postgres::database_url().await) {
        assert!(migrate(&url).wait_with_output().unwrap().status.success());
        let mut shell = sqlx::AnyConnection::connect(&url).await.unwrap();
        let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                     SELECT 9999, 'newer', success, checksum, execution_time FROM _sqlx_migrations WHERE version = 1";
        sqlx::query(newer).execute(&mut shell).await.unwrap();
        for arguments in [&["migrate"][..], &["serve", "--check", "--no-auth"], &["serve", "--no-auth"]] {
            let mut command = Command::new(binary());
            let output = command
                .args(arguments)
                .env("DATABASE_URL", &url)
                .env("LISTEN_ADDR", "127.0.0.1:0")
                .output()
                .unwrap();
            let words = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{arguments:?} {words}");
            assert!(
                words.contains("schema version 9999") && words.contains("start the newer version"),
                "{words}"
            );
        }
    }
}
