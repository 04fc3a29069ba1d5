//! Settings, connection tests under way and the schema's version, on each kind of database.

use invoice_gateway::domain::connection_test::TestMarker;
use invoice_gateway::domain::plan::{SendSettings, VatMode};
use invoice_gateway::domain::{CurrencyCode, Money, RoundingTolerance};
use invoice_gateway::store::{OpenTest, SavedSettings, Schema, Store, StoreError, StoreOptions};
use jiff::Timestamp;

use crate::support::databases::{TestStore, on_both};
use crate::support::postgres;

on_both!(
    settings_read_as_they_were_saved_newest_first,
    of_two_who_save_a_version_one_does,
    settings_of_an_earlier_version_have_defaults,
    an_open_test_stays_until_it_is_closed,
    a_schema_is_told_from_an_older_and_a_newer_one,
);

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_770_000_000 + second).unwrap()
}

fn saved(version: i64, by: &str) -> SavedSettings {
    let tolerance = Money::new("0.10".parse().unwrap(), CurrencyCode::CHF);
    let settings = SendSettings {
        revenue_account: Some("3400".into()),
        subject: Some("Rechnung \u{1F4C4} {number}".into()),
        vat_mode: VatMode::Included,
        rounding_tolerance: RoundingTolerance::of_base(tolerance).unwrap(),
        payment_sync_cron: Some("0 0 */3 * * *".into()),
        ..SendSettings::default()
    };
    SavedSettings { version, changed_at: at(version), changed_by: by.into(), settings }
}

async fn settings_read_as_they_were_saved_newest_first(test: TestStore) {
    let store = &test.store;
    assert_eq!(store.settings().await.unwrap(), None);
    for version in 1..=3 {
        assert!(store.save_settings(&saved(version, "eva")).await.unwrap());
    }
    let other = test.other_process().await;
    assert_eq!(other.settings().await.unwrap(), Some(saved(3, "eva")));
    let versions = other.settings_versions(2).await.unwrap();
    assert_eq!(versions, [saved(3, "eva"), saved(2, "eva")]);
}

async fn of_two_who_save_a_version_one_does(test: TestStore) {
    let other = test.other_process().await;
    for version in 1..=5 {
        let (one, two) = (saved(version, "ada"), saved(version, "eva"));
        let (one, two) = tokio::join!(test.store.save_settings(&one), other.save_settings(&two));
        assert!(one.unwrap() ^ two.unwrap(), "version {version}");
    }
    assert_eq!(test.store.settings_versions(50).await.unwrap().len(), 5);
    assert!(!test.store.save_settings(&saved(9, "eva")).await.unwrap(), "versions have no gaps");
}

async fn settings_of_an_earlier_version_have_defaults(test: TestStore) {
    test.execute(
        "INSERT INTO settings (version, changed_at_ms, changed_by, settings)
         VALUES (1, 1770000000000, 'eva', '{\"tax_code\":\"UN81\"}')",
    )
    .await;
    let read = test.store.settings().await.unwrap().unwrap().settings;
    assert_eq!(read, SendSettings { tax_code: Some("UN81".into()), ..SendSettings::default() });
}

async fn an_open_test_stays_until_it_is_closed(test: TestStore) {
    let store = &test.store;
    let open = |number, second| OpenTest {
        marker: TestMarker::new(number),
        begun_by: "eva".into(),
        last_create_at: at(second),
    };
    store.announce_test_create(&open(2, 20)).await.unwrap();
    store.announce_test_create(&open(1, 10)).await.unwrap();
    // A further create of the same test.
    store.announce_test_create(&open(1, 30)).await.unwrap();
    let other = test.other_process().await;
    assert_eq!(other.open_tests().await.unwrap(), [open(1, 30), open(2, 20)]);
    other.close_test(TestMarker::new(1)).await.unwrap();
    other.close_test(TestMarker::new(1)).await.unwrap();
    assert_eq!(store.open_tests().await.unwrap(), [open(2, 20)]);
}

async fn a_schema_is_told_from_an_older_and_a_newer_one(test: TestStore) {
    let store = &test.store;
    assert_eq!(store.schema().await.unwrap(), Schema::Current);
    let known = test.number("SELECT MAX(version) FROM _sqlx_migrations").await;
    test.execute("UPDATE _sqlx_migrations SET version = 9999 WHERE version = (SELECT MAX(version) FROM _sqlx_migrations)")
        .await;
    match store.schema().await {
        Err(StoreError::Newer { database: 9999, program }) => assert_eq!(program, known),
        other => panic!("a newer database is refused: {other:?}"),
    }
    test.execute("DELETE FROM _sqlx_migrations WHERE version = 9999").await;
    assert_eq!(store.schema().await.unwrap(), Schema::Outdated { pending: 1 });
}

async fn is_empty_and_stays_so(url: &str) {
    let store = Store::open(url, StoreOptions::default()).await.unwrap();
    let Schema::Outdated { pending } = store.schema().await.unwrap() else { panic!("nothing is there") };
    assert!(pending > 6, "{pending}");
    assert_eq!(store.schema().await.unwrap(), Schema::Outdated { pending }, "a look changes nothing");
    store.migrate().await.unwrap();
    assert_eq!(store.schema().await.unwrap(), Schema::Current);
}

#[tokio::test]
async fn an_empty_database_lacks_every_version() {
    let folder = tempfile::tempdir().unwrap();
    is_empty_and_stays_so(&format!("sqlite:{}/data.db", folder.path().display())).await;
    if let Some(url) = postgres::database_url().await {
        is_empty_and_stays_so(&url).await;
    }
}
