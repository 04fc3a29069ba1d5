//! The control API, and life.

use reqwest::Method;
use serde_json::{Value, json};
use upstream_simulator::psohub::Status;
use upstream_simulator::{Event, SimulatorOptions};

use crate::support::Sim;

#[tokio::test]
async fn an_invoice_goes_its_way_on_both_sides() {
    let sim = Sim::empty().await;
    let added =
        sim.control(Method::POST, "/psohub/invoices", r#"{"number":"INV-2026-7","status":"draft"}"#).await;
    assert!(added["id"].is_string(), "ids above 2^53 are text");
    let edit = r#"{"status":"approved","note":"Neu","external_id":"RE-9"}"#;
    let edited = sim.control(Method::PATCH, "/psohub/invoices/INV-2026-7", edit).await;
    assert_eq!((&edited["status"], &edited["external_id"]), (&json!("approved"), &json!("RE-9")));

    let booked = sim.control(Method::POST, "/psohub/invoices/INV-2026-7/book", "").await;
    assert_eq!((&booked["status"], &booked["total"]), (&json!(7), &json!("1081.00")));
    let reference = format!("psohub:{}", added["id"].as_str().unwrap());
    assert_eq!(booked["api_reference"], reference.as_str());
    let number = booked["document_nr"].as_str().unwrap();
    let act = async |action: &str, body: &str| {
        sim.control(Method::POST, &format!("/bexio/invoices/{number}/{action}"), body).await
    };
    assert_eq!(act("issue", "").await["status"], 8);
    let paid = act("pay", r#"{"amount":"81.00","date":"2026-06-01"}"#).await;
    assert_eq!((&paid["status"], &paid["payments"][0]["date"]), (&json!(16), &json!("2026-06-01")));
    assert_eq!(act("pay", "").await["status"], 9);
    let payment = format!("/bexio/invoices/{number}/payments/{}", paid["payments"][0]["id"]);
    assert_eq!(sim.control(Method::DELETE, &payment, "").await["status"], 16);
    let edited =
        sim.control(Method::PATCH, &format!("/bexio/invoices/{reference}"), r#"{"status":31}"#).await;
    assert_eq!(edited["status"], 31);
    assert_eq!(act("cancel", "").await["status"], 19);

    let state = sim.control(Method::GET, "/state", "").await;
    assert_eq!(state["psohub"]["invoices"].as_array().unwrap().len(), 1);
    assert_eq!(state["bexio"]["invoices"][0]["status"], 19);
    sim.control(Method::DELETE, "/psohub/invoices/INV-2026-7", "").await;
    assert_eq!(sim.list("").await.len(), 0);
}

#[tokio::test]
async fn ids_go_out_as_text_and_come_in_as_text_or_number() {
    let sim = Sim::empty().await;
    for (number, id) in [("INV-1", r#""41939771862548888""#), ("INV-2", "41939771862548889")] {
        let body = format!(
            r#"{{"id":{id},"number":"{number}","customer":{{"id":{id},"name":"Kunde","contact_id":7,"contact_name":"Eva","contact_email":"eva@kunde.example"}}}}"#
        );
        let added = sim.control(Method::POST, "/psohub/invoices", &body).await;
        assert_eq!(
            (&added["id"], &added["customer"]["contact_id"]),
            (&json!(id.trim_matches('"')), &json!("7"))
        );
        let row = &sim.list(&format!("?invoicenumber={number}")).await[0];
        assert_eq!(row["InvoiceID"].to_string(), id.trim_matches('"'));
        assert_eq!(row["CustomerID"], row["InvoiceID"]);
    }
    let bad = sim.control_raw(Method::POST, "/psohub/invoices", r#"{"id":"x"}"#).await;
    assert_eq!(bad.status(), 400);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let sim = Sim::empty().await;
    sim.control(Method::POST, "/bexio/invoices", r#"{"total_ex_vat":"50","issued":false}"#).await;
    for (method, path, body, expected) in [
        (Method::GET, "/nothing", "", 404),
        (Method::PATCH, "/psohub/invoices/INV-9", "{}", 404),
        (Method::POST, "/psohub/invoices", "{", 400),
        (Method::POST, "/psohub/invoices", r#"{"numbr":"x"}"#, 400),
        (Method::POST, "/bexio/invoices/1/pay", "", 409),
        (Method::POST, "/bexio/invoices/1/dance", "", 404),
        (Method::POST, "/bexio/invoices/99/issue", "", 404),
        (Method::PATCH, "/psohub/options", r#"{"limit":"sometimes"}"#, 400),
        (Method::POST, "/faults", r#"{"action":"explode"}"#, 400),
        (Method::DELETE, "/faults/5", "", 404),
    ] {
        let answer = sim.control_raw(method, path, body).await;
        assert_eq!(answer.status().as_u16(), expected, "{path} {body}");
        assert!(answer.json::<Value>().await.unwrap()["error"].is_string(), "{path}");
    }
}

#[tokio::test]
async fn the_largest_amounts_break_nothing() {
    let sim = Sim::empty().await;
    let most = "79228162514264337593543950335";
    let line = format!(
        r#"{{"number":"1","name":"x","description":"","gl_account":null,"tax_code":null,"tax_name":"","total_ex_vat":"{most}","total_inc_vat":"-{most}","details":[]}}"#
    );
    let body = format!(r#"{{"number":"INV-1","lines":[{line},{line}]}}"#);
    let added = sim.control(Method::POST, "/psohub/invoices", &body).await;
    assert_eq!(added["total_ex_vat"], most);
    sim.control(Method::POST, "/psohub/invoices/INV-1/book", "").await;
    assert_eq!(sim.list("").await.len(), 1);
}

#[tokio::test]
async fn options_change_while_it_runs() {
    let sim = Sim::empty().await;
    let options =
        sim.control(Method::PATCH, "/psohub/options", r#"{"limit":"fifty_by_default","quirks":["id_text"]}"#);
    assert_eq!(options.await["quirks"], json!(["id_text"]));
    let options = sim.control(Method::PATCH, "/psohub/options", r#"{"oauth":{"consent_page":true}}"#).await;
    assert_eq!(
        (&options["limit"], &options["oauth"]["consent_page"]),
        (&json!("fifty_by_default"), &json!(true))
    );
    let change = r#"{"quirks":["cancel_keeps_remaining"],"limits":{"general":10,"search":5,"items":1}}"#;
    let options = sim.control(Method::PATCH, "/bexio/options", change).await;
    assert_eq!(
        (&options["quirks"], &options["limits"]["search"]),
        (&json!(["cancel_keeps_remaining"]), &json!(5))
    );
}

#[tokio::test]
async fn faults_traffic_and_clock_are_at_hand() {
    let sim = Sim::empty().await;
    let rule = r#"{"upstream":"psohub","when":{"first":1},"action":{"status":{"code":503,"body":"html"}}}"#;
    let id = sim.control(Method::POST, "/faults", rule).await["id"].clone();
    assert_eq!(sim.psohub(Method::GET, "/invoices").send().await.unwrap().status(), 503);
    let faults = sim.control(Method::GET, "/faults", "").await;
    assert_eq!((&faults["rules"][0]["id"], &faults["rules"][0]["fired"]), (&id, &json!(1)));
    let traffic = sim.control(Method::GET, "/traffic?last=5", "").await;
    assert_eq!(traffic["calls"][0]["status"], 503);
    assert_eq!(traffic["routes"][0]["route"], "GET /rest/psohubapi/v1/invoices");
    sim.control(Method::DELETE, "/traffic", "").await;
    assert_eq!(sim.control(Method::GET, "/traffic", "").await["calls"], json!([]));
    sim.control(Method::DELETE, &format!("/faults/{id}"), "").await;
    assert_eq!(sim.control(Method::POST, "/faults/release", "").await["applied"], 0);
    let clock = sim.control(Method::POST, "/clock", r#"{"advance_seconds":60}"#).await;
    assert_eq!(clock, json!({ "now": "2026-06-18T12:01:00Z", "zurich": "2026-06-18T14:01:00" }));
    let clock = sim.control(Method::POST, "/clock", r#"{"set":"2026-01-01T00:00:00Z"}"#).await;
    assert_eq!(clock["now"], "2026-01-01T00:00:00Z");
}

#[tokio::test]
async fn an_empty_world_is_filled_once() {
    let sim = Sim::empty().await;
    let overview = sim.control(Method::GET, "/", "").await;
    assert_eq!((&overview["psohub"]["invoices"], &overview["bexio"]["invoices"]), (&json!(0), &json!(0)));
    assert_eq!(sim.simulator.world().bexio().contacts().len(), 0);
    sim.control(Method::POST, "/seed", r#"{"invoices":25,"seed":3}"#).await;
    assert_eq!(sim.list("").await.len(), 25);
    assert_eq!(sim.control_raw(Method::POST, "/seed", "").await.status(), 409);
}

#[tokio::test]
async fn life_is_the_same_for_the_same_seed_and_leaves_the_example_alone() {
    let mut lives = Vec::new();
    for _ in 0..2 {
        let sim = Sim::start(SimulatorOptions::with_invoices(40)).await;
        let events: Vec<_> = (0..120).map(|_| sim.simulator.live_step()).collect();
        assert_eq!(sim.list("?invoicenumber=INV-2024-33").await[0]["InvoiceStatus"], "Draft");
        lives.push(events);
    }
    assert_eq!(lives[0], lives[1]);
    let kinds: std::collections::BTreeSet<_> =
        lives[0].iter().map(|event| format!("{event:?}").split('(').next().unwrap().to_owned()).collect();
    assert_eq!(
        kinds.into_iter().collect::<Vec<_>>(),
        ["Approved", "Booked", "Drafted", "Edited", "Paid", "PartPaid", "Sent"]
    );
}

#[tokio::test]
async fn an_empty_world_can_live() {
    let sim = Sim::empty().await;
    let event = sim.control(Method::POST, "/live/step", "").await;
    assert!(event["drafted"].is_string(), "{event}");
    assert_eq!(sim.list("?invoicestatus=draft").await.len(), 1);
}

#[tokio::test]
async fn life_leaves_every_third_approved_invoice_to_the_user() {
    let sim = Sim::empty().await;
    let events: Vec<_> = (0..200).map(|_| sim.simulator.live_step()).collect();
    let approved = events.iter().filter_map(|event| match event {
        Event::Approved(id) => id.parse::<i64>().ok(),
        _ => None,
    });
    let left: Vec<_> = approved.filter(|id| id % 3 == 0).collect();
    assert!(left.len() > 3, "{left:?}");
    let world = sim.simulator.world();
    assert!(left.iter().all(|&id| world.psohub().invoice(id).unwrap().status == Status::Approved));
}

#[tokio::test]
async fn life_goes_on_by_itself() {
    let sim = Sim::empty().await;
    sim.simulator.live(std::time::Duration::from_millis(1));
    while sim.list("").await.len() < 3 {
        tokio::task::yield_now().await;
    }
}
