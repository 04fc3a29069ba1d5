//! API keys in the store: digests only, one key in use for a name, uses noted once a minute.

use invoice_gateway::domain::{AccessKey, Role};
use invoice_gateway::store::StoredAccessKey;
use jiff::Timestamp;

use crate::support::databases::{TestStore, on_both};

on_both!(
    a_key_is_read_as_it_was_kept,
    of_two_keys_in_use_with_one_name_one_is_kept,
    a_key_is_revoked_by_its_name_or_its_id_once,
    uses_are_noted_once_a_minute,
);

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn key(id: &str, name: &str, role: Role) -> StoredAccessKey {
    let key = AccessKey {
        id: id.into(),
        name: name.into(),
        role,
        created_at: at("2026-03-02T08:00:00.123Z"),
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
    };
    StoredAccessKey { key, secret_sha256: std::array::from_fn(|at| u8::try_from(at * 8).unwrap()) }
}

async fn a_key_is_read_as_it_was_kept(test: TestStore) {
    let mut ending = key("00000000000000aa", "Eva Müller", Role::Operator);
    ending.key.expires_at = Some(at("2026-06-01T00:00:00Z"));
    let all = [ending, key("00000000000000bb", "b", Role::Viewer), key("00000000000000cc", "c", Role::Admin)];
    for key in &all {
        assert!(test.store.add_access_key(key).await.unwrap());
    }
    assert_eq!(test.other_process().await.access_keys().await.unwrap(), all);
    test.execute("UPDATE access_keys SET role = 'ROOT' WHERE name = 'b'").await;
    let error = test.store.access_keys().await.unwrap_err().to_string();
    assert!(error.contains("00000000000000bb") && error.contains("ROOT"), "{error}");
}

async fn of_two_keys_in_use_with_one_name_one_is_kept(test: TestStore) {
    let store = &test.store;
    let (first, second) =
        (key("00000000000000aa", "intranet", Role::Viewer), key("00000000000000bb", "intranet", Role::Admin));
    assert!(store.add_access_key(&first).await.unwrap());
    assert!(!store.add_access_key(&second).await.unwrap());
    assert_eq!(store.access_keys().await.unwrap(), [first]);
    store.revoke_access_key("intranet", at("2026-03-02T09:00:00Z")).await.unwrap().unwrap();
    assert!(store.add_access_key(&second).await.unwrap());
    assert_eq!(store.access_keys().await.unwrap().len(), 2);
}

async fn a_key_is_revoked_by_its_name_or_its_id_once(test: TestStore) {
    let store = &test.store;
    let now = at("2026-03-02T09:00:00Z");
    for (id, name) in [("00000000000000aa", "a"), ("00000000000000bb", "b")] {
        store.add_access_key(&key(id, name, Role::Viewer)).await.unwrap();
    }
    let revoked = store.revoke_access_key("00000000000000aa", now).await.unwrap().unwrap();
    assert_eq!((&*revoked.name, revoked.revoked_at), ("a", Some(now)));
    let revoked = store.revoke_access_key("b", now).await.unwrap().unwrap();
    assert_eq!(&*revoked.id, "00000000000000bb");
    for gone in ["a", "00000000000000aa", "b", "nobody"] {
        assert_eq!(store.revoke_access_key(gone, now).await.unwrap(), None, "{gone}");
    }
}

async fn uses_are_noted_once_a_minute(test: TestStore) {
    let store = &test.store;
    store.add_access_key(&key("00000000000000aa", "a", Role::Viewer)).await.unwrap();
    for (used, noted) in [
        ("2026-03-02T09:00:00Z", "2026-03-02T09:00:00Z"),
        ("2026-03-02T09:00:59.999Z", "2026-03-02T09:00:00Z"),
        ("2026-03-02T09:01:00Z", "2026-03-02T09:01:00Z"),
        ("2026-03-02T08:59:00Z", "2026-03-02T09:01:00Z"),
    ] {
        store.note_access_key_use("00000000000000aa", at(used)).await.unwrap();
        let keys = store.access_keys().await.unwrap();
        assert_eq!(keys[0].key.last_used_at, Some(at(noted)), "{used}");
    }
}
