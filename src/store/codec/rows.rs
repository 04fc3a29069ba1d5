//! The domain's types, field by field. A change of anything here raises [`super::FORMAT`].

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::forms::{list, optional, plain};
use super::{In, Out};
use crate::domain::{
    AccountingInvoice, AccountingStatus, BexioContactId, BexioInvoiceId, CurrencyCode, DetailKind, Invoice,
    InvoiceContact, InvoiceCustomer, InvoiceLine, InvoiceStatus, LineDetail, Money, PsohubContactId,
    PsohubCustomerId, PsohubInvoiceId,
};

type Text = Option<Box<str>>;

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
