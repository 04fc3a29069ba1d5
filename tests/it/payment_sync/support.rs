//! A company whose customers pay: short words for what the tests say often.

use std::time::Duration;

use invoice_gateway::domain::PsohubInvoiceId;
use invoice_gateway::domain::payment::run::{RunItem, RunStatus, SyncRun, Trigger};
use invoice_gateway::services::payment_sync::{PaymentSyncService, RunRequest, Started};
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use upstream_simulator::psohub::{NewPsohubInvoice, Status};

use crate::support::app::TestApp;

/// One invoice on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Booked {
    /// In PSOhub.
    pub psohub: i64,
    /// In Bexio.
    pub bexio: i64,
}

/// An invoice in PSOhub that the accountant has booked and issued in Bexio.
pub fn booked(app: &TestApp, number: &str, status: Status) -> Booked {
    let world = app.simulator.world();
    let new = NewPsohubInvoice { number: Some(number.into()), status, ..NewPsohubInvoice::default() };
    let psohub = world.psohub().add(new);
    let bexio = world.book_in_bexio(psohub).unwrap();
    world.bexio().issue(bexio).unwrap();
    Booked { psohub, bexio }
}

impl Booked {
    /// Money comes in for all that is owed.
    pub fn pay(self, app: &TestApp) -> i64 {
        app.simulator.world().bexio().pay(self.bexio, None, today(app)).unwrap()
    }

    /// Money comes in for a part of it.
    pub fn pay_part(self, app: &TestApp, amount: i64) -> i64 {
        let amount = Some(Decimal::from(amount));
        app.simulator.world().bexio().pay(self.bexio, amount, today(app)).unwrap()
    }

    /// What PSOhub itself says.
    pub fn status(self, app: &TestApp) -> Status {
        app.simulator.world().psohub().invoice(self.psohub).unwrap().status.clone()
    }

    pub fn id(self) -> PsohubInvoiceId {
        PsohubInvoiceId::new(self.psohub).unwrap()
    }
}

pub fn today(app: &TestApp) -> Date {
    app.simulator.world().clock.today()
}

/// How long a test waits for a run, in real time.
const PATIENCE: Duration = Duration::from_mins(4);

/// A run that somebody asks for by hand.
pub fn by_hand(is_dry_run: bool) -> RunRequest {
    RunRequest { trigger: Trigger::Manual { by: "eva".into() }, is_dry_run, key: None }
}

/// Runs the sync to its end.
pub async fn run(app: &TestApp) -> SyncRun {
    run_with(app.payment_sync(), by_hand(false)).await
}

pub async fn run_with(service: &PaymentSyncService, request: RunRequest) -> SyncRun {
    match service.start(request).await.unwrap() {
        Started::Began(run) => ended(service, &run).await,
        other => panic!("it was to begin: {other:?}"),
    }
}

pub async fn ended(service: &PaymentSyncService, run: &SyncRun) -> SyncRun {
    let run = service.ended(run.id, PATIENCE).await.unwrap().unwrap();
    assert_ne!(run.status, RunStatus::Running, "it was to end: {run:?}");
    run
}

/// What a run did, as it is stored.
pub async fn items(app: &TestApp, run: &SyncRun) -> Vec<RunItem> {
    let stored = app.store().sync_run_items(&[run.id]).await.unwrap();
    stored.into_iter().map(|(_, item)| item).collect()
}

/// Runs `runPaymentSync` with this input and gives its payload.
pub async fn mutate(app: &TestApp, input: Value) -> Value {
    let query = "mutation($input: RunPaymentSyncInput!) { runPaymentSync(input: $input) {
        wasThereBefore userErrors { field code message hint outcome retryable }
        run { id trigger startedBy dryRun status startedAt endedAt nextRun
            failure { code message hint }
            counts { checked paid skipped failed skippedByReason { reason count } }
            calls { psohub bexio }
            items { totalCount nodes { invoiceNumber psohubInvoiceId documentNumber outcome settledBy paidOn
                reason failure message hint invoice { number status } } } }
    } }";
    let mut answer = app.answer(query, json!({ "input": input })).await;
    assert_eq!(answer.get("errors"), None, "{answer:#}");
    answer["data"]["runPaymentSync"].take()
}

/// Waits for something that goes on beside the test.
pub async fn wait_until(mut is_so: impl FnMut() -> bool) {
    for _ in 0..3_000 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it was to happen within 30 s");
}
