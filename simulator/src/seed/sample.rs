//! The invoice of the vendor's documentation, figure by figure.
//! Vendor's page: <https://help.psohub.com/psohub-api-invoices>. It leaves the lines' amounts open; ours add up to
//! the documented totals.

use std::sync::Arc;

use jiff::civil::date;
use rust_decimal::Decimal;

use crate::psohub::{Customer, Detail, Line, NewPsohubInvoice, Status};

/// `InvoiceID` of the documented invoice: above 2^53, so a client that reads it as a float changes it.
pub(super) const DOCUMENTED_ID: i64 = 41_939_771_881_672_249;

/// INV-2024-33.
pub(super) fn documented() -> NewPsohubInvoice {
    NewPsohubInvoice {
        id: Some(DOCUMENTED_ID),
        number: Some("INV-2024-33".into()),
        name: "Google - IAM Impementations services".into(),
        date: Some(date(2024, 10, 28)),
        due_date: Some(date(2024, 11, 28)),
        note: "If you have any questions about this invoice, feel free to contact us at any time via volker@deco.nl"
            .into(),
        status: Status::Draft,
        customer: Arc::new(Customer {
            id: 14_073_748_838_924_968,
            name: "Google".into(),
            contact_id: 21_110_623_256_832_211,
            contact_name: "Chris Rea".into(),
            contact_email: "chris.rea@google.com".into(),
        }),
        currency: "USD".into(),
        lines: vec![review(), implementation()],
        ..NewPsohubInvoice::default()
    }
}

fn review() -> Line {
    Line {
        number: "10.002 ".into(),
        name: "Business Review".into(),
        description: " ".into(),
        gl_account: Some("260".into()),
        tax_code: Some("1".into()),
        tax_name: "BTW 21%".into(),
        total_ex_vat: Decimal::from(7_700),
        total_inc_vat: Decimal::from(9_317),
        details: vec![
            Detail::Time {
                date: date(2024, 10, 7),
                account: "Volker".into(),
                role: "Consultant".into(),
                description: "Review workshop".into(),
                hours: Decimal::from(40),
                rate: Decimal::from(180),
                amount_ex_vat: Decimal::from(7_200),
            },
            Detail::Expense {
                date: date(2024, 10, 8),
                account: "Volker".into(),
                description: "Travel".into(),
                amount_ex_vat: Decimal::from(500),
                vat_amount: Decimal::from(105),
                total_amount: Decimal::from(605),
            },
        ],
    }
}

fn implementation() -> Line {
    Line {
        number: "10.003 ".into(),
        name: "Implementation".into(),
        description: " ".into(),
        gl_account: Some("260".into()),
        tax_code: Some("1".into()),
        tax_name: "BTW 21%".into(),
        total_ex_vat: Decimal::from(20_000),
        total_inc_vat: Decimal::from(24_200),
        details: Vec::new(),
    }
}
