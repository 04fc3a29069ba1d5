//! Creating, issuing and deleting an invoice, and finding one by its title.

use invoice_gateway::domain::{AccountingStatus, CurrencyCode};
use serde_json::json;
use upstream_simulator::bexio::status;

use super::{Setup, contact_id, decimal, invoice, line};

#[tokio::test]
async fn a_draft_is_made_from_the_plan_alone() {
    let setup = Setup::start().await;
    let lines = [line("10.001", "1000.1"), line("10.002", "-250.123456"), line("10.003", "0")];
    let invoice = invoice_gateway::domain::Invoice {
        lines: lines.into(),
        total_ex_vat: decimal("749.98"),
        total_inc_vat: decimal("810.75"),
        ..invoice()
    };
    let plan = setup.plan(&invoice);
    assert_eq!(plan.refusals().collect::<Vec<_>>(), Vec::<&_>::new());
    let created = setup.client.create_invoice(setup.customer, None, &plan).await.unwrap();
    assert_eq!((&*created.document_number, created.status), ("RE-00001", AccountingStatus::Draft));
    assert_eq!((created.currency, created.contact_id), (CurrencyCode::CHF, Some(setup.customer)));
    assert_eq!((created.total_net, created.total), (decimal("749.976544"), decimal("810.70")));
    assert_eq!(created.psohub_id(), Some(invoice.id));

    let call = setup.only_call();
    let (account, tax) = {
        let bexio = setup.simulator.world().bexio();
        (bexio.account_id("3400").unwrap(), bexio.tax_id("UN81").unwrap())
    };
    let position = |price: &str| {
        json!({"type": "KbPositionCustom", "amount": "1", "account_id": account, "tax_id": tax,
               "text": "Consulting", "unit_price": price})
    };
    let id = |choice: &Option<invoice_gateway::domain::plan::Choice>| choice.as_ref().unwrap().id;
    assert_eq!(
        call.json().unwrap(),
        json!({
            "title": "INV-2026-33 Website relaunch",
            "contact_id": setup.customer.get(),
            "user_id": setup.catalog.user_id.unwrap(),
            "language_id": id(&plan.header.language),
            "bank_account_id": id(&plan.header.bank_account),
            "currency_id": 1,
            "payment_type_id": id(&plan.header.payment_type),
            "mwst_type": 0,
            "mwst_is_net": true,
            "is_valid_from": "2026-03-02",
            "is_valid_to": "2026-04-01",
            "api_reference": "psohub:41939771881672249",
            "positions": [position("1000.10"), position("-250.123456"), position("0.00")],
        })
    );
    let bexio = setup.simulator.world().bexio();
    let held = bexio.invoice(created.id.get()).unwrap();
    assert_eq!(held.totals.total, decimal("810.70"));
    assert_eq!(
        (&held.header, &held.footer),
        (&bexio.company().defaults.header, &bexio.company().defaults.footer)
    );
}

#[tokio::test]
async fn a_draft_is_issued_and_another_deleted() {
    let setup = Setup::start().await;
    let (kept, superfluous) = (setup.draft().await, setup.draft().await);
    setup.client.issue_invoice(kept).await.unwrap();
    let call = setup.only_call();
    assert_eq!((&*call.method, &*call.path), ("POST", &*format!("/2.0/kb_invoice/{kept}/issue")));
    assert!(call.body.is_empty());
    assert_eq!(setup.status_of(kept), Some(status::PENDING));

    setup.simulator.world().traffic.reset();
    setup.client.delete_invoice(superfluous).await.unwrap();
    let call = setup.only_call();
    assert_eq!((&*call.method, &*call.path), ("DELETE", &*format!("/2.0/kb_invoice/{superfluous}")));
    assert_eq!((setup.status_of(kept), setup.status_of(superfluous)), (Some(status::PENDING), None));
}

#[tokio::test]
async fn a_draft_names_the_person_at_the_customer() {
    let setup = Setup::start().await;
    let created = setup
        .client
        .create_invoice(setup.customer, Some(contact_id(1)), &setup.plan(&invoice()))
        .await
        .unwrap();
    let bexio = setup.simulator.world().bexio();
    assert_eq!(bexio.invoice(created.id.get()).unwrap().contact_sub_id, Some(1));
}
