//! Encrypting what customers are written anew with the first key: plans with their e-mails and recipients, frozen
//! invoices, options of batches, the mirror. What stood in clear is encrypted from then on.

use sqlx::{AnyConnection, Row};

use super::StoreError;
use super::keyring::{Keyring, Place};

/// Rows read at a time.
const PAGE: i64 = 500;

/// A column of texts by a number.
struct Texts {
    column: &'static str,
    /// The next rows after `$1`, at most `$2`: id and text.
    select: &'static str,
    /// `$1` for the row `$2`, if it still has the text `$3`.
    update: &'static str,
}

macro_rules! texts {
    ($table:literal, $id:literal, $column:literal) => {
        Texts {
            column: concat!($table, ".", $column),
            select: concat!(
                "SELECT ",
                $id,
                ", ",
                $column,
                " FROM ",
                $table,
                " WHERE ",
                $id,
                " > $1 AND ",
                $column,
                " IS NOT NULL ORDER BY ",
                $id,
                " LIMIT $2"
            ),
            update: concat!(
                "UPDATE ",
                $table,
                " SET ",
                $column,
                " = $1 WHERE ",
                $id,
                " = $2 AND ",
                $column,
                " = $3"
            ),
        }
    };
}

const TEXTS: [Texts; 4] = [
    texts!("deliveries", "id", "recipient"),
    texts!("delivery_plans", "delivery_id", "plan"),
    texts!("delivery_plans", "delivery_id", "invoice"),
    texts!("batches", "id", "options"),
];

/// The same of bytes.
const BODIES: [(&str, Texts); 2] = [
    ("psohub", texts!("mirror_psohub", "invoice_id", "body")),
    ("bexio", texts!("mirror_bexio", "invoice_id", "body")),
];

/// How many values were encrypted anew. One that changes in this moment was written by a service that
/// has the keys, and is encrypted already.
pub(super) async fn everything(connection: &mut AnyConnection, keys: &Keyring) -> Result<usize, StoreError> {
    let mut changed = 0;
    for texts in &TEXTS {
        changed += reseal_texts(connection, keys, texts).await?;
    }
    for (source, bodies) in &BODIES {
        // A mirror in clear is dropped by the next start, which reads it anew.
        if super::mirror::is_sealed(connection, source).await? {
            changed += reseal_bodies(connection, keys, bodies).await?;
        }
    }
    Ok(changed)
}

async fn reseal_texts(
    connection: &mut AnyConnection,
    keys: &Keyring,
    texts: &Texts,
) -> Result<usize, StoreError> {
    let (mut after, mut changed) = (i64::MIN, 0);
    loop {
        let rows = sqlx::query(texts.select).bind(after).bind(PAGE).fetch_all(&mut *connection).await?;
        let Some(last) = rows.last() else { return Ok(changed) };
        after = last.try_get(0)?;
        for row in &rows {
            let (id, stored): (i64, String) = (row.try_get(0)?, row.try_get(1)?);
            if keys.is_current_text(&stored) {
                continue;
            }
            let place = Place { column: texts.column, row: &id.to_string() };
            let sealed = keys.seal_text(place, keys.open_text(place, &stored)?.into_owned())?;
            sqlx::query(texts.update).bind(sealed).bind(id).bind(stored).execute(&mut *connection).await?;
            changed += 1;
        }
    }
}

async fn reseal_bodies(
    connection: &mut AnyConnection,
    keys: &Keyring,
    bodies: &Texts,
) -> Result<usize, StoreError> {
    let (mut after, mut changed) = (i64::MIN, 0);
    loop {
        let rows = sqlx::query(bodies.select).bind(after).bind(PAGE).fetch_all(&mut *connection).await?;
        let Some(last) = rows.last() else { return Ok(changed) };
        after = last.try_get(0)?;
        for row in &rows {
            let (id, stored): (i64, Vec<u8>) = (row.try_get(0)?, row.try_get(1)?);
            if keys.is_current_bytes(&stored) {
                continue;
            }
            let place = Place { column: bodies.column, row: &id.to_string() };
            let sealed = keys.seal_bytes(place, keys.open_bytes(place, &stored)?.into_owned())?;
            sqlx::query(bodies.update).bind(sealed).bind(id).bind(stored).execute(&mut *connection).await?;
            changed += 1;
        }
    }
}
