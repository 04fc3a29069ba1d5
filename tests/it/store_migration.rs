//! A database of an older version keeps its rows and gets what is new.

use std::borrow::Cow;

use invoice_gateway::store::{Store, StoreOptions};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AnyConnection, Connection as _, SqlSafeStr as _};

use crate::store_deliveries::claimed;
use crate::store_rows::{T0, accounting, all, invoice, link, state};
use crate::support::postgres;

const FIRST: &str = include_str!("../../migrations/0001_mirror_and_links.sql");

/// The schema as version 0001 of the service left it.
async fn migrate_to_first(url: &str) {
    let first = Migration::new(
        1,
        Cow::Borrowed("mirror_and_links"),
        MigrationType::Simple,
        FIRST.into_sql_str(),
        false,
    );
    let mut connection = AnyConnection::connect(url).await.unwrap();
    Migrator::with_migrations(vec![first]).run(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn a_database_of_the_first_version_keeps_its_rows() {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = format!("sqlite:{}", folder.path().join("data.db").display());
    for url in std::iter::once(sqlite).chain(postgres::database_url().await) {
        let store = Store::open(&url, StoreOptions::default()).await.unwrap();
        migrate_to_first(&url).await;
        assert!(store.deliveries().await.is_err(), "the first version knew no deliveries");
        store.save_link(&link(7, 70)).await.unwrap();
        store.write_psohub_mirror(all(vec![invoice(7)], state(T0))).await.unwrap();
        store.write_bexio_mirror(all(vec![accounting(70)], state(T0))).await.unwrap();

        store.migrate().await.unwrap();
        assert_eq!(store.links().await.unwrap(), [link(7, 70)]);
        let mirrored = store.load_psohub_mirror().await.unwrap().unwrap();
        assert_eq!((mirrored.rows, mirrored.state), (vec![invoice(7)], state(T0)));
        assert_eq!(store.load_bexio_mirror().await.unwrap().unwrap().rows, [accounting(70)]);
        // Another one: what is linked is not claimed.
        let stored = claimed(&store, 8).await;
        assert_eq!(stored.delivery.id().get(), 1);

        // Another start finds all of it.
        store.close().await;
        let store = Store::open(&url, StoreOptions::default()).await.unwrap();
        store.migrate().await.unwrap();
        assert_eq!(store.delivery(stored.delivery.id()).await.unwrap(), Some(stored));
        assert_eq!(store.links().await.unwrap(), [link(7, 70)]);
    }
}
