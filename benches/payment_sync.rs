//! What the payment sync costs over 100,000 tracked invoices of which 50 were paid since the last run:
//! deciding, whole runs, calls and memory. One run, with a floor beside the figure, since machines are noisy.
//!
//!     cargo bench --bench payment_sync [invoices]

#![expect(clippy::unwrap_used, reason = "a measurement prints and stops")]

use std::collections::HashSet;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use invoice_gateway::app::App;
use invoice_gateway::book::{InvoiceBook, Source};
use invoice_gateway::config::Config;
use invoice_gateway::domain::payment::obstacle;
use invoice_gateway::domain::payment::run::{SyncRun, Trigger};
use invoice_gateway::domain::{Clock, SystemClock};
use invoice_gateway::services::payment_sync::{RunRequest, Started};
use upstream_simulator::psohub::{NewPsohubInvoice, Status};
use upstream_simulator::seed::SeedOptions;
use upstream_simulator::traffic::Upstream;
use upstream_simulator::{Simulator, SimulatorOptions};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const PAID: usize = 50;

fn timed<R>(clock: &SystemClock, work: impl FnOnce() -> R) -> (R, Duration) {
    let before = clock.elapsed();
    let result = work();
    (result, clock.elapsed().saturating_sub(before))
}

/// Resident memory of this process now.
fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

/// Nothing that Bexio calls paid is open in PSOhub; then there are so many more, issued and sent.
fn settle(simulator: &Simulator) -> Vec<i64> {
    let world = simulator.world();
    let paid: HashSet<String> = world
        .bexio()
        .invoices()
        .filter(|invoice| invoice.kb_item_status_id == 9)
        .filter_map(|invoice| invoice.api_reference.as_deref().map(str::to_owned))
        .collect();
    let all = world.psohub().invoices().to_vec();
    for invoice in all.iter().filter(|it| matches!(it.status, Status::Approved | Status::Sent)) {
        if paid.contains(&format!("psohub:{}", invoice.id)) {
            world.psohub().set_status(invoice.id, Status::Paid).unwrap();
        }
    }
    let book = |_| {
        let new = NewPsohubInvoice { status: Status::Sent, ..NewPsohubInvoice::default() };
        let id = world.psohub().add(new);
        let bexio = world.book_in_bexio(id).unwrap();
        world.bexio().issue(bexio).unwrap();
        bexio
    };
    (0..PAID).map(book).collect()
}

/// What a run decides by the book alone; how many go on to their payments.
fn decide(book: &InvoiceBook) -> (usize, usize) {
    let obstacles = book.unsettled().map(|row| obstacle(&book.payment_evidence(row, None)));
    obstacles.fold((0, 0), |(checked, paid), found| (checked + 1, paid + usize::from(found.is_none())))
}

async fn run(app: &App, clock: &SystemClock, simulator: &Simulator) -> SyncRun {
    simulator.world().traffic.reset();
    let request =
        RunRequest { trigger: Trigger::Manual { by: "bench".into() }, is_dry_run: false, key: None };
    let start = clock.elapsed();
    let Started::Began(run) = app.payment_sync.start(request).await.unwrap() else { return run_is_none() };
    let run = app.payment_sync.ended(run.id, Duration::from_mins(10)).await.unwrap().unwrap();
    let calls = |upstream| simulator.world().traffic.calls(upstream);
    println!(
        "a run that marks {:<24}{:>10.2?}   ({} checked, {} calls to Bexio, {} to PSOhub)",
        run.counts.paid,
        clock.elapsed().saturating_sub(start),
        run.counts.checked,
        calls(Upstream::Bexio),
        calls(Upstream::Psohub)
    );
    let most = if run.counts.paid == 0 { (1, 0) } else { (2 + run.counts.paid, run.counts.paid) };
    assert!(
        calls(Upstream::Bexio) <= most.0 && calls(Upstream::Psohub) <= most.1,
        "at most {most:?} calls were to be made"
    );
    run
}

fn run_is_none() -> SyncRun {
    println!("another run is under way");
    std::process::exit(1)
}

#[tokio::main]
async fn main() {
    let clock = SystemClock::new();
    let invoices = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(100_000);
    let seed = Some(SeedOptions { invoices, seed: 1 });
    let simulator = Simulator::start(SimulatorOptions { seed, ..SimulatorOptions::default() }).await.unwrap();
    let fresh = settle(&simulator);
    let folder = tempfile::tempdir().unwrap();
    let environment = simulator.environment();
    let config = Config::from_env_map(|name| match name {
        "DATABASE_URL" => Some(format!("sqlite:{}", folder.path().join("gateway.db").display())),
        _ => environment.iter().find(|(variable, _)| *variable == name).map(|(_, value)| value.clone()),
    })
    .unwrap();
    let app = App::build(&config, Arc::new(SystemClock::new())).await.unwrap();
    app.book.refresh(Source::Psohub).await.unwrap();
    app.book.refresh(Source::Bexio).await.unwrap();
    run(&app, &clock, &simulator).await;

    for id in &fresh {
        simulator.world().bexio().pay(*id, None, simulator.world().clock.today()).unwrap();
    }
    app.book.refresh(Source::Bexio).await.unwrap();
    let book = app.book.reader().peek().book;
    let (rows, floor) = timed(&clock, || {
        book.rows().iter().filter(|row| black_box(row.psohub.status).is_receivable()).count()
    });
    let ((checked, paid), time) = timed(&clock, || decide(&book));
    println!(
        "decide on {checked} of {}: {paid} paid      {time:>10.2?}   (floor, reading the status of every row: \
         {floor:.2?}, {rows} open)",
        book.rows().len()
    );
    drop(book);
    let before = resident_bytes();
    run(&app, &clock, &simulator).await;
    println!(
        "memory after it                         {:>10} KiB more",
        resident_bytes().saturating_sub(before) / 1024
    );
    run(&app, &clock, &simulator).await;
}
