//! Records survive the store, and one that cannot be read costs itself alone.

use std::collections::BTreeSet;

use invoice_gateway::domain::delivery::{DeliveryId, State};
use invoice_gateway::store::{Claim, Saved, StoreError};

use super::walk::Walk;
use super::{at, claim, claimed, invoice, save, stepped};
use crate::support::databases::{TestStore, on_both};

on_both!(
    every_record_of_any_delivery_comes_back_as_it_was,
    a_record_that_cannot_be_read_costs_itself_alone,
    a_plan_that_cannot_be_read_hides_no_record,
    history_comes_in_order_and_loses_one_damaged_entry_at_most,
);

async fn every_record_of_any_delivery_comes_back_as_it_was(test: TestStore) {
    let store = &test.store;
    let mut states = BTreeSet::new();
    for seed in 1..=24 {
        // Ids that a float would round.
        let id = 41_939_771_881_672_249 + i64::try_from(seed).unwrap();
        let first = claimed(store, id).await;
        let mut delivery = first.delivery.clone();
        states.insert(delivery.state());
        let mut history = store.delivery_log(&[delivery.id()]).await.unwrap();
        // The walk accepts in a way of its own, which its first step brings into the store.
        for (next, entry) in Walk::new(seed, delivery.id(), &invoice(id)).steps() {
            assert_eq!(save(store, delivery.version(), &next, &entry).await, Saved::Stored);
            let read = store.delivery(next.id()).await.unwrap().unwrap();
            assert_eq!(read.delivery, next);
            states.insert(next.state());
            history.push(entry);
            delivery = next;
        }
        assert_eq!(store.delivery_log(&[delivery.id()]).await.unwrap(), history);
        let read = store.delivery_of_invoice(delivery.invoice_id()).await.unwrap().unwrap();
        assert_eq!((read.plan, read.invoice), (first.plan, first.invoice));
        let listed = store.deliveries().await.unwrap();
        assert_eq!(listed.rows.last().map(|row| &row.delivery), Some(&delivery));
    }
    assert!(states.into_iter().eq(State::ALL), "the walks see every state");
}

async fn a_record_that_cannot_be_read_costs_itself_alone(test: TestStore) {
    let store = &test.store;
    for id in 1..=3 {
        claimed(store, id).await;
    }
    let second = DeliveryId::new(2).unwrap();
    for damage in [
        "UPDATE deliveries SET record = 'no JSON' WHERE id = 2",
        "UPDATE deliveries SET record = '' WHERE id = 2",
        "UPDATE deliveries SET record = '{\"id\":2}' WHERE id = 2",
        "UPDATE deliveries SET record = (SELECT record FROM deliveries WHERE id = 1) WHERE id = 2",
        "UPDATE deliveries SET version = 9 WHERE id = 2",
    ] {
        test.execute(damage).await;
        let listed = store.deliveries().await.unwrap();
        let served: Vec<i64> = listed.rows.iter().map(|row| row.delivery.id().get()).collect();
        assert_eq!(served, [1, 3], "{damage}");
        assert_eq!((listed.unreadable.len(), listed.change), (1, 3), "{damage}");
        let told = listed.unreadable[0].to_string();
        assert!(told.starts_with("delivery 2 of PSOhub invoice 2 (ACCEPTED) cannot be read: "), "{told}");
        let Err(error @ StoreError::Unreadable { .. }) = store.delivery(second).await else {
            panic!("{damage}")
        };
        assert!(error.to_string().contains("delivery 2 of PSOhub invoice 2"), "{error}");
    }
    // It counts as seen, and its invoice stays taken.
    assert_eq!(store.deliveries_changed_since(3).await.unwrap().unreadable, []);
    let refused = super::try_claim(store, 2, None).await;
    assert!(matches!(refused, Err(StoreError::Unreadable { .. })), "{refused:?}");
    assert!(matches!(claim(store, 3, None).await, Claim::InvoiceTaken(_)));
    assert_eq!(claimed(store, 4).await.delivery.id().get(), 4);
}

async fn a_plan_that_cannot_be_read_hides_no_record(test: TestStore) {
    let store = &test.store;
    let (first, second) = (claimed(store, 1).await, claimed(store, 2).await);
    let ids = [first.delivery.id(), second.delivery.id()];
    let mut plans = store.delivery_plans(&ids).await.unwrap();
    plans.sort_by_key(|(id, _)| *id);
    assert_eq!(plans, [(ids[0], first.plan.clone()), (ids[1], second.plan.clone())]);
    for damage in [
        "UPDATE delivery_plans SET plan = '{}' WHERE delivery_id = 1",
        "UPDATE delivery_plans SET invoice = '{}' WHERE delivery_id = 1",
    ] {
        test.execute(damage).await;
        assert!(matches!(store.delivery(ids[0]).await, Err(StoreError::Unreadable { .. })));
        assert_eq!(store.deliveries().await.unwrap().rows.len(), 2, "{damage}");
        assert_eq!(store.delivery_plans(&ids).await.unwrap(), [(ids[1], second.plan.clone())]);
    }
}

async fn history_comes_in_order_and_loses_one_damaged_entry_at_most(test: TestStore) {
    let store = &test.store;
    let mut ids = Vec::new();
    for id in 1..=3 {
        let first = claimed(store, id).await.delivery;
        let (second, log) = stepped(&first, at(1));
        assert_eq!(save(store, 1, &second, &log).await, Saved::Stored);
        ids.push(first.id());
    }
    let order = async |asked: &[DeliveryId]| -> Vec<(i64, u64)> {
        let log = store.delivery_log(asked).await.unwrap();
        log.iter().map(|entry| (entry.delivery.get(), entry.version)).collect()
    };
    assert_eq!(order(&[ids[2], ids[0], ids[2]]).await, [(1, 1), (1, 2), (3, 1), (3, 2)]);
    assert_eq!(order(&[]).await, []);
    test.execute("UPDATE delivery_log SET entry = '{}' WHERE delivery_id = 1 AND version = 1").await;
    assert_eq!(order(&ids).await, [(1, 2), (2, 1), (2, 2), (3, 1), (3, 2)]);
}
