//! The forms of amounts, dates and instants, and how a field that holds one is written: by itself, where there
//! is one, or many in a row.

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{In, Out};

/// A decimal as its digits and its scale: exact, and five bytes where text takes nine.
impl Serialize for Out<'_, Decimal> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.0.mantissa(), self.0.scale()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for In<Decimal> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (mantissa, scale) = Deserialize::deserialize(deserializer)?;
        Decimal::try_from_i128_with_scale(mantissa, scale).map(In).map_err(D::Error::custom)
    }
}

/// A date as year, month and day.
impl Serialize for Out<'_, Date> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.0.year(), self.0.month(), self.0.day()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for In<Date> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (year, month, day) = Deserialize::deserialize(deserializer)?;
        Date::new(year, month, day).map(In).map_err(D::Error::custom)
    }
}

/// An instant as nanoseconds since 1970.
impl Serialize for Out<'_, Timestamp> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.as_nanosecond().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for In<Timestamp> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Timestamp::from_nanosecond(Deserialize::deserialize(deserializer)?).map(In).map_err(D::Error::custom)
    }
}

/// A field that is there.
pub(super) mod plain {
    use super::{Deserialize, Deserializer, In, Out, Serialize, Serializer};

    pub(in crate::store::codec) fn serialize<T, S: Serializer>(
        value: &T,
        serializer: S,
    ) -> Result<S::Ok, S::Error>
    where
        for<'a> Out<'a, T>: Serialize,
    {
        Out(value).serialize(serializer)
    }

    pub(in crate::store::codec) fn deserialize<'de, T, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<T, D::Error>
    where
        In<T>: Deserialize<'de>,
    {
        In::deserialize(deserializer).map(|In(value)| value)
    }
}

/// A field that may be missing.
pub(super) mod optional {
    use super::{Deserialize, Deserializer, In, Out, Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "the signature is serde's")]
    pub(in crate::store::codec) fn serialize<T, S: Serializer>(
        value: &Option<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error>
    where
        for<'a> Out<'a, T>: Serialize,
    {
        value.as_ref().map(Out).serialize(serializer)
    }

    pub(in crate::store::codec) fn deserialize<'de, T, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<T>, D::Error>
    where
        In<T>: Deserialize<'de>,
    {
        Ok(Option::<In<T>>::deserialize(deserializer)?.map(|In(value)| value))
    }
}

/// A field with many.
pub(super) mod list {
    use super::{Deserialize, Deserializer, In, Out, Serialize, Serializer};

    pub(in crate::store::codec) fn serialize<T, S: Serializer>(
        values: &[T],
        serializer: S,
    ) -> Result<S::Ok, S::Error>
    where
        for<'a> Out<'a, T>: Serialize,
    {
        serializer.collect_seq(values.iter().map(Out))
    }

    pub(in crate::store::codec) fn deserialize<'de, T, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Box<[T]>, D::Error>
    where
        In<T>: Deserialize<'de>,
    {
        Ok(Vec::<In<T>>::deserialize(deserializer)?.into_iter().map(|In(value)| value).collect())
    }
}
