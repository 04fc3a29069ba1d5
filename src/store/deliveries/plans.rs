//! What deliveries were last accepted with, read for people.

use sqlx::Row;

use super::PLAN;
use crate::domain::delivery::DeliveryId;
use crate::domain::plan::Plan;
use crate::store::columns::opened_json;
use crate::store::{Keyring, Store, StoreError, placeholders};

impl Store {
    /// The plans of these deliveries, in any order. One that cannot be read is left out and logged.
    pub async fn delivery_plans(&self, ids: &[DeliveryId]) -> Result<Vec<(DeliveryId, Plan)>, StoreError> {
        let mut plans = Vec::with_capacity(ids.len());
        for part in ids.chunks(placeholders::PER_STATEMENT) {
            let sql = format!(
                "SELECT delivery_id, plan FROM delivery_plans WHERE delivery_id IN {}",
                placeholders::list(part.len())
            );
            let query =
                part.iter().fold(placeholders::query(sql, part.len()), |query, id| query.bind(id.get()));
            for row in query.fetch_all(&self.readers).await? {
                plans.extend(read(&self.keys, row.try_get(0)?, row.try_get(1)?));
            }
        }
        Ok(plans)
    }
}

fn read(keys: &Keyring, delivery: i64, plan: &str) -> Option<(DeliveryId, Plan)> {
    match opened_json(keys, PLAN, delivery, plan) {
        Ok(plan) => Some((DeliveryId::new(delivery)?, plan)),
        Err(error) => {
            tracing::error!(delivery, %error, "the plan of delivery {delivery} cannot be read: left out");
            None
        }
    }
}
