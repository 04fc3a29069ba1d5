//! Revenue accounts.

use super::{Case, line, problem, refusals, warnings};
use crate::domain::plan::{Field, Place, ProblemCode};

fn account_of(case: &Case) -> Option<i64> {
    case.plan().positions[0].account.as_ref().map(|account| account.id)
}

#[test]
fn a_line_posts_to_its_own_account_else_the_asked_for_else_the_configured() {
    let mut case = Case::default();
    assert_eq!(account_of(&case), Some(101));
    case.options.revenue_account = Some("3200".into());
    assert_eq!(account_of(&case), Some(102));
    case.invoice.lines[0].gl_account = Some(" 3400 ".into());
    assert_eq!(account_of(&case), Some(101));
    case.invoice.lines[0].gl_account = Some(" ".into());
    assert_eq!(account_of(&case), Some(102));
    case.options.revenue_account = None;
    case.settings.revenue_account = None;
    assert_eq!(refusals(&case), [ProblemCode::AccountMissing]);
}

#[test]
fn an_account_must_exist_be_active_and_take_invoice_lines() {
    for (number, code) in [
        ("9999", ProblemCode::AccountUnknown),
        ("3999", ProblemCode::AccountInactive),
        ("1100", ProblemCode::AccountNotForSales),
    ] {
        let case = Case::with_line(|line| line.gl_account = Some(number.into()));
        assert_eq!(refusals(&case), [code]);
        let told = problem(&case, code);
        assert!(told.what.contains(number), "{}", told.what);
        let Place::Line { index: 0, number, field: Field::Account } = &told.place else { panic!("{told:?}") };
        assert_eq!(&**number, "10.001");
    }
    let case = Case::with_line(|line| line.gl_account = Some("4000".into()));
    assert_eq!((refusals(&case), warnings(&case)), (vec![], vec![ProblemCode::AccountIsExpense]));
}

#[test]
fn of_two_accounts_of_one_number_the_active_one_is_taken() {
    let mut case = Case::default();
    let mut twin = case.catalog.accounts[0].clone();
    (twin.id, twin.is_active) = (900, true);
    case.catalog.accounts[0].is_active = false;
    case.catalog.accounts.push(twin);
    assert_eq!(account_of(&case), Some(900));
}

#[test]
fn an_account_that_is_asked_for_must_exist_also_where_no_line_needs_it() {
    let mut case = Case::with_line(|line| line.gl_account = Some("3400".into()));
    case.options.revenue_account = Some("9999".into());
    assert_eq!(problem(&case, ProblemCode::AccountUnknown).place, Place::Option(Field::Account));
    let lines = (0..3).map(|_| line("1")).collect();
    let mut case = Case::default().with_lines(lines, "3", "3.25");
    case.options.revenue_account = Some("9999".into());
    assert_eq!(refusals(&case), [ProblemCode::AccountUnknown], "told once");
}
