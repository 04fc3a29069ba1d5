//! Plays one schedule: a time of faults and deaths, then healing, then a person who decides.

mod decide;
mod heal;
mod last_look;
mod settle;
mod trace;

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::time::Duration;

use invoice_gateway::domain::delivery::{Delivery, Step, Timing, next_step};
use jiff::Timestamp;
use tempfile::TempDir;

use crate::callers::Asking;
use crate::company::Company;
use crate::dice::Dice;
use crate::faults::kind;
use crate::judge;
use crate::process::Gateway;
use crate::protocol::{Answer, Command, SendCommand, Setup, Tripwire};
use crate::schedule::Schedule;
use crate::tally::Counts;
use trace::Trace;

/// Steps of the time of faults, at most.
const FAULTY_STEPS_MAX: u64 = 40;

/// A wake-up that is further away than this is left to the healing.
const FAULTY_WAIT_MAX: Duration = Duration::from_hours(2);

/// What a schedule came to.
pub struct Played {
    /// What must not be.
    pub violations: Vec<String>,
    /// What happened.
    pub counts: Counts,
}

/// When deliveries have something to do.
#[derive(Debug, Clone, Copy, Default)]
struct Wakes {
    /// Some have now; they may be behind another one of the same customer.
    ready: bool,
    /// The soonest of the others.
    waits: Option<Duration>,
}

impl Wakes {
    fn soonest(self) -> Option<Duration> {
        if self.ready { Some(Duration::ZERO) } else { self.waits }
    }
}

/// A schedule that is being played.
pub struct Player {
    /// What is played.
    pub schedule: Schedule,
    dice: Dice,
    /// Both upstreams and their clock.
    pub company: Company,
    folder: TempDir,
    gateway: Option<Gateway>,
    /// Who asks for sends.
    pub callers: Vec<Asking>,
    tripwires: VecDeque<Tripwire>,
    /// Rules inside whose calls the process is to be killed, and the calls' name.
    kills: Vec<(u64, &'static str)>,
    /// Fault rules: their figures' names.
    rules: BTreeMap<u64, (&'static str, &'static str)>,
    /// Effects that wait: since when, and when they come.
    late: BTreeMap<u64, (Timestamp, Timestamp)>,
    /// Calls that had come in when the last process was gone.
    calls_at_death: Option<u64>,
    /// How often a person asked for the e-mail again, by invoice.
    pub mails_asked: Vec<u64>,
    trace: Trace,
    violations: Vec<String>,
    counts: Counts,
}

/// Plays the schedule of `seed`; `trace` prints every step.
pub async fn play(seed: u64, trace: bool) -> Played {
    let schedule = Schedule::draw(seed);
    let mut player = Player::new(schedule).await;
    player.run().await;
    if trace || !player.violations.is_empty() {
        player.print();
    }
    player.finish().await
}

impl Player {
    async fn new(schedule: Schedule) -> Self {
        let company = Company::start(&schedule).await;
        Self {
            dice: Dice::new(schedule.seed, 3),
            folder: folder(),
            gateway: None,
            callers: schedule.callers.iter().cloned().map(Asking::new).collect(),
            tripwires: schedule.tripwires.iter().cloned().collect(),
            kills: Vec::new(),
            rules: BTreeMap::new(),
            late: BTreeMap::new(),
            calls_at_death: None,
            mails_asked: vec![0; schedule.invoices.len()],
            trace: Trace::default(),
            violations: Vec::new(),
            counts: Counts::default(),
            company,
            schedule,
        }
    }

    async fn run(&mut self) {
        self.open().await;
        self.arm();
        self.time_of_faults().await;
        self.heal().await;
        judge::judge(self, false).await;
        if self.schedule.decides {
            self.answer_questions().await;
            judge::judge(self, true).await;
        }
        self.last_look().await;
    }

    /// The first start: both upstreams are well and are read once.
    async fn open(&mut self) {
        self.start().await;
        self.settle().await;
        self.demand(Command::Look).await;
        self.settle().await;
    }

    /// From now on things go wrong.
    fn arm(&mut self) {
        let faults = &self.company.simulator.world().faults;
        for kill in &self.schedule.kills {
            self.kills.push((faults.add(kill.rule()), kill.target.name));
        }
        for fault in &self.schedule.faults {
            self.rules.insert(faults.add(fault.rule()), (fault.target.name, kind(&fault.action)));
        }
    }

    async fn time_of_faults(&mut self) {
        for step in 0..FAULTY_STEPS_MAX {
            if self.gateway.is_none() {
                let pause = self.dice.period(Duration::ZERO, Duration::from_secs(20));
                self.advance(pause).await;
                self.start().await;
                self.settle().await;
                if self.dice.chance(50) {
                    self.ask(Command::Look).await;
                }
            }
            self.send_idle(step).await;
            self.kill_wildly(step).await;
            self.settle().await;
            let Some(by) = self.next_pause(step).await else { return };
            self.advance(by).await;
        }
    }

    /// Kills the process in the middle of whatever it does: the one moment that no seed fixes.
    async fn kill_wildly(&mut self, step: u64) {
        let due = self.schedule.wild_kills.iter().find(|(at, _)| *at == step).copied();
        if let (Some((_, micros)), Some(gateway)) = (due, &mut self.gateway) {
            tokio::time::sleep(Duration::from_micros(micros)).await;
            gateway.kill().await;
            self.say("killed in the middle");
            self.counts.kills_anywhere += 1;
        }
    }

    /// Callers that begin, or begin again.
    async fn send_idle(&mut self, step: u64) {
        for place in 0..self.callers.len() {
            let asking = &self.callers[place];
            if asking.is_idle() && asking.caller.begins <= step && self.gateway.is_some() {
                self.send(place).await;
            }
        }
    }

    async fn send(&mut self, place: usize) {
        let caller = &self.callers[place].caller;
        let (invoice, key, email, wait_ms) =
            (self.company.invoices[caller.invoice], caller.key.clone(), caller.email, caller.wait_ms);
        self.say(&format!("caller {place} sends invoice {}", caller.invoice));
        let command = Command::Send(SendCommand { invoice, key, email, wait_ms });
        if let Some(pending) = self.ask(command).await {
            self.callers[place].wait_for(pending);
        }
    }

    /// How long nothing is done; `None` when there is nothing more to wait for.
    async fn next_pause(&mut self, step: u64) -> Option<Duration> {
        if self.is_held() {
            return Some(self.dice.period(Duration::from_secs(1), Duration::from_secs(16)));
        }
        if self.gateway.is_none() {
            return Some(Duration::ZERO);
        }
        let waits = self.deliveries().await.and_then(|deliveries| self.wakes(&deliveries).soonest());
        let to_come = self.callers.iter().any(|asking| asking.caller.begins > step || !asking.is_answered());
        let wake = waits.filter(|waits| *waits <= FAULTY_WAIT_MAX);
        match (wake, self.dice.under(10)) {
            (None, _) if !to_come => None,
            (Some(wake), 0..5) => Some(wake + Duration::from_millis(1)),
            (_, 0..7) => Some(self.dice.period(Duration::from_millis(1), Duration::from_secs(3))),
            (_, 7..9) => Some(self.dice.period(Duration::from_secs(3), Duration::from_mins(1))),
            _ => Some(self.dice.period(Duration::from_mins(1), Duration::from_mins(10))),
        }
    }

    /// Who has something to do, and when.
    fn wakes(&self, deliveries: &[Delivery]) -> Wakes {
        let now = self.now();
        let mut wakes = Wakes::default();
        for delivery in deliveries {
            match next_step(delivery, now, &Timing::STANDARD) {
                Step::Call(_) | Step::Conclude => wakes.ready = true,
                Step::Rest => {}
                Step::Wait { until } => {
                    let wait = Duration::try_from(until.duration_since(now)).unwrap_or_default();
                    wakes.waits = Some(wakes.waits.map_or(wait, |waits| waits.min(wait)));
                }
            }
        }
        wakes
    }

    /// Starts the gateway on the database that is there.
    async fn start(&mut self) {
        if let Some(calls) = self.calls_at_death.take()
            && calls != self.company.world().traffic.last_number()
        {
            self.violate("a call came in after the process was gone");
        }
        let tripwire = self.tripwires.pop_front();
        self.say(&format!("the gateway starts, {tripwire:?}"));
        let setup = Setup { settings: self.settings(), now_ms: self.now().as_millisecond(), tripwire };
        self.gateway = Some(Gateway::start(&setup).await);
        self.counts.lives += 1;
    }

    fn settings(&self) -> BTreeMap<String, String> {
        let file = self.folder.path().join("gateway.db");
        // Looks at the upstreams happen when the schedule asks for them, and where a send needs them.
        let never = "315360000";
        let own = [
            ("DATABASE_URL", format!("sqlite:{}", file.display())),
            ("REVENUE_ACCOUNT", "3400".to_owned()),
            ("TAX_CODE", "UN81".to_owned()),
            ("PSOHUB_REFRESH_SECONDS", never.to_owned()),
            ("BEXIO_REFRESH_SECONDS", never.to_owned()),
            // Calls are spoilt in every order here: none of them is to be left out.
            ("UPSTREAM_BREAKER_FAILURES", "1000000".to_owned()),
        ];
        let upstreams = self.company.simulator.environment();
        own.into_iter().chain(upstreams).map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// Every delivery as readers of the gateway see it.
    pub async fn deliveries(&mut self) -> Option<Vec<Delivery>> {
        match self.demand(Command::Deliveries).await? {
            Answer::Deliveries(deliveries) => Some(deliveries),
            other => {
                self.violate(&format!("the deliveries cannot be had: {other:?}"));
                None
            }
        }
    }

    /// Where both clocks stand.
    pub fn now(&self) -> Timestamp {
        self.company.clock.now()
    }

    /// Notes a step.
    pub fn say(&mut self, words: &str) {
        let now = self.now();
        self.trace.say(now, words);
    }

    /// Notes what must not be.
    pub fn violate(&mut self, what: &str) {
        self.say(&format!("VIOLATION: {what}"));
        self.violations.push(what.to_owned());
    }

    /// The figures of this schedule.
    pub const fn counts_mut(&mut self) -> &mut Counts {
        &mut self.counts
    }

    /// In one piece: others are printed at the same time.
    fn print(&mut self) {
        let traffic = &self.company.simulator.world().traffic;
        self.trace.take_calls(traffic);
        let seed = self.schedule.seed;
        let mut text = format!("{}\n{}", self.schedule, self.trace.text(traffic));
        for violation in &self.violations {
            let _ = write!(text, "\nVIOLATION of seed {seed}: {violation}");
        }
        println!("{text}\nreplay: CRASH_SEED={seed} cargo test --locked --test crash\n");
    }

    async fn finish(self) -> Played {
        let Self { gateway, company, violations, counts, .. } = self;
        drop(gateway);
        company.simulator.shutdown().await;
        Played { violations, counts }
    }
}

/// In memory where the system offers it: what a dying process leaves behind is the same, and thousands of
/// synced commits cost nothing.
fn folder() -> TempDir {
    let in_memory = std::path::Path::new("/dev/shm");
    let made = if in_memory.is_dir() { tempfile::tempdir_in(in_memory) } else { tempfile::tempdir() };
    made.expect("a temporary folder can be made")
}
