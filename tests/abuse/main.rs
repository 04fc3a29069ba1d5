//! Everything hostile at once, against a running service: it lives, answers each request with a code, keeps its memory
//! and goes on serving others. Run against the binary that `GATEWAY_BINARY` names (CI: the release build), or the one
//! built with the tests; what was measured is printed.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]
#![expect(unreachable_pub, reason = "nothing is public outside of a test binary")]

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

use invoice_gateway::domain::{Clock, SystemClock};
use process::GatewayProcess;
use target::Target;
use traffic::Traffic;

/// Invoices of the company that is served.
const INVOICES: usize = 2_000;

/// What the process may hold at most beyond what it held before, in bytes. Its caches are bounded at some 40 MB.
const GROWTH_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// How much of what takes long is sent: less to a debug build, whose answers take ten times as long.
fn amount(release: usize, debug: usize) -> usize {
    if std::env::var("GATEWAY_BINARY").is_ok() { release } else { debug }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_service_lives_through_all_of_it() {
    let mut demo = GatewayProcess::demo(INVOICES);
    let target = Target::new(demo.url());
    target.wait_for_invoices().await;
    let quiet = Traffic::over(&target, tokio::time::sleep(Duration::from_secs(3))).await;
    let before = demo.peak_memory_bytes();

    let clock = SystemClock::new();
    let attacks = async {
        let slow = slow::hold_open(&target).await;
        for (name, attack) in [
            ("hostile documents", Attack::Documents),
            ("hostile bodies", Attack::Bodies),
            ("a flood of introspections", Attack::Introspections),
            ("random requests", Attack::Random),
        ] {
            let began = clock.elapsed();
            attack.run(&target).await;
            println!("{name}: {:.1?}", clock.elapsed().saturating_sub(began));
            assert!(demo.is_alive(), "{name} ended the process:\n{}", demo.log());
        }
        slow
    };
    let (meanwhile, slow) = Traffic::beside(&target, attacks).await;
    slow.end().await;

    let after = demo.peak_memory_bytes();
    println!("requests: {}", target.tally());
    println!("normal traffic, quiet: {quiet}");
    let tenths = meanwhile.p99_tenths_of(&quiet);
    println!("normal traffic, under attack: {meanwhile}; p99 {}.{} times as long", tenths / 10, tenths % 10);
    println!("memory at most: {} MB before, {} MB after", before >> 20, after >> 20);
    assert!(after < before + GROWTH_BYTES_MAX, "memory grew from {before} to {after} bytes");
    assert!(meanwhile.failed() == 0, "normal requests failed meanwhile: {meanwhile}");
    assert!(demo.is_alive());
    let log = demo.log();
    assert!(!log.contains("panicked"), "{log}");
}

/// One kind of abuse.
#[derive(Debug, Clone, Copy)]
enum Attack {
    Documents,
    Bodies,
    Introspections,
    Random,
}

impl Attack {
    async fn run(self, target: &Target) {
        match self {
            Self::Documents => documents::send(target).await,
            Self::Bodies => bodies::send(target).await,
            Self::Introspections => flood::introspect(target, amount(200, 40)).await,
            Self::Random => fuzz::send(target, amount(10_000, 2_000)).await,
        }
    }
}
