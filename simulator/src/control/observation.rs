//! Control calls for what surrounds the upstreams: faults, the request log, the clock.

use std::time::Duration;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::routing::{delete, get, post};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Body, Control, ControlError, answer, done};
use crate::faults::FaultRule;
use crate::traffic::Upstream;
use crate::world::SharedWorld;

pub(super) fn router() -> Router<Control> {
    Router::new()
        .route("/faults", get(faults).post(add_fault).delete(clear_faults))
        .route("/faults/{id}", delete(remove_fault))
        .route("/faults/release", post(release))
        .route("/traffic", get(traffic).delete(reset_traffic))
        .route("/clock", get(clock).post(move_clock))
}

async fn faults(State(world): State<SharedWorld>) -> Answer {
    answer(&json!({ "rules": world.faults.rules(), "late_waiting": world.faults.late_waiting() }))
}

async fn add_fault(State(world): State<SharedWorld>, Body(rule): Body<FaultRule>) -> Answer {
    answer(&json!({ "id": world.faults.add(rule) }))
}

async fn remove_fault(State(world): State<SharedWorld>, Path(id): Path<u64>) -> Answer {
    if world.faults.remove(id) { done() } else { Err(ControlError::NotFound(format!("fault rule {id}"))) }
}

async fn clear_faults(State(world): State<SharedWorld>) -> Answer {
    world.faults.clear();
    done()
}

async fn release(State(world): State<SharedWorld>) -> Answer {
    answer(&json!({ "applied": world.faults.release_late().await }))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TrafficQuery {
    /// The newest so many calls; default 100.
    last: Option<usize>,
}

async fn traffic(State(world): State<SharedWorld>, Query(query): Query<TrafficQuery>) -> Answer {
    let exchanges = world.traffic.exchanges();
    let last = query.last.unwrap_or(100).min(exchanges.len());
    let routes: Vec<Value> = world
        .traffic
        .counts()
        .into_iter()
        .map(|(route, counts)| {
            json!({
                "upstream": route.upstream,
                "route": route.route,
                "calls": counts.calls,
                "applied": counts.applied,
                "bytes_out": counts.bytes_out,
            })
        })
        .collect();
    let in_flight = |upstream| json!({ "now": world.traffic.in_flight(upstream), "max": world.traffic.in_flight_max(upstream) });
    answer(&json!({
        "routes": routes,
        "in_flight": { "psohub": in_flight(Upstream::Psohub), "bexio": in_flight(Upstream::Bexio) },
        "calls": &exchanges[exchanges.len() - last..],
    }))
}

async fn reset_traffic(State(world): State<SharedWorld>) -> Answer {
    world.traffic.reset();
    done()
}

/// Where to move the clock.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Move {
    advance_seconds: u64,
    set: Option<Timestamp>,
}

async fn clock(State(world): State<SharedWorld>) -> Answer {
    answer(&json!({ "now": world.clock.now(), "zurich": world.clock.zurich().to_string() }))
}

async fn move_clock(State(world): State<SharedWorld>, Body(change): Body<Move>) -> Answer {
    if let Some(to) = change.set {
        world.clock.set(to);
    }
    world.clock.advance(Duration::from_secs(change.advance_seconds));
    clock(State(world)).await
}
