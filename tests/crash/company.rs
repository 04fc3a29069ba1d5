//! The company of a schedule, as both upstreams have it at the start.

use std::sync::Arc;

use upstream_simulator::bexio::{Bexio, NewContact};
use upstream_simulator::clock::SimClock;
use upstream_simulator::psohub::{self, Line, NewPsohubInvoice};
use upstream_simulator::world::World;
use upstream_simulator::{Simulator, SimulatorOptions};

use crate::schedule::Schedule;

/// Where every schedule's clocks stand at first: a Monday morning in winter.
pub const START: &str = "2026-03-02T08:00:00Z";

/// A customer of the company.
#[derive(Debug, Clone)]
pub struct Customer {
    /// The name in both systems.
    pub name: String,
    /// The address that invoices are mailed to.
    pub email: String,
    /// Last name of the person there.
    pub person: Option<String>,
}

/// The simulated company.
pub struct Company {
    /// Both upstreams.
    pub simulator: Simulator,
    /// Their clock.
    pub clock: SimClock,
    /// Who is invoiced.
    pub customers: Vec<Customer>,
    /// PSOhub's ids of the invoices.
    pub invoices: Vec<i64>,
}

impl Company {
    /// Starts both upstreams and fills them.
    pub async fn start(schedule: &Schedule) -> Self {
        let clock = SimClock::standing_at(START.parse().expect("START is an instant"));
        let options = SimulatorOptions { clock: clock.clone(), ..SimulatorOptions::default() };
        let simulator = Simulator::start(options).await.expect("loopback ports are free");
        let customers: Vec<Customer> = schedule.customers.iter().enumerate().map(customer).collect();
        let world = simulator.world();
        for (customer, drawn) in customers.iter().zip(&schedule.customers) {
            if drawn.is_known {
                add_contact(&mut world.bexio(), customer);
            }
        }
        let invoices =
            schedule.invoices.iter().enumerate().map(|(place, customer)| {
                world.psohub().add(invoice(place, *customer, &customers[*customer]))
            });
        let invoices = invoices.collect();
        Self { simulator, clock, customers, invoices }
    }

    /// What is true.
    pub fn world(&self) -> &World {
        self.simulator.world()
    }

    /// The reference that a Bexio invoice of this PSOhub invoice carries.
    pub fn reference(&self, place: usize) -> String {
        format!("psohub:{}", self.invoices[place])
    }
}

fn customer((place, drawn): (usize, &crate::schedule::Customer)) -> Customer {
    Customer {
        name: format!("Kunde {place} & Söhne AG"),
        email: format!("rechnung@kunde{place}.example"),
        person: drawn.has_person.then(|| format!("Muster{place}")),
    }
}

fn add_contact(bexio: &mut Bexio, customer: &Customer) {
    bexio.add_contact(NewContact {
        name_1: customer.name.clone(),
        mail: Some(customer.email.clone()),
        ..NewContact::default()
    });
}

fn invoice(place: usize, customer_place: usize, customer: &Customer) -> NewPsohubInvoice {
    let id = i64::try_from(customer_place).unwrap_or_default();
    let person = customer.person.as_ref().map(|name| format!("Eva {name}")).unwrap_or_default();
    let line = Line { tax_code: Some("UN81".into()), gl_account: Some("3400".into()), ..Line::default() };
    NewPsohubInvoice {
        number: Some(format!("INV-2026-{place:04}").into()),
        customer: Arc::new(psohub::Customer {
            id: 14_073_748_838_900_001 + id,
            name: customer.name.as_str().into(),
            contact_id: 21_110_623_256_800_001 + id,
            contact_name: person.into(),
            contact_email: customer.email.as_str().into(),
        }),
        lines: vec![line; 1 + place % 3],
        ..NewPsohubInvoice::default()
    }
}
