//! Crash schedules: the real gateway in a process of its own, which dies, over upstreams that fail.
//!
//! One executable, two roles. Started by Cargo it plays schedules: each one, drawn from a seed, says which
//! invoices are sent by whom, what goes wrong at the upstreams, and where the gateway dies. The gateway is this
//! executable again (`gateway`), with the real database file, HTTP in both directions and a clock that the
//! player moves. What came of it is judged from what the simulated upstreams hold, not from the gateway's word.
//! docs/testing-crashes.md tells how to run it, to replay a seed, and what it has found.

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]
#![expect(unreachable_pub, reason = "nothing is public outside of a test binary")]

mod callers;
mod company;
mod dice;
mod faults;
mod gateway;
mod judge;
mod options;
mod play;
mod process;
mod protocol;
mod schedule;
mod tally;
mod tripwire;

use std::process::ExitCode;

use options::{Mode, Options};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match options::mode(&arguments) {
        Mode::Gateway => {
            gateway::run();
            ExitCode::SUCCESS
        }
        Mode::List => {
            println!("{}: test", options::TEST_NAME);
            ExitCode::SUCCESS
        }
        Mode::PassOver => ExitCode::SUCCESS,
        Mode::Play => tally::play_all(&Options::from_environment()),
    }
}
