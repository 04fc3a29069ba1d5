//! When the payment sync runs by itself, with ticks and a clock that only the test moves.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use invoice_gateway::domain::SharedClock;
use invoice_gateway::domain::payment::run::{RunStatus, SyncRun, Trigger};
use invoice_gateway::domain::schedule::Schedule;
use invoice_gateway::jobs::{PaymentSyncJob, Ticks};
use invoice_gateway::services::payment_sync::PaymentSyncService;
use serde_json::json;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use upstream_simulator::psohub::Status;

use super::support::{booked, wait_until};
use crate::support::app::{TestApp, TestOptions};

/// Ticks that the test gives, and how often the job came back for the next one.
struct GivenTicks(mpsc::UnboundedReceiver<()>, Arc<std::sync::atomic::AtomicUsize>, Arc<Mutex<String>>);

impl Ticks for GivenTicks {
    fn next(&mut self) -> BoxFuture<'_, ()> {
        self.1.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        async {
            if self.0.recv().await.is_none() {
                std::future::pending::<()>().await;
            }
        }
        .boxed()
    }

    fn follow<'a>(&'a mut self, schedule: &'a Schedule) -> BoxFuture<'a, ()> {
        schedule.as_str().clone_into(&mut self.2.lock().unwrap());
        std::future::ready(()).boxed()
    }
}

/// The job of a process, which runs beside the test.
struct Job {
    tick: mpsc::UnboundedSender<()>,
    waits: Arc<std::sync::atomic::AtomicUsize>,
    /// The schedule that the ticks were told to follow.
    followed: Arc<Mutex<String>>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Job {
    /// Starts it, and returns when it has done what was due at start.
    async fn start(app: &TestApp) -> Self {
        Self::of(app.payment_sync(), app.shared_clock()).await
    }

    async fn of(service: &PaymentSyncService, clock: SharedClock) -> Self {
        let (tick, ticks) = mpsc::unbounded_channel();
        let (waits, followed) = (Arc::default(), Arc::default());
        let stop = CancellationToken::new();
        let schedule = service.schedule().borrow().clone().unwrap();
        let ticks = GivenTicks(ticks, Arc::clone(&waits), Arc::clone(&followed));
        let job = PaymentSyncJob::new(service.clone(), clock, (ticks, schedule), stop.clone());
        let task = tokio::spawn(async move { drop(job.run().await) });
        let job = Self { tick, waits, followed, stop, task };
        job.waits_again(0).await;
        job
    }

    fn waits(&self) -> usize {
        self.waits.load(std::sync::atomic::Ordering::SeqCst)
    }

    /// Returns when it has looked whether something is due, and done it.
    async fn waits_again(&self, before: usize) {
        wait_until(|| self.waits() > before).await;
    }

    /// A tick, whatever the time.
    async fn tick(&self) {
        let before = self.waits();
        self.tick.send(()).unwrap();
        self.waits_again(before).await;
    }

    async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

async fn runs(app: &TestApp) -> Vec<SyncRun> {
    let mut runs = app.store().sync_runs(None, 100).await.unwrap();
    runs.reverse();
    runs
}

async fn triggers(app: &TestApp) -> Vec<Trigger> {
    runs(app).await.into_iter().map(|run| run.trigger).collect()
}

const HOUR: Duration = Duration::from_hours(1);

#[tokio::test(flavor = "multi_thread")]
async fn it_runs_at_start_and_then_when_a_tick_finds_it_due() {
    let app = TestApp::start().await;
    let invoice = booked(&app, "INV-1", Status::Sent);
    let job = Job::start(&app).await;
    assert_eq!(triggers(&app).await, [Trigger::Start]);
    // Ticks at the wrong time, doubled ticks.
    job.tick().await;
    job.tick().await;
    assert_eq!(triggers(&app).await.len(), 1);
    invoice.pay(&app);
    let before = job.waits();
    app.advance(2 * HOUR);
    job.waits_again(before).await;
    job.tick().await;
    job.tick().await;
    assert_eq!(triggers(&app).await, [Trigger::Start, Trigger::Schedule]);
    assert_eq!(invoice.status(&app), Status::Paid);
    job.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_makes_up_for_what_was_missed_and_for_nothing_else() {
    let app = TestApp::start().await;
    Job::start(&app).await.stop().await;
    let app = app.restart().await;
    Job::start(&app).await.stop().await;
    assert_eq!(triggers(&app).await, [Trigger::Start], "the last good run is young");
    app.advance(10 * 24 * HOUR);
    let app = app.restart().await;
    Job::start(&app).await.stop().await;
    assert_eq!(triggers(&app).await, [Trigger::Start, Trigger::Start], "one, and not a hundred and twenty");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_run_has_had_its_turn_until_the_next_time_or_the_next_start() {
    let app = TestApp::start().await;
    app.simulator.stop_bexio().await;
    let job = Job::start(&app).await;
    job.tick().await;
    app.simulator.start_bexio().await.unwrap();
    job.tick().await;
    assert_eq!(runs(&app).await.len(), 1);
    job.stop().await;
    let app = app.restart().await;
    Job::start(&app).await.stop().await;
    let statuses: Vec<_> = runs(&app).await.into_iter().map(|run| run.status).collect();
    assert_eq!(statuses, [RunStatus::Failed, RunStatus::Succeeded]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_set_back_neither_repeats_a_run_nor_leaves_a_gap() {
    let app = TestApp::start().await;
    let job = Job::start(&app).await;
    let before = job.waits();
    app.advance(2 * HOUR);
    job.waits_again(before).await;
    job.tick().await;
    assert_eq!(runs(&app).await.len(), 2);
    app.clock().set("2026-03-02T08:30:00Z".parse().unwrap());
    job.tick().await;
    assert_eq!(runs(&app).await.len(), 2);
    let before = job.waits();
    app.clock().advance(2 * HOUR);
    job.waits_again(before).await;
    job.tick().await;
    let runs = runs(&app).await;
    assert_eq!((runs.len(), runs[2].started_at.to_string().as_str()), (3, "2026-03-02T10:30:00Z"));
    job.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_processes_one_runs_when_it_is_due() {
    let app = TestOptions::default().start().await;
    let other = app.other_process().await;
    let first = Job::start(&app).await;
    let second = Job::of(&other.payment_sync, app.shared_clock()).await;
    assert_eq!(triggers(&app).await, [Trigger::Start]);
    for expected in 2..6 {
        let before = (first.waits(), second.waits());
        app.advance(2 * HOUR);
        tokio::join!(first.waits_again(before.0), second.waits_again(before.1));
        tokio::join!(first.tick(), second.tick());
        assert_eq!(runs(&app).await.len(), expected);
    }
    assert!(runs(&app).await.iter().all(|run| run.status == RunStatus::Succeeded));
    tokio::join!(first.stop(), second.stop());
}

/// Saves another schedule, as an administrator does.
async fn set_schedule(app: &TestApp, version: i64, cron: &str) {
    let query = "mutation ($input: UpdateSettingsInput!) { updateSettings(input: $input) { userErrors { message } } }";
    let input = json!({"expectedVersion": version, "paymentSyncSchedule": cron});
    let answer = app.answer(query, json!({ "input": input })).await;
    assert_eq!(answer["data"]["updateSettings"]["userErrors"], json!([]), "{answer:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_schedule_holds_at_once_here_and_soon_in_other_processes() {
    let app = TestApp::start().await;
    let other = app.other_process().await;
    let first = Job::start(&app).await;
    let second = Job::of(&other.payment_sync, app.shared_clock()).await;
    app.advance(Duration::from_mins(45));
    let before = first.waits();
    set_schedule(&app, 0, "0 */30 * * * *").await;
    // Without a tick, and without time going by.
    first.waits_again(before).await;
    wait_until(|| *first.followed.lock().unwrap() == "0 */30 * * * *").await;
    let next = app.data("{ paymentSync { schedule nextRun } }").await;
    assert_eq!(next["paymentSync"], json!({"schedule": "0 */30 * * * *", "nextRun": "2026-03-02T09:00:00Z"}));
    first.tick().await;
    assert_eq!(triggers(&app).await, [Trigger::Start], "08:30 is not made up for");

    app.advance(Duration::from_mins(1));
    wait_until(|| *second.followed.lock().unwrap() == "0 */30 * * * *").await;
    first.stop().await;
    let before = second.waits();
    app.advance(Duration::from_mins(14));
    second.waits_again(before).await;
    second.tick().await;
    assert_eq!(triggers(&app).await, [Trigger::Start, Trigger::Schedule], "at 09:00, by the other process");
    second.stop().await;
}
