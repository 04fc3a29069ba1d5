//! A stable fingerprint of what an invoice or a plan says.
//!
//! The encoding is written by hand, field by field under a name, and not derived: a field added to a
//! type later must not make every delivery under way look as if its invoice had been changed.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

use super::hex::{Hex, bytes_of};
use super::{DetailKind, Invoice, InvoiceLine, LineDetail};

/// SHA-256 over a canonical encoding; written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ContentHash([u8; 32]);

/// A text that is not 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a content hash: expected 64 hexadecimal digits")]
pub struct ContentHashError;

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hex(&self.0).fmt(f)
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ContentHash {
    type Err = ContentHashError;

    fn from_str(text: &str) -> Result<Self, ContentHashError> {
        bytes_of(text).map(Self).ok_or(ContentHashError)
    }
}

/// The digits in JSON, the bytes in binary encodings.
impl Serialize for ContentHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            self.0.serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for ContentHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
        } else {
            Deserialize::deserialize(deserializer).map(Self)
        }
    }
}

/// Collects named fields into a [`ContentHash`]. Names and values carry their length, so that no two
/// different contents run together into the same bytes; an absent value differs from an empty one.
#[derive(Debug)]
pub struct ContentHasher(Sha256);

impl ContentHasher {
    /// Begins a fingerprint. `subject` names the encoding and its version, such as `invoice/1`.
    pub fn new(subject: &str) -> Self {
        let mut hasher = Self(Sha256::new());
        hasher.bytes(subject.as_bytes());
        hasher
    }

    /// A text, or its absence.
    pub fn text(&mut self, name: &str, value: Option<&str>) -> &mut Self {
        self.bytes(name.as_bytes());
        match value {
            Some(value) => {
                self.0.update([1]);
                self.bytes(value.as_bytes());
            }
            None => self.0.update([0]),
        }
        self
    }

    /// A whole number, or its absence.
    pub fn number(&mut self, name: &str, value: Option<i64>) -> &mut Self {
        self.text(name, value.map(|value| value.to_string()).as_deref())
    }

    /// A decimal by its value: 27700 and 27700.00 are the same.
    pub fn decimal(&mut self, name: &str, value: Option<Decimal>) -> &mut Self {
        self.text(name, value.map(|value| super::money::decimal_text(value, 0)).as_deref())
    }

    /// A calendar date, or its absence.
    pub fn date(&mut self, name: &str, value: Option<Date>) -> &mut Self {
        self.text(name, value.map(|value| value.to_string()).as_deref())
    }

    /// The length of the list whose elements follow.
    pub fn list(&mut self, name: &str, length: usize) -> &mut Self {
        self.text(name, Some(&length.to_string()))
    }

    /// The fingerprint.
    pub fn finish(self) -> ContentHash {
        ContentHash(self.0.finalize().into())
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }
}

impl Invoice {
    /// The fingerprint of what the customer would be billed: number, dates, texts, addressee, lines
    /// and totals. What sending changes by itself is left out: status, external id, PDF.
    pub fn content_hash(&self) -> ContentHash {
        let mut hasher = ContentHasher::new("invoice/1");
        let customer = self.customer.as_ref();
        let contact = self.contact.as_ref();
        hasher
            .number("id", Some(self.id.get()))
            .text("number", Some(&self.number))
            .text("name", self.name.as_deref())
            .date("date", self.date)
            .date("due_date", self.due_date)
            .text("note", self.note.as_deref())
            .number(
                "customer.id",
                customer.and_then(|customer| customer.id).map(super::PsohubCustomerId::get),
            )
            .text("customer.name", customer.map(|customer| &*customer.name))
            .number("contact.id", contact.and_then(|contact| contact.id).map(super::PsohubContactId::get))
            .text("contact.name", contact.and_then(|contact| contact.name.as_deref()))
            .text("contact.email", contact.and_then(|contact| contact.email.as_deref()))
            .text("currency", Some(self.currency.as_str()))
            .decimal("total_ex_vat", Some(self.total_ex_vat))
            .decimal("total_inc_vat", Some(self.total_inc_vat))
            .list("lines", self.lines.len());
        self.lines.iter().for_each(|line| hash_line(&mut hasher, line));
        hasher.finish()
    }
}

fn hash_line(hasher: &mut ContentHasher, line: &InvoiceLine) {
    hasher
        .text("number", Some(&line.number))
        .text("name", line.name.as_deref())
        .text("description", line.description.as_deref())
        .text("gl_account", line.gl_account.as_deref())
        .text("tax_code", line.tax_code.as_deref())
        .text("tax_name", line.tax_name.as_deref())
        .decimal("total_ex_vat", line.total_ex_vat)
        .decimal("total_inc_vat", line.total_inc_vat)
        .list("details", line.details.len());
    line.details.iter().for_each(|detail| hash_detail(hasher, detail));
}

fn hash_detail(hasher: &mut ContentHasher, detail: &LineDetail) {
    let kind = match detail.kind {
        DetailKind::Time => "time",
        DetailKind::Expense => "expense",
        DetailKind::Unknown => "unknown",
    };
    hasher
        .text("kind", Some(kind))
        .date("date", detail.date)
        .text("person", detail.person.as_deref())
        .text("role", detail.role.as_deref())
        .text("description", detail.description.as_deref())
        .decimal("hours", detail.hours)
        .decimal("hourly_rate", detail.hourly_rate)
        .decimal("amount_ex_vat", detail.amount_ex_vat)
        .decimal("amount_inc_vat", detail.amount_inc_vat);
}
