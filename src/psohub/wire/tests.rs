//! Rows as documented, as the example has them, and as they may come.

use jiff::civil::date;
use serde_json::{Value as Json, json};

use super::*;

const CHF: CurrencyCode = CurrencyCode::CHF;

/// The vendor's example, made valid JSON: its TaxName and PDF lack quotes there.
const DOCUMENTED: &str = r#"{"InvoiceName":"Invoice Google","InvoiceDate":"2024-10-28T00:00:00.000Z",
 "InvoiceDueDate":"2024-11-27T00:00:00.000Z","InvoiceNote":"Thank you \n","InvoiceStatus":"Draft",
 "InvoiceNumber":"INV-2024-33","InvoiceID":41939771881672249,"CustomerID":14073748838924968,
 "CustomerName":"Google","InvoiceContactID":21110623256832211,"InvoiceContactName":"Ada Example",
 "InvoiceContactEmail":"ada@customer.example","InvoiceCurrencyCode":"USD","TotalAmountExVAT":27700,
 "TotalAmountIncVAT":33517,"TotalAmountExVATBaseCurrency":27700,"TotalAmountIncVATBase":33517,
 "InvoicePDF":null,"InvoiceLines":[
  {"LineNumber":"10.002 ","LineName":"Business Review","LineDescription":" ","GLAccount":"260","TaxCode":1,
   "TaxName":"BTW 21%","TotalAmountExVAT":27700,"TotalAmountIncVAT":33517.0,
   "InvoiceDetailLines":[{"Type":"Time","Date":"2024-10-02T00:00:00.000Z","AccountName":"Ada Example",
     "RoleName":"Consultant","Description":"Workshop","NumberOfHours":7.5,"HourlyRate":160,
     "AmountExVAT":1200,"VATAmount":252,"TotalAmount":1452}]}]}"#;

struct Read {
    result: Result<Invoice, FieldFault>,
    faults: Vec<String>,
    unknown: Vec<(String, u64)>,
}

fn read_text(text: &str) -> Read {
    let (mut reader, mut unknown) = (Reader::default(), UnknownFields::default());
    let result = decode_invoice(text, false, CHF, &mut reader, &mut unknown);
    Read {
        result,
        faults: reader.faults.into_iter().map(|fault| format!("{}: {}", fault.field, fault.why)).collect(),
        unknown: unknown.iter().map(|(name, count)| (name.to_owned(), count)).collect(),
    }
}

/// The documented row with fields changed; a field set to `null` here is taken out.
#[expect(clippy::needless_pass_by_value, reason = "reads better at the calls")]
fn read(changes: Json) -> Read {
    let mut row: Json = serde_json::from_str(DOCUMENTED).unwrap();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            row.as_object_mut().unwrap().remove(name);
        } else {
            row[name] = value.clone();
        }
    }
    read_text(&row.to_string())
}

fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

#[test]
fn the_documented_example_is_read_whole() {
    let read = read_text(DOCUMENTED);
    assert_eq!((read.faults.len(), read.unknown.len()), (0, 0), "{:?} {:?}", read.faults, read.unknown);
    let invoice = read.result.unwrap();
    assert_eq!(invoice.id.get(), 41_939_771_881_672_249);
    assert_eq!((&*invoice.number, invoice.name.as_deref()), ("INV-2024-33", Some("Invoice Google")));
    assert_eq!((invoice.date, invoice.due_date), (Some(date(2024, 10, 28)), Some(date(2024, 11, 27))));
    assert_eq!(invoice.note.as_deref(), Some("Thank you"));
    assert_eq!((invoice.status, &*invoice.status_raw), (InvoiceStatus::Draft, "Draft"));
    assert_eq!(invoice.customer.as_ref().unwrap().id.unwrap().get(), 14_073_748_838_924_968);
    assert_eq!(invoice.contact.as_ref().unwrap().email.as_deref(), Some("ada@customer.example"));
    assert_eq!(invoice.currency.as_str(), "USD");
    assert_eq!((invoice.total_ex_vat, invoice.total_inc_vat), (dec("27700"), dec("33517")));
    assert_eq!(invoice.total_inc_vat_base, Some(Money::new(dec("33517"), CHF)));
    assert_eq!(invoice.external_id, None);

    let [line] = &*invoice.lines else { panic!("{:?}", invoice.lines) };
    assert_eq!((&*line.number, line.description.as_deref()), ("10.002", None));
    assert_eq!((line.gl_account.as_deref(), line.tax_code.as_deref()), (Some("260"), Some("1")));
    assert_eq!(line.total_inc_vat, Some(dec("33517")));
    let [detail] = &*line.details else { panic!("{:?}", line.details) };
    assert_eq!((detail.kind, detail.date), (DetailKind::Time, Some(date(2024, 10, 2))));
    assert_eq!((detail.hours, detail.hourly_rate), (Some(dec("7.5")), Some(dec("160"))));
    assert_eq!((detail.amount_ex_vat, detail.amount_inc_vat), (Some(dec("1200")), Some(dec("1452"))));
}

#[test]
fn text_and_numbers_stand_for_each_other() {
    let read = read(json!({
        "InvoiceID": "41939771881672249", "CustomerID": " 7 ", "InvoiceNumber": 33,
        "TotalAmountExVAT": "27700.50", "TotalAmountIncVAT": "3.35175e4",
        "InvoiceLines": [{"LineNumber": 10.002, "GLAccount": 3400, "TaxCode": "UN81", "TotalAmountExVAT": "1"}],
    }));
    assert_eq!(read.faults, Vec::<String>::new());
    let invoice = read.result.unwrap();
    assert_eq!(invoice.id.get(), 41_939_771_881_672_249);
    assert_eq!(invoice.customer.unwrap().id.unwrap().get(), 7);
    assert_eq!(&*invoice.number, "33");
    assert_eq!((invoice.total_ex_vat, invoice.total_inc_vat), (dec("27700.50"), dec("33517.5")));
    let line = &invoice.lines[0];
    assert_eq!((&*line.number, line.gl_account.as_deref()), ("10.002", Some("3400")));
    assert_eq!((line.tax_code.as_deref(), line.total_ex_vat), (Some("UN81"), Some(dec("1"))));
}

#[test]
fn both_names_of_a_field_are_read_and_the_filled_one_wins() {
    let read = read(json!({
        "TotalAmountIncVATBase": null, "TotalAmountIncVATBaseCurrency": 30000,
        "TotalAmountExVATBaseCurrency": null, "TotalAmountExVATBase": 25000,
        "externalinvoiceid": "", "ExternalInvoiceNumber": "RE-00512 ",
        "InvoiceLines": [{"LineDescription": "", "Description": "Review"}, {"LineDescription": "a", "Description": "b"}],
    }));
    let invoice = read.result.unwrap();
    assert_eq!(invoice.total_inc_vat_base, Some(Money::new(dec("30000"), CHF)));
    assert_eq!(invoice.total_ex_vat_base, Some(Money::new(dec("25000"), CHF)));
    assert_eq!(invoice.external_id.as_deref(), Some("RE-00512"));
    let descriptions: Vec<_> = invoice.lines.iter().map(|line| line.description.as_deref()).collect();
    assert_eq!(descriptions, [Some("Review"), Some("a")]);
    assert_eq!(read.unknown, []);
}

#[test]
fn detail_lines_are_found_under_every_plausible_name() {
    for (name, kind) in [
        ("InvoiceDetailLines", DetailKind::Unknown),
        ("DetailLines", DetailKind::Unknown),
        ("InvoiceLineDetails", DetailKind::Unknown),
        ("Timesheets", DetailKind::Time),
        ("Expenses", DetailKind::Expense),
    ] {
        let read = read(json!({"InvoiceLines": [{name: [{"Hours": "1.25", "Rate": 100}]}]}));
        let line = &read.result.unwrap().lines[0];
        assert_eq!((line.details[0].kind, line.details[0].hours), (kind, Some(dec("1.25"))), "{name}");
    }
    let both = read(json!({"InvoiceLines": [{"Timesheets": [{}], "Expenses": [{"Type": "expense"}]}]}));
    let kinds: Vec<_> = both.result.unwrap().lines[0].details.iter().map(|d| d.kind).collect();
    assert_eq!(kinds, [DetailKind::Time, DetailKind::Expense]);
}

#[test]
fn a_status_is_read_in_any_case_and_an_unknown_one_kept() {
    for (raw, status) in [
        ("PAID", InvoiceStatus::Paid),
        ("approved ", InvoiceStatus::Approved),
        ("Partially paid", InvoiceStatus::Unknown),
    ] {
        let invoice = read(json!({ "InvoiceStatus": raw })).result.unwrap();
        assert_eq!((invoice.status, &*invoice.status_raw), (status, raw.trim()));
    }
    let read = read(json!({ "InvoiceStatus": null }));
    assert_eq!(read.result.unwrap().status, InvoiceStatus::Unknown);
    assert_eq!(read.faults, ["InvoiceStatus: it is missing"]);
}

#[test]
fn a_field_that_is_not_understood_costs_that_field() {
    let read = read(json!({
        "InvoiceDate": "28.10.2024", "CustomerID": "Google", "TotalAmountIncVATBase": "NaN",
        "InvoiceNote": {"text": "x"},
        "InvoiceLines": [7, {"LineName": "a", "TotalAmountExVAT": "1,5", "InvoiceDetailLines": "none"}],
    }));
    let invoice = read.result.unwrap();
    assert_eq!((invoice.date, invoice.note.as_deref(), invoice.lines.len()), (None, None, 1));
    assert_eq!(invoice.customer.unwrap().name.as_ref(), "Google");
    let fields: Vec<&str> = read.faults.iter().map(|fault| fault.split(": ").next().unwrap()).collect();
    assert_eq!(
        fields,
        [
            "TotalAmountIncVATBase",
            "InvoiceDate",
            "InvoiceNote",
            "CustomerID",
            "InvoiceLines[0]",
            "InvoiceLines[1].TotalAmountExVAT",
            "InvoiceLines[1].InvoiceDetailLines",
        ]
    );
    assert!(read.faults[1].contains("28.10.2024"), "{:?}", read.faults);
}

#[test]
fn without_id_totals_or_currency_the_row_is_lost_and_named() {
    for (changes, field) in [
        (json!({ "InvoiceID": null }), "InvoiceID"),
        (json!({ "InvoiceID": 0 }), "InvoiceID"),
        (json!({ "InvoiceID": 4.5 }), "InvoiceID"),
        (json!({ "TotalAmountIncVAT": "a lot" }), "TotalAmountIncVAT"),
        (json!({ "TotalAmountExVAT": null }), "TotalAmountExVAT"),
        (json!({ "InvoiceCurrencyCode": "Fr." }), "InvoiceCurrencyCode"),
        (json!({ "InvoiceCurrencyCode": null, "TotalAmountIncVATBase": 30000 }), "InvoiceCurrencyCode"),
    ] {
        let lost = read(changes).result.unwrap_err();
        assert_eq!(&*lost.field, field);
    }
    for text in ["7", "null", "[]", r#"{"InvoiceID":1,"#, r#"{"InvoiceID":1]"#] {
        assert_eq!(&*read_text(text).result.unwrap_err().field, "(row)", "{text}");
    }
}

#[test]
fn without_a_currency_the_company_s_own_is_assumed_only_where_the_totals_agree() {
    for base in [json!(33517), json!("33517.00"), Json::Null] {
        let read = read(json!({ "InvoiceCurrencyCode": null, "TotalAmountIncVATBase": base }));
        assert_eq!(read.result.unwrap().currency, CHF);
        assert_eq!(read.faults.len(), 1);
    }
}

#[test]
fn unknown_fields_are_counted_and_ignored() {
    let read = read(json!({
        "ProjectName": "x", "Zeta": 1, "InvoiceLines": [{"Margin": 1}, {"Margin": 2, "InvoiceDetailLines": [{"New": 0}]}],
    }));
    assert!(read.result.is_ok());
    let unknown: Vec<(&str, u64)> =
        read.unknown.iter().map(|(name, count)| (name.as_str(), *count)).collect();
    assert_eq!(
        unknown,
        [("InvoiceDetailLines.New", 1), ("InvoiceLines.Margin", 2), ("ProjectName", 1), ("Zeta", 1)]
    );
}

#[test]
fn a_date_is_the_calendar_date_and_is_not_shifted() {
    for text in ["2024-12-31T23:59:59.999Z", "2024-12-31", "2024-12-31 00:00:00", "2024-12-31T00:00:00+14:00"]
    {
        assert_eq!(
            read(json!({ "InvoiceDate": text })).result.unwrap().date,
            Some(date(2024, 12, 31)),
            "{text}"
        );
    }
}

#[test]
fn a_name_that_comes_twice_costs_nothing() {
    let text = DOCUMENTED.replacen('{', r#"{"InvoiceNote":null,"InvoiceName":"","#, 1);
    let invoice = read_text(&text).result.unwrap();
    assert_eq!(
        (invoice.name.as_deref(), invoice.note.as_deref()),
        (Some("Invoice Google"), Some("Thank you"))
    );
}

#[test]
fn a_number_is_found_in_the_start_of_a_row_that_is_too_large() {
    assert_eq!(
        number_in(r#"{"InvoiceID":1,"InvoiceNumber":"INV-7","InvoiceNote":"xx"#).as_deref(),
        Some("INV-7")
    );
    assert_eq!(number_in(r#"{"InvoiceNumber":"INV"#), None);
    assert_eq!(number_in(""), None);
}
