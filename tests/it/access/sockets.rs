//! Who listens: keys and tokens over WebSocket and event streams, and that both end when those do.

use std::time::Duration;

use invoice_gateway::domain::{Clock as _, Role};
use serde_json::{Value, json};

use super::callers::{as_time_passes, key, key_until, revoke};
use crate::live_client::{Client, Heard, TRANSPORT_WS, handshake, open};
use crate::support::app::{TestApp, TestOptions};

async fn guarded() -> TestApp {
    let app = TestOptions::company(1).guarded().start().await;
    app.look_at_both().await;
    app
}

async fn init(app: &TestApp, payload: Value) -> (Client, Heard) {
    let mut client = open(app.address()).await;
    client.say(json!({"type": "connection_init", "payload": payload})).await;
    let heard = client.hear().await;
    (client, heard)
}

fn acknowledged() -> Heard {
    Heard::Message(json!({"type": "connection_ack"}))
}

fn forbidden() -> Heard {
    Heard::Closed(4403, "Forbidden".to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_comes_with_the_init_or_with_the_handshake() {
    let app = guarded().await;
    let good = key(&app, "intranet", Role::Viewer).await;
    for payload in [
        json!({"Authorization": format!("Bearer {good}")}),
        json!({"authorization": format!("bearer {good}"), "theme": "dark"}),
        json!({"apiKey": good}),
    ] {
        let (mut client, heard) = init(&app, payload.clone()).await;
        assert_eq!(heard, acknowledged(), "{payload}");
        client.subscribe("1", "{ viewer { name } }").await;
        assert_eq!(client.next_of("1").await["data"]["viewer"]["name"], "intranet");
    }
    let headers = [("sec-websocket-protocol", TRANSPORT_WS), ("authorization", &format!("Bearer {good}"))];
    let mut client = handshake(app.address(), &headers).await.unwrap();
    client.say(json!({"type": "connection_init"})).await;
    assert_eq!(client.hear().await, acknowledged());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_good_key_it_closes_4403_and_before_the_init_4401() {
    let app = guarded().await;
    let good = key(&app, "intranet", Role::Viewer).await;
    for payload in [
        json!({}),
        json!({"Authorization": good}),
        json!({"Authorization": "Bearer x"}),
        json!({"apiKey": 1}),
        json!({"apiKey": good, "Authorization": format!("Bearer {good}")}),
        json!({"token": good}),
    ] {
        assert_eq!(init(&app, payload.clone()).await.1, forbidden(), "{payload}");
    }
    let mut hasty = open(app.address()).await;
    hasty.subscribe("1", "{ viewer { name } }").await;
    assert_eq!(hasty.closed().await.0, 4401);
    // A browser sends its cookies to every site; they are not looked at.
    let headers =
        [("sec-websocket-protocol", TRANSPORT_WS), ("cookie", &format!("Authorization=Bearer {good}"))];
    let mut client = handshake(app.address(), &headers).await.unwrap();
    client.say(json!({"type": "connection_init"})).await;
    assert_eq!(client.hear().await, forbidden());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_closes_when_its_key_is_revoked_or_ends() {
    let app = guarded().await;
    let end = app.clock().now().checked_add(Duration::from_mins(1)).unwrap();
    let (lasting, ending) =
        (key(&app, "intranet", Role::Viewer).await, key_until(&app, "intern", Role::Viewer, Some(end)).await);
    let (mut stays, heard) = init(&app, json!({"apiKey": lasting})).await;
    assert_eq!(heard, acknowledged());
    let (mut ends, heard) = init(&app, json!({"apiKey": ending})).await;
    assert_eq!(heard, acknowledged());
    ends.subscribe("1", "subscription { invoiceChanged { invoiceId } }").await;
    ends.settle().await;
    app.advance(Duration::from_mins(1));
    assert_eq!(ends.hear().await, forbidden());

    // The minute has brought a ping, too.
    stays.settle().await;
    revoke(&app, "intranet").await;
    assert_eq!(as_time_passes(&app, stays.closed()).await, (4403, "Forbidden".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_stream_ends_with_its_key_and_says_so() {
    let app = guarded().await;
    let good = key(&app, "intranet", Role::Viewer).await;
    let request = app.http.post(format!("{}/graphql", app.url())).bearer_auth(&good);
    let request = request.header("accept", "text/event-stream");
    let request = request.json(&json!({"query": "subscription { invoiceChanged { invoiceId } }"}));
    let mut response = request.send().await.unwrap();
    assert_eq!(response.chunk().await.unwrap().as_deref(), Some(&b":\n\n"[..]));
    revoke(&app, "intranet").await;
    let rest = as_time_passes(&app, response.text()).await.unwrap();
    assert!(rest.contains("\"UNAUTHENTICATED\"") && rest.ends_with("event: complete\ndata: \n\n"), "{rest}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_binds_over_a_socket_as_over_http() {
    let app = guarded().await;
    let viewer = key(&app, "report", Role::Viewer).await;
    let (mut client, _) = init(&app, json!({"apiKey": viewer})).await;
    client.subscribe("1", "mutation { disconnect(input: {upstream: BEXIO}) { revoked } }").await;
    let refused = client.message().await;
    assert_eq!((&refused["type"], &refused["id"]), (&json!("error"), &json!("1")));
    assert_eq!(refused["payload"][0]["extensions"]["code"], "FORBIDDEN");
    client.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_site_opens_no_socket_even_with_a_key() {
    let app = guarded().await;
    let good = key(&app, "intranet", Role::Viewer).await;
    let headers = [
        ("sec-websocket-protocol", TRANSPORT_WS),
        ("authorization", &format!("Bearer {good}")),
        ("origin", "https://evil.example"),
    ];
    assert!(handshake(app.address(), &headers).await.is_err());
}
