//! How fast the mirror is written and read: 100,000 invoices of five lines, on a file.
//!
//! `cargo bench --bench mirror`; on PostgreSQL too with `BENCH_POSTGRES_URL` set to an empty
//! database. `MIRROR_ROWS` changes the number of rows.

#![expect(clippy::unwrap_used, reason = "a bench that cannot run has nothing else to say")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use invoice_gateway::domain::{
    CurrencyCode, DetailKind, Invoice, InvoiceContact, InvoiceCustomer, InvoiceLine, InvoiceStatus,
    LineDetail, Money, PsohubContactId, PsohubCustomerId, PsohubInvoiceId,
};
use invoice_gateway::store::{MirrorState, MirrorWrite, Store, StoreOptions};
use rust_decimal::Decimal;
use tokio::runtime::Runtime;

/// The service's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn bench(criterion: &mut Criterion) {
    let count = std::env::var("MIRROR_ROWS").ok().and_then(|rows| rows.parse().ok()).unwrap_or(100_000);
    let runtime = Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let sqlite = format!("sqlite:{}/mirror.db", folder.path().display());
    let postgres = std::env::var("BENCH_POSTGRES_URL").ok();
    let rows: Vec<Arc<Invoice>> = (0..count).map(|number| Arc::new(invoice(number))).collect();
    for (backend, url) in [("sqlite", Some(sqlite)), ("postgres", postgres)] {
        let Some(url) = url else { continue };
        let store = runtime.block_on(async {
            let store = Store::open(&url, StoreOptions::default()).await.unwrap();
            store.migrate().await.unwrap();
            store.write_psohub_mirror(write(rows.clone(), true)).await.unwrap();
            store
        });
        let mut group = criterion.benchmark_group(format!("mirror/{backend}"));
        group.sample_size(10).measurement_time(Duration::from_secs(10));
        group.throughput(Throughput::Elements(count));
        group.bench_function("load all", |bencher| {
            bencher.iter(|| runtime.block_on(store.load_psohub_mirror()).unwrap().unwrap().rows.len());
        });
        group.bench_function("write all", |bencher| {
            bencher.iter_batched(
                || write(rows.clone(), true),
                |write| runtime.block_on(store.write_psohub_mirror(write)).unwrap(),
                BatchSize::PerIteration,
            );
        });
        for changed in [1, 100] {
            group.throughput(Throughput::Elements(changed as u64));
            group.bench_function(format!("write {changed} changed"), |bencher| {
                bencher.iter_batched(
                    || write(rows.iter().step_by(rows.len() / changed).cloned().collect(), false),
                    |write| runtime.block_on(store.write_psohub_mirror(write)).unwrap(),
                    BatchSize::PerIteration,
                );
            });
        }
        group.finish();
        bench_open(criterion, &runtime, backend, &url);
    }
}

/// A restart without its rows: connections, the check of the file, the schema.
fn bench_open(criterion: &mut Criterion, runtime: &Runtime, backend: &str, url: &str) {
    let mut group = criterion.benchmark_group(format!("mirror/{backend}"));
    group.sample_size(10);
    group.bench_function("open", |bencher| {
        bencher.iter(|| {
            runtime.block_on(async {
                let store = Store::open(url, StoreOptions::default()).await.unwrap();
                store.migrate().await.unwrap();
                store.close().await;
            });
        });
    });
    group.finish();
}

fn write(rows: Vec<Arc<Invoice>>, replace_all: bool) -> MirrorWrite<Invoice, PsohubInvoiceId> {
    let state = MirrorState {
        fetched_at: jiff::Timestamp::UNIX_EPOCH,
        watermark: None,
        full_pass_at: None,
        extra: BTreeMap::new(),
    };
    MirrorWrite { upserts: rows, deletes: Vec::new(), replace_all, state }
}

fn invoice(number: u64) -> Invoice {
    let text = |text: String| Some(text.into_boxed_str());
    let amount = |cents: u64| Decimal::from_i128_with_scale(i128::from(cents), 2);
    let base = |cents| Some(Money::new(amount(cents), CurrencyCode::CHF));
    let line = |line: u64| InvoiceLine {
        number: format!("10.{line:03}").into(),
        name: text(format!("Phase {line} of project {}", number % 700)),
        description: text("Architecture, planning and supervision on site".to_owned()),
        gl_account: text("3400".to_owned()),
        tax_code: text("UN81".to_owned()),
        tax_name: text("MWST 8.1%".to_owned()),
        total_ex_vat: Some(amount(number * line)),
        total_inc_vat: Some(amount(number * line * 2)),
        details: Box::new([LineDetail {
            kind: DetailKind::Time,
            date: Some(jiff::civil::date(2026, 1, 5)),
            person: text("Ada Müller".to_owned()),
            role: text("Architect".to_owned()),
            description: text("Review of the drawings".to_owned()),
            hours: Some(amount(775)),
            hourly_rate: Some(amount(15_000)),
            amount_ex_vat: Some(amount(number)),
            amount_inc_vat: None,
        }]),
    };
    Invoice {
        // Spread like PSOhub's, not in order.
        id: PsohubInvoiceId::new(
            41_939_771_881_672_249 + i64::try_from((number * 7_919) % 10_000_019).unwrap(),
        )
        .unwrap(),
        number: format!("INV-2026-{number}").into(),
        name: text(format!("Project {} March", number % 700)),
        date: Some(jiff::civil::date(2026, 3, 29)),
        due_date: Some(jiff::civil::date(2026, 4, 28)),
        note: text("Thank you for your trust. Payable within 30 days.".to_owned()),
        status: InvoiceStatus::Sent,
        status_raw: "Sent".into(),
        customer: Some(InvoiceCustomer {
            id: PsohubCustomerId::new(21_110_623_256_832_211),
            name: format!("Customer {} AG", number % 900).into(),
        }),
        contact: Some(InvoiceContact {
            id: PsohubContactId::new(41_939_771_862_548_888),
            name: text("Grace Hopper".to_owned()),
            email: text("grace@example.com".to_owned()),
        }),
        currency: CurrencyCode::CHF,
        total_ex_vat: amount(number * 15),
        total_inc_vat: amount(number * 16),
        total_ex_vat_base: base(number * 15),
        total_inc_vat_base: base(number * 16),
        lines: (1..=5).map(line).collect(),
        external_id: None,
        has_pdf: true,
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
