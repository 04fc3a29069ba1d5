//! What one seed says: the company, the callers, what goes wrong and where the gateway dies.

use std::fmt;

use crate::dice::Dice;
use crate::faults::Fault;
use crate::protocol::Tripwire;

/// The events that production code emits around every commit and every call.
const EVENTS: [&str; 8] =
    ["claiming", "claimed", "announcing", "announced", "calling", "called", "storing", "stored"];

/// One schedule.
#[derive(Debug)]
pub struct Schedule {
    /// What it was drawn from.
    pub seed: u64,
    /// Who is invoiced.
    pub customers: Vec<Customer>,
    /// By invoice, the place of its customer.
    pub invoices: Vec<usize>,
    /// Who asks for sends.
    pub callers: Vec<Caller>,
    /// What goes wrong.
    pub faults: Vec<Fault>,
    /// Calls inside which the process is killed.
    pub kills: Vec<Fault>,
    /// Where the process aborts, one after the other: each life has one.
    pub tripwires: Vec<Tripwire>,
    /// Steps at which the process is killed in the middle of whatever it does, and after how many
    /// microseconds.
    pub wild_kills: Vec<(u64, u64)>,
    /// Whether a person answers what is asked at the end.
    pub decides: bool,
    /// Whether the gateway is killed once more when all is healed.
    pub restarts: bool,
}

/// A customer.
#[derive(Debug, Clone, Copy)]
pub struct Customer {
    /// Bexio knows the customer already.
    pub is_known: bool,
    /// PSOhub names a person there.
    pub has_person: bool,
}

/// Somebody who sends an invoice, and again until there is an answer.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The invoice's place.
    pub invoice: usize,
    /// The idempotency key.
    pub key: Option<String>,
    /// Whether Bexio is to mail it.
    pub email: bool,
    /// How long to wait for the outcome.
    pub wait_ms: u64,
    /// Before which step of the schedule it begins.
    pub begins: u64,
}

impl Schedule {
    /// The schedule of `seed`.
    pub fn draw(seed: u64) -> Self {
        let mut dice = Dice::new(seed, 1);
        let customers = draw_customers(&mut dice);
        let invoices: Vec<usize> = (0..dice.between(1, 4)).map(|_| dice.place(customers.len())).collect();
        let callers = draw_callers(&mut dice, invoices.len());
        let mut dice = Dice::new(seed, 2);
        let faults = (0..dice.under(5)).map(|_| Fault::draw(&mut dice)).collect();
        let kills = (0..dice.under(3)).map(|_| Fault::draw_kill(&mut dice)).collect();
        let tripwires = (0..dice.under(4)).map(|_| draw_tripwire(&mut dice)).collect();
        let wild_kills = if dice.chance(30) { vec![(dice.under(8), dice.under(6_000))] } else { Vec::new() };
        let (decides, restarts) = (dice.chance(50), dice.chance(50));
        Self { seed, customers, invoices, callers, faults, kills, tripwires, wild_kills, decides, restarts }
    }
}

fn draw_customers(dice: &mut Dice) -> Vec<Customer> {
    let mut draw = || Customer { is_known: dice.chance(50), has_person: dice.chance(60) };
    let first = draw();
    let second = draw();
    if dice.chance(50) { vec![first, second] } else { vec![first] }
}

/// Every invoice has a caller; some have several.
fn draw_callers(dice: &mut Dice, invoices: usize) -> Vec<Caller> {
    let others = dice.under(3);
    let extra: Vec<usize> = (0..others).map(|_| dice.place(invoices)).collect();
    let mailed: Vec<bool> = (0..invoices).map(|_| dice.chance(85)).collect();
    let mut places: Vec<usize> = (0..invoices).chain(extra).collect();
    places.truncate(5);
    places
        .into_iter()
        .map(|invoice| Caller {
            invoice,
            // Two callers of one invoice may well share a key: a page that sends twice.
            key: dice.chance(60).then(|| format!("key-{invoice}-{}", dice.under(2))),
            email: mailed[invoice],
            wait_ms: dice.pick(&[0, 2_000, 20_000]),
            begins: if dice.chance(60) { 0 } else { dice.under(12) },
        })
        .collect()
}

fn draw_tripwire(dice: &mut Dice) -> Tripwire {
    if dice.chance(30) {
        return Tripwire { event: None, nth: dice.between(1, 60) };
    }
    Tripwire { event: Some(dice.pick(&EVENTS).to_owned()), nth: dice.between(1, 9) }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}", self.seed)?;
        for (place, customer) in self.invoices.iter().enumerate() {
            let Customer { is_known, has_person } = self.customers[*customer];
            writeln!(
                f,
                "  invoice {place}: customer {customer} ({}, {})",
                if is_known { "known to Bexio" } else { "new" },
                if has_person { "with a person" } else { "without a person" }
            )?;
        }
        for (place, Caller { invoice, key, email, wait_ms, begins }) in self.callers.iter().enumerate() {
            let key = key.as_deref().unwrap_or("no key");
            let mail = if *email { "mail" } else { "no mail" };
            writeln!(
                f,
                "  caller {place}: invoice {invoice}, {key}, {mail}, waits {wait_ms} ms, from step {begins}"
            )?;
        }
        for Fault { target, when, action } in &self.faults {
            writeln!(f, "  fault: {}, {when:?}: {action:?}", target.name)?;
        }
        for Fault { target, when, action } in &self.kills {
            writeln!(f, "  kill inside: {}, {when:?}: {action:?}", target.name)?;
        }
        for Tripwire { event, nth } in &self.tripwires {
            writeln!(f, "  abort at: {} number {nth}", event.as_deref().unwrap_or("any event"))?;
        }
        for (step, micros) in &self.wild_kills {
            writeln!(f, "  kill at step {step} after {micros} us")?;
        }
        let says = |yes: bool| if yes { "yes" } else { "no" };
        write!(
            f,
            "  a person decides: {}; restarted when healed: {}",
            says(self.decides),
            says(self.restarts)
        )
    }
}
