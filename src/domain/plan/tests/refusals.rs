//! Bexio's refusals in words.

use super::Case;
use crate::domain::plan::{RefusedPart, explain};

#[test]
fn a_refusal_names_the_line_and_the_thing() {
    let plan = Case::default().plan();
    let told = |position, part| explain(&plan, position, &part);
    assert_eq!(told(Some(0), RefusedPart::Account), "line 10.001: account 3400 (Konto 3400) is not accepted");
    assert_eq!(told(Some(0), RefusedPart::Tax), "line 10.001: tax UN81 (8.1 %) is not accepted");
    assert_eq!(told(Some(0), RefusedPart::Price), "line 10.001: the amount 100 is not accepted");
    assert_eq!(told(Some(0), RefusedPart::Other("pos".into())), "line 10.001: the pos is not accepted");
    assert_eq!(told(Some(7), RefusedPart::Tax), "position 8: tax is not accepted");
    assert_eq!(told(None, RefusedPart::User), "the invoice's user is not accepted");
    assert_eq!(told(None, RefusedPart::Currency), "the invoice's currency CHF is not accepted");
    assert_eq!(
        told(None, RefusedPart::Recipient),
        "the e-mail's recipient ap@muster.example is not accepted"
    );
    assert_eq!(told(None, RefusedPart::ContactName), "the contact's name is not accepted");
    assert_eq!(told(None, RefusedPart::BankAccount), "the invoice's bank account Bank 2 is not accepted");
}
