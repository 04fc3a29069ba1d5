//! How amounts are written: decimals as JSON numbers without passing through a float.

use rust_decimal::Decimal;
use serde::{Serialize as _, Serializer};
use serde_json::value::RawValue;

/// Writes `amount` as a JSON number, digit for digit.
pub(crate) fn number<S: Serializer>(amount: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    RawValue::from_string(amount.normalize().to_string())
        .map_err(serde::ser::Error::custom)?
        .serialize(serializer)
}
