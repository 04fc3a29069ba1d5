//! Everything hostile at once, against a running service: it lives, answers each request with a code, keeps its memory
//! and goes on serving others. Run against the binary that `GATEWAY_BINARY` names (CI: the release build), or the one
//! built with the tests; what was measured is printed.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]
#![expect(unreachable_pub, reason = "nothing is public outside of a test binary")]

mod attack;
mod bodies;
mod documents;
mod flood;
mod fuzz;
#[expect(dead_code, reason = "the rest is for the other tests")]
#[path = "../it/live_client.rs"]
mod live_client;
#[expect(dead_code, reason = "the rest is for the other tests")]
#[path = "../it/support/process.rs"]
mod process;
mod slow;
mod target;
mod traffic;

use std::time::Duration;

use attack::{Attack, Attacker};
use process::GatewayProcess;
use target::Target;
use traffic::Traffic;

/// Invoices of the company that is served.
const INVOICES: usize = 2_000;

/// What the process may hold at most beyond what it held before, in bytes. Its caches are bounded at some 40 MB.
const GROWTH_BYTES_MAX: u64 = 256 * 1024 * 1024;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_service_lives_through_all_of_it() {
    let mut demo = GatewayProcess::demo(INVOICES);
    let target = Target::new(demo.url());
    target.wait_for_invoices().await;
    let quiet = Traffic::over(&target, tokio::time::sleep(Duration::from_secs(5))).await;
    println!("hostile documents, one by one: {}", documents::one_by_one(&target).await);
    let before = demo.peak_memory_bytes();
    println!("normal traffic, quiet: {quiet}");

    let slow = Attacker::start(Attack::Slow, demo.url());
    let mut meanwhile = Traffic::default();
    for attack in Attack::ALL {
        let attacker = Attacker::start(attack, demo.url());
        let during = Traffic::over(&target, attacker.end()).await;
        println!("normal traffic, beside {}: {during}; {}", attack.name(), during.p99_beside(&quiet));
        assert!(demo.is_alive(), "{} ended the process:\n{}", attack.name(), demo.log());
        meanwhile.add(during);
    }
    slow.end().await;

    let after = demo.peak_memory_bytes();
    println!("normal traffic, under attack: {meanwhile}; {}", meanwhile.p99_beside(&quiet));
    println!("memory at most: {} MB before, {} MB after", before >> 20, after >> 20);
    assert!(after < before + GROWTH_BYTES_MAX, "memory grew from {before} to {after} bytes");
    assert!(meanwhile.failed() == 0, "normal requests failed meanwhile: {meanwhile}");
    assert!(demo.is_alive());
    let log = demo.log();
    assert!(!log.contains("panicked"), "{log}");
}
