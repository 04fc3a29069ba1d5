//! The bytes of a mirrored row: `postcard` over the domain's types, as compact as they come.
//!
//! The domain's types are described here a second time (`serde`'s remote derive, so the compiler
//! holds the two together) because amounts and dates need another form than JSON's: a decimal is
//! its digits and its scale, a date a number.
//!
//! There is no versioned reading. The mirror is a cache of the upstreams: whoever changes a type
//! raises [`FORMAT`], and mirrors of another format are dropped and fetched again.

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::domain::{
    AccountingInvoice, AccountingStatus, BexioContactId, BexioInvoiceId, CurrencyCode, DetailKind, Invoice,
    InvoiceContact, InvoiceCustomer, InvoiceLine, InvoiceStatus, LineDetail, Money, PsohubContactId,
    PsohubCustomerId, PsohubInvoiceId,
};

/// Raise it with every change of what is written here; a test notices.
pub(super) const FORMAT: i64 = 1;

type Text = Option<Box<str>>;

pub(super) fn encode<T>(value: &T) -> Result<Vec<u8>, postcard::Error>
where
    for<'a> Out<'a, T>: Serialize,
{
    postcard::to_allocvec(&Out(value))
}

pub(super) fn decode<'de, T>(bytes: &'de [u8]) -> Result<T, postcard::Error>
where
    In<T>: Deserialize<'de>,
{
    // Bytes left over mean another format, whatever was read before them.
    match postcard::take_from_bytes::<In<T>>(bytes)? {
        (In(value), []) => Ok(value),
        _ => Err(postcard::Error::DeserializeBadEncoding),
    }
}

/// A value on its way out, in the form described here.
pub(super) struct Out<'a, T>(&'a T);
/// A value on its way in.
pub(super) struct In<T>(T);

macro_rules! described {
    ($($domain:ident as $description:ident),* $(,)?) => {$(
        impl Serialize for Out<'_, $domain> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $description::serialize(self.0, serializer)
            }
        }
        impl<'de> Deserialize<'de> for In<$domain> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $description::deserialize(deserializer).map(In)
            }
        }
    )*};
}

described!(
    Invoice as InvoiceRow,
    InvoiceCustomer as CustomerRow,
    InvoiceContact as ContactRow,
    InvoiceLine as LineRow,
    LineDetail as DetailRow,
    Money as MoneyRow,
    AccountingInvoice as AccountingRow,
);

#[derive(Serialize, Deserialize)]
#[serde(remote = "Invoice")]
struct InvoiceRow {
    id: PsohubInvoiceId,
    number: Box<str>,
    name: Text,
    #[serde(with = "optional")]
    date: Option<Date>,
    #[serde(with = "optional")]
    due_date: Option<Date>,
    note: Text,
    status: InvoiceStatus,
    status_raw: Box<str>,
    #[serde(with = "optional")]
    customer: Option<InvoiceCustomer>,
    #[serde(with = "optional")]
    contact: Option<InvoiceContact>,
    currency: CurrencyCode,
    #[serde(with = "plain")]
    total_ex_vat: Decimal,
    #[serde(with = "plain")]
    total_inc_vat: Decimal,
    #[serde(with = "optional")]
    total_ex_vat_base: Option<Money>,
    #[serde(with = "optional")]
    total_inc_vat_base: Option<Money>,
    #[serde(with = "list")]
    lines: Box<[InvoiceLine]>,
    external_id: Text,
    has_pdf: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "InvoiceCustomer")]
struct CustomerRow {
    id: Option<PsohubCustomerId>,
    name: Box<str>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "InvoiceContact")]
struct ContactRow {
    id: Option<PsohubContactId>,
    name: Text,
    email: Text,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "InvoiceLine")]
struct LineRow {
    number: Box<str>,
    name: Text,
    description: Text,
    gl_account: Text,
    tax_code: Text,
    tax_name: Text,
    #[serde(with = "optional")]
    total_ex_vat: Option<Decimal>,
    #[serde(with = "optional")]
    total_inc_vat: Option<Decimal>,
    #[serde(with = "list")]
    details: Box<[LineDetail]>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "LineDetail")]
struct DetailRow {
    kind: DetailKind,
    #[serde(with = "optional")]
    date: Option<Date>,
    person: Text,
    role: Text,
    description: Text,
    #[serde(with = "optional")]
    hours: Option<Decimal>,
    #[serde(with = "optional")]
    hourly_rate: Option<Decimal>,
    #[serde(with = "optional")]
    amount_ex_vat: Option<Decimal>,
    #[serde(with = "optional")]
    amount_inc_vat: Option<Decimal>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Money")]
struct MoneyRow {
    #[serde(with = "plain")]
    amount: Decimal,
    currency: CurrencyCode,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "AccountingInvoice")]
struct AccountingRow {
    id: BexioInvoiceId,
    document_number: Box<str>,
    title: Text,
    status: AccountingStatus,
    status_raw: i64,
    contact_id: Option<BexioContactId>,
    currency: CurrencyCode,
    #[serde(with = "plain")]
    total: Decimal,
    #[serde(with = "plain")]
    total_net: Decimal,
    #[serde(with = "plain")]
    total_taxes: Decimal,
    #[serde(with = "plain")]
    received: Decimal,
    #[serde(with = "plain")]
    credited: Decimal,
    #[serde(with = "plain")]
    remaining: Decimal,
    #[serde(with = "optional")]
    date: Option<Date>,
    #[serde(with = "optional")]
    due_date: Option<Date>,
    reference: Text,
    api_reference: Text,
    #[serde(with = "plain")]
    updated_at: Timestamp,
}

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

mod plain {
    use super::{Deserialize, Deserializer, In, Out, Serialize, Serializer};

    pub(super) fn serialize<T, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error>
    where
        for<'a> Out<'a, T>: Serialize,
    {
        Out(value).serialize(serializer)
    }

    pub(super) fn deserialize<'de, T, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error>
    where
        In<T>: Deserialize<'de>,
    {
        In::deserialize(deserializer).map(|In(value)| value)
    }
}

mod optional {
    use super::{Deserialize, Deserializer, In, Out, Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "the signature is serde's")]
    pub(super) fn serialize<T, S: Serializer>(value: &Option<T>, serializer: S) -> Result<S::Ok, S::Error>
    where
        for<'a> Out<'a, T>: Serialize,
    {
        value.as_ref().map(Out).serialize(serializer)
    }

    pub(super) fn deserialize<'de, T, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error>
    where
        In<T>: Deserialize<'de>,
    {
        Ok(Option::<In<T>>::deserialize(deserializer)?.map(|In(value)| value))
    }
}

mod list {
    use super::{Deserialize, Deserializer, In, Out, Serialize, Serializer};

    pub(super) fn serialize<T, S: Serializer>(values: &[T], serializer: S) -> Result<S::Ok, S::Error>
    where
        for<'a> Out<'a, T>: Serialize,
    {
        serializer.collect_seq(values.iter().map(Out))
    }

    pub(super) fn deserialize<'de, T, D: Deserializer<'de>>(deserializer: D) -> Result<Box<[T]>, D::Error>
    where
        In<T>: Deserialize<'de>,
    {
        Ok(Vec::<In<T>>::deserialize(deserializer)?.into_iter().map(|In(value)| value).collect())
    }
}
