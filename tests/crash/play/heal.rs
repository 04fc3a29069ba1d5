//! Healing: nothing fails any more, and time passes until everything has come to rest.

use std::time::Duration;

use super::{Player, Wakes};
use crate::protocol::Command;

/// Pauses until everything rests, at most: a week of daily looks for left-over drafts is about ten.
const PAUSES_MAX: u32 = 400;

/// Pauses in a row in which nothing changed although a delivery had something to do.
const IDLE_MAX: u32 = 40;

/// After so many, whoever waits is let go on.
const IDLE_PATIENT: u32 = 2;

impl Player {
    /// Faults off, the gateway up; what is promised to come late still comes.
    pub(super) async fn heal(&mut self) {
        self.count_faults();
        self.company.simulator.world().faults.clear();
        self.kills.clear();
        self.tripwires.clear();
        self.say("all is well from now on");
        if self.schedule.restarts
            && let Some(gateway) = &mut self.gateway
        {
            gateway.kill().await;
            self.counts.kills_between += 1;
            self.settle().await;
        }
        self.demand(Command::Disarm).await;
        self.come_to_rest().await;
    }

    fn count_faults(&mut self) {
        let faults = &self.company.simulator.world().faults;
        for (rule, (target, kind)) in &self.rules {
            let fired = faults.fired(*rule);
            if fired > 0 {
                *self.counts.faults.entry(kind).or_default() += fired;
                *self.counts.targets.entry(target).or_default() += fired;
            }
        }
    }

    /// Lets time pass until no delivery has anything to do and every caller is answered.
    pub(super) async fn come_to_rest(&mut self) {
        let mut last_change = None;
        let mut idle = 0;
        for _ in 0..PAUSES_MAX {
            self.be_up().await;
            self.send_idle(u64::MAX).await;
            self.settle().await;
            let Some(deliveries) = self.deliveries().await else { continue };
            let wakes = self.wakes(&deliveries);
            let all_answered = self.callers.iter().all(super::Asking::is_answered);
            if wakes.soonest().is_none() && all_answered && self.late.is_empty() && !self.is_held() {
                return;
            }
            let change: Vec<u64> = deliveries.iter().map(super::Delivery::version).collect();
            idle = if last_change.as_ref() == Some(&change) { idle + 1 } else { 0 };
            last_change = Some(change);
            if idle > IDLE_MAX {
                self.violate("a delivery has something to do and nobody does it");
                return;
            }
            let pause = self.healed_pause(wakes, all_answered, idle);
            self.advance(pause).await;
        }
        self.violate("the deliveries do not come to rest");
    }

    fn healed_pause(&mut self, wakes: Wakes, all_answered: bool, idle: u32) -> Duration {
        if self.is_held() {
            return self.dice.period(Duration::from_secs(1), Duration::from_secs(16));
        }
        match wakes.waits {
            // Who is ready and does nothing is behind another one, which waits.
            Some(wait) if !wakes.ready || idle > IDLE_PATIENT => {
                let longest = if all_answered { wait } else { wait.min(Duration::from_secs(10)) };
                longest + Duration::from_millis(1)
            }
            _ => Duration::from_secs(1 + u64::from(idle)),
        }
    }

    async fn be_up(&mut self) {
        if self.gateway.is_none() {
            self.start().await;
            self.settle().await;
            self.demand(Command::Look).await;
        }
    }
}
