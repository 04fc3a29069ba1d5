//! Bearer tokens of an issuer, over HTTP, with real signatures and a real set of keys.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use invoice_gateway::domain::{Clock as _, Role};
use serde_json::{Value, json};

use super::callers::{VIEWER, ask_as, key};
use super::issuer::{Issuer, SigningKey, claims, signed_part};
use crate::live_client::{Heard, open};
use crate::support::app::TestApp;

async fn refused(app: &TestApp, token: &str, words: &str) {
    let answer = ask_as(app, token, VIEWER).await;
    assert_eq!((answer.status, answer.code()), (401, "UNAUTHENTICATED"), "{words}: {answer:?}");
    assert!(answer.message().contains(words), "{words}: {}", answer.message());
    assert!(answer.challenge.contains("error=\"invalid_token\""));
}

async fn viewer(app: &TestApp, token: &str) -> Value {
    ask_as(app, token, VIEWER).await.data()["viewer"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_token_of_each_algorithm_lets_its_bearer_in() {
    let keys = [SigningKey::rsa(), SigningKey::ecdsa(), SigningKey::ed25519()];
    let published: Vec<Value> = keys.iter().map(|key| key.jwk(key.algorithm())).collect();
    let issuer = Issuer::start(&published).await;
    let app = issuer.service(&[]).await;
    for key in &keys {
        let token = key.token(key.algorithm(), &claims(&app, json!({})));
        assert_eq!(viewer(&app, &token).await, json!({"name": "jwt:eva", "role": "OPERATOR"}));
        // A token without the name of its key is checked with each of its kind.
        let nameless = key.token_with(&json!({"alg": key.algorithm()}), &claims(&app, json!({})));
        assert_eq!(viewer(&app, &nameless).await["name"], "jwt:eva");
    }
    assert_eq!(issuer.reads(), 1, "keys are kept");
    // Keys of the service's own go on beside them.
    let own = key(&app, "intranet", Role::Viewer).await;
    assert_eq!(viewer(&app, &own).await["name"], "intranet");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_says_something_else_is_refused() {
    let signer = SigningKey::ecdsa();
    let issuer = Issuer::start(&[signer.jwk("one")]).await;
    let app = issuer.service(&[]).await;
    let now = app.clock().now().as_second();
    for (changes, words) in [
        (json!({"exp": now - 61}), "it has ended"),
        (json!({"exp": null}), "it has ended, or does not say when"),
        (json!({"nbf": now + 120}), "it does not hold yet"),
        (json!({"iss": "https://id.example/realms/other"}), "its issuer is another one"),
        (json!({"aud": "other"}), "another audience"),
        (json!({"aud": null}), "another audience"),
        (json!({"sub": null}), "whose it is"),
    ] {
        refused(&app, &signer.token("one", &claims(&app, changes)), words).await;
    }
    // A token that was taken ends all the same.
    let token = signer.token("one", &claims(&app, json!({})));
    viewer(&app, &token).await;
    app.advance(Duration::from_secs(359));
    viewer(&app, &token).await;
    app.advance(Duration::from_secs(1));
    refused(&app, &token, "it has ended").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_that_proves_nothing_is_refused() {
    let (signer, stranger) = (SigningKey::rsa(), SigningKey::ecdsa());
    let public = signer.jwk("one");
    let issuer = Issuer::start(&[public.clone(), SigningKey::ecdsa().jwk("two")]).await;
    let app = issuer.service(&[]).await;
    let good = claims(&app, json!({"roles": ["admin"]}));
    refused(&app, &stranger.token("two", &good), "its signature is wrong").await;

    let token = signer.token("one", &claims(&app, json!({})));
    let (rest, signature) = token.rsplit_once('.').unwrap();
    let (header, _) = rest.split_once('.').unwrap();
    let changed = format!("{header}.{}.{signature}", URL_SAFE_NO_PAD.encode(good.to_string()));
    refused(&app, &changed, "its signature is wrong").await;
    refused(&app, &format!("{rest}."), "its signature is wrong").await;

    for algorithm in ["none", "None", "nOnE"] {
        let unsigned = format!("{}.", signed_part(&json!({"alg": algorithm, "kid": "one"}), &good));
        refused(&app, &unsigned, "an algorithm that is not taken").await;
    }
    // The public key as if it were a shared secret: the classic confusion.
    let secret = URL_SAFE_NO_PAD.decode(public["n"].as_str().unwrap()).unwrap();
    let part = signed_part(&json!({"alg": "HS256", "kid": "one"}), &good);
    let mac = ring::hmac::sign(&ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &secret), part.as_bytes());
    let confused = format!("{part}.{}", URL_SAFE_NO_PAD.encode(mac));
    refused(&app, &confused, "an algorithm that is not taken").await;
    // A key that the token brings along, and one of another kind than the algorithm.
    let own = json!({"alg": "ES256", "kid": "two", "jwk": stranger.jwk("two")});
    refused(&app, &stranger.token_with(&own, &good), "its signature is wrong").await;
    refused(&app, &stranger.token_with(&json!({"alg": "ES256", "kid": "one"}), &good), "no key of its id")
        .await;
    refused(
        &app,
        &stranger.token_with(&json!({"alg": "RS256", "kid": "one"}), &good),
        "its signature is wrong",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_of_the_issuer_is_read_at_its_first_token_and_inventions_do_not_flood_it() {
    let (old, new) = (SigningKey::ecdsa(), SigningKey::ecdsa());
    let issuer = Issuer::start(&[old.jwk("old")]).await;
    let app = issuer.service(&[]).await;
    viewer(&app, &old.token("old", &claims(&app, json!({})))).await;
    for name in 0..20 {
        refused(&app, &new.token(&format!("invented-{name}"), &claims(&app, json!({}))), "no key of its id")
            .await;
    }
    assert_eq!(issuer.reads(), 1, "at most every half minute");

    issuer.publish(&[new.jwk("new")]);
    app.advance(Duration::from_secs(30));
    viewer(&app, &new.token("new", &claims(&app, json!({})))).await;
    assert_eq!(issuer.reads(), 2);
    // What the issuer has withdrawn is gone with it, also for tokens that were taken.
    refused(&app, &old.token("old", &claims(&app, json!({}))), "no key of its id").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawn_key_is_refused_after_ten_minutes_and_an_outage_refuses_nobody() {
    let signer = SigningKey::ecdsa();
    let issuer = Issuer::start(&[signer.jwk("one")]).await;
    let app = issuer.service(&[]).await;
    let long = json!({"exp": app.clock().now().as_second() + 7_200});
    let token = signer.token("one", &claims(&app, long));
    viewer(&app, &token).await;
    issuer.fail();
    app.advance(Duration::from_hours(1));
    viewer(&app, &token).await;
    issuer.publish(&[SigningKey::ecdsa().jwk("other")]);
    app.advance(Duration::from_mins(10));
    refused(&app, &token, "no key of its id").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_no_key_was_ever_read_nobody_is_called_a_liar() {
    let signer = SigningKey::ecdsa();
    let issuer = Issuer::start(&[signer.jwk("one")]).await;
    issuer.fail();
    let app = issuer.service(&[]).await;
    let token = signer.token("one", &claims(&app, json!({})));
    let away = ask_as(&app, &token, VIEWER).await;
    assert_eq!((away.status, away.code()), (503, "ACCESS_UNAVAILABLE"), "{away:?}");
    assert_eq!(away.json["errors"][0]["extensions"]["retryable"], true);
    issuer.publish(&[signer.jwk("one")]);
    app.advance(Duration::from_secs(2));
    viewer(&app, &token).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_come_from_the_claim_that_is_set_and_the_highest_counts() {
    let signer = SigningKey::ed25519();
    let issuer = Issuer::start(&[signer.jwk("one")]).await;
    let settings = [
        ("JWT_ROLE_CLAIM", "realm_access.roles"),
        ("JWT_ROLES", "finance=operator it=admin everybody=viewer"),
        ("JWT_NAME_CLAIM", "preferred_username"),
    ];
    let app = issuer.service(&settings).await;
    let token = |roles: Value| {
        let changes = json!({"roles": null, "realm_access": {"roles": roles}, "preferred_username": "em"});
        signer.token("one", &claims(&app, changes))
    };
    let expected = |role: &str| json!({"name": "jwt:em", "role": role});
    assert_eq!(viewer(&app, &token(json!(["everybody", "it", "finance"]))).await, expected("ADMIN"));
    assert_eq!(viewer(&app, &token(json!(["offline_access", "everybody"]))).await, expected("VIEWER"));
    for none in [json!(null), json!([]), json!(["admin"]), json!({"it": true})] {
        let refused = ask_as(&app, &token(none.clone()), VIEWER).await;
        assert_eq!((refused.status, refused.code()), (403, "FORBIDDEN"), "{none}");
        assert!(refused.message().contains("'realm_access.roles'"), "{}", refused.message());
        assert!(refused.challenge.contains("insufficient_scope"), "{}", refused.challenge);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_closes_when_its_token_ends() {
    let signer = SigningKey::ecdsa();
    let issuer = Issuer::start(&[signer.jwk("one")]).await;
    let app = issuer.service(&[("JWT_LEEWAY_SECONDS", "10")]).await;
    let token = signer.token("one", &claims(&app, json!({"exp": app.clock().now().as_second() + 5})));
    let mut client = open(app.address()).await;
    let payload = json!({"Authorization": format!("Bearer {token}")});
    client.say(json!({"type": "connection_init", "payload": payload})).await;
    assert_eq!(client.hear().await, Heard::Message(json!({"type": "connection_ack"})));
    client.settle().await;
    app.advance(Duration::from_secs(11));
    client.settle().await;
    app.advance(Duration::from_secs(4));
    assert_eq!(client.hear().await, Heard::Closed(4403, "Forbidden".to_owned()));
}
