//! Time and rest: the clocks move only when nothing is under way, so that what a schedule says happens where
//! it says, and no promise about the upstreams is broken by the check itself.

use std::time::Duration;

use jiff::Timestamp;
use upstream_simulator::traffic::Upstream;

use super::Player;
use crate::process::{End, Pending, Threads};
use crate::protocol::{Answer, Command};

/// How long after it came in a call may still take effect: the promise that the quiet period rests on, less
/// the last second.
const LATE_MAX: Duration = Duration::from_secs(119);

/// The gateway waits for no answer longer than this.
const GIVE_UP: jiff::SignedDuration = jiff::SignedDuration::from_secs(31);

/// Real time for the process to come to rest; a run that takes longer hangs.
const LOOKS_MAX: u32 = 20_000;

/// Looks after which the clocks move a little by themselves.
const LOOKS_PATIENT: u32 = 200;
const NUDGE: jiff::SignedDuration = jiff::SignedDuration::from_millis(5);

/// Real time between two looks for an answer, how many there are at most, and what passes on the clocks
/// in between.
const ANSWER_LOOK: Duration = Duration::from_secs(1);
const ANSWER_LOOKS_MAX: u32 = 30;
const TURN: Duration = Duration::from_millis(250);

impl Player {
    /// Waits, in real time, until neither the gateway nor an upstream has anything to do before the clock moves.
    pub(super) async fn settle(&mut self) {
        let mut before: Option<Threads> = None;
        for look in 1..=LOOKS_MAX {
            // What the gateway has written is read meanwhile.
            tokio::time::sleep(Duration::from_millis(1)).await;
            tokio::task::yield_now().await;
            self.notice().await;
            let asleep = match &self.gateway {
                None => Some(Threads::new()),
                Some(gateway) if gateway.is_ready() => gateway.asleep(),
                Some(_) => None,
            };
            if self.is_busy() {
                before = None;
            } else if asleep.is_some() && asleep == before {
                return;
            } else {
                before = asleep;
            }
            // A timer that is a moment away keeps the runtime looking at it.
            if look.is_multiple_of(LOOKS_PATIENT) && !self.is_busy() {
                self.move_to(self.now() + NUDGE).await;
            }
        }
        self.violate("the gateway does not come to rest while the clock stands still");
    }

    /// Both clocks move; effects that wait come when it is their time.
    pub(super) async fn advance(&mut self, by: Duration) {
        let end = self.now() + jiff::SignedDuration::try_from(by).unwrap_or_default();
        loop {
            let due = self.late.iter().map(|(id, (_, at))| (*at, *id)).min().filter(|(at, _)| *at <= end);
            let until = due.map_or(end, |(at, _)| at);
            self.move_to(until).await;
            if let Some((_, id)) = due {
                self.late.remove(&id);
                self.say(&format!("late effect {id} comes"));
                self.company.simulator.world().faults.release_one(id).await;
            }
            self.settle().await;
            if due.is_none() {
                return;
            }
        }
    }

    async fn move_to(&mut self, until: Timestamp) {
        let by = Duration::try_from(until.duration_since(self.now())).unwrap_or_default();
        if by.is_zero() {
            return;
        }
        self.company.clock.advance(by);
        let ms = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        self.say(&format!("{by:?} later"));
        self.demand(Command::Advance { ms }).await;
    }

    /// Asks the gateway, if there is one.
    pub(super) async fn ask(&mut self, command: Command) -> Option<Pending> {
        Some(self.gateway.as_mut()?.ask(command).await)
    }

    /// Asks and waits for the answer; `None` when the process died over it. An answer may wait for a look
    /// that waits for its turn under a rate limit: a little time passes for it, as it does outside.
    pub(super) async fn demand(&mut self, command: Command) -> Option<Answer> {
        let mut pending = self.ask(command).await?;
        for _ in 0..ANSWER_LOOKS_MAX {
            if let Ok(answer) = tokio::time::timeout(ANSWER_LOOK, &mut pending).await {
                return answer.ok();
            }
            self.pass(TURN).await;
        }
        self.violate("the gateway does not answer the player");
        None
    }

    /// Both clocks move a little, whatever is under way.
    async fn pass(&mut self, by: Duration) {
        self.company.clock.advance(by);
        self.say(&format!("{by:?} pass while an answer is awaited"));
        let ms = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        if let Some(moved) = self.ask(Command::Advance { ms }).await {
            // An answer that does not come is noticed by who waits for the other one.
            drop(tokio::time::timeout(ANSWER_LOOK, moved).await);
        }
    }

    /// Whether a fault holds a call back: time passes slowly then, so that it is given up in good order.
    pub(super) fn is_held(&self) -> bool {
        let faults = &self.company.world().faults;
        let now = self.now();
        let may_wait = |since: Timestamp| now.duration_since(since) <= GIVE_UP;
        faults.held() > faults.late_waiting() || self.late.values().any(|(since, _)| may_wait(*since))
    }

    fn is_busy(&self) -> bool {
        self.in_flight() > self.company.world().faults.held()
    }

    fn in_flight(&self) -> usize {
        let traffic = &self.company.world().traffic;
        let calls = traffic.in_flight(Upstream::Psohub) + traffic.in_flight(Upstream::Bexio);
        usize::try_from(calls).unwrap_or(usize::MAX)
    }

    /// Takes in what happened since the last look: words, calls, answers, late effects, deaths.
    async fn notice(&mut self) {
        self.trace.take_calls(&self.company.simulator.world().traffic);
        if let Some(gateway) = &self.gateway {
            for words in gateway.take_said() {
                self.say(&format!("  {words}"));
            }
        }
        for place in 0..self.callers.len() {
            if let Some(words) = self.callers[place].look() {
                self.say(&format!("caller {place} {words}"));
            }
        }
        self.note_late();
        self.kill_inside().await;
        self.bury();
    }

    /// Decides when a new late effect comes.
    fn note_late(&mut self) {
        for id in self.company.simulator.world().faults.late_ids() {
            if !self.late.contains_key(&id) {
                // Soon, within a call's own deadline, or at the very end of what is promised.
                let longest = if self.dice.chance(40) { Duration::from_secs(12) } else { LATE_MAX };
                let wait =
                    if self.dice.chance(20) { longest } else { self.dice.period(Duration::ZERO, longest) };
                let at = self.now() + jiff::SignedDuration::try_from(wait).unwrap_or_default();
                self.say(&format!("late effect {id} will come at {at}"));
                self.late.insert(id, (self.now(), at));
            }
        }
    }

    /// Kills the process when one of the calls came in inside which it is to die.
    async fn kill_inside(&mut self) {
        let faults = &self.company.simulator.world().faults;
        let Some(place) = self.kills.iter().position(|(rule, _)| faults.fired(*rule) > 0) else { return };
        let (rule, target) = self.kills.swap_remove(place);
        faults.remove(rule);
        if let Some(gateway) = &mut self.gateway {
            gateway.kill().await;
            *self.counts.kills_inside.entry(target).or_default() += 1;
        }
    }

    /// Takes leave of a process that is gone.
    fn bury(&mut self) {
        let Some(end) = self.gateway.as_mut().and_then(super::Gateway::ended) else { return };
        let last_words = self.gateway.take().map(|gateway| gateway.take_said()).unwrap_or_default();
        for words in last_words {
            self.say(&format!("  {words}"));
        }
        self.say(&format!("the process is gone: {end:?}"));
        match end {
            End::Aborted(words) => *self.counts.aborts.entry(place_in(&words)).or_default() += 1,
            End::Killed => {}
            End::ByItself => self.violate("the process ended by itself"),
        }
        self.calls_at_death = Some(self.company.world().traffic.last_number());
    }
}

/// The event and the kind of call in a line of the gateway's: `announced CreateDraft`.
fn place_in(words: &str) -> String {
    let event = words.split(' ').next().unwrap_or_default();
    let call = words.split(" call=").nth(1).unwrap_or_default();
    let call: String = call.chars().take_while(|letter| letter.is_alphanumeric()).collect();
    if call.is_empty() { event.to_owned() } else { format!("{event} {call}") }
}
