//! Leases: one holder at a time, by the database's clock.

use std::time::Duration;

use invoice_gateway::domain::{Clock as _, SystemClock};

use crate::support::databases::{TestStore, on_both};

const LONG: Duration = Duration::from_hours(1);

on_both!(
    a_lease_has_one_holder_who_can_renew_it,
    a_lease_is_given_back,
    a_lease_of_a_dead_holder_is_taken_when_it_is_over,
    of_many_takers_one_gets_the_lease,
);

async fn a_lease_has_one_holder_who_can_renew_it(test: TestStore) {
    let store = &test.store;
    let clock = SystemClock::new();
    let before = clock.now();
    let lease = store.take_lease("worker", "a", LONG).await.unwrap().unwrap();
    assert_eq!((&*lease.name, &*lease.holder), ("worker", "a"));
    // The database runs on this machine, so its clock is ours; it counts milliseconds.
    let expected = before.checked_add(LONG).unwrap().as_millisecond();
    let latest = clock.now().checked_add(LONG).unwrap().as_millisecond();
    assert!((expected..=latest).contains(&lease.expires_at.as_millisecond()), "{lease:?}");

    assert_eq!(store.take_lease("worker", "b", LONG).await.unwrap(), None);
    let renewed = store.take_lease("worker", "a", 2 * LONG).await.unwrap().unwrap();
    assert!(renewed.expires_at > lease.expires_at);
    assert!(store.take_lease("another", "b", LONG).await.unwrap().is_some(), "each name is its own");
    assert!(store.take_lease("endless", "b", Duration::MAX).await.unwrap().is_some());
}

async fn a_lease_is_given_back(test: TestStore) {
    let store = &test.store;
    store.take_lease("worker", "a", LONG).await.unwrap().unwrap();
    assert!(!store.release_lease("worker", "b").await.unwrap(), "only its holder can");
    assert_eq!(store.take_lease("worker", "b", LONG).await.unwrap(), None);
    assert!(store.release_lease("worker", "a").await.unwrap());
    assert!(!store.release_lease("worker", "a").await.unwrap());
    assert!(store.take_lease("worker", "b", LONG).await.unwrap().is_some());
}

async fn a_lease_of_a_dead_holder_is_taken_when_it_is_over(test: TestStore) {
    let store = &test.store;
    store.take_lease("worker", "dead", LONG).await.unwrap().unwrap();
    test.execute("UPDATE leases SET expires_at_ms = expires_at_ms - 3599000").await;
    assert_eq!(store.take_lease("worker", "b", LONG).await.unwrap(), None, "a second is left");
    test.execute("UPDATE leases SET expires_at_ms = expires_at_ms - 1000").await;
    let taken = store.take_lease("worker", "b", LONG).await.unwrap().unwrap();
    assert_eq!(taken.holder, "b");
    // It was only slow: it must learn that the lease is gone, and cannot give it away.
    assert_eq!(store.take_lease("worker", "dead", LONG).await.unwrap(), None);
    assert!(!store.release_lease("worker", "dead").await.unwrap());
}

async fn of_many_takers_one_gets_the_lease(test: TestStore) {
    let processes = [test.store.clone(), test.other_process().await];
    for over in [false, true] {
        if over {
            test.execute("UPDATE leases SET holder = 'dead', expires_at_ms = 0").await;
        }
        let mut takers = tokio::task::JoinSet::new();
        for taker in 0..50_usize {
            let store = processes[taker % 2].clone();
            takers.spawn(async move { store.take_lease("worker", &format!("{over} {taker}"), LONG).await });
        }
        let taken = takers.join_all().await.into_iter().filter(|lease| lease.as_ref().unwrap().is_some());
        assert_eq!(taken.count(), 1);
    }
}
