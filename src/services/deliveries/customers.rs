//! Who may create a contact for a customer now: one delivery at a time. Two that both searched and
//! found none would both create one.
//!
//! The hold is not a task's: it lasts from the first search to the known contact, over waits and
//! lost answers, since a lost creation may still be applied.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::delivery::DeliveryId;
use crate::domain::{Invoice, InvoiceCustomer, PsohubCustomerId};

/// What tells customers apart: PSOhub's id, else the name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum CustomerKey {
    Id(PsohubCustomerId),
    Name(Box<str>),
}

impl CustomerKey {
    /// The customer of an invoice; `None` where PSOhub names none.
    pub(super) fn of(invoice: &Invoice) -> Option<Self> {
        let InvoiceCustomer { id, name } = invoice.customer.as_ref()?;
        let by_name = || Self::Name(name.trim().to_lowercase().into());
        Some(id.map_or_else(by_name, Self::Id))
    }
}

/// Customers whose contact is being found or created.
#[derive(Debug, Default)]
pub(super) struct Customers(Mutex<HashMap<CustomerKey, Hold>>);

#[derive(Debug)]
struct Hold {
    holder: DeliveryId,
    waiting: Vec<DeliveryId>,
}

impl Customers {
    /// Whether `delivery` has the customer for itself now; if not, it is told by [`Self::release`].
    pub(super) fn hold(&self, customer: CustomerKey, delivery: DeliveryId) -> bool {
        let mut holds = self.lock();
        let hold = holds.entry(customer).or_insert_with(|| Hold { holder: delivery, waiting: Vec::new() });
        if hold.holder != delivery && !hold.waiting.contains(&delivery) {
            hold.waiting.push(delivery);
        }
        hold.holder == delivery
    }

    /// Gives back whatever `delivery` holds; those who waited for it may try now.
    pub(super) fn release(&self, delivery: DeliveryId) -> Vec<DeliveryId> {
        let mut woken = Vec::new();
        self.lock().retain(|_, hold| {
            let is_over = hold.holder == delivery;
            if is_over {
                woken.append(&mut hold.waiting);
            }
            !is_over
        });
        woken
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<CustomerKey, Hold>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holds_and_the_others_are_told_when_it_is_over() {
        let customers = Customers::default();
        let key = |name: &str| CustomerKey::Name(name.into());
        let id = |id| DeliveryId::new(id).unwrap();
        assert!(customers.hold(key("a"), id(1)));
        assert!(customers.hold(key("a"), id(1)), "again, after a wait");
        assert!(!customers.hold(key("a"), id(2)));
        assert!(!customers.hold(key("a"), id(2)));
        assert!(!customers.hold(key("a"), id(3)));
        assert!(customers.hold(key("b"), id(4)));
        assert_eq!(customers.release(id(2)), [], "who only waits has nothing to give back");
        assert_eq!(customers.release(id(1)), [id(2), id(3)]);
        assert!(customers.hold(key("a"), id(3)));
        assert!(!customers.hold(key("b"), id(3)));
    }
}
