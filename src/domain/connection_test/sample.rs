//! What a test would send: an invoice with one line that names neither account nor tax, planned like any
//! other, so that the test uses exactly what a real send would.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::TestMarker;
use crate::domain::delivery::is_within;
use crate::domain::plan::{
    CatalogSnapshot, ContactFields, ContactResolution, Plan, PlanInput, SendOptions, SendSettings, Standing,
    VatMode, plan,
};
use crate::domain::{
    AccountingInvoiceDetail, AccountingStatus, CurrencyCode, Invoice, InvoiceCustomer, InvoiceLine,
    InvoiceStatus, PsohubInvoiceId,
};

/// The sample invoice of a test: one line over 1.00, without VAT unless prices include it. `None` never happens: its id is positive.
pub fn sample_invoice(
    marker: TestMarker,
    mode: VatMode,
    currency: CurrencyCode,
    today: Date,
) -> Option<Invoice> {
    // Two amounts would name a rate; the line is to have the default tax.
    let (total_ex_vat, total_inc_vat) = match mode {
        VatMode::Included => (None, Some(Decimal::ONE)),
        VatMode::Added | VatMode::Without | VatMode::Exempt => (Some(Decimal::ONE), None),
    };
    let line = InvoiceLine {
        number: "1".into(),
        name: Some("Connection test".into()),
        description: None,
        gl_account: None,
        tax_code: None,
        tax_name: None,
        total_ex_vat,
        total_inc_vat,
        details: Box::default(),
    };
    Some(Invoice {
        id: PsohubInvoiceId::new(1)?,
        number: marker.number().into(),
        name: None,
        date: Some(today),
        due_date: None,
        note: None,
        status: InvoiceStatus::Approved,
        status_raw: "Approved".into(),
        customer: Some(InvoiceCustomer { id: None, name: marker.title().into() }),
        contact: None,
        currency,
        total_ex_vat: Decimal::ONE,
        total_inc_vat: Decimal::ONE,
        total_ex_vat_base: None,
        total_inc_vat_base: None,
        lines: Box::new([line]),
        external_id: None,
        has_pdf: false,
    })
}

/// The sample invoice as it would be sent, under the test's own reference and title.
pub fn sample_plan(
    marker: TestMarker,
    settings: &SendSettings,
    catalog: &CatalogSnapshot,
    currency: CurrencyCode,
    today: Date,
) -> Option<Plan> {
    let invoice = sample_invoice(marker, settings.vat_mode, currency, today)?;
    let fields = ContactFields { name: marker.title().into(), email: None, person: None };
    let mut plan = plan(&PlanInput {
        invoice: &invoice,
        standing: &Standing::default(),
        options: &SendOptions { email: false, ..SendOptions::default() },
        settings,
        catalog,
        contact: &ContactResolution::WouldCreate(fields),
        today,
    });
    plan.header.api_reference = marker.api_reference().into();
    plan.header.title = marker.title().into();
    Some(plan)
}

/// What the draft in Bexio has otherwise than it was planned, in words.
pub fn draft_differs(plan: &Plan, draft: &AccountingInvoiceDetail) -> Option<String> {
    let invoice = &draft.invoice;
    if invoice.status != AccountingStatus::Draft {
        return Some(format!("it is no draft but has the status {}", invoice.status_raw));
    }
    if invoice.api_reference.as_deref() != Some(&*plan.header.api_reference) {
        return Some("it does not bear its reference".to_owned());
    }
    let ([planned], [there]) = (&*plan.positions, &*draft.positions) else {
        return Some(format!("it has {} lines and not one", draft.positions.len()));
    };
    if there.account_id != planned.account.as_ref().map(|account| account.id) {
        return Some("its line posts to another account".to_owned());
    }
    if there.tax_id != planned.tax.as_ref().map(|tax| tax.id) {
        return Some("its line has another tax".to_owned());
    }
    // Bexio keeps VAT to four digits and shows totals with two.
    let (net, planned) = (invoice.total_net, plan.totals.net);
    (!is_within(net, planned, Decimal::new(1, 2)))
        .then(|| format!("it is over {net} without VAT and not over {planned}"))
}
