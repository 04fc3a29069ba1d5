//! Connections in the store, on both databases: what is saved is encrypted, and only one process
//! renews.

use std::time::Duration;

use invoice_gateway::domain::Upstream::{Bexio, Psohub};
use invoice_gateway::domain::connection::{Account, Consent};
use invoice_gateway::domain::secret_key::SecretKeys;
use invoice_gateway::store::tokens::{Attempt, NewConnection, RenewalClaim, Rotated, Tokens};
use invoice_gateway::store::{Keyring, StoreError, TokenVault};
use secrecy::{ExposeSecret, SecretString};

use crate::store_rows::instant;
use crate::support::databases::{TestStore, on_both};

const T0: &str = "2026-03-02T08:00:00Z";
const HOUR: Duration = Duration::from_hours(1);

fn keyring(keys: &[&SecretString]) -> Keyring {
    let list = keys.iter().map(|key| key.expose_secret()).collect::<Vec<_>>().join(",");
    Keyring::new(&SecretKeys::parse(&list).unwrap())
}

fn vault(test: &TestStore) -> TokenVault {
    TokenVault::new(test.store.clone(), keyring(&[&Keyring::generate()]))
}

fn tokens(number: u32) -> Tokens {
    Tokens {
        access: format!("canary-access-{number}").into(),
        refresh: Some(format!("canary-refresh-{number}").into()),
        given_at: instant(T0),
        lifetime: Some(HOUR),
    }
}

fn account() -> Account {
    Account {
        company_id: Some("k7p2".into()),
        company_name: Some("Beispiel AG".into()),
        ..Account::default()
    }
}

async fn connect(vault: &TokenVault, tokens: &Tokens) {
    let scopes = ["openid".to_owned(), "kb_invoice_edit".to_owned()];
    let new = NewConnection { tokens, scopes: &scopes, account: &account(), by: "ada" };
    vault.connect(Bexio, &new).await.unwrap();
}

on_both!(
    a_connection_reads_as_it_was_saved,
    a_disconnected_account_leaves_its_company_and_no_token,
    one_process_renews_and_the_others_see_it,
    a_renewal_that_broke_off_stays_visible,
    what_a_late_renewal_brings_is_not_saved,
    a_renewal_that_was_taken_for_refused_is_saved,
    an_attempt_comes_back_once_and_in_time,
    rotating_moves_every_token_to_the_first_key,
    without_a_key_nothing_is_stored,
    a_configured_token_ages_until_it_is_replaced,
);

async fn a_connection_reads_as_it_was_saved(test: TestStore) {
    let vault = vault(&test);
    assert!(vault.connection(Bexio).await.unwrap().is_none());
    connect(&vault, &tokens(1)).await;
    let stored = vault.connection(Bexio).await.unwrap().unwrap();
    assert_eq!((stored.version, stored.consent, stored.granted_by.as_str()), (1, Consent::Given, "ada"));
    assert_eq!(stored.scopes, ["openid", "kb_invoice_edit"]);
    assert_eq!(stored.account, account());
    let read = stored.tokens.unwrap();
    assert_eq!(read.access.expose_secret(), "canary-access-1");
    assert_eq!(read.refresh.unwrap().expose_secret(), "canary-refresh-1");
    assert_eq!((read.given_at, read.lifetime), (instant(T0), Some(HOUR)));
    assert!(vault.connection(Psohub).await.unwrap().is_none());

    // Connecting again replaces it.
    connect(&vault, &Tokens { refresh: None, lifetime: None, ..tokens(2) }).await;
    let stored = vault.connection(Bexio).await.unwrap().unwrap();
    let read = stored.tokens.unwrap();
    assert_eq!((stored.version, read.lifetime, read.refresh.is_none()), (2, None, true));
}

async fn a_disconnected_account_leaves_its_company_and_no_token(test: TestStore) {
    let vault = vault(&test);
    assert!(!vault.disconnect(Bexio, "eva").await.unwrap());
    connect(&vault, &tokens(1)).await;
    assert!(vault.disconnect(Bexio, "eva").await.unwrap());
    assert!(!vault.disconnect(Bexio, "eva").await.unwrap());
    let stored = vault.connection(Bexio).await.unwrap().unwrap();
    assert_eq!(
        (stored.consent, stored.reason.as_deref()),
        (Consent::None, Some("'eva' disconnected the account"))
    );
    assert!(stored.tokens.is_none() && stored.scopes.is_empty());
    assert_eq!(vault.company(Bexio).await.unwrap().unwrap().0, "k7p2");
}

async fn one_process_renews_and_the_others_see_it(test: TestStore) {
    let vault = vault(&test);
    connect(&vault, &tokens(1)).await;
    let claim = vault.claim_renewal(Bexio, 1, "a", HOUR).await.unwrap();
    assert!(matches!(claim, RenewalClaim::Yours { broken_off: None }), "{claim:?}");
    let claim = vault.claim_renewal(Bexio, 1, "b", HOUR).await.unwrap();
    assert!(matches!(claim, RenewalClaim::Busy), "{claim:?}");
    assert!(vault.finish_renewal(Bexio, 1, &tokens(2), &["openid".to_owned()]).await.unwrap());
    let RenewalClaim::Changed(Some(now)) = vault.claim_renewal(Bexio, 1, "b", HOUR).await.unwrap() else {
        panic!("b was not told that the tokens are others by now")
    };
    assert_eq!((now.version, now.tokens.unwrap().access.expose_secret()), (2, "canary-access-2"));

    // Who gives up makes room at once.
    vault.claim_renewal(Bexio, 2, "a", HOUR).await.unwrap();
    vault.give_up_renewal(Bexio, "a", false).await.unwrap();
    let claim = vault.claim_renewal(Bexio, 2, "b", HOUR).await.unwrap();
    assert!(matches!(claim, RenewalClaim::Yours { broken_off: None }), "{claim:?}");
}

async fn a_renewal_that_broke_off_stays_visible(test: TestStore) {
    let vault = vault(&test);
    connect(&vault, &tokens(1)).await;
    vault.claim_renewal(Bexio, 1, "a", Duration::ZERO).await.unwrap();
    let claim = vault.claim_renewal(Bexio, 1, "b", Duration::ZERO).await.unwrap();
    assert!(matches!(claim, RenewalClaim::Yours { broken_off: Some(_) }), "{claim:?}");
    vault.give_up_renewal(Bexio, "b", true).await.unwrap();
    assert!(vault.need_consent(Bexio, 1, "refused").await.unwrap());
    let stored = vault.connection(Bexio).await.unwrap().unwrap();
    assert_eq!((stored.consent, stored.reason.as_deref()), (Consent::Needed, Some("refused")));
    let claim = vault.claim_renewal(Bexio, 2, "b", HOUR).await.unwrap();
    assert!(matches!(claim, RenewalClaim::Changed(Some(_))), "nothing is renewed without consent: {claim:?}");
}

async fn what_a_late_renewal_brings_is_not_saved(test: TestStore) {
    let vault = vault(&test);
    connect(&vault, &tokens(1)).await;
    vault.claim_renewal(Bexio, 1, "a", HOUR).await.unwrap();
    vault.disconnect(Bexio, "eva").await.unwrap();
    assert!(!vault.finish_renewal(Bexio, 1, &tokens(2), &[]).await.unwrap());
    assert!(!vault.need_consent(Bexio, 1, "refused").await.unwrap());
    let stored = vault.connection(Bexio).await.unwrap().unwrap();
    assert_eq!((stored.consent, stored.tokens.is_none()), (Consent::None, true));
}

async fn a_renewal_that_was_taken_for_refused_is_saved(test: TestStore) {
    let vault = vault(&test);
    connect(&vault, &tokens(1)).await;
    // a is slow: its claim ends, b asks with the same refresh token and is refused.
    vault.claim_renewal(Bexio, 1, "a", Duration::ZERO).await.unwrap();
    vault.claim_renewal(Bexio, 1, "b", HOUR).await.unwrap();
    assert!(vault.need_consent(Bexio, 1, "refused").await.unwrap());
    assert!(vault.finish_renewal(Bexio, 1, &tokens(2), &[]).await.unwrap());
    let stored = vault.connection(Bexio).await.unwrap().unwrap();
    assert_eq!((stored.consent, stored.reason.as_deref()), (Consent::Given, None));
    assert_eq!(stored.tokens.unwrap().access.expose_secret(), "canary-access-2");

    // What was connected anew meanwhile stays.
    vault.claim_renewal(Bexio, 3, "a", Duration::ZERO).await.unwrap();
    assert!(vault.need_consent(Bexio, 3, "refused").await.unwrap());
    connect(&vault, &tokens(3)).await;
    assert!(!vault.finish_renewal(Bexio, 3, &tokens(4), &[]).await.unwrap());
    let stored = vault.connection(Bexio).await.unwrap().unwrap();
    assert_eq!(stored.tokens.unwrap().access.expose_secret(), "canary-access-3");
}

async fn an_attempt_comes_back_once_and_in_time(test: TestStore) {
    let vault = vault(&test);
    let (now, end) = (instant(T0), instant("2026-03-02T08:10:00Z"));
    let attempt = |state: &str| Attempt {
        state: state.into(),
        session: "session".into(),
        verifier: "verifier".into(),
        nonce: "nonce".into(),
        by: "Eva Müller".into(),
    };
    for state in ["one", "two", "three"] {
        vault.begin_attempt(Bexio, &attempt(state), now, end).await.unwrap();
    }
    assert!(vault.take_attempt(Bexio, &"guessed".into(), now).await.unwrap().is_none());
    assert!(vault.take_attempt(Psohub, &"one".into(), now).await.unwrap().is_none(), "another upstream's");
    let taken = vault.take_attempt(Bexio, &"one".into(), now).await.unwrap().unwrap();
    assert_eq!(taken.verifier.expose_secret(), "verifier");
    assert_eq!(taken.nonce.expose_secret(), "nonce");
    assert_eq!(&*taken.by, "Eva Müller");
    assert!(vault.take_attempt(Bexio, &"one".into(), now).await.unwrap().is_none(), "taken before");
    assert!(vault.take_attempt(Bexio, &"two".into(), end).await.unwrap().is_none(), "too late");
}

async fn rotating_moves_every_token_to_the_first_key(test: TestStore) {
    let (old, new) = (Keyring::generate(), Keyring::generate());
    let with = |keys: &[&SecretString]| TokenVault::new(test.store.clone(), keyring(keys));
    connect(&with(&[&old]), &tokens(1)).await;
    let error = with(&[&new]).connection(Bexio).await.unwrap_err();
    assert!(matches!(error, StoreError::KeyMissing { .. }), "{error}");
    assert!(matches!(with(&[&new]).rotate().await, Err(StoreError::KeyMissing { .. })));

    assert_eq!(with(&[&new, &old]).rotate().await.unwrap(), Rotated { changed: 1, current: 0, records: 0 });
    assert_eq!(with(&[&new, &old]).rotate().await.unwrap(), Rotated { changed: 0, current: 1, records: 0 });
    let stored = with(&[&new]).connection(Bexio).await.unwrap().unwrap();
    assert_eq!(stored.version, 1, "a service that runs need not notice");
    assert_eq!(stored.tokens.unwrap().access.expose_secret(), "canary-access-1");
}

async fn without_a_key_nothing_is_stored(test: TestStore) {
    let vault = TokenVault::new(test.store.clone(), Keyring::default());
    let tokens = tokens(1);
    let new = NewConnection { tokens: &tokens, scopes: &[], account: &account(), by: "ada" };
    let error = vault.connect(Bexio, &new).await.unwrap_err();
    assert!(error.to_string().contains("invoice-gateway secrets new-key"), "{error}");
    assert!(vault.require_key().is_err());
    assert!(vault.connection(Bexio).await.unwrap().is_none());
}

async fn a_configured_token_ages_until_it_is_replaced(test: TestStore) {
    let vault = TokenVault::new(test.store.clone(), Keyring::default());
    let (first, later) = (instant(T0), instant("2026-04-02T08:00:00Z"));
    for (token, now, since) in [("one", first, first), ("one", later, first), ("two", later, later)] {
        assert_eq!(vault.note_configured(Bexio, &token.into(), now).await.unwrap(), since, "{token}");
    }
}
