//! A company that sends: its customer in both upstreams, its invoices in PSOhub.

use std::sync::Arc;
use std::time::Duration;

use invoice_gateway::book::DeliveryEntry;
use invoice_gateway::domain::delivery::{Decision, LogEntry, State};
use invoice_gateway::domain::plan::SendOptions;
use invoice_gateway::domain::{Batch, BatchId, PsohubInvoiceId};
use invoice_gateway::services::deliveries::{ResolveRequest, SendError, SendManyRequest, SendRequest, Sent};
use upstream_simulator::bexio::{Bexio, Invoice, NewContact};
use upstream_simulator::faults::{FaultAction, FaultRule, LateAnswer, LateTrigger, When};
use upstream_simulator::psohub::NewPsohubInvoice;
use upstream_simulator::traffic::Upstream;

use crate::support::app::{TestApp, TestOptions};

/// Longest wait for a delivery. The clock stands still, so it is never waited out.
pub const WAIT: Duration = Duration::from_secs(20);

/// The company's service with its upstreams.
pub struct Company {
    pub app: TestApp,
}

impl Company {
    /// A company whose customer both upstreams know.
    pub async fn start() -> Self {
        let company = Self::of(TestOptions::default()).await;
        company.add_contact("Muster Bau AG", "eva.muster@bau.example");
        company
    }

    /// A company without contacts in Bexio.
    pub async fn of(options: TestOptions) -> Self {
        Self { app: options.set("REVENUE_ACCOUNT", "3400").start().await }
    }

    /// Adds a company contact to Bexio; its id.
    pub fn add_contact(&self, name: &str, mail: &str) -> i64 {
        self.bexio(|bexio| {
            bexio.add_contact(NewContact {
                name_1: name.to_owned(),
                mail: Some(mail.to_owned()),
                language_id: Some(1),
                ..NewContact::default()
            })
        })
    }

    /// Adds an invoice to PSOhub and lets the service see it.
    pub async fn invoice(&self, new: NewPsohubInvoice) -> PsohubInvoiceId {
        let id = self.app.simulator.world().psohub().add(new);
        self.app.look_at_both().await;
        PsohubInvoiceId::new(id).unwrap()
    }

    /// Adds several plain invoices to PSOhub and lets the service see them.
    pub async fn invoices(&self, count: usize) -> Vec<PsohubInvoiceId> {
        let ids: Vec<i64> = {
            let mut psohub = self.app.simulator.world().psohub();
            (0..count).map(|_| psohub.add(NewPsohubInvoice::default())).collect()
        };
        self.app.look_at_both().await;
        ids.into_iter().map(|id| PsohubInvoiceId::new(id).unwrap()).collect()
    }

    /// Sends many.
    pub async fn send_many(&self, ids: &[PsohubInvoiceId]) -> Batch {
        self.app.deliveries().send_many(many(ids)).await.unwrap()
    }

    /// A batch as it is now.
    pub async fn batch(&self, id: BatchId) -> Batch {
        self.app.deliveries().batch(id).await.unwrap().unwrap()
    }

    /// Makes the next calls like this wait in Bexio until they are released.
    pub fn hold(&self, method: &str, path: &str, when: When) {
        self.hold_and_answer(LateAnswer::Own, method, path, when);
    }

    /// The same, with another answer or none.
    pub fn hold_and_answer(&self, answer: LateAnswer, method: &str, path: &str, when: When) {
        let action = FaultAction::LateEffect { answer, trigger: LateTrigger::Release };
        let rule = FaultRule::on(Upstream::Bexio, action).method(method).path(path).when(when);
        self.app.simulator.world().faults.add(rule);
    }

    /// Returns when so many calls are held.
    pub async fn until_held(&self, calls: usize) {
        while self.app.simulator.world().faults.held() < calls {
            tokio::task::yield_now().await;
        }
    }

    /// Lets all held calls go on.
    pub async fn release(&self) {
        self.app.simulator.world().faults.release_late().await;
    }

    /// Looks into Bexio's books.
    pub fn bexio<R>(&self, look: impl FnOnce(&mut Bexio) -> R) -> R {
        look(&mut self.app.simulator.world().bexio())
    }

    /// Bexio's invoices that carry the reference of `id`.
    pub fn booked(&self, id: PsohubInvoiceId) -> Vec<Invoice> {
        let reference = format!("psohub:{id}");
        self.bexio(|bexio| {
            let ours =
                bexio.invoices().filter(|invoice| invoice.api_reference.as_deref() == Some(&reference));
            ours.cloned().collect()
        })
    }

    /// The external id that PSOhub has of `id`.
    pub fn external_id(&self, id: PsohubInvoiceId) -> Option<String> {
        let world = self.app.simulator.world();
        let psohub = world.psohub();
        psohub.invoice(id.get()).unwrap().external_id.as_deref().map(str::to_owned)
    }

    /// Presses Send.
    pub async fn send(&self, id: PsohubInvoiceId) -> Result<Sent, SendError> {
        self.app.deliveries().send(request(id)).await
    }

    /// Presses Send and does not wait for what comes of it.
    pub async fn begin(&self, id: PsohubInvoiceId) -> Arc<DeliveryEntry> {
        let request = SendRequest { wait: Duration::ZERO, ..request(id) };
        self.app.deliveries().send(request).await.unwrap().delivery
    }

    /// Decides on a delivery as it is shown now.
    pub async fn resolve(&self, shown: &DeliveryEntry, decision: Decision) -> Arc<DeliveryEntry> {
        let request = ResolveRequest {
            delivery: shown.delivery.id(),
            decision,
            expected_version: shown.delivery.version(),
            by: "anna".into(),
            wait: WAIT,
        };
        self.app.deliveries().resolve(request).await.unwrap()
    }

    /// A delivery as readers see it.
    pub fn shown(&self, id: PsohubInvoiceId) -> Arc<DeliveryEntry> {
        Arc::clone(self.app.book().reader().peek().deliveries.of_invoice(id).unwrap())
    }

    /// The history of a delivery.
    pub async fn log(&self, entry: &DeliveryEntry) -> Vec<LogEntry> {
        self.app.deliveries().log(&[entry.delivery.id()]).await.unwrap()
    }

    /// Lets time pass in steps that no wait overlooks, until the delivery is in `state`.
    pub async fn until(&self, id: PsohubInvoiceId, state: State) -> Arc<DeliveryEntry> {
        for _ in 0..200 {
            self.app.settle().await;
            let shown = self.shown(id);
            if shown.state() == state {
                return shown;
            }
            self.app.advance(Duration::from_secs(5));
        }
        panic!("never {state:?}: {:#?}", self.shown(id));
    }
}

/// A request of a person's without options.
pub fn request(id: PsohubInvoiceId) -> SendRequest {
    SendRequest {
        invoice: id,
        options: SendOptions::default(),
        idempotency_key: None,
        expected_plan: None,
        by: "eva".into(),
        wait: WAIT,
    }
}

/// A request for many without options.
pub fn many(ids: &[PsohubInvoiceId]) -> SendManyRequest {
    SendManyRequest {
        invoices: ids.to_vec(),
        options: SendOptions::default(),
        idempotency_key: None,
        by: "eva".into(),
    }
}
