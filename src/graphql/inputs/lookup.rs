//! How one invoice is named.

use std::sync::Arc;

use async_graphql::OneofObject;

use crate::book::{CombinedInvoice, InvoiceBook};
use crate::graphql::errors::Fault;
use crate::graphql::scalars::IdInput;
use crate::graphql::types::{GlobalId, UserErrorCode};

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

/// Why a look-up names nothing.
#[derive(Debug)]
pub(in crate::graphql) struct BadLookup {
    /// The field that was given.
    pub(in crate::graphql) field: &'static str,
    /// In one word.
    pub(in crate::graphql) code: UserErrorCode,
    /// In a sentence without an end.
    pub(in crate::graphql) message: String,
}

impl BadLookup {
    /// The error of a field whose argument `argument` it is.
    pub(in crate::graphql) fn fault(&self, argument: &str) -> Fault {
        Fault::bad_input(format!("{argument}.{}: {}", self.field, self.message))
    }
}

impl InvoiceLookup {
    /// Whether it names the invoice by what only Bexio knows.
    pub(in crate::graphql) const fn needs_bexio(&self) -> bool {
        matches!(self, Self::BexioId(_) | Self::BexioDocumentNumber(_))
    }

    /// The field that is given.
    pub(in crate::graphql) const fn field(&self) -> &'static str {
        match self {
            Self::Id(_) => "id",
            Self::PsohubId(_) => "psohubId",
            Self::Number(_) => "number",
            Self::BexioId(_) => "bexioId",
            Self::BexioDocumentNumber(_) => "bexioDocumentNumber",
        }
    }

    /// What is given, for a message.
    pub(in crate::graphql) fn given(&self) -> String {
        let text = match self {
            Self::Id(id) | Self::PsohubId(id) | Self::BexioId(id) => id.text().unwrap_or_default(),
            Self::Number(number) | Self::BexioDocumentNumber(number) => number.trim(),
        };
        text.chars().take(GIVEN_CHARS_MAX).collect()
    }

    /// The invoice it names; `None` where there is none.
    pub(in crate::graphql) fn find<'b>(
        &self,
        book: &'b InvoiceBook,
    ) -> Result<Option<&'b Arc<CombinedInvoice>>, BadLookup> {
        let bad = |code| move |message| BadLookup { field: self.field(), code, message };
        let bad_id = bad(UserErrorCode::IdInvalid);
        let filled = |number: &str| {
            let empty =
                || bad(UserErrorCode::ValueInvalid)("it is empty: give the number of an invoice".to_owned());
            if number.trim().is_empty() { Err(empty()) } else { Ok(()) }
        };
        Ok(match self {
            Self::Id(id) => match GlobalId::of(id).map_err(bad_id)? {
                GlobalId::Invoice(id) => book.by_psohub_id(id),
                GlobalId::BexioInvoice(id) => book.by_bexio_id(id),
                GlobalId::Delivery(_) | GlobalId::Batch(_) | GlobalId::SyncRun(_) => None,
            },
            Self::PsohubId(id) => book.by_psohub_id(id.parsed().map_err(bad_id)?),
            Self::Number(number) => {
                filled(number)?;
                book.by_number(number)
            }
            Self::BexioId(id) => book.by_bexio_id(id.parsed().map_err(bad_id)?),
            Self::BexioDocumentNumber(number) => {
                filled(number)?;
                book.by_document_number(number)
            }
        })
    }
}

/// Longest text that is quoted back.
const GIVEN_CHARS_MAX: usize = 60;
