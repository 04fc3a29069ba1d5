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

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    #[expect(clippy::unnecessary_wraps, reason = "the fields are optional")]
    fn text(text: &str) -> Text {
        Some(text.into())
    }

    fn amount(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn invoice() -> Invoice {
        let detail = LineDetail {
            kind: DetailKind::Expense,
            date: Some(jiff::civil::date(2026, 3, 29)),
            person: text("p"),
            role: text("r"),
            description: text("d"),
            hours: Some(amount("1.50")),
            hourly_rate: Some(amount("150")),
            amount_ex_vat: Some(amount("-0.01")),
            amount_inc_vat: None,
        };
        let line = InvoiceLine {
            number: "10.002".into(),
            name: text("n"),
            description: text("d"),
            gl_account: text("3400"),
            tax_code: text("UN81"),
            tax_name: text("t"),
            total_ex_vat: Some(amount("79228162514264337593543950335")),
            total_inc_vat: Some(amount("0.0000000000000000000000000001")),
            details: Box::new([detail]),
        };
        Invoice {
            id: PsohubInvoiceId::new(41_939_771_881_672_249).unwrap(),
            number: "INV".into(),
            name: None,
            date: Some(jiff::civil::date(-9999, 1, 1)),
            due_date: Some(jiff::civil::date(9999, 12, 31)),
            note: text("ü"),
            status: InvoiceStatus::Void,
            status_raw: "void".into(),
            customer: Some(InvoiceCustomer { id: PsohubCustomerId::new(1), name: "c".into() }),
            contact: Some(InvoiceContact { id: PsohubContactId::new(2), name: text("g"), email: None }),
            currency: CurrencyCode::CHF,
            total_ex_vat: amount("27700"),
            total_inc_vat: amount("33517.10"),
            total_ex_vat_base: Some(Money::new(amount("1.005"), CurrencyCode::CHF)),
            total_inc_vat_base: None,
            lines: Box::new([line]),
            external_id: text("RE-1"),
            has_pdf: true,
        }
    }

    fn accounting() -> AccountingInvoice {
        AccountingInvoice {
            id: BexioInvoiceId::new(7).unwrap(),
            document_number: "RE-7".into(),
            title: None,
            status: AccountingStatus::Unpaid,
            status_raw: 31,
            contact_id: BexioContactId::new(3),
            currency: CurrencyCode::CHF,
            total: amount("108.10"),
            total_net: amount("100.000000"),
            total_taxes: amount("8.1000"),
            received: amount("0"),
            credited: amount("0"),
            remaining: amount("108.10"),
            date: Some(jiff::civil::date(2026, 3, 29)),
            due_date: None,
            reference: None,
            api_reference: text("psohub:1"),
            updated_at: "2026-03-29T00:59:59.123456789Z".parse().unwrap(),
        }
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// Bytes of an older build would be read as something else where this goes unnoticed.
    #[test]
    fn a_change_of_the_bytes_raises_the_format() {
        let written = (FORMAT, hex(&encode(&invoice()).unwrap()), hex(&encode(&accounting()).unwrap()));
        let known = (
            1,
            "f2b8becf828080950103494e5600019d9c010101019e9c010c1f0102c3bc0404766f6964010102016301010401\
             016700434846e8b00300bc9299030201da0f0343484600010631302e30303201016e0101640104333430300104\
             554e383101017401feffffffffffffffffffffffff3f0001021c010101d41f031d01017001017201016401ac02\
             0201ac020001010200010452452d3101"
                .to_owned(),
            "0e0452452d3700053e0106434846f4a801028084af5f06d0f1090400000000f4a8010201d41f031d0000010870\
             736f6875623a31aa8ce5c4a98595a131"
                .to_owned(),
        );
        assert_eq!(written, known, "raise FORMAT and copy the new bytes");
    }

    #[test]
    fn every_digit_comes_back() {
        let bytes = encode(&invoice()).unwrap();
        let read: Invoice = decode(&bytes).unwrap();
        assert_eq!(read, invoice());
        // Equal amounts can have different scales; these must not.
        assert_eq!(read.total_inc_vat.to_string(), "33517.10");
        let read: AccountingInvoice = decode(&encode(&accounting()).unwrap()).unwrap();
        assert_eq!(read, accounting());
        assert_eq!(read.total_net.to_string(), "100.000000");
    }

    proptest::proptest! {
        /// A damaged row costs the mirror, never the process.
        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let _ = decode::<Invoice>(&bytes);
            let _ = decode::<AccountingInvoice>(&bytes);
        }

        #[test]
        fn a_damaged_row_is_read_or_refused(at in 0_usize..200, byte: u8, cut in 0_usize..250) {
            let mut bytes = encode(&invoice()).unwrap();
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
            bytes.truncate(cut);
            let _ = decode::<Invoice>(&bytes);
        }
    }
}
