//! Which invoices a caller wants. Every given condition must hold.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::delivery_condition::DeliveryCondition;
use super::{CombinedInvoice, Deliveries, ExternalId, Snapshot};
use crate::domain::delivery::State;
use crate::domain::reconciliation::Verdict;
use crate::domain::{AccountingStatus, CurrencyCode, InvoiceStatus, PsohubCustomerId, PsohubInvoiceId};

/// An interval with both ends included; a missing end is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounds<T> {
    /// The least value wanted.
    pub from: Option<T>,
    /// The greatest value wanted.
    pub to: Option<T>,
}

impl<T> Default for Bounds<T> {
    fn default() -> Self {
        Self { from: None, to: None }
    }
}

impl<T: PartialOrd> Bounds<T> {
    /// Whether neither end is given.
    pub const fn is_open(&self) -> bool {
        self.from.is_none() && self.to.is_none()
    }

    /// Whether `value` lies inside. A missing value lies only inside what has no end.
    pub fn contains(&self, value: Option<&T>) -> bool {
        match value {
            Some(value) => {
                self.from.as_ref().is_none_or(|from| from <= value)
                    && self.to.as_ref().is_none_or(|to| value <= to)
            }
            None => self.is_open(),
        }
    }
}

/// Conditions on an invoice; `None` and open bounds ask for nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InvoiceFilter {
    /// PSOhub's status is one of these.
    pub status: Option<Vec<InvoiceStatus>>,
    /// PSOhub's number is one of these, whatever the case.
    pub numbers: Option<Vec<String>>,
    /// Whether PSOhub has an external id for it. What is not known matches neither.
    pub has_external_id: Option<bool>,
    /// PSOhub's customer is one of these.
    pub customer_ids: Option<Vec<PsohubCustomerId>>,
    /// The customer's name contains this, whatever the case.
    pub customer_name: Option<String>,
    /// Number, name, customer, contact, note, Bexio document number or title contain every word of this.
    pub text: Option<String>,
    /// Invoice date.
    pub date: Bounds<Date>,
    /// Due date.
    pub due_date: Bounds<Date>,
    /// Total with VAT, in the invoice's own currency.
    pub total_inc_vat: Bounds<Decimal>,
    /// PSOhub's currency is one of these.
    pub currency: Option<Vec<CurrencyCode>>,
    /// Bexio's status is one of these.
    pub bexio_status: Option<Vec<AccountingStatus>>,
    /// Whether it exists in Bexio.
    pub in_bexio: Option<bool>,
    /// Whether it is overdue today.
    pub is_overdue: Option<bool>,
    /// It has a delivery in one of these states.
    pub delivery: Option<Vec<State>>,
    /// Whether its delivery waits for a person's decision; one without a delivery does not.
    pub needs_review: Option<bool>,
    /// Whether it has a delivery, in whatever state.
    pub has_delivery: Option<bool>,
    /// How its two sides stand to one another is one of these.
    pub verdict: Option<Vec<Verdict>>,
}

/// What a filter looks at beside the invoice itself.
#[derive(Debug, Clone, Copy)]
pub struct Beside<'a> {
    /// What "overdue" is measured against.
    pub today: Date,
    /// The deliveries of the same moment.
    pub deliveries: &'a Deliveries,
    /// All of that moment, for what only a comparison of both sides can tell; without it nothing matches a
    /// verdict.
    pub comparing: Option<&'a Snapshot>,
}

impl InvoiceFilter {
    /// Whether it reads every invoice's texts, or compares its two sides: among 100,000 that takes a tenth
    /// of a second.
    pub const fn looks_into_rows(&self) -> bool {
        self.text.is_some() || self.customer_name.is_some() || self.verdict.is_some()
    }

    /// The same without its condition on the verdict, and that condition.
    pub(super) fn without_verdict(&self) -> (Self, Option<&[Verdict]>) {
        (Self { verdict: None, ..self.clone() }, self.verdict.as_deref())
    }

    /// The filter with its texts made ready for comparison, once a query instead of once a row.
    pub(super) fn compile<'a>(&'a self, beside: Beside<'a>) -> CompiledFilter<'a> {
        let lower = |text: &String| text.trim().to_lowercase();
        CompiledFilter {
            filter: self,
            beside,
            delivery: DeliveryCondition::of(self),
            numbers: self.numbers.as_ref().map(|numbers| numbers.iter().map(lower).collect()),
            customer_name: self.customer_name.as_ref().map(lower).filter(|name| !name.is_empty()),
            words: self
                .text
                .as_ref()
                .map(|text| text.to_lowercase().split_whitespace().map(str::to_owned).collect())
                .unwrap_or_default(),
        }
    }
}

/// An [`InvoiceFilter`] ready to be asked row by row.
pub(super) struct CompiledFilter<'a> {
    filter: &'a InvoiceFilter,
    beside: Beside<'a>,
    delivery: Option<DeliveryCondition>,
    numbers: Option<Vec<String>>,
    customer_name: Option<String>,
    words: Vec<String>,
}

impl CompiledFilter<'_> {
    /// Whether nothing is asked for, so that every row matches.
    pub(super) fn matches_all(&self) -> bool {
        *self.filter == InvoiceFilter::default()
    }

    /// Where few invoices can match, and they are known without asking each row: these. Each still
    /// has to be asked.
    pub(super) fn candidates(&self, max: usize) -> Option<Vec<PsohubInvoiceId>> {
        self.delivery.as_ref()?.few_invoices(self.beside.deliveries, max)
    }

    /// Whether `row` meets every condition; cheap ones first.
    pub(super) fn matches(&self, row: &CombinedInvoice) -> bool {
        self.matches_psohub(row)
            && self.matches_bexio(row)
            && self
                .delivery
                .as_ref()
                .is_none_or(|delivery| delivery.matches(row.psohub.id, self.beside.deliveries))
            && self.matches_texts(row)
            && self.matches_verdict(row)
    }

    fn matches_verdict(&self, row: &CombinedInvoice) -> bool {
        let Some(wanted) = &self.filter.verdict else { return true };
        self.beside.comparing.is_some_and(|snapshot| wanted.contains(&snapshot.reconciliation(row).verdict))
    }

    fn matches_psohub(&self, row: &CombinedInvoice) -> bool {
        let filter = self.filter;
        let invoice = &*row.psohub;
        one_of(filter.status.as_deref(), Some(&invoice.status))
            && one_of(filter.currency.as_deref(), Some(&invoice.currency))
            && filter.date.contains(invoice.date.as_ref())
            && filter.due_date.contains(row.due_date().as_ref())
            && filter.total_inc_vat.contains(Some(&invoice.total_inc_vat))
            && one_of(
                filter.customer_ids.as_deref(),
                invoice.customer.as_ref().and_then(|customer| customer.id.as_ref()),
            )
            && filter.has_external_id.is_none_or(|wanted| match row.external_id {
                ExternalId::Unknown => false,
                ExternalId::Absent => !wanted,
                ExternalId::Present(_) => wanted,
            })
    }

    fn matches_bexio(&self, row: &CombinedInvoice) -> bool {
        let filter = self.filter;
        one_of(filter.bexio_status.as_deref(), row.bexio.as_ref().map(|bexio| &bexio.status))
            && filter.in_bexio.is_none_or(|wanted| wanted == row.bexio.is_some())
            && filter.is_overdue.is_none_or(|wanted| wanted == row.is_overdue(self.beside.today))
    }

    fn matches_texts(&self, row: &CombinedInvoice) -> bool {
        let invoice = &*row.psohub;
        let customer = invoice.customer.as_ref().map(|customer| &*customer.name);
        self.numbers.as_ref().is_none_or(|numbers| {
            let number = invoice.number.to_lowercase();
            numbers.contains(&number)
        }) && self
            .customer_name
            .as_ref()
            .is_none_or(|name| customer.is_some_and(|customer| customer.to_lowercase().contains(name)))
            && self.words_stand_in(row)
    }

    fn words_stand_in(&self, row: &CombinedInvoice) -> bool {
        if self.words.is_empty() {
            return true;
        }
        let haystack = searchable_texts(row).fold(String::new(), |mut all, text| {
            all.push_str(&text.to_lowercase());
            all.push('\n');
            all
        });
        self.words.iter().all(|word| haystack.contains(word))
    }
}

/// Whether `value` is among `wanted`; no list wants everything, a missing value is in no list.
fn one_of<T: PartialEq>(wanted: Option<&[T]>, value: Option<&T>) -> bool {
    wanted.is_none_or(|wanted| value.is_some_and(|value| wanted.contains(value)))
}

fn searchable_texts(row: &CombinedInvoice) -> impl Iterator<Item = &str> {
    let invoice = &*row.psohub;
    let contact = invoice.contact.as_ref();
    let bexio = row.bexio.as_deref();
    [
        Some(&*invoice.number),
        invoice.name.as_deref(),
        invoice.customer.as_ref().map(|customer| &*customer.name),
        contact.and_then(|contact| contact.name.as_deref()),
        contact.and_then(|contact| contact.email.as_deref()),
        invoice.note.as_deref(),
        bexio.map(|bexio| &*bexio.document_number),
        bexio.and_then(|bexio| bexio.title.as_deref()),
    ]
    .into_iter()
    .flatten()
}
