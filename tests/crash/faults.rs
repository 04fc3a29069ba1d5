//! Everything that can go wrong at an upstream, as schedules draw it.

use upstream_simulator::faults::{FaultAction, FaultBody, FaultRule, LateAnswer, LateTrigger, When};
use upstream_simulator::traffic::Upstream;

use crate::dice::Dice;

/// A kind of upstream call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// What it is called in the figures.
    pub name: &'static str,
    upstream: Upstream,
    method: Option<&'static str>,
    path: Option<&'static str>,
    /// Whether it changes something there.
    pub writes: bool,
}

const fn target(
    name: &'static str,
    upstream: Upstream,
    method: &'static str,
    path: &'static str,
    writes: bool,
) -> Target {
    Target { name, upstream, method: Some(method), path: Some(path), writes }
}

/// Every kind of call that a send makes, and then any call of either upstream.
pub const TARGETS: &[Target] = &[
    target("create draft", Upstream::Bexio, "POST", "/2.0/kb_invoice", true),
    target("issue", Upstream::Bexio, "POST", "/2.0/kb_invoice/*/issue", true),
    target("send mail", Upstream::Bexio, "POST", "/2.0/kb_invoice/*/send", true),
    target("write external id", Upstream::Psohub, "PATCH", "/rest/psohubapi/v1/invoices/external", true),
    target("delete draft", Upstream::Bexio, "DELETE", "/2.0/kb_invoice/*", true),
    target("create contact", Upstream::Bexio, "POST", "/2.0/contact", true),
    target("create relation", Upstream::Bexio, "POST", "/2.0/contact_relation", true),
    target("search invoices", Upstream::Bexio, "POST", "/2.0/kb_invoice/search", false),
    target("read invoice", Upstream::Bexio, "GET", "/2.0/kb_invoice/*", false),
    target("search contacts", Upstream::Bexio, "POST", "/2.0/contact/search", false),
    target("search relations", Upstream::Bexio, "POST", "/2.0/contact_relation/search", false),
    target("list PSOhub", Upstream::Psohub, "GET", "/rest/psohubapi/v1/invoices", false),
    Target { name: "any of Bexio", upstream: Upstream::Bexio, method: None, path: None, writes: false },
    Target { name: "any of PSOhub", upstream: Upstream::Psohub, method: None, path: None, writes: false },
];

/// One fault of a schedule.
#[derive(Debug, Clone)]
pub struct Fault {
    /// Which calls.
    pub target: Target,
    /// Which of them.
    pub when: When,
    /// What happens to them.
    pub action: FaultAction,
}

impl Fault {
    /// Any fault on any kind of call, writes more often.
    pub fn draw(dice: &mut Dice) -> Self {
        let target = draw_target(dice);
        let when =
            if dice.chance(70) { When::Nth(dice.between(1, 3)) } else { When::First(dice.between(2, 6)) };
        Self { target, when, action: draw_action(dice, target) }
    }

    /// A call inside which the process is killed: before, after or long before it takes effect.
    pub fn draw_kill(dice: &mut Dice) -> Self {
        let target = draw_target(dice);
        let action = match dice.under(3) {
            0 => FaultAction::Hang { after_effect: false },
            1 => FaultAction::Hang { after_effect: true },
            _ => FaultAction::LateEffect { answer: LateAnswer::Hang, trigger: LateTrigger::Release },
        };
        Self { target, when: When::Nth(dice.between(1, 3)), action }
    }

    /// As the simulator takes it.
    pub fn rule(&self) -> FaultRule {
        let mut rule = FaultRule::on(self.target.upstream, self.action.clone()).when(self.when);
        rule.method = self.target.method.map(str::to_owned);
        rule.path = self.target.path.map(str::to_owned);
        rule
    }
}

fn draw_target(dice: &mut Dice) -> Target {
    let writes = dice.chance(65);
    loop {
        let target = dice.pick(TARGETS);
        if target.writes == writes {
            return target;
        }
    }
}

fn draw_action(dice: &mut Dice, target: Target) -> FaultAction {
    match dice.under(14) {
        0 => refusal(dice),
        1 => status(dice, &[500, 502, 503, 504]),
        2 => FaultAction::TooManyRequests {
            retry_after: dice.chance(40).then(|| seconds(dice)),
            ratelimit_reset: dice.chance(40).then(|| seconds(dice)),
        },
        3 => FaultAction::Hang { after_effect: dice.chance(50) },
        4 => FaultAction::DropBeforeEffect,
        5 => FaultAction::DropAfterEffect,
        6 | 7 => FaultAction::LateEffect {
            answer: dice.pick(&[LateAnswer::Drop, LateAnswer::Hang, LateAnswer::GatewayTimeout]),
            trigger: LateTrigger::Release,
        },
        8 => FaultAction::LateEffect { answer: LateAnswer::Own, trigger: LateTrigger::Release },
        9 => FaultAction::Truncate { bytes: dice.under(120) },
        10 => FaultAction::InvalidJson,
        11 => FaultAction::Status { code: 200, body: FaultBody::Html, after_effect: dice.chance(50) },
        12 if !target.writes => FaultAction::SlowBytes { chunk_bytes: 400, delay_ms: 1 },
        12 => FaultAction::Redirect { code: dice.pick(&[302, 307]), location: "/2.0/elsewhere".to_owned() },
        _ => FaultAction::NoRateLimitHeaders,
    }
}

/// The upstream says no, and means it: it has done nothing.
fn refusal(dice: &mut Dice) -> FaultAction {
    let code = dice.pick(&[400, 401, 403, 404, 409, 415, 422]);
    FaultAction::Status { code, body: dice.pick_body(), after_effect: false }
}

/// The upstream, or something before it, is in trouble.
fn status(dice: &mut Dice, codes: &[u16]) -> FaultAction {
    let code = if dice.chance(10) { 408 } else { dice.pick(codes) };
    FaultAction::Status { code, body: dice.pick_body(), after_effect: dice.chance(50) }
}

impl Dice {
    fn pick_body(&mut self) -> FaultBody {
        match self.under(4) {
            0 => FaultBody::Html,
            1 => FaultBody::Empty,
            2 => FaultBody::Raw("{\"error_code\":".to_owned()),
            _ => FaultBody::Json,
        }
    }
}

fn seconds(dice: &mut Dice) -> u32 {
    u32::try_from(dice.between(0, 70)).unwrap_or_default()
}

/// What a fault is called in the figures.
pub const fn kind(action: &FaultAction) -> &'static str {
    match action {
        FaultAction::Status { code: 200, .. } => "HTML with 200",
        FaultAction::Status { code: 400..=407 | 409..=499, .. } => "status 4xx, refused",
        FaultAction::Status { after_effect: true, .. } => "status 408 or 5xx, applied",
        FaultAction::Status { .. } => "status 408 or 5xx, not applied",
        FaultAction::Delay { .. } | FaultAction::LateEffect { answer: LateAnswer::Own, .. } => {
            "delayed answer"
        }
        FaultAction::Hang { after_effect: true } => "no answer, applied",
        FaultAction::Hang { after_effect: false } => "no answer, not applied",
        FaultAction::DropBeforeEffect => "connection dropped, not applied",
        FaultAction::DropAfterEffect => "connection dropped, applied",
        FaultAction::LateEffect { .. } => "answer lost, applied late",
        FaultAction::Truncate { .. } => "truncated body",
        FaultAction::InvalidJson => "invalid JSON",
        FaultAction::SlowBytes { .. } => "slow body",
        FaultAction::TooManyRequests { .. } => "status 429",
        FaultAction::NoRateLimitHeaders => "no rate-limit headers",
        FaultAction::Redirect { .. } => "redirect",
    }
}
