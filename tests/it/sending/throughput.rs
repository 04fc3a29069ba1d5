//! How fast a batch is: at the rate limit, by the simulator's clock, while reads are served.

use std::sync::Arc;
use std::time::Duration;

use invoice_gateway::domain::delivery::State;
use invoice_gateway::domain::plan::SendOptions;
use invoice_gateway::domain::{Clock, PsohubInvoiceId};
use serde_json::json;
use upstream_simulator::psohub::{Customer, NewPsohubInvoice};
use upstream_simulator::traffic::Upstream;

use super::company::Company;

const INVOICES: usize = 200;
const CUSTOMERS: usize = 20;
/// Bexio's limit of searches a minute: what a batch runs into first.
const SEARCHES_A_MINUTE: u64 = 250;

async fn company_with_invoices() -> (Company, Vec<PsohubInvoiceId>) {
    let company = Company::start().await;
    let mut ids = Vec::new();
    for at in 0..INVOICES {
        let number = at % CUSTOMERS;
        let name = format!("Kunde {number} AG");
        let email = format!("kunde{number}@muster.example");
        if at < CUSTOMERS {
            company.add_contact(&name, &email);
        }
        let offset = i64::try_from(number).unwrap();
        let customer = Customer {
            id: 14_073_748_838_911_000 + offset,
            name: name.as_str().into(),
            contact_id: 21_110_623_256_811_000 + offset,
            contact_name: "Kim Muster".into(),
            contact_email: email.as_str().into(),
        };
        let new = NewPsohubInvoice { customer: Arc::new(customer), ..NewPsohubInvoice::default() };
        ids.push(PsohubInvoiceId::new(company.app.simulator.world().psohub().add(new)).unwrap());
    }
    company.app.look_at_both().await;
    (company, ids)
}

/// Invoices of a batch that are under way at once.
const AT_ONCE: usize = 3;
/// The runner's, and that of the keys to be forgotten.
const TIMERS: usize = 2;

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_runs_at_the_rate_limit_while_reads_are_served() {
    let (company, ids) = company_with_invoices().await;
    company.app.deliveries().preview(ids[0], &SendOptions::default()).await.unwrap();
    company.app.forget_calls();
    let began = company.app.clock().elapsed();
    company.send_many(&ids).await;
    let open = || {
        let deliveries = company.app.book().deliveries().current();
        let is_done = |id: &&PsohubInvoiceId| {
            deliveries.of_invoice(**id).is_some_and(|entry| entry.state() == State::Done)
        };
        ids.len() - ids.iter().filter(is_done).count()
    };
    let mut reads = 0;
    loop {
        let left = open();
        if left == 0 {
            break;
        }
        // All that is under way waits for the clock, beside the timers of what never ends.
        if company.app.clock().sleepers() >= left.min(AT_ONCE) + TIMERS && open() == left {
            let answer = company.app.answer("{ invoices(first: 5) { totalCount } }", json!({})).await;
            assert_eq!(answer["data"]["invoices"]["totalCount"], INVOICES, "{answer:#}");
            reads += 1;
            let wait = company.app.clock().next_wake().unwrap();
            company.app.advance(wait.max(Duration::from_millis(1)));
        } else {
            tokio::task::yield_now().await;
        }
    }
    let took = company.app.clock().elapsed().saturating_sub(began);
    let traffic = &company.app.simulator.world().traffic;
    let searches = traffic.calls_like(Upstream::Bexio, "POST */search");
    let at_the_limit =
        Duration::from_mins(1) * u32::try_from(searches).unwrap() / u32::try_from(SEARCHES_A_MINUTE).unwrap();
    let (calls, ok) =
        (traffic.calls(Upstream::Bexio), traffic.exchanges().iter().all(|call| call.status != Some(429)));
    eprintln!(
        "{INVOICES} invoices in {took:?}: {calls} calls to Bexio, {searches} searches, {reads} reads served"
    );
    assert!(ok, "the limit was met on their side");
    assert!(took.as_millis() * 8 <= at_the_limit.as_millis() * 10, "{took:?}, at the limit {at_the_limit:?}");
    assert!(reads > 0);
    assert_eq!(company.bexio(|bexio| bexio.mails().len()), INVOICES);
}
