//! Bexio's client against answers of the recorded shapes, and against worse.

use std::sync::Arc;

use invoice_gateway::bexio::{self, BexioClient, BexioError};
use invoice_gateway::domain::catalog::AccountKind;
use invoice_gateway::domain::{
    AccountingStatus, BexioContactId, BexioInvoiceId, Currencies, CurrencyCode, PaymentKind, SystemClock,
};
use invoice_gateway::transport::{
    BodyFault, BucketConfig, CircuitConfig, RetryConfig, StaticToken, Transport, TransportConfig,
    TransportError,
};
use rust_decimal::Decimal;
use secrecy::SecretString;

use crate::wire_upstream::{Upstream, ok, refused};

fn client(upstream: &Upstream) -> BexioClient {
    let ms = std::time::Duration::from_millis;
    let mut config = TransportConfig {
        read_timeout: ms(500),
        retry: RetryConfig { base: ms(10), wait_max: ms(50), ..RetryConfig::default() },
        // Upstreams that misbehave are asked again and again here.
        circuit: CircuitConfig { failures_max: u32::MAX, ..CircuitConfig::default() },
        ..bexio::transport_config()
    };
    config.buckets = config.buckets.into_iter().map(|bucket| BucketConfig { burst: 100, ..bucket }).collect();
    let transport = Transport::new(config, Arc::new(SystemClock::new())).unwrap();
    BexioClient::new(&upstream.url(), Arc::new(StaticToken(SecretString::from("bexio-token"))), transport)
        .unwrap()
}

const CURRENCIES: &str = r#"[{"id":1,"name":"CHF","round_factor":0.05},{"id":2,"name":"EUR","round_factor":"0.01"},{"id":3,"name":"?"}]"#;

async fn currencies() -> Currencies {
    let upstream = Upstream::answering(CURRENCIES).await;
    client(&upstream).currencies().await.unwrap().0
}

/// An invoice as lists have it, in the shapes that were recorded.
const INVOICE: &str = r#"{"id":512,"document_nr":"RE-00512","title":"","contact_id":31,"contact_sub_id":null,
 "user_id":3,"project_id":null,"logopaper_id":1,"language_id":1,"bank_account_id":2,"currency_id":1,
 "payment_type_id":4,"header":"<b>Hello</b>","footer":"","total_gross":"17.800000","total_net":"17.800000",
 "total_taxes":"1.3706","total_received_payments":"0.000000","total_credit_vouchers":"0.000000",
 "total_remaining_payments":"19.1500","total":"19.150000","total_rounding_difference":-0.02,"mwst_type":0,
 "mwst_is_net":true,"show_position_taxes":false,"is_valid_from":"2026-03-02","is_valid_to":"2026-04-01",
 "contact_address":"Muster Bau AG\nSeestrasse 4","kb_item_status_id":8,"reference":"",
 "api_reference":"psohub:41939771881672249","viewed_by_client_at":null,"updated_at":"2026-06-18 14:55:15",
 "esr_id":7,"qr_invoice_id":9,"template_slug":"","taxs":[{"percentage":"7.70","value":"1.3706"}],"network_link":""}"#;

fn invoice_with(changes: &[(&str, &str)]) -> String {
    changes.iter().fold(INVOICE.to_owned(), |text, (old, new)| {
        assert!(text.contains(old), "{old}");
        text.replace(old, new)
    })
}

fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn id(id: i64) -> BexioInvoiceId {
    BexioInvoiceId::new(id).unwrap()
}

#[tokio::test]
async fn a_page_of_invoices_is_read_as_recorded() {
    let created = invoice_with(&[
        ("\"id\":512", "\"id\":\"513\""),
        ("\"17.800000\"", "\"100\""),
        ("\"total_taxes\":\"1.3706\"", "\"total_taxes\":\"0\""),
        ("\"19.150000\"", "100"),
        ("\"kb_item_status_id\":8", "\"kb_item_status_id\":42"),
        ("\"psohub:41939771881672249\"", "null"),
    ]);
    let body = format!("[{INVOICE},{created}]");
    let upstream = Upstream::start(move |_, _| ok(&body)).await;
    let page = client(&upstream).list_page(4000, &currencies().await).await.unwrap();
    assert_eq!(upstream.lines(), ["GET /2.0/kb_invoice?order_by=id&limit=2000&offset=4000"]);
    assert_eq!((page.next_offset, page.rows.received, page.rows.problems.kept.len()), (None, 2, 0));
    let [first, second] = &page.rows.rows[..] else { panic!("{page:?}") };
    assert_eq!(
        (first.id, &*first.document_number, first.status),
        (id(512), "RE-00512", AccountingStatus::Pending)
    );
    assert_eq!(
        (first.currency, first.total, first.total_net),
        (CurrencyCode::CHF, dec("19.15"), dec("17.80"))
    );
    assert_eq!((first.total_taxes, first.remaining), (dec("1.3706"), dec("19.15")));
    assert_eq!((first.title.as_deref(), first.reference.as_deref()), (None, None));
    assert_eq!(first.psohub_id().unwrap().get(), 41_939_771_881_672_249);
    assert_eq!(first.updated_at.to_string(), "2026-06-18T12:55:15Z");
    assert_eq!(first.due_date, Some(jiff::civil::date(2026, 4, 1)));
    assert_eq!((second.id, second.status, second.status_raw), (id(513), AccountingStatus::Unknown, 42));
    assert_eq!((second.total, second.api_reference.as_deref()), (dec("100"), None));
}

#[tokio::test]
async fn a_row_that_cannot_be_understood_costs_that_row() {
    let rows = [
        invoice_with(&[("\"currency_id\":1", "\"currency_id\":9")]),
        invoice_with(&[("\"19.150000\"", "\"much\"")]),
        "7".to_owned(),
        invoice_with(&[("2026-06-18 14:55:15", "lately"), ("2026-03-02", "02.03.2026")]),
    ];
    let body = format!("[{}]", rows.join(","));
    let upstream = Upstream::start(move |_, _| ok(&body)).await;
    let page = client(&upstream).list_page(0, &currencies().await).await.unwrap();
    assert_eq!((page.rows.rows.len(), page.rows.received), (1, 4));
    let problems: Vec<_> =
        page.rows.problems.kept.iter().map(|p| (p.row, p.id, p.number.as_deref(), &*p.field)).collect();
    let number = Some("RE-00512");
    assert_eq!(
        problems,
        [
            (0, Some(512), number, "currency_id"),
            (1, Some(512), number, "total"),
            (2, None, None, "(row)"),
            (3, Some(512), number, "updated_at"),
            (3, Some(512), number, "is_valid_from"),
        ]
    );
    assert_eq!(page.rows.problems.rows_lost, 3);
}

#[tokio::test]
async fn pages_go_on_until_a_short_one() {
    for (rows, next) in
        [(0, None), (499, None), (500, Some(1500)), (501, None), (1999, None), (2000, Some(3000))]
    {
        let body = format!("[{}]", vec!["0"; rows].join(","));
        let upstream = Upstream::start(move |_, _| ok(&body)).await;
        let page = client(&upstream).list_page(1000, &Currencies::default()).await.unwrap();
        assert_eq!(page.next_offset, next, "{rows}");
    }
}

#[tokio::test]
async fn searches_are_arrays_with_a_criteria_in_their_own_bucket() {
    let body = format!("[{INVOICE},{}]", invoice_with(&[("psohub:4193", "psohub:9993")]));
    let upstream = Upstream::start(move |_, _| ok(&body)).await;
    let (client, currencies) = (client(&upstream), currencies().await);
    let since = "2026-06-18T12:55:15Z".parse().unwrap();
    let page = client.search_updated_since(since, 2000, &currencies).await.unwrap();
    assert_eq!(page.rows.rows.len(), 2);
    let rows = client.search_api_reference("psohub:41939771881672249", &currencies).await.unwrap();
    assert_eq!(rows.rows.len(), 1, "what else Bexio finds is dropped");
    assert_eq!(upstream.lines()[0], "POST /2.0/kb_invoice/search?order_by=id&limit=2000&offset=2000");
    let bodies: Vec<serde_json::Value> = upstream
        .requests()
        .iter()
        .map(|request| serde_json::from_str(request.split("\r\n\r\n").nth(1).unwrap()).unwrap())
        .collect();
    assert_eq!(
        bodies,
        [
            serde_json::json!([{"field": "updated_at", "value": "2026-06-18 14:55:15", "criteria": ">="}]),
            serde_json::json!([{"field": "api_reference", "value": "psohub:41939771881672249", "criteria": "="}]),
        ]
    );
    assert!(upstream.requests()[0].to_lowercase().contains("accept: application/json\r\n"));
}

#[tokio::test]
async fn one_invoice_comes_with_its_positions() {
    let positions = r#","positions":[
      {"id":1,"type":"KbPositionCustom","amount":"1.000000","unit_id":2,"account_id":101,"tax_id":14,"text":"Consulting",
       "unit_price":"17.800000","discount_in_percent":"0.000000","tax_value":"7.70","position_total":"17.800000","pos":"1"},
      {"id":1,"type":"KbPositionText","text":"Thank you","pos":null},{"type":"KbPositionNew","x":1}]}"#;
    let body = INVOICE.strip_suffix('}').unwrap().to_owned() + positions;
    let upstream = Upstream::start(move |number, _| {
        if number == 0 { ok(&body) } else { refused(404, r#"{"error_code":404,"message":"Page not found"}"#) }
    })
    .await;
    let (client, currencies) = (client(&upstream), currencies().await);
    let detail = client.invoice(id(512), &currencies).await.unwrap().unwrap();
    assert_eq!((detail.rounding_difference, detail.network_link.as_deref()), (Some(dec("-0.02")), None));
    let [custom, text, new] = &*detail.positions else { panic!("{detail:?}") };
    assert_eq!(
        (custom.quantity, custom.unit_price, custom.total),
        (Some(dec("1")), Some(dec("17.8")), Some(dec("17.8")))
    );
    assert_eq!((custom.account_id, custom.tax_id, custom.tax_rate), (Some(101), Some(14), Some(dec("7.70"))));
    assert_eq!((&*text.kind, text.text.as_deref(), text.total), ("KbPositionText", Some("Thank you"), None));
    assert_eq!(&*new.kind, "KbPositionNew");
    assert!(client.invoice(id(513), &currencies).await.unwrap().is_none(), "404 is an answer");
}

#[tokio::test]
async fn payments_say_what_they_are() {
    let row = |id: i64, more: &str| {
        format!(
            r#"{{"id":{id},"date":"2026-03-20","value":"1081.000000","title":"Zahlungseingang","kb_invoice_id":512{more}}}"#
        )
    };
    let body = format!(
        "[{},{},{},{}]",
        row(
            91,
            r#","is_client_account_redemption":false,"is_cash_discount":false,"kb_credit_voucher_id":null"#
        ),
        row(92, r#","is_cash_discount":true"#),
        row(93, r#","is_client_account_redemption":1"#),
        row(94, r#","kb_credit_voucher_id":"7""#),
    );
    let upstream = Upstream::start(move |_, _| ok(&body)).await;
    let payments = client(&upstream).payments(id(512), CurrencyCode::CHF).await.unwrap().rows;
    let kinds: Vec<_> = payments.iter().map(|payment| payment.kind).collect();
    assert_eq!(
        kinds,
        [
            PaymentKind::Money,
            PaymentKind::CashDiscount,
            PaymentKind::ClientAccount,
            PaymentKind::CreditVoucher
        ]
    );
    assert_eq!(payments[0].value.amount_text(), "1081.00");
    assert_eq!(payments[0].date, Some(jiff::civil::date(2026, 3, 20)));
}

#[tokio::test]
async fn a_pdf_comes_with_its_name() {
    let upstream = Upstream::start(|number, _| match number {
        0 => {
            ok(r#"{"name":"re-00512.pdf","size":9,"mime":"application/pdf","content":"JVBERi0xLjc\/Pz8\/"}"#)
        }
        1 => ok(r#"{"name":"x","content":"bm8gcGRm"}"#),
        2 => ok(r#"{"name":"x","content":"%%%"}"#),
        _ => ok("%PDF-1.7"),
    })
    .await;
    let client = client(&upstream);
    let pdf = client.pdf(id(512)).await.unwrap();
    assert_eq!((&*pdf.name, pdf.bytes.as_ref()), ("re-00512.pdf", b"%PDF-1.7????".as_ref()));
    for _ in 0..3 {
        let error = client.pdf(id(512)).await.unwrap_err();
        assert!(matches!(error, BexioError::Call(TransportError::Body { .. })), "{error:?}");
    }
}

#[tokio::test]
async fn the_catalog_is_read_as_recorded() {
    let upstream = Upstream::start(|_, request| {
        let path = request.split([' ', '?']).nth(1).unwrap();
        ok(match path {
            "/3.0/currencies" => CURRENCIES,
            "/2.0/accounts" => {
                r#"[{"id":101,"uuid":"u","account_no":"3400","name":"Dienstleistungserlöse","account_type":1,"tax_id":14,
                     "fibu_account_group_id":37,"is_active":true,"is_locked":false},
                    {"id":102,"account_no":6999,"name":"Rundung","account_type":"1","is_active":true,"is_locked":true},
                    {"id":103,"account_no":"1100","name":"Debitoren","account_type":3,"is_active":true}]"#
            }
            "/3.0/taxes" => {
                r#"[{"id":14,"uuid":"u","name":"lib.model.tax.ch.sales_81.name","code":"UN81","digit":"303",
                     "type":"sales_tax","account_id":98,"value":8.1,"net_tax_value":null,"start_year":2024,"end_year":null,
                     "start_month":1,"end_month":null,"is_active":true,"display_name":"UN81 - Umsatz 8.1%"},
                    {"id":9,"code":"UN77","type":"sales_tax","value":7.70,"start_year":2018,"end_year":2023,
                     "end_month":12,"is_active":false,"name":"Alt"}]"#
            }
            "/2.0/unit" | "/2.0/payment_type" => r#"[{"id":1,"name":"Stk"},{"id":2,"name":"h"}]"#,
            "/2.0/language" => r#"[{"id":1,"name":"German","decimal_point":".","iso_639_1":"de"}]"#,
            "/2.0/country" => {
                r#"[{"id":1,"name":"Schweiz","name_short":"CH","iso_3166_alpha2":"CH"},
                    {"id":2,"name":"Österreich","iso3166_alpha2":"AT"}]"#
            }
            "/3.0/banking/accounts" => {
                r#"[{"id":2,"uuid":"u","name":"Kontokorrent","iban_nr":"CH93 0076 2011 6238 5295 7","currency_id":1,
                     "invoice_mode":"qr_invoice","qr_invoice_iban":null,"type":"bank"}]"#
            }
            "/3.0/users" => r#"[{"id":3,"firstname":"Eva","lastname":"Muster","email":"eva@muster.example"}]"#,
            "/3.0/users/me" => r#"{"id":3,"firstname":"Eva","lastname":null,"email":"eva@muster.example"}"#,
            "/2.0/company_profile" => r#"[{"id":1,"name":"Muster AG","city":"Zürich","mail":"","logo_base64":"QUJD"}]"#,
            "/2.0/kb_item_setting" => {
                r#"[{"id":1,"kb_item_class":"KbOffer","use_automatic_enumeration":false},
                    {"id":2,"kb_item_class":"KbInvoice","use_automatic_enumeration":true,
                     "default_time_period_in_days":30,"default_mwst_is_net":true,"default_payment_type_id":null}]"#
            }
            other => panic!("{other}"),
        })
    })
    .await;
    let client = client(&upstream);
    let (currencies, problems) = client.currencies().await.unwrap();
    let chf = currencies.by_code(CurrencyCode::CHF).unwrap();
    assert_eq!(
        (chf.id, chf.round_factor, currencies.get(2).unwrap().round_factor),
        (1, Some(dec("0.05")), Some(dec("0.01")))
    );
    assert_eq!((problems.rows_lost, problems.kept[0].id), (1, Some(3)));
    let accounts = client.accounts().await.unwrap().rows;
    let lines: Vec<_> = accounts.iter().map(|a| (&*a.number, a.kind, a.takes_invoice_lines())).collect();
    assert_eq!(
        lines,
        [
            ("3400", AccountKind::Revenue, true),
            ("6999", AccountKind::Revenue, true),
            ("1100", AccountKind::Asset, false)
        ]
    );
    let taxes = client.sales_taxes(Some(jiff::civil::date(2026, 3, 2))).await.unwrap().rows;
    assert_eq!((&*taxes[0].code, taxes[0].rate, taxes[0].valid_to), ("UN81", dec("8.1"), None));
    assert_eq!((&*taxes[1].name, taxes[1].rate), ("Alt", dec("7.7")));
    assert_eq!(taxes[1].valid_from, Some(jiff::civil::date(2018, 1, 1)));
    assert_eq!(taxes[1].valid_to, Some(jiff::civil::date(2023, 12, 31)));
    let line = upstream.lines().pop().unwrap();
    assert_eq!(line, "GET /3.0/taxes?types=sales_tax&scope=active&date=2026-03-02&limit=2000&offset=0");
    assert_eq!(&*client.units().await.unwrap().rows[1].name, "h");
    assert_eq!(client.payment_types().await.unwrap().rows.len(), 2);
    assert_eq!(client.languages().await.unwrap().rows[0].code.as_deref(), Some("de"));
    let codes: Vec<_> =
        client.countries().await.unwrap().rows.into_iter().map(|country| country.code.unwrap()).collect();
    assert_eq!(codes, ["CH".into(), "AT".into()] as [Box<str>; 2]);
    assert_eq!(client.bank_accounts().await.unwrap().rows[0].invoice_mode.as_deref(), Some("qr_invoice"));
    assert_eq!(client.users().await.unwrap().rows[0].last_name.as_deref(), Some("Muster"));
    assert_eq!(client.me().await.unwrap().last_name, None);
    assert_eq!(&*client.company_profile().await.unwrap().name, "Muster AG");
    let settings = client.invoice_settings().await.unwrap();
    assert_eq!(
        (settings.automatic_numbering, settings.due_days, settings.vat_is_net),
        (true, Some(30), Some(true))
    );
}

#[tokio::test]
async fn a_catalog_without_paging_does_not_go_round_for_ever() {
    let rows: Vec<String> = (1..=500).map(|id| format!(r#"{{"id":{id},"name":"u{id}"}}"#)).collect();
    let body = format!("[{}]", rows.join(","));
    let upstream = Upstream::start(move |_, _| ok(&body)).await;
    assert_eq!(client(&upstream).units().await.unwrap().rows.len(), 500);
    assert_eq!(upstream.requests().len(), 2);
}

#[tokio::test]
async fn contacts_are_found_by_what_they_are_known_by() {
    let contact = r#"{"id":31,"nr":"000031","contact_type_id":1,"name_1":"Muster Bau AG","name_2":"","mail":"ap@muster.example",
      "mail_second":"","postcode":8002,"city":"Zürich","country_id":1,"language_id":null,"user_id":3}"#;
    let upstream =
        Upstream::start(
            move |_, request| {
                if request.starts_with("POST") { ok(format!("[{contact}]")) } else { ok(contact) }
            },
        )
        .await;
    let client = client(&upstream);
    let one = client.contact(BexioContactId::new(31).unwrap()).await.unwrap().unwrap();
    assert_eq!(
        (&*one.name, one.name_addition.as_deref(), one.postcode.as_deref()),
        ("Muster Bau AG", None, Some("8002"))
    );
    assert!(!one.is_person && one.language_id.is_none());
    assert_eq!(client.contacts_by_email("ap@muster.example").await.unwrap().rows, [one]);
    client.contacts_by_name("Muster Bau AG").await.unwrap();
    let criteria = [r#""field":"mail""#, r#""field":"name_1""#];
    for (request, criterion) in upstream.requests()[1..].iter().zip(criteria) {
        assert!(request.contains(criterion) && request.contains(r#""criteria":"=""#), "{request}");
    }
}

#[tokio::test]
async fn what_is_not_the_expected_json_is_never_an_empty_list() {
    for (body, is_json) in
        [("", false), ("<html>", false), ("[1,", false), ("null", true), ("{}", true), ("\"[]\"", true)]
    {
        let upstream = Upstream::answering(body).await;
        let client = client(&upstream);
        let error = client.list_page(0, &Currencies::default()).await.unwrap_err();
        assert_eq!(client.transport().stats().failures, 1, "{body}");
        let BexioError::Call(TransportError::Body { fault, .. }) = error else { panic!("{error:?}") };
        assert_eq!(matches!(fault, BodyFault::Shape { .. }), is_json, "{body}: {fault}");
    }
}

#[tokio::test]
async fn a_refusal_speaks_bexio_s_words() {
    let upstream = Upstream::start(|_, _| {
        refused(422, r#"{"error_code":422,"message":"The form could not be saved due to the following errors:","errors":["user_id: Pflichtfeld"]}"#)
    })
    .await;
    let error = client(&upstream).list_page(0, &Currencies::default()).await.unwrap_err();
    let BexioError::Refused { status: 422, fields, .. } = &error else { panic!("{error:?}") };
    assert_eq!(fields[0].field.as_deref(), Some("user_id"));
    assert!(error.to_string().ends_with("[user_id: Pflichtfeld]"), "{error}");
}
