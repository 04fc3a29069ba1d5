//! When all is over: keys, history, a restart and the database file.

use sqlx::Connection as _;

use super::Player;
use crate::protocol::{Answer, Command, SendCommand};

impl Player {
    /// Looks at everything that stays.
    pub(super) async fn last_look(&mut self) {
        self.replay_keys().await;
        let before = self.deliveries().await;
        self.history().await;
        if let Some(gateway) = &mut self.gateway {
            gateway.kill().await;
        }
        self.settle().await;
        self.quick_check().await;
        self.start().await;
        self.settle().await;
        let after = self.deliveries().await;
        if before != after {
            self.violate(&format!("a restart changes the deliveries: {before:?} {after:?}"));
        }
    }

    /// The same key gives the same delivery, however often, and changes nothing.
    async fn replay_keys(&mut self) {
        for place in 0..self.callers.len() {
            let asking = &self.callers[place];
            let (Some(key), Some(told)) = (asking.caller.key.clone(), asking.told.first().copied()) else {
                continue;
            };
            let (email, invoice) = (asking.caller.email, self.company.invoices[asking.caller.invoice]);
            let before = self.deliveries().await;
            let command = Command::Send(SendCommand { invoice, key: Some(key.clone()), email, wait_ms: 0 });
            match self.demand(command).await {
                Some(Answer::Sent { delivery, replayed: true }) if delivery == told => {}
                other => self.violate(&format!("key {key} gives {other:?} instead of delivery {told}")),
            }
            if before != self.deliveries().await {
                self.violate(&format!("replaying key {key} changed a delivery"));
            }
        }
    }

    /// One entry for each version.
    async fn history(&mut self) {
        let deliveries = self.deliveries().await.unwrap_or_default();
        let Some(Answer::History(history)) = self.demand(Command::History).await else {
            self.violate("the history cannot be had");
            return;
        };
        for delivery in deliveries {
            let versions = history.get(&delivery.id().get()).cloned().unwrap_or_default();
            if !versions.iter().copied().eq(1..=delivery.version()) {
                self.violate(&format!("the history of delivery {} has gaps: {versions:?}", delivery.id()));
            }
        }
    }

    /// What the killed process left is a sound database.
    async fn quick_check(&mut self) {
        let file = self.folder.path().join("gateway.db");
        let url = format!("sqlite:{}", file.display());
        let mut connection = sqlx::SqliteConnection::connect(&url).await.expect("the database can be opened");
        let findings: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check")
            .fetch_all(&mut connection)
            .await
            .expect("the database can be checked");
        connection.close().await.expect("the database can be closed");
        if findings != ["ok"] {
            self.violate(&format!("the database is damaged: {findings:?}"));
        }
    }
}
