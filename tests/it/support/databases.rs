//! A database of its own for a test, on each kind that the service runs on.

use invoice_gateway::store::{Store, StoreOptions};
use sqlx::Connection as _;

use super::postgres;

/// A database with the schema, gone with this value.
pub(crate) struct TestStore {
    pub(crate) store: Store,
    pub(crate) url: String,
    _folder: Option<tempfile::TempDir>,
}

pub(crate) async fn sqlite() -> TestStore {
    let folder = tempfile::tempdir().unwrap();
    // A blank, a letter outside ASCII and a percent sign: paths of real people.
    let url = format!("sqlite:{}/Bücher 5%25/data.db", folder.path().display());
    open(url, Some(folder)).await
}

pub(crate) async fn postgres() -> Option<TestStore> {
    Some(open(postgres::database_url().await?, None).await)
}

pub(crate) async fn open(url: String, folder: Option<tempfile::TempDir>) -> TestStore {
    let store = Store::open(&url, StoreOptions::default()).await.unwrap();
    store.migrate().await.unwrap();
    TestStore { store, url, _folder: folder }
}

/// Each test once on each database.
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test] async fn $name() {
                super::$name($crate::support::databases::sqlite().await).await;
            })*
        }
        mod on_postgres {
            $(#[tokio::test] async fn $name() {
                if let Some(test) = $crate::support::databases::postgres().await { super::$name(test).await; }
            })*
        }
    };
}
pub(crate) use on_both;

impl TestStore {
    /// The same database, as another process sees it.
    pub(crate) async fn other_process(&self) -> Store {
        Store::open(&self.url, StoreOptions::default()).await.unwrap()
    }

    /// Changes one row as a person with a database shell would.
    pub(crate) async fn execute(&self, sql: &'static str) {
        self.execute_with(sql, &[]).await;
    }

    pub(crate) async fn execute_with(&self, sql: &'static str, bytes: &[u8]) {
        let mut connection = self.shell().await;
        let mut query = sqlx::query(sql);
        if !bytes.is_empty() {
            query = query.bind(bytes.to_vec());
        }
        let changed = query.execute(&mut connection).await.unwrap().rows_affected();
        assert_eq!(changed, 1, "{sql}");
    }

    /// A number that a person with a database shell would see.
    pub(crate) async fn number(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&mut self.shell().await).await.unwrap()
    }

    async fn shell(&self) -> sqlx::AnyConnection {
        sqlx::any::install_default_drivers();
        sqlx::AnyConnection::connect(&self.url).await.unwrap()
    }
}
