//! PSOhub's state and what may be done to it.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::ToSpan as _;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Deserialize;
use thiserror::Error;

use super::invoice::{Invoice, NewPsohubInvoice, Status, Text};
use super::oauth::Oauth;
use super::options::PsohubOptions;
use crate::clock::SimClock;

/// Ids count up from here, well above 2^53 like the vendor's.
const FIRST_ID: i64 = 41_939_771_900_000_001;
/// Ids are not consecutive in the vendor's sample either.
const ID_STEP: i64 = 1_637;

/// PSOhub's state. Everything that may change an invoice is a method here.
#[derive(Debug)]
pub struct Psohub {
    /// How PSOhub behaves; may be changed while it runs.
    pub options: PsohubOptions,
    pub(super) oauth: Oauth,
    clock: SimClock,
    /// In the order of creation, which is the order of the list.
    invoices: Vec<Arc<Invoice>>,
    places: HashMap<i64, usize>,
    next_id: i64,
    next_number: u64,
}

/// Why PSOhub refuses a change.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Refusal {
    /// No invoice has this id.
    #[error("Invoice {0} not found")]
    NotFound(i64),
    /// The status does not allow it.
    #[error("Invoice {number} is {status}; only Approved or Sent invoices can be set to Paid")]
    WrongStatus {
        /// The invoice's number.
        number: Text,
        /// Its status.
        status: String,
    },
}

/// What to change in an invoice; what is absent stays.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EditPsohubInvoice {
    /// Title.
    pub name: Option<Text>,
    /// Invoice date.
    pub date: Option<Date>,
    /// Due date.
    pub due_date: Option<Date>,
    /// The mail's text.
    pub note: Option<Text>,
    /// Any status, whatever it was.
    pub status: Option<Status>,
    /// Total without VAT; the lines stay as they are.
    pub total_ex_vat: Option<Decimal>,
    /// Total with VAT; the lines stay as they are.
    pub total_inc_vat: Option<Decimal>,
    /// The external id; an empty text removes it.
    pub external_id: Option<Text>,
    /// See [`Invoice::raw_fields`].
    pub raw_fields: Option<Vec<(String, String)>>,
}

impl Psohub {
    /// A PSOhub without invoices.
    pub fn new(options: PsohubOptions, clock: &SimClock) -> Self {
        Self {
            options,
            oauth: Oauth::default(),
            clock: clock.clone(),
            invoices: Vec::new(),
            places: HashMap::new(),
            next_id: FIRST_ID,
            next_number: 1,
        }
    }

    /// Adds an invoice and returns its id. An id that exists already is replaced.
    pub fn add(&mut self, new: NewPsohubInvoice) -> i64 {
        let id = new.id.unwrap_or_else(|| self.free_id());
        let date = new.date.unwrap_or_else(|| self.clock.today());
        let number = new.number.unwrap_or_else(|| self.free_number(date));
        let ex_vat = new.total_ex_vat.unwrap_or_else(|| sum(new.lines.iter().map(|line| line.total_ex_vat)));
        let inc_vat =
            new.total_inc_vat.unwrap_or_else(|| sum(new.lines.iter().map(|line| line.total_inc_vat)));
        let invoice = Invoice {
            id,
            number,
            name: new.name,
            date,
            due_date: new.due_date.unwrap_or_else(|| date.saturating_add(30.days())),
            note: new.note,
            status: new.status,
            customer: new.customer,
            currency: new.currency,
            total_ex_vat: ex_vat,
            total_inc_vat: inc_vat,
            total_ex_vat_base: new.total_ex_vat_base.unwrap_or(ex_vat),
            total_inc_vat_base: new.total_inc_vat_base.unwrap_or(inc_vat),
            external_id: new.external_id,
            lines: new.lines,
            raw_fields: new.raw_fields,
        };
        self.put(Arc::new(invoice));
        id
    }

    /// All invoices in the order of the list.
    pub fn invoices(&self) -> &[Arc<Invoice>] {
        &self.invoices
    }

    /// The invoice with this id.
    pub fn invoice(&self, id: i64) -> Option<&Arc<Invoice>> {
        self.places.get(&id).and_then(|&place| self.invoices.get(place))
    }

    /// PATCH paid: only from Approved or Sent.
    pub fn mark_paid(&mut self, id: i64) -> Result<(), Refusal> {
        let invoice = self.invoice_mut(id)?;
        if !matches!(invoice.status, Status::Approved | Status::Sent) {
            let status = invoice.status.as_str().to_owned();
            return Err(Refusal::WrongStatus { number: invoice.number.clone(), status });
        }
        invoice.status = Status::Paid;
        Ok(())
    }

    /// PATCH external: sets or replaces the external id.
    pub fn set_external_id(&mut self, id: i64, external_id: &str) -> Result<(), Refusal> {
        self.invoice_mut(id)?.external_id = Some(external_id.into());
        Ok(())
    }

    /// What a person does in PSOhub: sets any status.
    pub fn set_status(&mut self, id: i64, status: Status) -> Result<(), Refusal> {
        self.invoice_mut(id)?.status = status;
        Ok(())
    }

    /// What a person does in PSOhub: changes what the edit names.
    pub fn edit(&mut self, id: i64, edit: EditPsohubInvoice) -> Result<(), Refusal> {
        let invoice = self.invoice_mut(id)?;
        replace(&mut invoice.name, edit.name);
        replace(&mut invoice.date, edit.date);
        replace(&mut invoice.due_date, edit.due_date);
        replace(&mut invoice.note, edit.note);
        replace(&mut invoice.status, edit.status);
        replace(&mut invoice.total_ex_vat, edit.total_ex_vat);
        replace(&mut invoice.total_inc_vat, edit.total_inc_vat);
        replace(&mut invoice.raw_fields, edit.raw_fields);
        if let Some(external_id) = edit.external_id {
            invoice.external_id = Some(external_id).filter(|id| !id.is_empty());
        }
        Ok(())
    }

    /// What a person does in PSOhub: deletes the invoice.
    pub fn delete(&mut self, id: i64) -> Result<(), Refusal> {
        let place = self.places.remove(&id).ok_or(Refusal::NotFound(id))?;
        self.invoices.remove(place);
        for later in self.places.values_mut().filter(|later| **later > place) {
            *later -= 1;
        }
        Ok(())
    }

    /// Every access and refresh token that was given out and not taken back: for tests that look for them where
    /// they must not be.
    pub fn given_tokens(&self) -> Vec<String> {
        self.oauth.tokens().cloned().collect()
    }

    /// What an administrator does who disconnects the application: every OAuth token dies.
    pub fn revoke_tokens(&mut self) {
        self.oauth.revoke_all();
    }

    fn put(&mut self, invoice: Arc<Invoice>) {
        self.next_id = self.next_id.max(invoice.id.saturating_add(ID_STEP));
        if let Some(&place) = self.places.get(&invoice.id) {
            self.invoices[place] = invoice;
        } else {
            self.places.insert(invoice.id, self.invoices.len());
            self.invoices.push(invoice);
        }
    }

    fn invoice_mut(&mut self, id: i64) -> Result<&mut Invoice, Refusal> {
        let place = *self.places.get(&id).ok_or(Refusal::NotFound(id))?;
        // A list that is being streamed keeps the invoice as it was.
        Ok(Arc::make_mut(&mut self.invoices[place]))
    }

    fn free_id(&self) -> i64 {
        self.next_id
    }

    fn free_number(&mut self, date: Date) -> Text {
        let number = self.next_number;
        self.next_number += 1;
        format!("INV-{}-{number}", date.year()).into()
    }
}

/// Lines come from whoever calls: their sum stops at the largest amount.
fn sum(amounts: impl Iterator<Item = Decimal>) -> Decimal {
    amounts.fold(Decimal::ZERO, Decimal::saturating_add)
}

fn replace<T>(target: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *target = value;
    }
}
