//! The revenue account of a line: its own, else the configured one.

use serde::{Deserialize, Serialize};

use super::problem::Problems;
use super::text::filled;
use super::{Field, Place, PlanInput, ProblemCode};
use crate::domain::InvoiceLine;
use crate::domain::catalog::{Account, AccountKind};

/// The account that a position posts to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedAccount {
    /// Bexio's id.
    pub id: i64,
    /// Its number, such as 3400.
    pub number: Box<str>,
    /// Its name.
    pub name: Box<str>,
}

/// The account of `line`, or a problem.
pub(super) fn account<'a>(
    input: &PlanInput<'a>,
    line: &InvoiceLine,
    place: Place,
    problems: &mut Problems,
) -> Option<&'a Account> {
    let (number, place) = if let Some(number) = filled(line.gl_account.as_deref()) {
        (number, place)
    } else if let Some(number) = filled(input.options.revenue_account.as_deref()) {
        (number, Place::Option(Field::Account))
    } else if let Some(number) = filled(input.settings.revenue_account.as_deref()) {
        (number, Place::Setting(Field::Account))
    } else {
        problems.refuse(
            ProblemCode::AccountMissing,
            Place::Setting(Field::Account),
            "a line names no revenue account and none is configured",
            "Set the default revenue account in the settings, or give the line an account in PSOhub.",
        );
        return None;
    };
    check(input, number, place, problems)
}

/// What a caller asks for must exist, also where no line needs it.
pub(super) fn check_option(input: &PlanInput<'_>, problems: &mut Problems) {
    if let Some(number) = filled(input.options.revenue_account.as_deref()) {
        check(input, number, Place::Option(Field::Account), problems);
    }
}

fn check<'a>(
    input: &PlanInput<'a>,
    number: &str,
    place: Place,
    problems: &mut Problems,
) -> Option<&'a Account> {
    let mut fitting = input.catalog.accounts.iter().filter(|account| account.number.trim() == number);
    let first = fitting.clone().next();
    let Some(account) = fitting.find(|account| account.is_active).or(first) else {
        problems.refuse(
            ProblemCode::AccountUnknown,
            place,
            format!("Bexio has no account with the number {number}"),
            "Create the account in Bexio, or name another one.",
        );
        return None;
    };
    let name = &account.name;
    if !account.is_active {
        problems.refuse(
            ProblemCode::AccountInactive,
            place,
            format!("account {number} ({name}) is switched off in Bexio"),
            "Switch the account on in Bexio, or name another one.",
        );
        return None;
    }
    if !account.takes_invoice_lines() {
        problems.refuse(
            ProblemCode::AccountNotForSales,
            place,
            format!("account {number} ({name}) is no revenue account; Bexio refuses it on invoices"),
            "Name a revenue account.",
        );
        return None;
    }
    if account.kind == AccountKind::Expense {
        problems.warn(
            ProblemCode::AccountIsExpense,
            place,
            format!("account {number} ({name}) is an expense account"),
            "Check that the line is meant to lower an expense.",
        );
    }
    Some(account)
}
