//! Whether the draft in Bexio is what was planned. Nothing is issued before this says so.

use rust_decimal::Decimal;

use super::{Delivery, Difference, Reading};

/// All differences between the plan's promise and what was read; none: it may be issued.
pub fn differences(delivery: &Delivery, reading: &Reading) -> Vec<Difference> {
    let promise = &delivery.accepted.draft;
    let adopted = delivery.pin.as_ref().is_some_and(|pin| pin.adopted);
    let mut found = Vec::new();
    // Amounts of two currencies cannot be compared.
    if reading.currency == promise.currency {
        if !is_within(reading.total, promise.total, promise.tolerance) {
            found.push(Difference::Total { planned: promise.total, found: reading.total });
        }
        if !is_within(reading.total_net, promise.total_net, promise.tolerance) {
            found.push(Difference::TotalNet { planned: promise.total_net, found: reading.total_net });
        }
    } else {
        found.push(Difference::Currency);
    }
    if delivery.contact.company.is_some() && reading.contact_id != delivery.contact.company {
        found.push(Difference::Contact);
    }
    if reading.positions != promise.positions {
        found.push(Difference::Positions { planned: promise.positions, found: reading.positions });
    }
    // A person who named another invoice knows that it carries another reference.
    if !adopted && reading.api_reference.as_deref().map(str::trim) != Some(&*promise.api_reference) {
        found.push(Difference::Reference);
    }
    found
}

/// Whether two amounts differ by no more than `tolerance`. Amounts too large to compare differ.
pub fn is_within(left: Decimal, right: Decimal, tolerance: Decimal) -> bool {
    left.checked_sub(right).is_some_and(|difference| difference.abs() <= tolerance)
}
