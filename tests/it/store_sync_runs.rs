//! Runs of the payment sync: what is stored of them, and by whom it may be changed.

use invoice_gateway::domain::PsohubInvoiceId;
use invoice_gateway::domain::payment::run::{ItemResult, RunItem, RunStatus, SyncRun, Trigger};
use invoice_gateway::domain::payment::{Settled, SettledBy, SkipReason};
use invoice_gateway::store::{BegunRun, NewRun, RUNS_KEPT, Store};
use jiff::Timestamp;

use crate::support::databases::{TestStore, on_both};

on_both!(
    a_run_is_kept_with_what_it_did,
    a_key_gives_its_run_again,
    only_its_holder_changes_a_run_and_only_while_it_runs,
    the_last_run_is_the_last_that_was_no_dry_one,
    old_runs_are_forgotten_with_their_items,
);

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_770_000_000 + seconds).unwrap()
}

fn eva() -> Trigger {
    Trigger::Manual { by: "eva".into() }
}

fn new<'a>(trigger: &'a Trigger, holder: &'a str, seconds: i64) -> NewRun<'a> {
    NewRun { trigger, is_dry_run: false, holder, key: None, at: at(seconds) }
}

async fn begin(store: &Store, new: NewRun<'_>) -> SyncRun {
    match store.begin_sync_run(new).await.unwrap() {
        BegunRun::Began(run) => run,
        other => panic!("{other:?}"),
    }
}

async fn ended(store: &Store, seconds: i64, is_dry_run: bool, status: RunStatus) -> SyncRun {
    let mut run = begin(store, NewRun { is_dry_run, ..new(&Trigger::Schedule, "a", seconds) }).await;
    (run.status, run.ended_at) = (status, Some(at(seconds + 1)));
    assert!(store.save_sync_run(&run, "a").await.unwrap());
    run
}

fn item(number: i64, result: ItemResult) -> RunItem {
    RunItem {
        invoice: PsohubInvoiceId::new(number).unwrap(),
        number: format!("INV-{number}\0").into(),
        bexio: None,
        document_number: None,
        at: at(number),
        result,
    }
}

async fn a_run_is_kept_with_what_it_did(test: TestStore) {
    let store = &test.store;
    let mut run = begin(store, new(&eva(), "a", 0)).await;
    let settled = Settled { by: SettledBy::Mixed, paid_on: Some(jiff::civil::date(2026, 3, 1)) };
    let items: Vec<_> = (1..=150).map(|number| item(number, ItemResult::Paid(settled))).collect();
    run.counts.paid = 150;
    run.counts.skip(SkipReason::NotPaidInBexio);
    assert!(store.add_sync_items(&run, "a", 0, &items[..120]).await.unwrap());
    // The answer to the last commit was lost: it is written again.
    assert!(store.add_sync_items(&run, "a", 0, &items[..120]).await.unwrap());
    assert!(store.add_sync_items(&run, "a", 120, &items[120..]).await.unwrap());
    assert_eq!(store.running_sync_run().await.unwrap().as_ref(), Some(&run));
    (run.status, run.ended_at) = (RunStatus::Succeeded, Some(at(9)));
    assert!(store.save_sync_run(&run, "a").await.unwrap());
    assert_eq!(store.running_sync_run().await.unwrap(), None);
    assert_eq!(store.sync_runs_by_id(&[run.id]).await.unwrap(), [run.clone()]);
    let stored = store.sync_run_items(&[run.id]).await.unwrap();
    assert_eq!(stored.into_iter().map(|(_, item)| item).collect::<Vec<_>>(), items);
}

async fn a_key_gives_its_run_again(test: TestStore) {
    let store = &test.store;
    let by = eva();
    let keyed = NewRun { key: Some("k"), ..new(&by, "a", 0) };
    let run = begin(store, keyed).await;
    assert_eq!(store.begin_sync_run(keyed).await.unwrap(), BegunRun::KeyUsed(run.clone()));
    assert_eq!(store.sync_run_of_key("eva", "k").await.unwrap(), Some(run));
    let dry = NewRun { is_dry_run: true, ..keyed };
    assert_eq!(store.begin_sync_run(dry).await.unwrap(), BegunRun::KeyConflict);
    let adam = Trigger::Manual { by: "adam".into() };
    begin(store, NewRun { key: Some("k"), ..new(&adam, "a", 0) }).await;
    begin(store, new(&by, "a", 0)).await;
    begin(store, new(&by, "a", 0)).await;
}

async fn only_its_holder_changes_a_run_and_only_while_it_runs(test: TestStore) {
    let store = &test.store;
    let mut run = begin(store, new(&Trigger::Start, "a", 0)).await;
    run.counts.checked = 7;
    assert!(!store.save_sync_run(&run, "b").await.unwrap());
    assert!(store.save_sync_run(&run, "a").await.unwrap());
    assert_eq!(store.close_interrupted_sync_runs(at(60)).await.unwrap(), 1);
    assert_eq!(store.close_interrupted_sync_runs(at(90)).await.unwrap(), 0);
    // Its process was only slow: what it did is kept, its end is not.
    run.status = RunStatus::Succeeded;
    let late = [item(1, ItemResult::Reported(SkipReason::PartlyPaid))];
    assert!(!store.add_sync_items(&run, "a", 0, &late).await.unwrap());
    let stored = store.sync_runs(None, 10).await.unwrap().pop().unwrap();
    assert_eq!((stored.status, stored.ended_at), (RunStatus::Interrupted, Some(at(60))));
    assert_eq!(stored.counts.checked, 7);
    assert_eq!(store.sync_run_items(&[run.id]).await.unwrap().len(), 1);
}

async fn the_last_run_is_the_last_that_was_no_dry_one(test: TestStore) {
    let store = &test.store;
    assert_eq!(store.last_sync_run().await.unwrap(), None);
    let good = ended(store, 100, false, RunStatus::SucceededWithFailures).await;
    // By its number, not by its time: the clock was set back.
    let failed = ended(store, 50, false, RunStatus::Failed).await;
    ended(store, 200, true, RunStatus::Succeeded).await;
    assert_eq!(store.last_sync_run().await.unwrap(), Some(failed.clone()));
    assert_eq!(store.last_good_sync_run().await.unwrap(), Some(good.clone()));
    let page = store.sync_runs(None, 2).await.unwrap();
    assert_eq!(page[1], failed);
    assert_eq!(store.sync_runs(Some(failed.id), 5).await.unwrap(), [good]);
}

async fn old_runs_are_forgotten_with_their_items(test: TestStore) {
    let store = &test.store;
    let mut old = begin(store, new(&Trigger::Schedule, "a", 0)).await;
    let items = [item(1, ItemResult::Reported(SkipReason::TotalDiffers))];
    old.status = RunStatus::Succeeded;
    store.add_sync_items(&old, "a", 0, &items).await.unwrap();
    let young = ended(store, 1000, false, RunStatus::Succeeded).await;
    let later = at(500).checked_add(RUNS_KEPT).unwrap();
    assert_eq!(store.prune_sync_runs(later).await.unwrap(), 1);
    assert_eq!(store.sync_runs(None, 10).await.unwrap(), [young]);
    assert_eq!(store.sync_run_items(&[old.id]).await.unwrap(), []);
}
