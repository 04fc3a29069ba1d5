//! The store on both databases: what is written is what is read, and what must not happen.

use std::collections::BTreeMap;
use std::sync::Arc;

use invoice_gateway::domain::{AccountingInvoice, AccountingStatus};
use invoice_gateway::store::{Link, MirrorWrite, Store, StoreError, StoreOptions};

use crate::store_rows::{
    T0, T1, accounting, all, bare_invoice, bexio_id, by_id, instant, invoice, link, psohub_id, sorted, state,
};
use crate::support::databases::{TestStore, on_both, open};
use crate::support::postgres;

on_both!(
    a_mirror_reads_as_it_was_written,
    a_change_replaces_adds_and_removes,
    changes_need_a_base,
    a_mirror_of_another_format_counts_as_never_written,
    a_mirror_that_cannot_be_read_counts_as_never_written,
    more_rows_than_one_statement_takes,
    writers_at_the_same_time_all_succeed,
    a_reader_sees_a_write_as_a_whole,
    a_write_that_is_dropped_leaves_nothing,
    links_are_saved_replaced_and_removed,
    migrating_again_and_at_the_same_time_changes_nothing,
    a_newer_database_is_refused,
);

async fn a_mirror_reads_as_it_was_written(test: TestStore) {
    let store = test.store;
    assert!(store.load_psohub_mirror().await.unwrap().is_none());
    assert!(store.load_bexio_mirror().await.unwrap().is_none());
    let invoices = vec![invoice(41_939_771_881_672_249), bare_invoice(i64::MAX)];
    let mut state = state("2026-03-29T01:30:00.123Z");
    state.watermark = Some(instant("2026-03-29T01:29:59.5Z"));
    state.full_pass_at = Some(instant("1969-12-31T23:59:59.9Z"));
    state.extra = BTreeMap::from([("currencies".to_owned(), "1=CHF\n2=\"€\"".to_owned())]);
    store.write_psohub_mirror(all(invoices.clone(), state.clone())).await.unwrap();
    let read = store.load_psohub_mirror().await.unwrap().unwrap();
    assert_eq!(sorted(read.rows), invoices);
    assert_eq!(read.state, state);
    assert!(store.load_bexio_mirror().await.unwrap().is_none(), "each mirror has its own state");

    let accounting = vec![accounting(7), accounting(8)];
    let state = crate::store_rows::state("2026-01-01T00:00:00Z");
    store.write_bexio_mirror(all(accounting.clone(), state.clone())).await.unwrap();
    let read = store.load_bexio_mirror().await.unwrap().unwrap();
    assert_eq!(read.rows, accounting);
    assert_eq!(read.state, state);
}

async fn a_change_replaces_adds_and_removes(test: TestStore) {
    let store = test.store;
    store.write_bexio_mirror(all((1..=4).map(accounting).collect(), state(T0))).await.unwrap();
    let paid = Arc::new(AccountingInvoice { status: AccountingStatus::Paid, ..(*accounting(2)).clone() });
    let write = MirrorWrite {
        // The same row twice in one change, and one that is also removed.
        upserts: vec![accounting(2), paid.clone(), accounting(5), accounting(3)],
        deletes: [1, 3, 99].map(bexio_id).to_vec(),
        replace_all: false,
        state: state(T1),
    };
    store.write_bexio_mirror(write).await.unwrap();
    let read = store.load_bexio_mirror().await.unwrap().unwrap();
    assert_eq!(
        by_id(read.rows),
        [accounting(2), accounting(3), accounting(4), accounting(5)]
            .map(|row| { if row.id == paid.id { paid.clone() } else { row } })
    );
    assert_eq!(read.state.fetched_at, instant(T1));

    store.write_bexio_mirror(all(vec![accounting(9)], state(T1))).await.unwrap();
    assert_eq!(store.load_bexio_mirror().await.unwrap().unwrap().rows, [accounting(9)]);
    store.write_bexio_mirror(all(Vec::new(), state(T1))).await.unwrap();
    assert_eq!(store.load_bexio_mirror().await.unwrap().unwrap().rows, [], "empty is not never written");
}

async fn changes_need_a_base(test: TestStore) {
    let change = MirrorWrite { replace_all: false, ..all(vec![accounting(1)], state(T0)) };
    let refused = test.store.write_bexio_mirror(change).await;
    assert!(matches!(refused, Err(StoreError::NoBase { .. })), "{refused:?}");
    assert!(test.store.load_bexio_mirror().await.unwrap().is_none(), "a refused change leaves nothing");
}

async fn a_mirror_of_another_format_counts_as_never_written(test: TestStore) {
    let store = &test.store;
    store.write_bexio_mirror(all(vec![accounting(1), accounting(2)], state(T0))).await.unwrap();
    test.execute("UPDATE mirror_state SET format = format + 1").await;
    assert!(store.load_bexio_mirror().await.unwrap().is_none());
    let change = MirrorWrite { replace_all: false, ..all(vec![accounting(3)], state(T0)) };
    assert!(matches!(store.write_bexio_mirror(change).await, Err(StoreError::NoBase { .. })));
    store.write_bexio_mirror(all(vec![accounting(3)], state(T0))).await.unwrap();
    assert_eq!(store.load_bexio_mirror().await.unwrap().unwrap().rows, [accounting(3)]);
}

async fn a_mirror_that_cannot_be_read_counts_as_never_written(test: TestStore) {
    let store = &test.store;
    for damage in [
        "UPDATE mirror_bexio SET body = $1 WHERE invoice_id = 2",
        "UPDATE mirror_bexio SET body = body || $1 WHERE invoice_id = 2",
    ] {
        store.write_bexio_mirror(all(vec![accounting(1), accounting(2)], state(T0))).await.unwrap();
        test.execute_with(damage, &[0xff; 40]).await;
        assert!(store.load_bexio_mirror().await.unwrap().is_none(), "{damage}");
    }
    store.write_bexio_mirror(all(vec![accounting(1)], state(T0))).await.unwrap();
    assert!(store.load_bexio_mirror().await.unwrap().is_some());
}

async fn more_rows_than_one_statement_takes(test: TestStore) {
    let store = test.store;
    let rows: Vec<_> = (1..=5_003).map(accounting).collect();
    store.write_bexio_mirror(all(rows.clone(), state(T0))).await.unwrap();
    assert_eq!(by_id(store.load_bexio_mirror().await.unwrap().unwrap().rows), rows);
    let write = MirrorWrite {
        upserts: Vec::new(),
        deletes: (2..=5_003).map(bexio_id).collect(),
        replace_all: false,
        state: state(T1),
    };
    store.write_bexio_mirror(write).await.unwrap();
    assert_eq!(store.load_bexio_mirror().await.unwrap().unwrap().rows, [accounting(1)]);
}

async fn writers_at_the_same_time_all_succeed(test: TestStore) {
    let store = test.store;
    store.write_bexio_mirror(all(Vec::new(), state(T0))).await.unwrap();
    let mut writers = tokio::task::JoinSet::new();
    for writer in 1..=20 {
        let store = store.clone();
        writers.spawn(async move {
            // In opposite orders: two transactions that lock rows crosswise would deadlock.
            let mut upserts: Vec<_> = (1..=50).chain([100 + writer]).map(accounting).collect();
            if writer % 2 == 0 {
                upserts.reverse();
            }
            let write = MirrorWrite { upserts, deletes: Vec::new(), replace_all: false, state: state(T1) };
            store.write_bexio_mirror(write).await.unwrap();
            store.save_link(&link(writer, writer)).await.unwrap();
        });
    }
    writers.join_all().await;
    assert_eq!(store.load_bexio_mirror().await.unwrap().unwrap().rows.len(), 70);
    assert_eq!(store.links().await.unwrap().len(), 20);
}

async fn a_reader_sees_a_write_as_a_whole(test: TestStore) {
    let store = test.store;
    let generation = |generation: i64| {
        let mut state = state(T0);
        state.extra.insert("generation".to_owned(), generation.to_string());
        let rows = (1..=700).map(|id| {
            let row = AccountingInvoice { status_raw: generation, ..(*accounting(id)).clone() };
            Arc::new(row)
        });
        all(rows.collect(), state)
    };
    store.write_bexio_mirror(generation(0)).await.unwrap();
    let writing = {
        let store = store.clone();
        tokio::spawn(async move {
            for number in 1..=10 {
                store.write_bexio_mirror(generation(number)).await.unwrap();
            }
        })
    };
    loop {
        let read = store.load_bexio_mirror().await.unwrap().unwrap();
        let number: i64 = read.state.extra["generation"].parse().unwrap();
        assert_eq!(read.rows.len(), 700);
        assert!(read.rows.iter().all(|row| row.status_raw == number), "rows and state are of one write");
        if number == 10 {
            break;
        }
    }
    writing.await.unwrap();
}

async fn a_write_that_is_dropped_leaves_nothing(test: TestStore) {
    let store = test.store;
    store.write_bexio_mirror(all(vec![accounting(1)], state(T0))).await.unwrap();
    for polls in 1..40 {
        let write = store.write_bexio_mirror(all((1..=600).map(accounting).collect(), state(T1)));
        let mut write = Box::pin(write);
        let mut finished = false;
        for _ in 0..polls {
            finished = futures_util::poll!(&mut write).is_ready();
            if finished {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(write);
        let rows = store.load_bexio_mirror().await.unwrap().unwrap().rows.len();
        assert!(rows == 1 || rows == 600, "{rows}");
        assert!(rows == 600 || !finished);
    }
    // The connection that was in the middle of it is fit for use again.
    store.write_bexio_mirror(all(vec![accounting(2)], state(T1))).await.unwrap();
    assert_eq!(store.load_bexio_mirror().await.unwrap().unwrap().rows, [accounting(2)]);
}

async fn links_are_saved_replaced_and_removed(test: TestStore) {
    let store = test.store;
    assert_eq!(store.links().await.unwrap(), []);
    store.save_link(&link(2, 20)).await.unwrap();
    store.save_link(&link(41_939_771_881_672_249, 10)).await.unwrap();
    let replaced = Link { origin: "person".to_owned(), created_at: instant(T1), ..link(2, 21) };
    store.save_link(&replaced).await.unwrap();
    assert_eq!(store.links().await.unwrap(), [replaced, link(41_939_771_881_672_249, 10)]);
    assert!(store.remove_link(psohub_id(2)).await.unwrap());
    assert!(!store.remove_link(psohub_id(2)).await.unwrap());
    assert_eq!(store.links().await.unwrap(), [link(41_939_771_881_672_249, 10)]);
}

async fn migrating_again_and_at_the_same_time_changes_nothing(test: TestStore) {
    test.store.save_link(&link(1, 1)).await.unwrap();
    let mut processes = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let url = test.url.clone();
        processes.spawn(async move {
            let store = Store::open(&url, StoreOptions::default()).await.unwrap();
            store.migrate().await.unwrap();
            store.close().await;
        });
    }
    processes.join_all().await;
    assert_eq!(test.store.links().await.unwrap(), [link(1, 1)]);
}

async fn a_newer_database_is_refused(test: TestStore) {
    test.execute("UPDATE _sqlx_migrations SET version = 9999 WHERE version = 1").await;
    // Twice: a refusal must not keep the lock of the migrations.
    for _ in 0..2 {
        let refused = test.store.migrate().await;
        let Err(error @ StoreError::Newer { database: 9999, .. }) = refused else { panic!("{refused:?}") };
        assert!(error.to_string().contains("newer version"), "{error}");
    }
}

#[tokio::test]
async fn first_starts_at_the_same_time_make_one_schema() {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = format!("sqlite:{}/data.db", folder.path().display());
    for url in std::iter::once(sqlite).chain(postgres::database_url().await) {
        let mut processes = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let url = url.clone();
            processes.spawn(async move {
                let store = Store::open(&url, StoreOptions::default()).await.unwrap();
                store.migrate().await.unwrap();
                store.links().await.unwrap()
            });
        }
        assert!(processes.join_all().await.iter().all(Vec::is_empty), "{url}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/b/data.db");
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let test = open(format!("sqlite:{}", path.display()), None).await;
    test.store.save_link(&link(1, 1)).await.unwrap();
    for file in ["a/b/data.db", "a/b/data.db-wal", "a/b/data.db-shm"] {
        assert_eq!(mode(&folder.path().join(file)), 0o600, "{file}");
    }
    assert_eq!(mode(&folder.path().join("a/b")), 0o700);
    test.store.close().await;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    open(format!("sqlite:{}", path.display()), None).await;
    assert_eq!(mode(&path), 0o600, "an older file is closed, too");
}

#[tokio::test]
async fn a_damaged_file_is_named_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    let url = format!("sqlite:{}", path.display());
    let test = open(url.clone(), None).await;
    test.store.write_bexio_mirror(all((1..=500).map(accounting).collect(), state(T0))).await.unwrap();
    test.store.close().await;
    let whole = std::fs::read(&path).unwrap();
    let torn = whole[..whole.len() / 2].to_vec();
    let mut scribbled = whole.clone();
    scribbled[8_192..16_384].fill(0xa5);
    for (what, bytes) in [("torn", torn), ("scribbled", scribbled), ("no database", b"hello".repeat(1000))] {
        std::fs::write(&path, bytes).unwrap();
        let refused = Store::open(&url, StoreOptions::default()).await.map(drop);
        let Err(error @ StoreError::Damaged { .. }) = refused else { panic!("{what}: {refused:?}") };
        assert!(error.to_string().contains("restore its latest backup"), "{what}: {error}");
    }
    std::fs::write(&path, whole).unwrap();
    assert_eq!(open(url, None).await.store.load_bexio_mirror().await.unwrap().unwrap().rows.len(), 500);
}

#[tokio::test]
async fn an_address_that_cannot_be_used_is_refused_without_being_shown() {
    for url in
        ["", "data.db", "mysql://gateway:canary@h/d", "sqlite::memory:", "postgres://gateway:canary@h:x/d"]
    {
        let refused = Store::open(url, StoreOptions::default()).await.map(drop);
        let Err(error @ StoreError::Address { .. }) = refused else { panic!("{url}: {refused:?}") };
        assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
    }
    let nowhere = "postgres://gateway:canary@localhost/d?host=/nonexistent";
    let Err(error) = Store::open(nowhere, StoreOptions::default()).await else { panic!("no server") };
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
    let Err(error) = Store::open("sqlite:/dev/null/x/data.db", StoreOptions::default()).await else {
        panic!("not a folder")
    };
    assert!(matches!(error, StoreError::File { .. }), "{error:?}");
}
