//! The gateway's process: the real service under a clock that only the player moves.
//!
//! The runtime's own timers stand still with that clock, so that time-outs, back-offs and quiet periods pass
//! together and only when the player says so. What differs from production is one thread in place of several.

use std::collections::BTreeMap;
use std::io::{BufRead as _, Write as _};
use std::sync::Arc;
use std::time::Duration;

use invoice_gateway::app::App;
use invoice_gateway::book::{BookService, Source};
use invoice_gateway::config::Config;
use invoice_gateway::domain::delivery::{Decision, DeliveryId};
use invoice_gateway::domain::plan::SendOptions;
use invoice_gateway::domain::{ManualClock, PsohubInvoiceId};
use invoice_gateway::services::deliveries::{DeliveryService, ResolveRequest, SendError, SendRequest, Sent};
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::protocol::{Answer, Command, Report, Request, SendCommand, Setup};
use crate::tripwire::{self, TripwireLayer};

/// Who asks for everything.
const BY: &str = "a person";

/// Serves until its input ends, or it dies.
pub fn run() {
    let setup: Setup =
        serde_json::from_str(&read_line().expect("a set-up comes first")).expect("it is a set-up");
    tracing_subscriber::registry().with(TripwireLayer::new(setup.tripwire.clone())).init();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime can be made");
    runtime.block_on(serve(setup));
    // The reader of the input waits for a line that will not come.
    std::process::exit(0);
}

async fn serve(setup: Setup) {
    let (sender, mut requests) = mpsc::unbounded_channel();
    // While a blocking task runs, the runtime does not move its paused time by itself.
    tokio::task::spawn_blocking(move || {
        while let Some(request) = read_line().and_then(|line| serde_json::from_str(&line).ok()) {
            if sender.send(request).is_err() {
                return;
            }
        }
    });
    let now = Timestamp::from_millisecond(setup.now_ms).expect("the set-up names an instant");
    let clock = Arc::new(ManualClock::new(now));
    let config =
        Config::from_env_map(|name| setup.settings.get(name).cloned()).expect("the settings are right");
    let app = App::build(&config, clock.clone()).await.unwrap_or_else(|error| panic!("it starts: {error}"));
    let app = app.open_to_everybody();
    let inside = Inside { clock, book: Arc::clone(&app.book), deliveries: app.deliveries.clone() };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port is free");
    let url = format!("http://{}", listener.local_addr().expect("it has an address"));
    tokio::spawn(app.run(listener, CancellationToken::new()));
    say(&Report::Ready { url });
    while let Some(Request { id, command }) = requests.recv().await {
        if let Command::Advance { ms } = command {
            inside.advance(Duration::from_millis(ms)).await;
            say(&Report::Answer { id, answer: Answer::Done });
            continue;
        }
        let inside = inside.clone();
        tokio::spawn(async move {
            let answer = inside.answer(command).await;
            say(&Report::Answer { id, answer });
        });
    }
}

/// What commands work on.
#[derive(Clone)]
struct Inside {
    clock: Arc<ManualClock>,
    book: Arc<BookService>,
    deliveries: DeliveryService,
}

impl Inside {
    /// Both clocks in one go: no task runs in between.
    async fn advance(&self, by: Duration) {
        self.clock.advance(by);
        tokio::time::advance(by).await;
    }

    async fn answer(&self, command: Command) -> Answer {
        match command {
            Command::Advance { .. } => Answer::Done,
            Command::Look => self.look().await,
            Command::Disarm => {
                tripwire::disarm();
                Answer::Done
            }
            Command::Send(send) => self.send(send).await,
            Command::Resolve { delivery, decision, expected_version } => {
                self.resolve(delivery, decision, expected_version).await
            }
            Command::Deliveries => Answer::Deliveries(
                self.book.deliveries().current().iter().map(|entry| entry.delivery.clone()).collect(),
            ),
            Command::History => self.history().await,
        }
    }

    async fn send(&self, send: SendCommand) -> Answer {
        let SendCommand { invoice, key, email, wait_ms } = send;
        let request = SendRequest {
            invoice: PsohubInvoiceId::new(invoice).expect("it is an id"),
            options: SendOptions { email, ..SendOptions::default() },
            idempotency_key: key.map(String::into_boxed_str),
            expected_plan: None,
            by: BY.into(),
            wait: Duration::from_millis(wait_ms),
        };
        match self.deliveries.send(request).await {
            Ok(Sent { delivery, replayed }) => {
                Answer::Sent { delivery: delivery.delivery.id().get(), replayed }
            }
            Err(error @ (SendError::UnknownInvoice(_) | SendError::Unavailable(_))) => {
                Answer::Unavailable(error.to_string())
            }
            // A person must decide first; the caller is told of which delivery.
            Err(SendError::NotResumable { delivery, .. }) => {
                Answer::Sent { delivery: delivery.delivery.id().get(), replayed: true }
            }
            Err(error) => Answer::Refused(format!("{error:?}")),
        }
    }

    async fn resolve(&self, delivery: i64, decision: Decision, expected_version: u64) -> Answer {
        let delivery = DeliveryId::new(delivery).expect("it is an id");
        let request =
            ResolveRequest { delivery, decision, expected_version, by: BY.into(), wait: Duration::ZERO };
        match self.deliveries.resolve(request).await {
            Ok(entry) => Answer::Sent { delivery: entry.delivery.id().get(), replayed: true },
            Err(error) => Answer::Refused(error.to_string()),
        }
    }

    async fn history(&self) -> Answer {
        let ids: Vec<DeliveryId> =
            self.book.deliveries().current().iter().map(|entry| entry.delivery.id()).collect();
        let mut history: BTreeMap<i64, Vec<u64>> = BTreeMap::new();
        match self.deliveries.log(&ids).await {
            Ok(entries) => {
                for entry in entries {
                    history.entry(entry.delivery.get()).or_default().push(entry.version);
                }
                Answer::History(history)
            }
            Err(error) => Answer::Unavailable(error.to_string()),
        }
    }

    async fn look(&self) -> Answer {
        for source in [Source::Psohub, Source::Bexio] {
            if let Err(error) = self.book.refresh(source).await {
                return Answer::Unavailable(error.to_string());
            }
        }
        Answer::Done
    }
}

/// The next line of the input.
fn read_line() -> Option<String> {
    let mut line = String::new();
    let bytes = std::io::stdin().lock().read_line(&mut line).ok()?;
    (bytes > 0).then_some(line)
}

/// Tells the player, in one write: a line is there whole or not at all.
pub fn say(report: &Report) {
    let mut line = serde_json::to_vec(report).expect("a report is JSON");
    line.push(b'\n');
    let mut output = std::io::stdout().lock();
    // A player that has gone wants to hear nothing.
    let _ = output.write_all(&line).and_then(|()| output.flush());
}
