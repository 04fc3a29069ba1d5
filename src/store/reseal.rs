//! Encrypting what customers are written anew with the first key: plans with their e-mails and recipients, frozen
//! invoices, options of batches, the mirror. What stood in clear is encrypted from then on.

use sqlx::{Any, AnyConnection, Decode, Encode, Row, Type};

use super::StoreError;
use super::keyring::{Keyring, Place};

/// Rows read at a time.
const PAGE: i64 = 500;

/// A column of values by a number.
struct Values {
    column: &'static str,
    /// The next rows after `$1`, at most `$2`: id and value.
    select: &'static str,
    /// `$1` for the row `$2`, if it still has the value `$3`.
    update: &'static str,
}

macro_rules! values {
    ($table:literal, $id:literal, $column:literal) => {
        Values {
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

const TEXTS: [Values; 4] = [
    values!("deliveries", "id", "recipient"),
    values!("delivery_plans", "delivery_id", "plan"),
    values!("delivery_plans", "delivery_id", "invoice"),
    values!("batches", "id", "options"),
];

/// The same of bytes.
const BODIES: [(&str, Values); 2] = [
    ("psohub", values!("mirror_psohub", "invoice_id", "body")),
    ("bexio", values!("mirror_bexio", "invoice_id", "body")),
];

/// How many values were encrypted anew. One that changes in this moment was written by a service that
/// has the keys, and is encrypted already.
pub(super) async fn everything(connection: &mut AnyConnection, keys: &Keyring) -> Result<usize, StoreError> {
    let mut changed = 0;
    for texts in &TEXTS {
        changed += reseal::<String>(connection, keys, texts).await?;
    }
    for (source, bodies) in &BODIES {
        // A mirror in clear is dropped by the next start, which reads it anew.
        if super::mirror::is_sealed(connection, source).await? {
            changed += reseal::<Vec<u8>>(connection, keys, bodies).await?;
        }
    }
    Ok(changed)
}

/// A value as it is stored.
trait Stored: Sized {
    /// The same, encrypted with the first key; `None` where it is already.
    fn resealed(&self, keys: &Keyring, place: Place<'_>) -> Result<Option<Self>, StoreError>;
}

impl Stored for String {
    fn resealed(&self, keys: &Keyring, place: Place<'_>) -> Result<Option<Self>, StoreError> {
        if keys.is_current_text(self) {
            return Ok(None);
        }
        Ok(Some(keys.seal_text(place, keys.open_text(place, self)?.into_owned())?))
    }
}

impl Stored for Vec<u8> {
    fn resealed(&self, keys: &Keyring, place: Place<'_>) -> Result<Option<Self>, StoreError> {
        if keys.is_current_bytes(self) {
            return Ok(None);
        }
        Ok(Some(keys.seal_bytes(place, keys.open_bytes(place, self)?.into_owned())?))
    }
}

async fn reseal<T>(
    connection: &mut AnyConnection,
    keys: &Keyring,
    values: &Values,
) -> Result<usize, StoreError>
where
    T: Stored + Send + for<'q> Encode<'q, Any> + for<'r> Decode<'r, Any> + Type<Any>,
{
    let (mut after, mut changed) = (i64::MIN, 0);
    loop {
        let rows = sqlx::query(values.select).bind(after).bind(PAGE).fetch_all(&mut *connection).await?;
        let Some(last) = rows.last() else { return Ok(changed) };
        after = last.try_get(0)?;
        for row in &rows {
            let (id, stored): (i64, T) = (row.try_get(0)?, row.try_get(1)?);
            let place = Place { column: values.column, row: &id.to_string() };
            if let Some(sealed) = stored.resealed(keys, place)? {
                sqlx::query(values.update)
                    .bind(sealed)
                    .bind(id)
                    .bind(stored)
                    .execute(&mut *connection)
                    .await?;
                changed += 1;
            }
        }
    }
}
