//! One of many callers gets an invoice.

use std::collections::BTreeSet;

use invoice_gateway::domain::delivery::{LogKind, State};
use invoice_gateway::domain::{
    ActionCause, ActionChange, BexioInvoiceId, LinkedInvoice, NewAction, PsohubInvoiceId,
};
use invoice_gateway::store::{Claim, HandLinked, IdempotencyKey, KEYS_KEPT, KeyScope, KeyUse};

use super::{acceptance, at, claim, claimed, dropped_after, hash, invoice, key, plan, settle};
use crate::support::databases::{TestStore, on_both};

const CALLERS: i64 = 50;

on_both!(
    a_claim_stores_all_that_executing_it_takes,
    of_many_callers_without_a_key_one_gets_the_invoice,
    of_many_callers_with_one_key_one_gets_the_invoice_and_the_others_its_delivery,
    a_key_with_other_arguments_gets_one_delivery_and_conflicts,
    many_callers_of_different_invoices_get_one_each,
    a_key_belongs_to_its_caller_and_its_mutation,
    a_key_can_be_remembered_for_a_delivery_that_was_there,
    keys_are_forgotten_after_their_time_and_the_invoice_stays_taken,
    a_refused_claim_leaves_nothing,
    an_invoice_is_linked_by_hand_or_claimed_and_never_both,
    a_claim_that_is_dropped_leaves_nothing_or_all,
);

async fn a_claim_stores_all_that_executing_it_takes(test: TestStore) {
    let store = &test.store;
    let stored = claimed(store, 41_939_771_881_672_249).await;
    let (delivery, invoice) = (&stored.delivery, invoice(41_939_771_881_672_249));
    assert_eq!((delivery.id().get(), delivery.version(), delivery.state()), (1, 1, State::Accepted));
    assert_eq!((delivery.accepted(), delivery.accepted_at()), (&acceptance(&invoice), at(0)));
    assert_eq!((&stored.plan, &stored.invoice), (&plan(&invoice), &invoice));
    assert_eq!((&*stored.accepted_by, stored.batch), ("ada", None));
    assert_eq!(store.delivery(delivery.id()).await.unwrap(), Some(stored.clone()));
    assert_eq!(store.delivery_of_invoice(invoice.id).await.unwrap(), Some(stored.clone()));

    let listed = store.deliveries().await.unwrap();
    assert_eq!((listed.rows.len(), listed.unreadable.len(), listed.change), (1, 0, 1));
    let row = &listed.rows[0];
    assert_eq!((&row.delivery, &*row.accepted_by, row.batch), (delivery, "ada", None));
    assert_eq!((&*row.invoice_number, row.recipient.as_deref()), ("INV-2024-33", Some("grace@example.com")));

    let log = store.delivery_log(&[delivery.id()]).await.unwrap();
    assert_eq!(log.len(), 1);
    assert_eq!((log[0].version, log[0].kind, log[0].state), (1, LogKind::Accepted, State::Accepted));
    assert_eq!((log[0].at, log[0].actor.as_deref()), (at(0), Some("ada")));
}

/// What the claims of many callers at once came to.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    claimed: BTreeSet<i64>,
    taken: usize,
    key_used: BTreeSet<i64>,
    conflicts: usize,
    cancelled: usize,
}

async fn race(test: &TestStore, request: impl Fn(i64) -> (i64, Option<IdempotencyKey<'static>>)) -> Tally {
    let mut callers = tokio::task::JoinSet::new();
    // Two processes share the database.
    let processes = [test.store.clone(), test.other_process().await];
    for caller in 0..CALLERS {
        let store = processes[usize::from(caller % 2 == 0)].clone();
        let (invoice, key) = request(caller);
        callers.spawn(async move { claim(&store, invoice, key).await });
    }
    let mut tally = Tally::default();
    for claim in callers.join_all().await {
        match claim {
            Claim::Claimed(stored) => assert!(tally.claimed.insert(stored.delivery.id().get())),
            Claim::InvoiceTaken(_) => tally.taken += 1,
            Claim::KeyUsed(id) => drop(tally.key_used.insert(id.get())),
            Claim::KeyConflict => tally.conflicts += 1,
            Claim::BatchCancelled => tally.cancelled += 1,
            Claim::Linked(bexio) => panic!("nobody linked it to {bexio}"),
        }
    }
    tally
}

async fn rows(test: &TestStore) -> [i64; 5] {
    [
        test.number("SELECT COUNT(*) FROM deliveries").await,
        test.number("SELECT COUNT(*) FROM delivery_plans").await,
        test.number("SELECT COUNT(*) FROM delivery_log").await,
        test.number("SELECT COUNT(*) FROM idempotency_keys").await,
        test.number("SELECT value FROM counters WHERE name = 'change'").await,
    ]
}

async fn of_many_callers_without_a_key_one_gets_the_invoice(test: TestStore) {
    let tally = race(&test, |_| (7, None)).await;
    assert_eq!(tally, Tally { claimed: [1].into(), taken: 49, ..Tally::default() });
    assert_eq!(rows(&test).await, [1, 1, 1, 0, 1]);
}

async fn of_many_callers_with_one_key_one_gets_the_invoice_and_the_others_its_delivery(test: TestStore) {
    let tally = race(&test, |_| (7, Some(key("once", "7")))).await;
    assert_eq!(tally, Tally { claimed: [1].into(), key_used: [1].into(), ..Tally::default() });
    assert_eq!(rows(&test).await, [1, 1, 1, 1, 1]);
}

async fn a_key_with_other_arguments_gets_one_delivery_and_conflicts(test: TestStore) {
    // The same key for fifty invoices: only one of these requests can have been meant.
    let arguments = ["0", "1", "2", "3", "4"];
    let tally = race(&test, |caller| {
        (7 + caller % 5, Some(key("once", arguments[usize::try_from(caller % 5).unwrap()])))
    })
    .await;
    assert_eq!((tally.claimed.len(), tally.conflicts), (1, 40));
    assert_eq!(tally.key_used, tally.claimed, "the nine with the winner's arguments get its delivery");
    assert_eq!(rows(&test).await, [1, 1, 1, 1, 1]);
}

async fn many_callers_of_different_invoices_get_one_each(test: TestStore) {
    let tally = race(&test, |caller| (caller + 1, None)).await;
    assert_eq!(tally, Tally { claimed: (1..=CALLERS).collect(), ..Tally::default() });
    assert_eq!(rows(&test).await, [CALLERS, CALLERS, CALLERS, 0, CALLERS]);
}

async fn a_key_belongs_to_its_caller_and_its_mutation(test: TestStore) {
    let store = &test.store;
    let mine = key("key", "a");
    assert_eq!(store.key(&mine).await.unwrap(), None);
    let Claim::Claimed(first) = claim(store, 1, Some(mine)).await else { panic!("it is free") };
    let id = first.delivery.id();
    assert_eq!(store.key(&mine).await.unwrap(), Some(KeyUse::Delivery(id)));
    let other_arguments = IdempotencyKey { arguments: hash("b"), ..mine };
    assert_eq!(store.key(&other_arguments).await.unwrap(), Some(KeyUse::Conflict));
    for other in
        [IdempotencyKey { caller: "bob", ..mine }, IdempotencyKey { scope: KeyScope::SendInvoices, ..mine }]
    {
        assert_eq!(store.key(&other).await.unwrap(), None, "{other:?}");
    }
    let theirs = IdempotencyKey { caller: "bob", ..mine };
    assert!(matches!(claim(store, 2, Some(theirs)).await, Claim::Claimed(_)));
}

async fn a_key_can_be_remembered_for_a_delivery_that_was_there(test: TestStore) {
    let store = &test.store;
    let (first, second) = (claimed(store, 1).await.delivery.id(), claimed(store, 2).await.delivery.id());
    let used = store.remember_key(&key("key", "a"), first, at(0)).await.unwrap();
    assert_eq!(used, KeyUse::Delivery(first));
    assert_eq!(store.key(&key("key", "a")).await.unwrap(), Some(KeyUse::Delivery(first)));
    // What a key stands for never changes.
    let used = store.remember_key(&key("key", "a"), second, at(0)).await.unwrap();
    assert_eq!(used, KeyUse::Delivery(first));
    let used = store.remember_key(&key("key", "b"), second, at(0)).await.unwrap();
    assert_eq!(used, KeyUse::Conflict);
}

async fn keys_are_forgotten_after_their_time_and_the_invoice_stays_taken(test: TestStore) {
    let store = &test.store;
    assert!(matches!(claim(store, 1, Some(key("key", "a"))).await, Claim::Claimed(_)));
    assert_eq!(store.prune_keys(at(0) + KEYS_KEPT).await.unwrap(), 0);
    assert!(matches!(claim(store, 1, Some(key("key", "a"))).await, Claim::KeyUsed(_)));
    let later = at(1) + KEYS_KEPT;
    assert_eq!(store.prune_keys(later).await.unwrap(), 1);
    assert!(matches!(claim(store, 1, Some(key("key", "a"))).await, Claim::InvoiceTaken(_)));
}

async fn a_refused_claim_leaves_nothing(test: TestStore) {
    let store = &test.store;
    assert!(matches!(claim(store, 1, Some(key("key", "a"))).await, Claim::Claimed(_)));
    let before = rows(&test).await;
    assert!(matches!(claim(store, 1, Some(key("key", "a"))).await, Claim::KeyUsed(_)));
    assert!(matches!(claim(store, 2, Some(key("key", "b"))).await, Claim::KeyConflict));
    assert!(matches!(claim(store, 1, Some(key("new", "a"))).await, Claim::InvoiceTaken(_)));
    assert_eq!(rows(&test).await, before);
    assert_eq!(claimed(store, 2).await.delivery.id().get(), 2, "no id was used up");
}

async fn a_claim_that_is_dropped_leaves_nothing_or_all(test: TestStore) {
    let store = &test.store;
    let mut nothing = 0;
    for polls in 1..40 {
        dropped_after(polls, claim(store, 7, Some(key("key", "a")))).await;
        settle(store).await;
        let [deliveries, plans, log, keys, changes] = rows(&test).await;
        assert_eq!([deliveries, plans, log, keys], [changes; 4], "after {polls} polls");
        nothing += i64::from(changes == 0);
    }
    assert!((1..39).contains(&nothing), "{nothing} of 39 left nothing");
    assert!(matches!(claim(store, 7, Some(key("key", "a"))).await, Claim::KeyUsed(_)));
}

async fn an_invoice_is_linked_by_hand_or_claimed_and_never_both(test: TestStore) {
    let other = test.other_process().await;
    for id in 1..=20 {
        let by_hand = {
            let store = test.store.clone();
            let bexio = BexioInvoiceId::new(id).unwrap();
            let linked = LinkedInvoice { id: bexio, document_number: "RE-1".into(), accepted: [].into() };
            let action = NewAction {
                invoice: PsohubInvoiceId::new(id).unwrap(),
                at: at(0),
                actor: "ada".into(),
                cause: ActionCause::Person,
                change: ActionChange::Link(linked),
            };
            tokio::spawn(async move { store.link_by_hand(action, bexio).await.unwrap() })
        };
        let claimed = {
            let store = other.clone();
            tokio::spawn(async move { claim(&store, id, None).await })
        };
        let (by_hand, claimed) = (by_hand.await.unwrap(), claimed.await.unwrap());
        match (by_hand, &claimed) {
            (HandLinked::Stored, Claim::Linked(bexio)) => assert_eq!(bexio.get(), id),
            (HandLinked::UnderDelivery, Claim::Claimed(_)) => {}
            other => panic!("{other:?}"),
        }
    }
}
