//! What of Bexio's set-up does not fit what is configured. The planner is asked, so that the test and a send
//! cannot disagree.

use jiff::civil::Date;

use super::{Finding, FindingCode, FindingSeverity, StepName, TestMarker, sample_plan};
use crate::domain::CurrencyCode;
use crate::domain::plan::{CatalogSnapshot, Field, Plan, Problem, ProblemCode, SendSettings, Severity};

/// What is wrong with the part of the set-up that `step` looks at, and what was found there, in a few words.
/// `catalog` holds what was read so far.
pub fn check(
    step: StepName,
    settings: &SendSettings,
    catalog: &CatalogSnapshot,
    currency: CurrencyCode,
    today: Date,
) -> (Option<Box<str>>, Vec<Finding>) {
    let plan_with = |settings: &SendSettings| {
        // Nothing is created: any marker will do.
        sample_plan(TestMarker::new(0), settings, catalog, currency, today)
    };
    let Some(plan) = plan_with(settings) else { return (None, Vec::new()) };
    let mut findings = match field_of(step) {
        Some(field) => of_field(&plan, field),
        None => Vec::new(),
    };
    match step {
        StepName::BexioTaxes => {
            if let Some(code) = &settings.zero_tax_code {
                let zero = SendSettings { tax_code: Some(code.clone()), ..settings.clone() };
                findings.extend(plan_with(&zero).iter().flat_map(|plan| of_field(plan, Field::Tax)));
            }
        }
        StepName::BexioNumbering => findings.extend(numbering(catalog)),
        StepName::BexioBankAccounts => findings.extend(bank_account(&plan, catalog, currency)),
        _ => {}
    }
    findings.dedup();
    (found(step, &plan, catalog), findings)
}

const fn field_of(step: StepName) -> Option<Field> {
    Some(match step {
        StepName::BexioAccounts => Field::Account,
        StepName::BexioTaxes => Field::Tax,
        StepName::BexioCurrencies => Field::Currency,
        StepName::BexioLanguages => Field::Language,
        StepName::BexioUnits => Field::Unit,
        StepName::BexioPaymentTypes => Field::PaymentType,
        StepName::BexioBankAccounts => Field::BankAccount,
        _ => return None,
    })
}

fn of_field(plan: &Plan, field: Field) -> Vec<Finding> {
    plan.problems.iter().filter(|problem| problem.place.field() == field).filter_map(finding).collect()
}

fn finding(problem: &Problem) -> Option<Finding> {
    let code = FindingCode::of_problem(problem.code)?;
    // Invoices whose lines all name an account can be sent.
    let is_error = problem.severity == Severity::Refusal && problem.code != ProblemCode::AccountMissing;
    let severity = if is_error { FindingSeverity::Error } else { FindingSeverity::Warning };
    Some(Finding::new(code, severity, problem.what.clone(), problem.mend.clone()))
}

fn numbering(catalog: &CatalogSnapshot) -> Option<Finding> {
    let by_hand = !catalog.invoice_settings.as_ref()?.automatic_numbering;
    by_hand.then(|| {
        Finding::new(
            FindingCode::NumberingByHand,
            FindingSeverity::Warning,
            "Bexio does not number invoices itself: each gets PSOhub's number",
            "Switch automatic numbering on in Bexio, unless PSOhub's numbers are wanted there.",
        )
    })
}

fn bank_account(plan: &Plan, catalog: &CatalogSnapshot, currency: CurrencyCode) -> Option<Finding> {
    let wanted = plan.header.currency_id?;
    let chosen = plan.header.bank_account.as_ref().map(|choice| choice.id);
    let account = catalog.bank_accounts.iter().find(|account| Some(account.id) == chosen);
    if account.is_some_and(|account| account.currency_id == Some(wanted)) {
        return None;
    }
    Some(Finding::new(
        FindingCode::BankAccountMissing,
        FindingSeverity::Warning,
        format!("no bank account in {currency} is chosen: customers would pay to another one, or see none"),
        "Add a bank account in this currency in Bexio, or choose one in the settings.",
    ))
}

/// What was found, in a few words.
fn found(step: StepName, plan: &Plan, catalog: &CatalogSnapshot) -> Option<Box<str>> {
    let position = plan.positions.first();
    let header = &plan.header;
    match step {
        StepName::BexioAccounts => {
            let account = position?.account.as_ref()?;
            Some(format!("{} {}", account.number, account.name).into())
        }
        StepName::BexioTaxes => {
            let tax = position?.tax.as_ref()?;
            Some(format!("{}, {} %", tax.code, tax.rate.normalize()).into())
        }
        StepName::BexioCurrencies => {
            let codes: Vec<String> = catalog.currencies.iter().map(|row| row.code.to_string()).collect();
            Some(codes.join(", ").into())
        }
        StepName::BexioNumbering => {
            let by_bexio = catalog.invoice_settings.as_ref()?.automatic_numbering;
            Some(if by_bexio { "Bexio numbers invoices" } else { "PSOhub's numbers are taken" }.into())
        }
        StepName::BexioLanguages => header.language.as_ref().map(|choice| choice.name.clone()),
        StepName::BexioBankAccounts => {
            let choice = header.bank_account.as_ref()?;
            Some(choice.code.clone().unwrap_or_else(|| choice.name.clone()))
        }
        StepName::BexioPaymentTypes => header.payment_type.as_ref().map(|choice| choice.name.clone()),
        StepName::BexioUnits => {
            let unit = catalog.units.iter().find(|unit| Some(unit.id) == position.and_then(|p| p.unit_id))?;
            Some(unit.name.clone())
        }
        _ => None,
    }
}
