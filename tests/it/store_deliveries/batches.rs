//! Batches: items settle once, and a batch that was cancelled begins nothing more.

use invoice_gateway::domain::plan::SendOptions;
use invoice_gateway::domain::{BATCH_INVOICES_MAX, Batch, BatchId, BatchProgress, PsohubInvoiceId};
use invoice_gateway::store::{
    BatchClaim, Claim, IdempotencyKey, KeyScope, KeyUse, NewBatch, NewDelivery, Store, StoreError,
};

use super::{acceptance, at, hash, invoice, key, plan};
use crate::store_rows::psohub_id;
use crate::support::databases::{TestStore, on_both};

on_both!(
    a_batch_reads_as_it_was_made,
    of_many_callers_with_one_key_one_makes_the_batch,
    an_item_gets_its_delivery_in_the_claim,
    an_item_settles_once,
    a_cancelled_batch_begins_nothing_more,
    claims_and_a_cancel_at_the_same_time_agree,
    batches_come_in_pages_and_open_ones_alone,
    a_batch_that_cannot_be_read_hides_no_other,
);

fn batch_key(arguments: &str) -> IdempotencyKey<'static> {
    IdempotencyKey { scope: KeyScope::SendInvoices, ..key("batch", arguments) }
}

async fn create(store: &Store, invoices: &[i64], key: Option<IdempotencyKey<'_>>) -> BatchClaim {
    let invoices: Vec<PsohubInvoiceId> = invoices.iter().copied().map(psohub_id).collect();
    let options =
        SendOptions { recipient: Some("a@example.com".into()), email: false, ..SendOptions::default() };
    let new = NewBatch { invoices: &invoices, options: &options, key, by: "ada", at: at(0) };
    store.create_batch(new).await.unwrap()
}

async fn created(store: &Store, invoices: &[i64]) -> Batch {
    match create(store, invoices, None).await {
        BatchClaim::Created(batch) => batch,
        other => panic!("{other:?}"),
    }
}

async fn claim(store: &Store, batch: BatchId, id: i64) -> Claim {
    let invoice = invoice(id);
    let new = NewDelivery {
        acceptance: acceptance(&invoice),
        plan: &plan(&invoice),
        invoice: &invoice,
        key: None,
        by: "ada",
        batch: Some(batch),
        at: at(1),
    };
    store.claim_delivery(new).await.unwrap()
}

async fn progress(store: &Store, batch: BatchId) -> Vec<BatchProgress> {
    let batch = store.batch(batch).await.unwrap().unwrap();
    batch.items.into_iter().map(|item| item.progress).collect()
}

async fn a_batch_reads_as_it_was_made(test: TestStore) {
    let store = &test.store;
    // As many as there can be, in an order of the caller's.
    let mut invoices: Vec<i64> =
        (0..i64::try_from(BATCH_INVOICES_MAX).unwrap()).map(|id| 41_939_771_881_672_249 - id).collect();
    invoices.swap(0, 250);
    let batch = created(store, &invoices).await;
    assert_eq!((batch.id.get(), &*batch.created_by, batch.created_at), (1, "ada", at(0)));
    assert_eq!((batch.options.recipient.as_deref(), batch.options.email), (Some("a@example.com"), false));
    assert_eq!(batch.items.iter().map(|item| item.invoice.get()).collect::<Vec<_>>(), invoices);
    assert!(batch.items.iter().all(|item| item.progress == BatchProgress::Waiting));
    assert_eq!(store.batch(batch.id).await.unwrap(), Some(batch));
    assert_eq!(store.batch(BatchId::new(2).unwrap()).await.unwrap(), None);
}

async fn of_many_callers_with_one_key_one_makes_the_batch(test: TestStore) {
    let mut callers = tokio::task::JoinSet::new();
    let processes = [test.store.clone(), test.other_process().await];
    for caller in 0..50 {
        let store = processes[caller % 2].clone();
        let arguments = if caller < 40 { "a" } else { "b" };
        callers.spawn(async move { (arguments, create(&store, &[1, 2], Some(batch_key(arguments))).await) });
    }
    let answers = callers.join_all().await;
    let one = BatchId::new(1).unwrap();
    let made: Vec<_> = answers
        .iter()
        .filter(|(_, claim)| matches!(claim, BatchClaim::Created(_)))
        .map(|(a, _)| *a)
        .collect();
    assert_eq!(made.len(), 1);
    for (arguments, claim) in &answers {
        match claim {
            BatchClaim::Created(batch) => assert_eq!(batch.id, one),
            BatchClaim::KeyUsed(id) => assert_eq!((*id, *arguments), (one, made[0])),
            BatchClaim::KeyConflict => assert_ne!(*arguments, made[0]),
        }
    }
    let used = test.store.key(&IdempotencyKey { arguments: hash(made[0]), ..batch_key("") }).await.unwrap();
    assert_eq!(used, Some(KeyUse::Batch(one)));
    assert_eq!(test.number("SELECT COUNT(*) FROM batch_items").await, 2);
}

async fn an_item_gets_its_delivery_in_the_claim(test: TestStore) {
    let store = &test.store;
    let batch = created(store, &[1, 2]).await.id;
    let Claim::Claimed(stored) = claim(store, batch, 2).await else { panic!("it waits") };
    assert_eq!(stored.batch, Some(batch));
    let listed = store.deliveries().await.unwrap();
    assert_eq!(listed.rows[0].batch, Some(batch));
    let expected = [BatchProgress::Waiting, BatchProgress::Delivery(stored.delivery.id())];
    assert_eq!(progress(store, batch).await, expected);
    assert!(matches!(claim(store, batch, 2).await, Claim::InvoiceTaken(_)));
}

async fn an_item_settles_once(test: TestStore) {
    let store = &test.store;
    let batch = created(store, &[1, 2]).await.id;
    let refused = BatchProgress::Refused {
        code: "STATUS_NOT_SENDABLE".into(),
        message: "It is a draft. \0".into(),
        hint: "Approve it.".into(),
    };
    assert!(store.set_batch_item(batch, psohub_id(1), &refused).await.unwrap());
    assert!(!store.set_batch_item(batch, psohub_id(1), &BatchProgress::Cancelled).await.unwrap());
    assert!(!store.set_batch_item(batch, psohub_id(9), &refused).await.unwrap(), "none of its invoices");
    assert_eq!(progress(store, batch).await, [refused, BatchProgress::Waiting]);
}

async fn a_cancelled_batch_begins_nothing_more(test: TestStore) {
    let store = &test.store;
    let batch = created(store, &[1, 2, 3]).await.id;
    let Claim::Claimed(stored) = claim(store, batch, 1).await else { panic!("it waits") };
    let cancelled = store.cancel_batch(batch, at(5)).await.unwrap().unwrap();
    assert_eq!(cancelled.cancelled_at, Some(at(5)));
    let begun = BatchProgress::Delivery(stored.delivery.id());
    assert_eq!(progress(store, batch).await, [begun, BatchProgress::Cancelled, BatchProgress::Cancelled]);
    assert!(matches!(claim(store, batch, 2).await, Claim::BatchCancelled));
    assert_eq!(store.deliveries().await.unwrap().rows.len(), 1, "nothing was written");
    // By itself the invoice can be sent.
    assert_eq!(super::claimed(store, 2).await.delivery.id().get(), 2);
    let again = store.cancel_batch(batch, at(9)).await.unwrap().unwrap();
    assert_eq!(again, cancelled, "the first time counts");
    assert_eq!(store.cancel_batch(BatchId::new(9).unwrap(), at(9)).await.unwrap(), None);
}

async fn claims_and_a_cancel_at_the_same_time_agree(test: TestStore) {
    let invoices: Vec<i64> = (1..=40).collect();
    let batch = created(&test.store, &invoices).await.id;
    let processes = [test.store.clone(), test.other_process().await];
    let mut tasks = tokio::task::JoinSet::new();
    for id in invoices {
        let store = processes[usize::from(id % 2 == 0)].clone();
        tasks.spawn(async move { matches!(claim(&store, batch, id).await, Claim::Claimed(_)) });
        if id == 20 {
            let store = test.store.clone();
            tasks.spawn(async move { store.cancel_batch(batch, at(5)).await.unwrap().is_none() });
        }
    }
    let begun = tasks.join_all().await.into_iter().filter(|begun| *begun).count();
    let progress = progress(&test.store, batch).await;
    let given = progress.iter().filter(|item| matches!(item, BatchProgress::Delivery(_))).count();
    assert_eq!(given, begun);
    assert!(progress.iter().all(|item| *item != BatchProgress::Waiting));
    assert_eq!(test.store.deliveries().await.unwrap().rows.len(), begun);
}

async fn batches_come_in_pages_and_open_ones_alone(test: TestStore) {
    let store = &test.store;
    for id in 1..=5 {
        created(store, &[id, 100 + id]).await;
    }
    let ids = |batches: Vec<Batch>| -> Vec<i64> { batches.iter().map(|batch| batch.id.get()).collect() };
    let before = BatchId::new(4);
    assert_eq!(ids(store.batches(None, 2).await.unwrap()), [5, 4]);
    assert_eq!(ids(store.batches(before, 2).await.unwrap()), [3, 2]);
    assert_eq!(ids(store.batches(BatchId::new(1), 2).await.unwrap()), [0_i64; 0]);
    assert_eq!(ids(store.batches(None, 99).await.unwrap()), [5, 4, 3, 2, 1]);
    assert!(store.batches(None, 99).await.unwrap().iter().all(|batch| batch.items.len() == 2));
    let asked = [2, 9, 4].map(|id| BatchId::new(id).unwrap());
    assert_eq!(ids(store.batches_by_id(&asked).await.unwrap()), [4, 2]);
    assert_eq!(ids(store.batches_by_id(&[]).await.unwrap()), [0_i64; 0]);

    store.cancel_batch(BatchId::new(5).unwrap(), at(1)).await.unwrap();
    for id in [2, 102] {
        claim(store, BatchId::new(2).unwrap(), id).await;
    }
    claim(store, BatchId::new(3).unwrap(), 3).await;
    assert_eq!(ids(store.open_batches().await.unwrap()), [4, 3, 1]);
}

async fn a_batch_that_cannot_be_read_hides_no_other(test: TestStore) {
    let store = &test.store;
    for id in 1..=3 {
        created(store, &[id]).await;
    }
    test.execute("UPDATE batches SET options = '{}' WHERE id = 1").await;
    test.execute("UPDATE batch_items SET progress = '\"Flying\"' WHERE batch_id = 2").await;
    assert_eq!(store.batches(None, 9).await.unwrap().len(), 1);
    assert_eq!(store.open_batches().await.unwrap()[0].id.get(), 3);
    for (id, word) in [(1, "options"), (2, "Flying")] {
        let Err(error @ StoreError::Unreadable { .. }) = store.batch(BatchId::new(id).unwrap()).await else {
            panic!("batch {id}")
        };
        let told = error.to_string();
        assert!(told.contains(&format!("batch {id}")) && told.contains(word), "{told}");
    }
}
