//! How one invoice is named.

use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

use async_graphql::OneofObject;

use crate::book::{CombinedInvoice, InvoiceBook};
use crate::graphql::errors::Fault;
use crate::graphql::scalars::IdInput;
use crate::graphql::types::GlobalId;

/// Names one invoice. Exactly one of the fields is given.
#[derive(OneofObject, Debug)]
pub(in crate::graphql) enum InvoiceLookup {
    /// The gateway's id, as the field `id` of an invoice gives it.
    Id(IdInput),
    /// PSOhub's id, as a string.
    PsohubId(IdInput),
    /// PSOhub's number, such as "INV-2024-33", whatever the case.
    Number(String),
    /// Bexio's id, as a string.
    BexioId(IdInput),
    /// Bexio's number, such as "RE-00512", whatever the case.
    BexioDocumentNumber(String),
}

impl InvoiceLookup {
    /// Whether it names the invoice by what only Bexio knows.
    pub(in crate::graphql) const fn needs_bexio(&self) -> bool {
        matches!(self, Self::BexioId(_) | Self::BexioDocumentNumber(_))
    }

    /// The invoice it names; `None` where there is none.
    pub(in crate::graphql) fn find<'b>(
        &self,
        book: &'b InvoiceBook,
    ) -> Result<Option<&'b Arc<CombinedInvoice>>, Fault> {
        Ok(match self {
            Self::Id(id) => match GlobalId::parse(&id.0)? {
                GlobalId::Invoice(id) => book.by_psohub_id(id),
                GlobalId::BexioInvoice(id) => book.by_bexio_id(id),
            },
            Self::PsohubId(id) => book.by_psohub_id(parsed("psohubId", &id.0)?),
            Self::Number(number) => book.by_number(given("number", number)?),
            Self::BexioId(id) => book.by_bexio_id(parsed("bexioId", &id.0)?),
            Self::BexioDocumentNumber(number) => {
                book.by_document_number(given("bexioDocumentNumber", number)?)
            }
        })
    }
}

fn parsed<T: FromStr<Err: Display>>(field: &str, text: &str) -> Result<T, Fault> {
    text.parse().map_err(|error: T::Err| Fault::bad_input(format!("by.{field}: {error}")))
}

fn given<'a>(field: &str, number: &'a str) -> Result<&'a str, Fault> {
    if number.trim().is_empty() {
        return Err(Fault::bad_input(format!("by.{field} is empty: give the number of an invoice")));
    }
    Ok(number)
}
