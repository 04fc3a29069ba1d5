//! Which Bexio contact stands for which PSOhub customer, by the invoices that are tied together.

use std::collections::HashMap;
use std::sync::Arc;

use super::CombinedInvoice;
use crate::domain::{AccountingStatus, BexioContactId, PsohubCustomerId};

/// The contact under which most of a customer's invoices stand.
#[derive(Debug)]
pub(super) struct CustomerContacts(HashMap<PsohubCustomerId, BexioContactId>);

impl CustomerContacts {
    /// Counts the customers' invoices that are booked.
    pub(super) fn of(rows: &[Arc<CombinedInvoice>]) -> Self {
        let mut counts: HashMap<PsohubCustomerId, HashMap<BexioContactId, usize>> = HashMap::new();
        for row in rows {
            let bexio = row.bexio.as_deref().filter(|bexio| bexio.status != AccountingStatus::Cancelled);
            let customer = row.psohub.customer.as_ref().and_then(|customer| customer.id);
            if let Some((customer, contact)) = customer.zip(bexio.and_then(|bexio| bexio.contact_id)) {
                *counts.entry(customer).or_default().entry(contact).or_default() += 1;
            }
        }
        Self(counts.into_iter().filter_map(|(customer, counts)| Some((customer, most(&counts)?))).collect())
    }

    /// The contact of a customer, where one has more invoices than any other.
    pub(super) fn of_customer(&self, customer: PsohubCustomerId) -> Option<BexioContactId> {
        self.0.get(&customer).copied()
    }
}

fn most(counts: &HashMap<BexioContactId, usize>) -> Option<BexioContactId> {
    let (contact, count) = counts.iter().max_by_key(|(_, count)| **count)?;
    let is_tied = counts.iter().any(|(other, others)| other != contact && others == count);
    (!is_tied).then_some(*contact)
}
