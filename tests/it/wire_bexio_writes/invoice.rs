//! Creating, issuing and deleting an invoice, and finding one by its title.

use invoice_gateway::bexio::WriteError;
use invoice_gateway::domain::plan::{Plan, RefusedPart};
use invoice_gateway::domain::{
    AccountingStatus, BexioContactId, BexioInvoiceId, CurrencyCode, Invoice, InvoiceLine,
};
use jiff::civil::date;
use serde_json::json;
use upstream_simulator::bexio::{NewInvoice, Quirk, status};
use upstream_simulator::faults::{FaultAction, FaultBody, FaultRule};
use upstream_simulator::traffic::Upstream;

use super::{Setup, contact_id, decimal, invoice, line, refused};

#[tokio::test]
async fn a_draft_is_made_from_the_plan_alone() {
    let setup = Setup::start().await;
    let lines = [line("10.001", "1000.1"), line("10.002", "-250.123456"), line("10.003", "0")];
    let invoice = Invoice {
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

    setup.forget_calls();
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

/// A create that Bexio refuses: the parts it names; nothing is made, and one request left.
async fn refused_create(
    setup: &Setup,
    contact: BexioContactId,
    plan: &Plan,
) -> Vec<(Option<usize>, RefusedPart)> {
    setup.forget_calls();
    let (status, parts) = refused(setup.client.create_invoice(contact, None, plan).await);
    assert_eq!((status, setup.simulator.world().bexio().invoices().len()), (422, 0));
    setup.only_call();
    parts
}

#[tokio::test]
async fn a_refused_line_is_named_with_what_is_wrong() {
    let setup = Setup::start().await;
    let invoice = Invoice {
        lines: [line("10.001", "50"), line("10.002", "25"), line("10.003", "25")].into(),
        ..invoice()
    };
    let good = setup.plan(&invoice);
    let (receivables, expired) = {
        let bexio = setup.simulator.world().bexio();
        (bexio.account_id("1100").unwrap(), bexio.tax_id("UN77").unwrap())
    };
    let account = |plan: &mut Plan, index: usize| {
        plan.positions[index].account.as_mut().unwrap().id = receivables;
    };
    let tax = |plan: &mut Plan, index: usize| plan.positions[index].tax.as_mut().unwrap().id = expired;
    let parts = async |change: &dyn Fn(&mut Plan)| {
        let mut plan = good.clone();
        change(&mut plan);
        refused_create(&setup, setup.customer, &plan).await
    };
    assert_eq!(parts(&|plan| account(plan, 1)).await, [(Some(1), RefusedPart::Account)]);
    assert_eq!(parts(&|plan| tax(plan, 0)).await, [(Some(0), RefusedPart::Tax)]);
    let several = parts(&|plan| {
        account(plan, 0);
        tax(plan, 0);
        account(plan, 2);
    })
    .await;
    let account = RefusedPart::Account;
    assert_eq!(several, [(Some(0), account.clone()), (Some(0), RefusedPart::Tax), (Some(2), account)]);
    let unit = parts(&|plan| plan.positions[1].unit_id = Some(99)).await;
    assert_eq!(unit, [(Some(1), RefusedPart::Unit)]);
    let price = parts(&|plan| plan.positions[2].unit_price = Some(decimal("0.0000001"))).await;
    assert_eq!(price, [(Some(2), RefusedPart::Price)]);
}

#[tokio::test]
async fn a_refused_head_is_named_with_what_is_wrong() {
    let setup = Setup::start().await;
    let good = setup.plan(&invoice());
    let parts = async |change: &dyn Fn(&mut Plan)| {
        let mut plan = good.clone();
        change(&mut plan);
        refused_create(&setup, setup.customer, &plan).await
    };
    let only = |part| [(None, part)];
    assert_eq!(parts(&|plan| plan.header.currency_id = Some(99)).await, only(RefusedPart::Currency));
    assert_eq!(parts(&|plan| plan.header.title = "x".repeat(81).into()).await, only(RefusedPart::Title));
    assert_eq!(parts(&|plan| plan.header.user_id = Some(99)).await, only(RefusedPart::User));
    let language = parts(&|plan| plan.header.language.as_mut().unwrap().id = 99).await;
    assert_eq!(language, only(RefusedPart::Language));
    let bank = parts(&|plan| plan.header.bank_account.as_mut().unwrap().id = 99).await;
    assert_eq!(bank, only(RefusedPart::BankAccount));
    let payment = parts(&|plan| plan.header.payment_type.as_mut().unwrap().id = 99).await;
    assert_eq!(payment, only(RefusedPart::PaymentType));
    // Bexio numbers invoices itself here: the field is locked.
    let number = parts(&|plan| plan.header.document_number = Some("INV-2026-33".into())).await;
    assert_eq!(number, only(RefusedPart::DocumentNumber));
    assert_eq!(refused_create(&setup, contact_id(99), &good).await, only(RefusedPart::Contact));
    let reference = parts(&|plan| plan.header.api_reference = "x".repeat(256).into()).await;
    assert_eq!(reference, only(RefusedPart::Other("api_reference".into())));
}

#[tokio::test]
async fn a_company_that_numbers_by_hand_gets_psohub_s_number() {
    let mut setup = Setup::start().await;
    setup.simulator.world().bexio().set_quirk(Quirk::ManualNumbering, true);
    let unnumbered = refused_create(&setup, setup.customer, &setup.plan(&invoice())).await;
    assert_eq!(unnumbered, [(None, RefusedPart::DocumentNumber)]);
    setup.catalog.invoice_settings.as_mut().unwrap().automatic_numbering = false;
    let plan = setup.plan(&invoice());
    let created = setup.client.create_invoice(setup.customer, None, &plan).await.unwrap();
    assert_eq!(&*created.document_number, "INV-2026-33");
    let (status, parts) = refused(setup.client.create_invoice(setup.customer, None, &plan).await);
    assert_eq!((status, parts), (422, vec![(None, RefusedPart::DocumentNumber)]), "the number is taken");
}

#[tokio::test]
async fn what_the_plan_leaves_to_bexio_is_not_sent() {
    let setup = Setup::start().await;
    let mut plan = setup.plan(&invoice());
    let header = &mut plan.header;
    (header.language, header.bank_account, header.payment_type, header.due_date) = (None, None, None, None);
    plan.positions[0].unit_id = Some(2);
    let created = setup.client.create_invoice(setup.customer, None, &plan).await.unwrap();
    let body = setup.only_call().json().unwrap();
    let keys: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "api_reference",
            "contact_id",
            "currency_id",
            "is_valid_from",
            "mwst_is_net",
            "mwst_type",
            "positions",
            "title",
            "user_id"
        ]
    );
    assert_eq!(body["positions"][0]["unit_id"], 2);
    assert_eq!(created.due_date, Some(date(2026, 4, 1)), "Bexio's own 30 days");
}

#[tokio::test]
async fn a_plan_that_may_not_be_sent_is_not_sent() {
    let setup = Setup::start().await;
    let good = setup.plan(&invoice());
    for (change, lacks) in [
        ((|plan| plan.header.currency_id = None) as fn(&mut Plan), "currency"),
        (|plan| plan.header.user_id = None, "user"),
        (|plan| plan.positions[0].account = None, "account for line 10.001"),
        (|plan| plan.positions[0].tax = None, "tax for line 10.001"),
        (|plan| plan.positions[0].unit_price = None, "amount for line 10.001"),
    ] {
        let mut plan = good.clone();
        change(&mut plan);
        let error = setup.client.create_invoice(setup.customer, None, &plan).await.unwrap_err();
        assert!(matches!(error, WriteError::NotSent(_)), "{error:?}");
        let told = error.to_string();
        assert!(told.ends_with(&format!("the plan of invoice INV-2026-33 has no {lacks}")), "{told}");
    }
    assert_eq!(setup.simulator.world().traffic.calls(Upstream::Bexio), 0);
}

#[tokio::test]
async fn texts_and_amounts_arrive_as_they_are() {
    let setup = Setup::start().await;
    let line = InvoiceLine {
        description: Some("<b>Grüße</b> & \"Zitat\"\nzweite Zeile 日本".into()),
        ..line("10.001", "12345678.123456")
    };
    let invoice = Invoice { lines: [line].into(), ..invoice() };
    let created = setup.client.create_invoice(setup.customer, None, &setup.plan(&invoice)).await.unwrap();
    let bexio = setup.simulator.world().bexio();
    let upstream_simulator::bexio::Position::Custom(held) =
        &bexio.invoice(created.id.get()).unwrap().positions[0].position
    else {
        panic!("no custom position");
    };
    assert_eq!((held.amount, held.unit_price), (decimal("1"), decimal("12345678.123456")));
    assert_eq!(
        &*held.text,
        "Consulting<br />&lt;b&gt;Grüße&lt;/b&gt; &amp; \"Zitat\"<br />zweite Zeile 日本"
    );
}

#[tokio::test]
async fn two_hundred_lines_are_two_hundred_positions_in_order() {
    let setup = Setup::start().await;
    let lines: Vec<_> = (1..=200).map(|n| line(&format!("10.{n:03}"), &n.to_string())).collect();
    let invoice = Invoice { lines: lines.into(), ..invoice() };
    let created = setup.client.create_invoice(setup.customer, None, &setup.plan(&invoice)).await.unwrap();
    assert_eq!(created.total_net, decimal("20100"));
    let positions = setup.only_call().json().unwrap()["positions"].as_array().unwrap().clone();
    let prices: Vec<_> = positions.iter().map(|position| position["unit_price"].as_str().unwrap()).collect();
    assert_eq!(prices, (1..=200).map(|n| format!("{n}.00")).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_is_no_draft_is_neither_issued_nor_deleted() {
    let setup = Setup::start().await;
    let id = setup.draft().await;
    setup.client.issue_invoice(id).await.unwrap();
    for state in [status::PENDING, status::PAID, status::PARTIAL, status::CANCELED, status::UNPAID] {
        setup.simulator.world().bexio().set_status(id.get(), state).unwrap();
        assert_eq!(refused(setup.client.issue_invoice(id).await), (422, vec![]), "{state}");
        assert_eq!(refused(setup.client.delete_invoice(id).await), (422, vec![]), "{state}");
        assert_eq!(setup.status_of(id), Some(state));
    }
}

#[tokio::test]
async fn what_is_gone_is_refused_as_not_found() {
    let setup = Setup::start().await;
    let gone = BexioInvoiceId::new(4711).unwrap();
    assert_eq!(refused(setup.client.delete_invoice(gone).await), (404, vec![]));
    assert_eq!(refused(setup.client.issue_invoice(gone).await), (404, vec![]));
    let id = setup.draft().await;
    setup.client.delete_invoice(id).await.unwrap();
    assert_eq!(refused(setup.client.delete_invoice(id).await).0, 404);
}

#[tokio::test]
async fn an_issue_answered_without_a_body_is_a_yes() {
    let setup = Setup::start().await;
    setup.simulator.world().bexio().set_quirk(Quirk::IssueAnswers204, true);
    let id = setup.draft().await;
    setup.client.issue_invoice(id).await.unwrap();
    assert_eq!(setup.status_of(id), Some(status::PENDING));
}

#[tokio::test]
async fn a_created_invoice_that_cannot_be_understood_is_an_unknown_outcome() {
    let setup = Setup::start().await;
    let whole = r#""total":"1","total_net":"1","total_taxes":"0","total_received_payments":"0",
        "total_credit_vouchers":"0","total_remaining_payments":"1""#;
    for (answer, understood) in [
        (format!(r#"{{"id":7,"kb_item_status_id":7,"currency_id":1,{whole}}}"#), true),
        (format!(r#"{{"kb_item_status_id":7,"currency_id":1,{whole}}}"#), false),
        (format!(r#"{{"id":7,"kb_item_status_id":7,"currency_id":2,{whole}}}"#), false),
        (r#"{"id":7}"#.to_owned(), false),
    ] {
        let faults = &setup.simulator.world().faults;
        faults.clear();
        let body = FaultBody::Raw(answer.clone());
        let action = FaultAction::Status { code: 201, body, after_effect: false };
        faults.add(FaultRule::on(Upstream::Bexio, action));
        let outcome = setup.client.create_invoice(setup.customer, None, &setup.plan(&invoice())).await;
        match outcome {
            Ok(created) => assert!(understood && created.id.get() == 7, "{answer}"),
            Err(WriteError::OutcomeUnknown { why }) => {
                assert!(!understood && why.starts_with("Bexio POST /2.0/kb_invoice answered"), "{why}");
            }
            Err(other) => panic!("{answer}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_title_finds_every_invoice_that_may_hold_the_text() {
    let setup = Setup::start().await;
    let named = |title: &str| NewInvoice { title: Some(title.to_owned()), ..NewInvoice::default() };
    let titles =
        ["INV-2026-3 Relaunch", "Rechnung inv-2026-33", "INV-2025-3", "50% von A_B\\C", "50 von AxB/C"];
    for title in titles {
        setup.simulator.world().bexio().create_invoice(named(title));
    }
    let currencies = &setup.catalog.currencies;
    let found = async |text: &str| {
        let rows = setup.client.search_title(text, currencies).await.unwrap().rows;
        rows.into_iter().map(|row| row.title.unwrap().into_string()).collect::<Vec<_>>()
    };
    assert_eq!(found("INV-2026-3").await, &titles[..2]);
    assert_eq!(found(" INV-2025-3 ").await, &titles[2..3]);
    assert_eq!(found("A_B\\C").await, &titles[3..], "wildcards widen and never narrow");
    assert_eq!(found("50%").await, &titles[3..]);
    assert_eq!(found("nowhere").await, [""; 0]);
    assert_eq!(found(&"x".repeat(400)).await, [""; 0], "Bexio takes 255 characters");
    setup.forget_calls();
    assert_eq!(found(" ").await, [""; 0]);
    assert_eq!(setup.simulator.world().traffic.calls(Upstream::Bexio), 0, "no text finds nothing");
    found("INV").await;
    let body = setup.only_call().json().unwrap();
    assert_eq!(body, json!([{"field": "title", "value": "%INV%", "criteria": "like"}]));
}

#[tokio::test]
async fn a_title_is_searched_on_every_page() {
    let setup = Setup::start().await;
    for _ in 0..2001 {
        let new = NewInvoice { title: Some("INV-1".to_owned()), ..NewInvoice::default() };
        setup.simulator.world().bexio().create_invoice(new);
    }
    let rows = setup.client.search_title("INV-1", &setup.catalog.currencies).await.unwrap();
    assert_eq!((rows.rows.len(), rows.received), (2001, 2001));
    assert_eq!(setup.simulator.world().traffic.calls(Upstream::Bexio), 2);
}
