//! What stands against sending an invoice, by what is known of it already.

use std::sync::Arc;

use super::{CombinedInvoice, ExternalId};
use crate::domain::delivery::Delivery;
use crate::domain::plan::Standing;
use crate::domain::{AccountingInvoice, Invoice};

impl CombinedInvoice {
    /// What stands against sending it, but for what its own `delivery` has done so far where that can go
    /// on.
    pub fn standing(&self, delivery: Option<&Delivery>) -> Standing {
        let going_on = delivery.filter(|delivery| delivery.may_resume());
        let is_own = |bexio: &AccountingInvoice| {
            going_on.is_some_and(|delivery| {
                bexio.psohub_id() == Some(self.psohub.id)
                    || delivery.pin().is_some_and(|pin| pin.id == bexio.id)
            })
        };
        // A write-back whose answer was lost or wrong may have taken effect: from the issue on it is our own.
        let wrote_back = going_on.is_some_and(|delivery| delivery.issued_at().is_some());
        Standing {
            linked: self.bexio.as_deref().filter(|bexio| !is_own(bexio)).map(|bexio| bexio.id),
            has_external_id: matches!(self.external_id, ExternalId::Present(_)) && !wrote_back,
            delivery: delivery.filter(|_| going_on.is_none()).map(Delivery::state),
        }
    }

    /// The invoice as it is sent: without the external id that its own `delivery` wrote.
    pub fn as_sent(&self, delivery: Option<&Delivery>) -> Arc<Invoice> {
        let written = delivery.and_then(Delivery::external_id);
        if self.psohub.external_id.is_some() && self.psohub.external_id == written {
            return Arc::new(Invoice { external_id: None, ..(*self.psohub).clone() });
        }
        Arc::clone(&self.psohub)
    }
}
