//! Valid requests, changed at random: the same ones each time.

use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::{SinkExt, StreamExt, stream};
use rand::rngs::SmallRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::live_client;
use crate::target::Target;

/// Requests at a time.
const AT_ONCE: usize = 16;

/// Every so many requests one goes over a WebSocket instead.
const WEBSOCKET_EACH: u64 = 10;

/// What GraphiQL shows first, and a document with most of what the schema has.
const VALID: [&str; 6] = [
    include_str!("../../console/examples/1-open-invoices.graphql"),
    include_str!("../../console/examples/2-one-invoice.graphql"),
    include_str!("../../console/examples/3-overdue.graphql"),
    include_str!("../../console/examples/4-does-it-agree.graphql"),
    include_str!("../../console/examples/5-bexio-catalog.graphql"),
    include_str!("../../src/graphql/tests/everything.graphql"),
];

/// Pieces that grammars stumble over.
const PIECES: [&str; 30] = [
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "\"",
    "\"\"\"",
    "\\",
    "\\u",
    "#",
    "...",
    "$",
    "@",
    "!",
    ":",
    "=",
    "|",
    ",",
    "on ",
    "fragment ",
    "mutation ",
    "subscription ",
    "null",
    "-1",
    "1e400",
    "9223372036854775808",
    "\u{feff}",
    "\0",
    "😀",
];

/// Sends `count` of them. A failure names the seed of the request.
pub async fn send(target: &Target, count: usize) {
    let sent = AtomicU64::new(0);
    stream::iter(0..u64::try_from(count).unwrap())
        .for_each_concurrent(AT_ONCE, |seed| {
            let sent = &sent;
            async move {
                let mut dice = SmallRng::seed_from_u64(seed);
                let name = format!("random request {seed}");
                if seed % WEBSOCKET_EACH == 0 {
                    let mut client = live_client::connect(target.address()).await;
                    let payload = json!({ "query": document(&mut dice) });
                    let message = json!({ "id": "a", "type": "subscribe", "payload": payload }).to_string();
                    let message = if dice.random_bool(0.5) {
                        changed(&mut dice, message.as_bytes())
                    } else {
                        message.into_bytes()
                    };
                    let message = String::from_utf8_lossy(&message).into_owned();
                    client.send(Message::text(message)).await;
                    // A ping is answered even where the message meant nothing to the protocol.
                    let _ = client.socket.send(Message::text(r#"{"type":"ping"}"#)).await;
                    target.hear(&name, &mut client).await;
                } else {
                    target.post(&name, request(&mut dice)).await;
                }
                sent.fetch_add(1, Ordering::Relaxed);
            }
        })
        .await;
    println!("{} random requests", sent.into_inner());
}

/// A body: a changed document, or a changed request.
fn request(dice: &mut SmallRng) -> Vec<u8> {
    let variables: Value = match dice.random_range(0..4) {
        0 => json!({ "number": "2024-1", "first": dice.random::<i64>() }),
        1 => json!({ "by": { "number": "x".repeat(dice.random_range(0..3000)) } }),
        2 => json!({ "first": [[[null]]], "after": dice.random::<u64>() }),
        _ => Value::Null,
    };
    let body = json!({ "query": document(dice), "variables": variables }).to_string();
    if dice.random_bool(0.3) { changed(dice, body.as_bytes()) } else { body.into_bytes() }
}

fn document(dice: &mut SmallRng) -> String {
    let mut text = VALID[dice.random_range(0..VALID.len())].as_bytes().to_vec();
    for _ in 0..dice.random_range(0..6) {
        text = changed(dice, &text);
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// One change somewhere: bytes away, bytes twice, a piece put in, a bit turned, or a cut.
fn changed(dice: &mut SmallRng, text: &[u8]) -> Vec<u8> {
    if text.is_empty() {
        return PIECES[dice.random_range(0..PIECES.len())].into();
    }
    let mut text = text.to_vec();
    let at = dice.random_range(0..text.len());
    let to = (at + dice.random_range(1..40)).min(text.len());
    match dice.random_range(0..6) {
        0 => drop(text.drain(at..to)),
        1 => {
            let again = text[at..to].repeat(dice.random_range(1..20));
            text.splice(at..at, again);
        }
        2 | 3 => {
            let piece = PIECES[dice.random_range(0..PIECES.len())].repeat(dice.random_range(1..4));
            text.splice(at..at, piece.into_bytes());
        }
        4 => text[at] ^= 1 << dice.random_range(0..8),
        _ => text.truncate(at),
    }
    text
}
