//! What is written comes back, and what was damaged is refused.

use std::fmt::Write as _;

use rust_decimal::Decimal;

use super::*;
use crate::domain::{
    AccountingInvoice, AccountingStatus, BexioContactId, BexioInvoiceId, CurrencyCode, DetailKind, Invoice,
    InvoiceContact, InvoiceCustomer, InvoiceLine, InvoiceStatus, LineDetail, Money, PsohubContactId,
    PsohubCustomerId, PsohubInvoiceId,
};

type Text = Option<Box<str>>;

#[expect(clippy::unnecessary_wraps, reason = "the fields are optional")]
fn text(text: &str) -> Text {
    Some(text.into())
}

fn amount(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn invoice() -> Invoice {
    let detail = LineDetail {
        kind: DetailKind::Expense,
        date: Some(jiff::civil::date(2026, 3, 29)),
        person: text("p"),
        role: text("r"),
        description: text("d"),
        hours: Some(amount("1.50")),
        hourly_rate: Some(amount("150")),
        amount_ex_vat: Some(amount("-0.01")),
        amount_inc_vat: None,
    };
    let line = InvoiceLine {
        number: "10.002".into(),
        name: text("n"),
        description: text("d"),
        gl_account: text("3400"),
        tax_code: text("UN81"),
        tax_name: text("t"),
        total_ex_vat: Some(amount("79228162514264337593543950335")),
        total_inc_vat: Some(amount("0.0000000000000000000000000001")),
        details: Box::new([detail]),
    };
    Invoice {
        id: PsohubInvoiceId::new(41_939_771_881_672_249).unwrap(),
        number: "INV".into(),
        name: None,
        date: Some(jiff::civil::date(-9999, 1, 1)),
        due_date: Some(jiff::civil::date(9999, 12, 31)),
        note: text("ü"),
        status: InvoiceStatus::Void,
        status_raw: "void".into(),
        customer: Some(InvoiceCustomer { id: PsohubCustomerId::new(1), name: "c".into() }),
        contact: Some(InvoiceContact { id: PsohubContactId::new(2), name: text("g"), email: None }),
        currency: CurrencyCode::CHF,
        total_ex_vat: amount("27700"),
        total_inc_vat: amount("33517.10"),
        total_ex_vat_base: Some(Money::new(amount("1.005"), CurrencyCode::CHF)),
        total_inc_vat_base: None,
        lines: Box::new([line]),
        external_id: text("RE-1"),
        has_pdf: true,
    }
}

fn accounting() -> AccountingInvoice {
    AccountingInvoice {
        id: BexioInvoiceId::new(7).unwrap(),
        document_number: "RE-7".into(),
        title: None,
        status: AccountingStatus::Unpaid,
        status_raw: 31,
        contact_id: BexioContactId::new(3),
        currency: CurrencyCode::CHF,
        total: amount("108.10"),
        total_net: amount("100.000000"),
        total_taxes: amount("8.1000"),
        received: amount("0"),
        credited: amount("0"),
        remaining: amount("108.10"),
        date: Some(jiff::civil::date(2026, 3, 29)),
        due_date: None,
        reference: None,
        api_reference: text("psohub:1"),
        updated_at: "2026-03-29T00:59:59.123456789Z".parse().unwrap(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Bytes of an older build would be read as something else where this goes unnoticed.
#[test]
fn a_change_of_the_bytes_raises_the_format() {
    let written = (FORMAT, hex(&encode(&invoice()).unwrap()), hex(&encode(&accounting()).unwrap()));
    let known = (
        1,
        "f2b8becf828080950103494e5600019d9c010101019e9c010c1f0102c3bc0404766f6964010102016301010401\
         016700434846e8b00300bc9299030201da0f0343484600010631302e30303201016e0101640104333430300104\
         554e383101017401feffffffffffffffffffffffff3f0001021c010101d41f031d01017001017201016401ac02\
         0201ac020001010200010452452d3101"
            .to_owned(),
        "0e0452452d3700053e0106434846f4a801028084af5f06d0f1090400000000f4a8010201d41f031d0000010870\
         736f6875623a31aa8ce5c4a98595a131"
            .to_owned(),
    );
    assert_eq!(written, known, "raise FORMAT and copy the new bytes");
}

#[test]
fn every_digit_comes_back() {
    let bytes = encode(&invoice()).unwrap();
    let read: Invoice = decode(&bytes).unwrap();
    assert_eq!(read, invoice());
    // Equal amounts can have different scales; these must not.
    assert_eq!(read.total_inc_vat.to_string(), "33517.10");
    let read: AccountingInvoice = decode(&encode(&accounting()).unwrap()).unwrap();
    assert_eq!(read, accounting());
    assert_eq!(read.total_net.to_string(), "100.000000");
}

proptest::proptest! {
    /// A damaged row costs the mirror, never the process.
    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
        let _ = decode::<Invoice>(&bytes);
        let _ = decode::<AccountingInvoice>(&bytes);
    }

    #[test]
    fn a_damaged_row_is_read_or_refused(at in 0_usize..200, byte: u8, cut in 0_usize..250) {
        let mut bytes = encode(&invoice()).unwrap();
        if let Some(place) = bytes.get_mut(at) {
            *place = byte;
        }
        bytes.truncate(cut);
        let _ = decode::<Invoice>(&bytes);
    }
}
