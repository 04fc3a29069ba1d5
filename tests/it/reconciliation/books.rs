//! A company whose accountant books by hand, so that every way to disagree can be made to happen.

use invoice_gateway::domain::PsohubInvoiceId;
use serde_json::{Value, json};
use upstream_simulator::bexio::Bexio;
use upstream_simulator::psohub::{NewPsohubInvoice, Psohub, Status};

use crate::support::app::{TestApp, TestOptions};

/// The company's service with its upstreams.
pub struct Books {
    pub app: TestApp,
}

/// An invoice on both sides.
#[derive(Debug, Clone, Copy)]
pub struct Pair {
    pub psohub: i64,
    pub bexio: i64,
}

/// A verdict with its reasons as `CODE severity mutation`.
pub type Found = (String, Vec<String>);

impl Books {
    pub async fn start() -> Self {
        Self { app: TestOptions::default().set("REVENUE_ACCOUNT", "3400").start().await }
    }

    pub fn psohub<R>(&self, act: impl FnOnce(&mut Psohub) -> R) -> R {
        act(&mut self.app.simulator.world().psohub())
    }

    pub fn bexio<R>(&self, act: impl FnOnce(&mut Bexio) -> R) -> R {
        act(&mut self.app.simulator.world().bexio())
    }

    /// An approved invoice in PSOhub.
    pub fn invoice(&self) -> i64 {
        self.psohub(|psohub| psohub.add(NewPsohubInvoice::default()))
    }

    /// One that PSOhub calls sent and Bexio has issued, with its number as external id.
    pub fn agreeing(&self) -> Pair {
        self.booked(NewPsohubInvoice { status: Status::Sent, ..NewPsohubInvoice::default() })
    }

    /// The invoice, booked and issued in Bexio, with its number as external id.
    pub fn booked(&self, new: NewPsohubInvoice) -> Pair {
        let psohub = self.psohub(|psohub| psohub.add(new));
        let bexio = self.app.simulator.world().book_in_bexio(psohub).unwrap();
        let number = self.bexio(|books| {
            books.issue(bexio).unwrap();
            books.invoice(bexio).unwrap().document_nr.to_string()
        });
        self.psohub(|invoices| invoices.set_external_id(psohub, &number).unwrap());
        Pair { psohub, bexio }
    }

    /// The verdict on an invoice, by looking at both sides now.
    pub async fn verdict(&self, psohub: i64) -> Found {
        self.app.look_at_both().await;
        self.verdict_as_held(psohub).await
    }

    /// The verdict on an invoice by what is held of both sides.
    pub async fn verdict_as_held(&self, psohub: i64) -> Found {
        let query = "query($id: ID!) { invoice(by: { psohubId: $id }) {
            reconciliation { verdict isSettled reasons { code severity mutation fix rule } } } }";
        let id = PsohubInvoiceId::new(psohub).unwrap().to_string();
        let answer = self.app.answer(query, json!({ "id": id })).await;
        assert_eq!(answer.get("errors"), None, "{answer:#}");
        found(&answer["data"]["invoice"]["reconciliation"])
    }
}

/// What a reconciliation says, after seeing that it is of a piece.
pub fn found(reconciliation: &Value) -> Found {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let reasons: Vec<_> = reconciliation["reasons"]
        .as_array()
        .unwrap()
        .iter()
        .map(|reason| {
            assert!(reason["severity"] == "INFO" || reason["fix"].is_string(), "{reason}");
            format!("{} {} {}", text(&reason["code"]), text(&reason["severity"]), text(&reason["mutation"]))
        })
        .collect();
    (text(&reconciliation["verdict"]), reasons)
}

/// What is expected of a verdict.
#[track_caller]
pub fn assert_found(found: Found, verdict: &str, reasons: &[&str]) {
    let (found_verdict, found_reasons) = found;
    assert_eq!(
        (&*found_verdict, found_reasons),
        (verdict, reasons.iter().map(|r| (*r).to_owned()).collect())
    );
}
