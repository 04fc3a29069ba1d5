//! A step is stored with all that it learned, or not at all.

use std::collections::BTreeMap;

use invoice_gateway::domain::{PsohubContactId, PsohubCustomerId};
use invoice_gateway::store::{ContactMapping, MappingOrigin, PersonMapping, Saved, Update};

use super::{at, claimed, contact, dropped_after, invoice, plan, save, settle, stepped, update};
use crate::store_rows::link;
use crate::support::databases::{TestStore, on_both};

on_both!(
    a_step_is_stored_with_its_history_and_side_records,
    who_loses_the_compare_and_set_changes_nothing,
    of_many_workers_one_stores_the_step,
    a_step_that_is_dropped_leaves_nothing_or_all,
    a_new_plan_takes_the_place_of_the_old_one,
    every_change_is_seen_by_who_follows,
    what_a_person_chose_stays_until_it_is_chosen_anew,
);

fn company(id: i64, origin: MappingOrigin) -> ContactMapping {
    ContactMapping {
        customer: PsohubCustomerId::new(41_939_771_862_548_888).unwrap(),
        company: contact(id),
        origin,
        at: at(5),
    }
}

fn person(id: i64, origin: MappingOrigin) -> PersonMapping {
    PersonMapping { contact: PsohubContactId::new(8).unwrap(), person: contact(id), origin, at: at(5) }
}

async fn a_step_is_stored_with_its_history_and_side_records(test: TestStore) {
    let store = &test.store;
    let first = claimed(store, 7).await;
    let (next, log) = stepped(&first.delivery, at(1));
    let step = Update {
        contact: Some(company(31, MappingOrigin::Found)),
        person: Some(person(32, MappingOrigin::Created)),
        link: Some(link(7, 70)),
        ..update(1, &next, &log)
    };
    assert_eq!(store.update_delivery(step).await.unwrap(), Saved::Stored);

    let read = store.delivery(next.id()).await.unwrap().unwrap();
    assert_eq!(read.delivery, next);
    assert_eq!((read.plan, read.invoice), (first.plan, first.invoice), "a step leaves the plan alone");
    let listed = store.deliveries().await.unwrap();
    assert_eq!((&listed.rows[0].delivery, listed.rows.len(), listed.change), (&next, 1, 2));
    let written = store.delivery_log(&[next.id()]).await.unwrap();
    assert_eq!(written[1..], [log]);
    assert_eq!(store.links().await.unwrap(), [link(7, 70)]);
    let mapping = company(31, MappingOrigin::Found);
    assert_eq!(store.contact_mapping(mapping.customer).await.unwrap(), Some(mapping));
    let mapping = person(32, MappingOrigin::Created);
    assert_eq!(store.person_mapping(mapping.contact).await.unwrap(), Some(mapping));
    assert_eq!(store.contact_mapping(PsohubCustomerId::new(8).unwrap()).await.unwrap(), None);
}

async fn who_loses_the_compare_and_set_changes_nothing(test: TestStore) {
    let store = &test.store;
    let first = claimed(store, 7).await;
    let (next, log) = stepped(&first.delivery, at(1));
    assert_eq!(save(store, 1, &next, &log).await, Saved::Stored);

    let (late, late_log) = stepped(&first.delivery, at(2));
    let step = Update {
        replan: Some((&plan(&invoice(7)), &invoice(8))),
        contact: Some(company(31, MappingOrigin::Chosen)),
        person: Some(person(32, MappingOrigin::Chosen)),
        link: Some(link(7, 70)),
        ..update(1, &late, &late_log)
    };
    assert_eq!(store.update_delivery(step).await.unwrap(), Saved::Lost);
    let read = store.delivery(next.id()).await.unwrap().unwrap();
    assert_eq!((read.delivery, read.invoice), (next.clone(), first.invoice));
    assert_eq!(store.delivery_log(&[next.id()]).await.unwrap()[1..], [log]);
    assert_eq!(store.links().await.unwrap(), []);
    assert_eq!(test.number("SELECT COUNT(*) FROM contact_mappings").await, 0);
    assert_eq!(store.deliveries().await.unwrap().change, 2, "no number is used up");
    assert_eq!(test.number("SELECT value FROM counters WHERE name = 'change'").await, 2);
}

async fn of_many_workers_one_stores_the_step(test: TestStore) {
    let first = claimed(&test.store, 7).await;
    let mut workers = tokio::task::JoinSet::new();
    let stores = [test.store.clone(), test.other_process().await];
    for worker in 0..50 {
        let store = stores[worker % 2].clone();
        let (next, log) = stepped(&first.delivery, at(i64::try_from(worker).unwrap()));
        workers.spawn(async move { save(&store, 1, &next, &log).await });
    }
    let saved = workers.join_all().await;
    assert_eq!(saved.iter().filter(|saved| **saved == Saved::Stored).count(), 1);
    assert_eq!(test.number("SELECT COUNT(*) FROM delivery_log").await, 2);
    assert_eq!(test.store.deliveries().await.unwrap().change, 2);
}

async fn a_step_that_is_dropped_leaves_nothing_or_all(test: TestStore) {
    let store = &test.store;
    let (mut whole, mut nothing) = (0, 0);
    for polls in 1..40 {
        let first = claimed(store, polls).await.delivery;
        let (next, log) = stepped(&first, at(1));
        let step = Update {
            contact: Some(company(polls, MappingOrigin::Chosen)),
            link: Some(link(polls, polls)),
            ..update(1, &next, &log)
        };
        dropped_after(polls, store.update_delivery(step)).await;
        settle(store).await;
        let read = store.delivery(first.id()).await.unwrap().unwrap().delivery;
        let history = store.delivery_log(&[first.id()]).await.unwrap().len();
        let linked = store.links().await.unwrap().contains(&link(polls, polls));
        let mapping = store.contact_mapping(company(1, MappingOrigin::Chosen).customer).await.unwrap();
        let mapped = mapping.is_some_and(|mapping| mapping.company == contact(polls));
        if read == next {
            whole += 1;
            assert_eq!((history, linked, mapped), (2, true, true), "after {polls} polls");
        } else {
            nothing += 1;
            assert_eq!((read, history, linked, mapped), (first, 1, false, false), "after {polls} polls");
        }
    }
    assert!(whole > 0 && nothing > 0, "{whole} were stored, {nothing} were not");
}

async fn a_new_plan_takes_the_place_of_the_old_one(test: TestStore) {
    let store = &test.store;
    let first = claimed(store, 7).await;
    let (next, log) = stepped(&first.delivery, at(1));
    let mut changed = invoice(7);
    changed.number = "INV-2".into();
    changed.note = Some("now with NUL \0".into());
    let mut new_plan = plan(&changed);
    new_plan.email = None;
    let step = Update { replan: Some((&new_plan, &changed)), ..update(1, &next, &log) };
    assert_eq!(store.update_delivery(step).await.unwrap(), Saved::Stored);
    let read = store.delivery(next.id()).await.unwrap().unwrap();
    assert_eq!((read.plan, read.invoice), (new_plan, changed));
    let row = &store.deliveries().await.unwrap().rows[0];
    assert_eq!((&*row.invoice_number, row.recipient.as_deref()), ("INV-2", None));
}

/// A follower that polls while others write sees each delivery's last version, misses none and sees
/// none twice.
async fn every_change_is_seen_by_who_follows(test: TestStore) {
    const DELIVERIES: i64 = 12;
    let follower = test.other_process().await;
    let mut writers = tokio::task::JoinSet::new();
    for id in 1..=DELIVERIES {
        let store = test.store.clone();
        writers.spawn(async move {
            let first = claimed(&store, id).await.delivery;
            let (second, log) = stepped(&first, at(1));
            assert_eq!(save(&store, 1, &second, &log).await, Saved::Stored);
            let (third, log) = stepped(&second, at(2));
            assert_eq!(save(&store, 2, &third, &log).await, Saved::Stored);
        });
    }
    let mut seen: BTreeMap<i64, u64> = BTreeMap::new();
    let mut change = 0;
    while change < 3 * DELIVERIES {
        let look = follower.deliveries_changed_since(change).await.unwrap();
        assert!(look.change >= change);
        change = look.change;
        for row in look.rows {
            let before = seen.insert(row.delivery.invoice_id().get(), row.delivery.version());
            assert!(before < Some(row.delivery.version()), "a change is seen once");
        }
    }
    writers.join_all().await;
    assert_eq!(seen, (1..=DELIVERIES).map(|id| (id, 3)).collect());
    let look = follower.deliveries_changed_since(change).await.unwrap();
    assert_eq!((look.rows, look.change), (Vec::new(), change));
}

async fn what_a_person_chose_stays_until_it_is_chosen_anew(test: TestStore) {
    use MappingOrigin::{Chosen, Created, Found};
    let store = &test.store;
    let mut delivery = claimed(store, 7).await.delivery;
    let mut learn = async |mapping: ContactMapping| {
        let (next, log) = stepped(&delivery, at(1));
        let step = Update { contact: Some(mapping), ..update(delivery.version(), &next, &log) };
        assert_eq!(store.update_delivery(step).await.unwrap(), Saved::Stored);
        delivery = next;
        store.contact_mapping(mapping.customer).await.unwrap()
    };
    for (learned, known) in [
        (company(1, Found), company(1, Found)),
        (company(2, Created), company(2, Created)),
        (company(3, Chosen), company(3, Chosen)),
        (company(4, Found), company(3, Chosen)),
        (company(5, Chosen), company(5, Chosen)),
    ] {
        assert_eq!(learn(learned).await, Some(known));
    }
    let customer = company(1, Found).customer;
    assert!(!store.forget_contact_mapping(customer, contact(3)).await.unwrap());
    assert!(store.forget_contact_mapping(customer, contact(5)).await.unwrap());
    assert_eq!(store.contact_mapping(customer).await.unwrap(), None);
}
