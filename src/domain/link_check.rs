//! Whether a PSOhub invoice and a Bexio invoice agree enough to be tied together. Pure.

use super::delivery::is_within;
use super::{AccountingInvoice, AccountingStatus, CurrencyCode, Invoice, Money, RoundingTolerance};

/// What is known of the two customers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CustomerCheck {
    /// They are one.
    Same,
    /// Bexio's contact has another name; `None`: the invoice names no contact that Bexio still has.
    Other(Option<Box<str>>),
}

/// One thing in which the two do not agree.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkDifference {
    /// They are for different customers.
    #[error(
        "the customer is {} in PSOhub and {} in Bexio",
        psohub.as_deref().unwrap_or("nobody"),
        bexio.as_deref().unwrap_or("nobody")
    )]
    Customer {
        /// PSOhub's.
        psohub: Option<Box<str>>,
        /// Bexio's.
        bexio: Option<Box<str>>,
    },
    /// They are in different currencies.
    #[error("the currency is {psohub} in PSOhub and {bexio} in Bexio")]
    Currency {
        /// PSOhub's.
        psohub: CurrencyCode,
        /// Bexio's.
        bexio: CurrencyCode,
    },
    /// Their totals differ by more than rounding explains.
    #[error("the total is {psohub} in PSOhub and {bexio} in Bexio")]
    Total {
        /// PSOhub's, with VAT.
        psohub: Money,
        /// Bexio's, with VAT.
        bexio: Money,
    },
    /// Bexio's is cancelled.
    #[error("the invoice is {psohub} in PSOhub and cancelled in Bexio")]
    Cancelled {
        /// PSOhub's status, as it wrote it.
        psohub: Box<str>,
    },
}

/// Everything in which the two do not agree.
pub fn link_differences(
    invoice: &Invoice,
    bexio: &AccountingInvoice,
    customer: CustomerCheck,
    tolerance: RoundingTolerance,
) -> Vec<LinkDifference> {
    let mut found = Vec::new();
    if let CustomerCheck::Other(name) = customer {
        let psohub = invoice.customer.as_ref().map(|customer| customer.name.clone());
        found.push(LinkDifference::Customer { psohub, bexio: name });
    }
    let (psohub, booked) = (invoice.total_inc_vat_money(), bexio.money(bexio.total));
    if psohub.currency != booked.currency {
        found.push(LinkDifference::Currency { psohub: psohub.currency, bexio: booked.currency });
    }
    // Amounts of two currencies cannot be compared, and then both figures are what matters.
    let agrees = psohub.currency == booked.currency
        && is_within(psohub.amount, booked.amount, tolerance.of(psohub.currency));
    if !agrees {
        found.push(LinkDifference::Total { psohub, bexio: booked });
    }
    if bexio.status == AccountingStatus::Cancelled {
        found.push(LinkDifference::Cancelled { psohub: invoice.status_raw.clone() });
    }
    found
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;

    use super::*;
    use crate::book::fixtures;

    fn differences(rappen: i64, currency: &str, customer: CustomerCheck) -> Vec<String> {
        let mut bexio = fixtures::accounting(9);
        bexio.total = Decimal::new(rappen, 2);
        bexio.currency = currency.parse().unwrap();
        let found = link_differences(&fixtures::invoice(1), &bexio, customer, RoundingTolerance::STANDARD);
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn rounding_is_no_difference_and_everything_else_names_both_values() {
        for rappen in [10_805, 10_810, 10_815] {
            assert_eq!(differences(rappen, "CHF", CustomerCheck::Same), Vec::<String>::new());
        }
        assert_eq!(
            differences(10_816, "CHF", CustomerCheck::Same),
            ["the total is CHF 108.10 in PSOhub and CHF 108.16 in Bexio"]
        );
        assert_eq!(
            differences(10_810, "EUR", CustomerCheck::Other(Some("Beispiel AG".into()))),
            [
                "the customer is Muster Bau AG in PSOhub and Beispiel AG in Bexio",
                "the currency is CHF in PSOhub and EUR in Bexio",
                "the total is CHF 108.10 in PSOhub and EUR 108.10 in Bexio",
            ]
        );
    }
}
