//! Every message in every phase, without a socket.

use super::*;

const INIT: &str = r#"{"type":"connection_init"}"#;
const QUERY: &str = r#"{"type":"subscribe","id":"1","payload":{"query":"{ hello }"}}"#;

fn acknowledged() -> Protocol {
    let mut protocol = Protocol::new();
    assert!(matches!(protocol.receive(INIT), Reaction::Init(None)));
    assert_eq!(protocol.acknowledge(), br#"{"type":"connection_ack"}"#);
    protocol
}

fn close_of(reaction: Reaction) -> (u16, String) {
    match reaction {
        Reaction::Close(close) => (close.code, close.reason.into_owned()),
        other => panic!("not closed: {other:?}"),
    }
}

#[test]
fn the_payload_of_init_is_handed_on_as_it_came() {
    let mut protocol = Protocol::new();
    let init = r#"{"payload": {"Authorization": "Bearer \u0061"}, "type": "connection_init"}"#;
    match protocol.receive(init) {
        Reaction::Init(Some(payload)) => assert_eq!(payload.get(), r#"{"Authorization": "Bearer \u0061"}"#),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_init_is_taken_once_also_while_it_is_still_looked_at() {
    let mut protocol = Protocol::new();
    assert!(matches!(protocol.receive(INIT), Reaction::Init(None)));
    assert_eq!(close_of(protocol.receive(INIT)).0, 4429);
    assert_eq!(close_of(acknowledged().receive(INIT)).0, 4429);
}

#[test]
fn nothing_starts_before_the_acknowledgement_is_given() {
    let mut protocol = Protocol::new();
    assert_eq!(close_of(protocol.receive(QUERY)).0, 4401);
    assert!(matches!(protocol.receive(INIT), Reaction::Init(None)));
    assert_eq!(close_of(protocol.receive(QUERY)).0, 4401, "an init that is still looked at is none");
    protocol.acknowledge();
    assert!(matches!(protocol.receive(QUERY), Reaction::Start { .. }));
}

#[test]
fn the_time_for_init_is_over_for_who_has_sent_none() {
    let mut protocol = Protocol::new();
    assert_eq!(protocol.init_time_is_over().map(|close| close.code), Some(4408));
    assert!(matches!(protocol.receive(INIT), Reaction::Init(None)));
    assert_eq!(protocol.init_time_is_over(), None, "whoever is still looked at has sent one");
    assert_eq!(acknowledged().init_time_is_over(), None);
}

#[test]
fn an_id_is_in_use_until_either_side_ends_it() {
    let mut protocol = acknowledged();
    let start = |protocol: &mut Protocol| match protocol.receive(QUERY) {
        Reaction::Start { id, asking } => {
            assert_eq!((&*id, asking.request.query.as_str()), ("1", "{ hello }"));
        }
        other => panic!("{other:?}"),
    };
    start(&mut protocol);
    assert_eq!(close_of(protocol.receive(QUERY)), (4409, "Subscriber for 1 already exists".to_owned()));
    protocol.end("1");
    start(&mut protocol);
    let complete = r#"{"type":"complete","id":"1"}"#;
    assert!(matches!(protocol.receive(complete), Reaction::Stop { id } if &*id == "1"));
    assert!(matches!(protocol.receive(complete), Reaction::Nothing));
    start(&mut protocol);
}

#[test]
fn pings_are_answered_in_every_phase_with_their_payload() {
    for mut protocol in [Protocol::new(), acknowledged()] {
        for (ping, pong) in [
            (r#"{"type":"ping"}"#, r#"{"type":"pong"}"#),
            (r#"{"type":"ping","payload":null}"#, r#"{"type":"pong"}"#),
            (r#"{"type":"ping","payload":{"a":[1]}}"#, r#"{"type":"pong","payload":{"a":[1]}}"#),
        ] {
            match protocol.receive(ping) {
                Reaction::Reply(reply) => assert_eq!(String::from_utf8(reply).unwrap(), pong),
                other => panic!("{other:?}"),
            }
        }
        assert!(matches!(protocol.receive(r#"{"type":"pong","payload":{}}"#), Reaction::Nothing));
    }
}

#[test]
fn an_id_is_repeated_as_json_whatever_is_in_it() {
    let id = "\"\\\u{1}ü";
    let next = String::from_utf8(message::next(id, br#"{"data":null}"#)).unwrap();
    let json: serde_json::Value = serde_json::from_str(&next).unwrap();
    assert_eq!(json, serde_json::json!({ "id": id, "type": "next", "payload": { "data": null } }));
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_machine_panic(texts in proptest::collection::vec("\\PC{0,60}", 0..8)) {
        let mut protocol = acknowledged();
        for text in texts {
            drop(protocol.receive(&text));
        }
    }

    #[test]
    fn no_sequence_of_messages_starts_an_id_twice(
        steps in proptest::collection::vec((0usize..5, 0u8..3), 0..40),
    ) {
        let mut protocol = Protocol::new();
        let mut running = std::collections::HashSet::new();
        let mut is_acknowledged = false;
        for (step, id) in steps {
            let id = id.to_string();
            let text = match step {
                0 => INIT.to_owned(),
                1 => format!(r#"{{"type":"complete","id":"{id}"}}"#),
                2 => r#"{"type":"ping"}"#.to_owned(),
                3 if running.remove(&id) => {
                    protocol.end(&id);
                    continue;
                }
                _ => format!(r#"{{"type":"subscribe","id":"{id}","payload":{{"query":"q"}}}}"#),
            };
            match protocol.receive(&text) {
                Reaction::Init(_) => {
                    proptest::prop_assert!(!is_acknowledged);
                    protocol.acknowledge();
                    is_acknowledged = true;
                }
                Reaction::Start { id, .. } => {
                    proptest::prop_assert!(is_acknowledged && running.insert(id.into_string()));
                }
                Reaction::Stop { id } => proptest::prop_assert!(running.remove(&*id)),
                Reaction::Close(_) => return Ok(()),
                Reaction::Nothing | Reaction::Reply(_) => {}
            }
        }
    }
}
