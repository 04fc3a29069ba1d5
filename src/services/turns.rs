//! One request at a time for each invoice: of fifty that come at once, the first plans and claims,
//! and the others find what it made.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OwnedMutexGuard;

use crate::domain::PsohubInvoiceId;

/// Who is at which invoice.
#[derive(Debug, Default)]
pub(super) struct Turns(Mutex<HashMap<PsohubInvoiceId, Arc<tokio::sync::Mutex<()>>>>);

impl Turns {
    /// Waits until nobody else is at this invoice. It is the caller's until the guard is dropped.
    pub(super) async fn take(&self, invoice: PsohubInvoiceId) -> OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            // Whoever waits or works holds a clone.
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
            Arc::clone(turns.entry(invoice).or_default())
        };
        turn.lock_owned().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_at_a_time_for_each_invoice_and_nothing_is_left_behind() {
        let turns = Turns::default();
        let id = |id| PsohubInvoiceId::new(id).unwrap();
        let first = turns.take(id(1)).await;
        drop(turns.take(id(2)).await);
        let second = turns.take(id(1));
        tokio::pin!(second);
        assert!(futures_util::poll!(&mut second).is_pending());
        drop(first);
        drop(second.await);
        drop(turns.take(id(3)).await);
        assert_eq!(turns.0.lock().unwrap().len(), 1);
    }
}
