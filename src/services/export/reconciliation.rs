//! The table of comparisons: a line for each reason.

use super::cell::Cell;
use super::invoices::reference;
use crate::book::Reconciled;
use crate::domain::AccountingInvoice;
use crate::domain::reconciliation::{Mutation, Reason, Rule, Value, Verdict};

/// The names of the columns, in their order.
pub(super) const COLUMNS: [&str; 18] = [
    "verdict",
    "severity",
    "reason",
    "field",
    "psohub_value",
    "bexio_value",
    "difference",
    "rule",
    "fix",
    "mutation",
    "number",
    "psohub_reference",
    "customer",
    "date",
    "total",
    "currency",
    "bexio_number",
    "bexio_id",
];

/// The cells of one reason of one invoice; those of the reason are empty where there is none.
pub(super) fn cells<'a>(
    subject: &'a Reconciled,
    verdict: Verdict,
    reason: Option<&Reason>,
) -> [Cell<'a>; 18] {
    let (psohub, bexio) = match subject {
        Reconciled::Invoice(row) => (Some(&*row.psohub), row.bexio.as_deref()),
        Reconciled::BexioOnly(invoice) => (None, Some(&**invoice)),
    };
    let rule = reason.map(|reason| reason.rule);
    let total = Some(subject.total());
    let named = bexio.filter(|_| psohub.is_none()).and_then(AccountingInvoice::psohub_id);
    [
        Cell::text(Some(verdict.code())),
        Cell::text(rule.map(|rule| rule.severity().code())),
        Cell::text(rule.map(Rule::code)),
        Cell::text(rule.map(|rule| rule.field().code())),
        value(reason.and_then(|reason| reason.psohub.as_ref())),
        value(reason.and_then(|reason| reason.bexio.as_ref())),
        Cell::amount(reason.and_then(|reason| reason.difference)),
        Cell::text(rule.map(Rule::words)),
        Cell::text(rule.and_then(Rule::remedy)),
        Cell::text(reason.and_then(|reason| reason.mutation).map(Mutation::code)),
        Cell::text(psohub.map(|invoice| &*invoice.number)),
        psohub.map(|invoice| invoice.id).or(named).map_or(Cell::Empty, |id| Cell::made(reference(id))),
        Cell::text(psohub.and_then(|invoice| invoice.customer.as_ref()).map(|customer| &*customer.name)),
        Cell::date(psohub.map_or_else(|| bexio.and_then(|bexio| bexio.date), |invoice| invoice.date)),
        Cell::amount(total),
        Cell::currency(total),
        Cell::text(bexio.map(|bexio| &*bexio.document_number)),
        bexio.map_or(Cell::Empty, |bexio| Cell::made(bexio.id.to_string())),
    ]
}

fn value<'a>(value: Option<&Value>) -> Cell<'a> {
    value.map_or(Cell::Empty, |value| Cell::made(value.to_string()))
}
