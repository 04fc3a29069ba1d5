//! What a book of 100,000 invoices costs: bytes an invoice, time to make it, time to query it, time
//! to load it from the mirror. One run, with a floor beside each figure, since machines are noisy.
//!
//!     cargo bench --bench book [invoices]

#![expect(clippy::unwrap_used, reason = "a measurement prints and stops")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use invoice_gateway::app::App;
use invoice_gateway::book::{
    Beside, CombinedInvoice, Deliveries, InvoiceBook, InvoiceFilter, InvoiceOrder, PageRequest, Snapshot,
    Source,
};
use invoice_gateway::config::Config;
use invoice_gateway::domain::receivables::Dimension;
use invoice_gateway::domain::reconciliation::Verdict;
use invoice_gateway::domain::{AccountingInvoice, Clock, InvoiceStatus, SystemClock};
use invoice_gateway::services::export::{CsvTable, Separator};
use upstream_simulator::seed::SeedOptions;
use upstream_simulator::{Simulator, SimulatorOptions};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Resident memory of this process now.
fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

fn timed<R>(clock: &SystemClock, work: impl FnOnce() -> R) -> (R, Duration) {
    let before = clock.elapsed();
    let result = work();
    (result, clock.elapsed().saturating_sub(before))
}

fn config(simulator: &Simulator, folder: &tempfile::TempDir) -> Config {
    let environment = simulator.environment();
    Config::from_env_map(|name| match name {
        "DATABASE_URL" => Some(format!("sqlite:{}", folder.path().join("gateway.db").display())),
        _ => environment.iter().find(|(variable, _)| *variable == name).map(|(_, value)| value.clone()),
    })
    .unwrap()
}

/// How long our own writes take to show: one alone, then those of a batch of 200 sends at once.
async fn show_own_writes(app: &App, clock: &SystemClock) {
    let book = app.book.reader().peek().book;
    let invoices: Vec<_> = book.rows().iter().filter_map(|row| row.bexio.as_deref()).take(200).collect();
    let start = clock.elapsed();
    app.book.note_external_id(book.rows()[0].psohub.id, "RE-1".into()).await;
    println!("one own write, until readers see it      {:>10.2?}", clock.elapsed().saturating_sub(start));
    let (start, version) = (clock.elapsed(), book.version());
    let sends = invoices.iter().map(|invoice| async {
        for step in 1..=4 {
            let left = AccountingInvoice { title: Some(format!("step {step}").into()), ..(*invoice).clone() };
            app.book.note_bexio(left).await;
        }
    });
    futures_util::future::join_all(sends).await;
    let books = app.book.reader().peek().book.version() - version;
    println!(
        "200 times four own writes, one by one    {:>10.2?}   ({books} books made)",
        clock.elapsed().saturating_sub(start)
    );
}

/// What looks over all invoices cost: the report, what is owed, and the tables for spreadsheets.
fn look_over_all(snapshot: &Snapshot, clock: &SystemClock) {
    let all = InvoiceFilter::default();
    let (listed, floor) = timed(clock, || snapshot.list(&all, InvoiceOrder::default()));
    for name in ["reconciliation, contacts counted", "reconciliation, again"] {
        let (report, time) = timed(clock, || snapshot.reconciliation_report(&all, None));
        println!(
            "{name:<40} {time:>10.2?}   (floor, listing all invoices: {floor:.2?}; {} compared)",
            report.rows().len()
        );
    }
    let verdict = InvoiceFilter { verdict: Some(vec![Verdict::Mismatch]), ..InvoiceFilter::default() };
    let request = PageRequest { after: None, before: None, size: 100, from_end: false };
    let (page, time) = timed(clock, || snapshot.page(&verdict, InvoiceOrder::default(), &request));
    println!("{:<40} {time:>10.2?}   ({} match)", "page by verdict", page.total_count);
    let by = [Dimension::Customer, Dimension::Currency, Dimension::Age];
    let (groups, time) = timed(clock, || snapshot.receivables(&all, &by));
    println!("{:<40} {time:>10.2?}   ({} groups)", "receivables", groups.len());
    let table = || CsvTable::invoices(snapshot.clone(), listed.clone(), Separator::Comma);
    let ((bytes, longest), time) = timed(clock, || {
        table()
            .fold((0, 0), |(bytes, longest), piece: Vec<u8>| (bytes + piece.len(), piece.len().max(longest)))
    });
    println!("{:<40} {time:>10.2?}   ({bytes} bytes, at most {longest} at once)", "invoices.csv");
}

/// How long candidates take where nothing is linked yet: the worst a company can begin with.
fn propose_links(book: &InvoiceBook, clock: &SystemClock) {
    let apart = |row: &Arc<CombinedInvoice>| {
        let row = CombinedInvoice { bexio: None, link: None, ..CombinedInvoice::clone(row) };
        Arc::new(row)
    };
    let without_reference = |bexio: &Arc<AccountingInvoice>| {
        Arc::new(AccountingInvoice { api_reference: None, ..AccountingInvoice::clone(bexio) })
    };
    let rows: Vec<_> = book.rows().iter().map(apart).collect();
    let bexio: Vec<_> =
        book.rows().iter().filter_map(|row| row.bexio.as_ref().map(without_reference)).collect();
    let apart = InvoiceBook::new(3, rows, bexio);
    let (_, first) = timed(clock, || apart.link_candidates(&apart.rows()[0]));
    let (found, page) = timed(clock, || {
        let page = apart.rows().iter().rev().take(500);
        page.map(|row| black_box(apart.link_candidates(row)).len()).sum::<usize>()
    });
    println!("link candidates of one, index made       {first:>10.2?}");
    println!("link candidates of a page of 500         {page:>10.2?}   ({found} proposed)");
}

#[tokio::main]
async fn main() {
    let clock = SystemClock::new();
    let invoices = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(100_000);
    let seed = Some(SeedOptions { invoices, seed: 1 });
    let simulator = Simulator::start(SimulatorOptions { seed, ..SimulatorOptions::default() }).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let config = config(&simulator, &folder);

    let before = resident_bytes();
    let app = App::build(&config, Arc::new(SystemClock::new())).await.unwrap();
    let start = clock.elapsed();
    app.book.refresh(Source::Psohub).await.unwrap();
    app.book.refresh(Source::Bexio).await.unwrap();
    let read = clock.elapsed().saturating_sub(start);
    let book = app.book.reader().peek().book;
    let rows = book.rows().len();
    println!(
        "{rows} invoices, {} of them in Bexio",
        book.rows().iter().filter(|row| row.bexio.is_some()).count()
    );
    println!("read from both upstreams and mirrored    {read:>10.2?}");
    println!(
        "resident memory an invoice               {:>10} bytes",
        (resident_bytes() - before) / rows as u64
    );

    let (copy, floor) = timed(&clock, || book.rows().to_vec());
    let (made, build) = timed(&clock, || InvoiceBook::new(2, copy, Vec::new()));
    println!(
        "index the book                           {build:>10.2?}   (floor, copying the list of rows: {floor:.2?})"
    );

    let deliveries = Deliveries::default();
    let beside = Beside { today: jiff::civil::date(2026, 3, 2), deliveries: &deliveries, comparing: None };
    let request = PageRequest { after: None, before: None, size: 100, from_end: false };
    let all = InvoiceFilter::default();
    let open = InvoiceFilter { status: Some(vec![InvoiceStatus::Sent]), ..InvoiceFilter::default() };
    let text = InvoiceFilter { text: Some("zürich konzept".to_owned()), ..InvoiceFilter::default() };
    for (name, filter) in [
        ("first page, order made", &all),
        ("first page, again", &all),
        ("page of the sent ones", &open),
        ("page by text", &text),
    ] {
        let (page, time) = timed(&clock, || made.page(filter, InvoiceOrder::default(), &request, beside));
        println!("{name:<40} {time:>10.2?}   ({} match)", black_box(page).total_count);
    }
    look_over_all(&app.book.reader().peek(), &clock);
    propose_links(&book, &clock);
    show_own_writes(&app, &clock).await;
    drop((app, made, book));

    let (restarted, restart) = {
        let start = clock.elapsed();
        let app = App::build(&config, Arc::new(SystemClock::new())).await.unwrap();
        (app, clock.elapsed().saturating_sub(start))
    };
    assert_eq!(restarted.book.reader().peek().book.rows().len(), rows);
    println!("start from the mirror, ready to serve    {restart:>10.2?}");
}
