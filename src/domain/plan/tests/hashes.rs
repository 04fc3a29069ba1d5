//! Fingerprints of invoices and plans.

use std::collections::HashSet;

use rust_decimal::Decimal;

use super::{Case, decimal};
use crate::domain::plan::ContactResolution;
use crate::domain::{ContentHash, Invoice, InvoiceStatus};

fn changed(change: impl FnOnce(&mut Invoice)) -> ContentHash {
    let mut case = Case::default();
    change(&mut case.invoice);
    case.invoice.content_hash()
}

#[test]
fn an_invoices_fingerprint_changes_with_what_the_customer_is_billed() {
    let same = changed(|_| {});
    let hashes: HashSet<ContentHash> = [
        same,
        changed(|it| it.number = "INV-2".into()),
        changed(|it| it.name = None),
        changed(|it| it.name = Some("".into())),
        changed(|it| it.date = None),
        changed(|it| it.due_date = None),
        changed(|it| it.note = None),
        changed(|it| it.customer = None),
        changed(|it| it.contact.as_mut().unwrap().email = None),
        changed(|it| it.currency = "EUR".parse().unwrap()),
        changed(|it| it.total_ex_vat = Decimal::ONE),
        changed(|it| it.total_inc_vat = Decimal::ONE),
        changed(|it| it.lines = Box::default()),
        changed(|it| it.lines[0].gl_account = Some("3200".into())),
        changed(|it| it.lines[0].tax_code = Some("UR26".into())),
        changed(|it| it.lines[0].total_ex_vat = None),
    ]
    .into();
    assert_eq!(hashes.len(), 16);
}

#[test]
fn what_sending_changes_by_itself_leaves_the_fingerprint_alone() {
    let same = changed(|_| {});
    assert_eq!(changed(|it| it.status = InvoiceStatus::Sent), same);
    assert_eq!(changed(|it| it.external_id = Some("RE-1".into())), same);
    assert_eq!(changed(|it| it.has_pdf = false), same);
    assert_eq!(changed(|it| it.total_ex_vat = decimal("100.00")), same, "the same amount");
}

/// Deliveries under way hold these: a change of the encoding makes each of them look changed.
#[test]
fn the_fingerprints_are_the_same_in_every_version() {
    let case = Case::default();
    let plan = case.plan();
    let hashes = [case.invoice.content_hash(), plan.draft_hash(), plan.content_hash()];
    assert_eq!(
        hashes.map(|hash| hash.to_string()[..16].to_owned()),
        ["e89ce29fa4567ef2", "a9af4f96fd3ae063", "9ca1b4aa60199305"]
    );
}

#[test]
fn a_fingerprint_is_written_and_read() {
    let hash = changed(|_| {});
    assert_eq!(hash.to_string().len(), 64);
    assert_eq!(hash.to_string().parse(), Ok(hash));
    for text in ["", "00", &"g".repeat(64), &"é".repeat(32), &"+1".repeat(32)] {
        assert!(text.parse::<ContentHash>().is_err(), "{text}");
    }
}

#[test]
fn a_plan_is_stored_and_read_back_as_it_was() {
    let plan = Case::default().plan();
    let stored = serde_json::to_string(&plan).unwrap();
    assert_eq!(serde_json::from_str::<crate::domain::plan::Plan>(&stored).unwrap(), plan);
}

#[test]
fn the_drafts_fingerprint_leaves_contact_and_mail_out_and_the_plans_does_not() {
    let plan = Case::default().plan();
    let mut case = Case::default();
    case.options.subject = Some("Another".into());
    case.contact = ContactResolution::Ambiguous(vec![]);
    let other = case.plan();
    assert_eq!(plan.draft_hash(), other.draft_hash());
    assert_ne!(plan.content_hash(), other.content_hash());
    let mut case = Case::default();
    case.settings.revenue_account = Some("3200".into());
    assert_ne!(plan.draft_hash(), case.plan().draft_hash());
}
