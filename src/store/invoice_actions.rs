//! What was done to single invoices beside sending them: a record is written before its call leaves,
//! and again when it ended.

use jiff::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::columns::{column, json};
use super::counters::{self, Counter};
use super::{Store, StoreError, placeholders};
use crate::domain::{ActionId, ActionOutcome, InvoiceAction, NewAction, PsohubInvoiceId};

impl Store {
    /// Writes down that an action begins. It is on the disk when this returns, so its call may leave.
    pub async fn begin_action(&self, action: NewAction) -> Result<InvoiceAction, StoreError> {
        let mut transaction = self.write().await?;
        let begun = insert(&mut transaction, action, ActionOutcome::Begun, None).await?;
        transaction.commit().await?;
        Ok(begun)
    }

    /// Writes down how an action ended.
    pub async fn end_action(
        &self,
        mut action: InvoiceAction,
        outcome: ActionOutcome,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        action.outcome = outcome;
        action.ended_at = Some(at);
        let mut transaction = self.write().await?;
        sqlx::query("UPDATE invoice_actions SET outcome = $2, record = $3 WHERE id = $1")
            .bind(action.id.get())
            .bind(action.outcome.word())
            .bind(body(&action)?)
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }

    /// The actions on these invoices, in the order in which they began. One that cannot be read is left
    /// out and logged.
    pub async fn invoice_actions(
        &self,
        invoices: &[PsohubInvoiceId],
    ) -> Result<Vec<InvoiceAction>, StoreError> {
        let mut ids: Vec<i64> = invoices.iter().map(|id| id.get()).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut transaction = self.read().await?;
        let mut actions = Vec::new();
        for part in ids.chunks(placeholders::PER_STATEMENT) {
            let sql = format!(
                "SELECT id, record FROM invoice_actions WHERE psohub_invoice_id IN {}",
                placeholders::list(part.len())
            );
            let query = part.iter().fold(placeholders::query(sql, part.len()), |query, id| query.bind(*id));
            for row in query.fetch_all(&mut *transaction).await? {
                actions.extend(read(&row)?);
            }
        }
        actions.sort_by_key(|action: &InvoiceAction| action.id);
        Ok(actions)
    }
}

/// Writes a new record inside a transaction.
pub(super) async fn insert(
    connection: &mut AnyConnection,
    begun: NewAction,
    outcome: ActionOutcome,
    ended_at: Option<Timestamp>,
) -> Result<InvoiceAction, StoreError> {
    let number = counters::next(connection, Counter::Action).await?;
    let id = ActionId::new(number).ok_or(StoreError::Counter { name: "action" })?;
    let action = InvoiceAction { id, begun, outcome, ended_at };
    sqlx::query(
        "INSERT INTO invoice_actions (id, psohub_invoice_id, kind, actor, at_ms, outcome, record)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(number)
    .bind(action.begun.invoice.get())
    .bind(action.begun.change.kind())
    .bind(column(&action.begun.actor))
    .bind(action.begun.at.as_millisecond())
    .bind(action.outcome.word())
    .bind(body(&action)?)
    .execute(connection)
    .await?;
    Ok(action)
}

fn body(action: &InvoiceAction) -> Result<String, StoreError> {
    json(action, || format!("the record of action {}", action.id))
}

fn read(row: &AnyRow) -> Result<Option<InvoiceAction>, StoreError> {
    let (id, record): (i64, &str) = (row.try_get(0)?, row.try_get(1)?);
    match serde_json::from_str(record) {
        Ok(action) => Ok(Some(action)),
        Err(error) => {
            tracing::error!(action = id, %error, "the record of action {id} cannot be read: left out");
            Ok(None)
        }
    }
}
