//! One invoice, seen from both sides.

use std::sync::Arc;

use jiff::civil::Date;
use rust_decimal::Decimal;

pub use crate::domain::ExternalId;
use crate::domain::receivables::{Receivable, in_base};
use crate::domain::{AccountingInvoice, AccountingStatus, BexioInvoiceId, Invoice, InvoiceStatus, Money};

/// How a PSOhub invoice was tied to its Bexio invoice. Earlier ones win over later ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LinkOrigin {
    /// By our own record of the pair.
    Recorded,
    /// By Bexio's `api_reference`, which names the PSOhub invoice.
    ApiReference,
    /// By PSOhub's external id, which names the Bexio document.
    ExternalId,
}

/// A PSOhub invoice with what Bexio's books say of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CombinedInvoice {
    /// PSOhub's side.
    pub psohub: Arc<Invoice>,
    /// Bexio's side; `None` while it does not exist there.
    pub bexio: Option<Arc<AccountingInvoice>>,
    /// How the two were tied together; `None` exactly when `bexio` is.
    pub link: Option<LinkOrigin>,
    /// Other Bexio invoices that claim the same PSOhub invoice, by id. Normally none.
    pub duplicates: Box<[BexioInvoiceId]>,
    /// What is known of PSOhub's external id.
    pub external_id: ExternalId,
}

impl CombinedInvoice {
    /// What the customer still owes, by the books where the invoice is booked, else by PSOhub.
    ///
    /// `None` where nothing is owed yet or it cannot be said: drafts and unknown statuses.
    pub fn open_amount(&self) -> Option<Money> {
        match self.bexio.as_deref().filter(|bexio| bexio.status != AccountingStatus::Draft) {
            Some(bexio) => match bexio.status {
                AccountingStatus::Paid | AccountingStatus::Cancelled => Some(bexio.money(Decimal::ZERO)),
                status if status.is_open() => Some(bexio.money(bexio.remaining)),
                _ => None,
            },
            None => match self.psohub.status {
                InvoiceStatus::Approved | InvoiceStatus::Sent => Some(self.psohub.total_inc_vat_money()),
                InvoiceStatus::Paid | InvoiceStatus::Void => {
                    Some(Money::new(Decimal::ZERO, self.psohub.currency))
                }
                InvoiceStatus::Draft | InvoiceStatus::Unknown => None,
            },
        }
    }

    /// [`Self::open_amount`] in the company's own currency, at the rate that PSOhub's totals have. `None`
    /// where PSOhub tells no total in that currency, or Bexio's invoice is in another than PSOhub's.
    pub fn open_amount_base(&self) -> Option<Money> {
        let open = self.open_amount()?;
        let total = match self.bexio.as_deref().filter(|bexio| bexio.status != AccountingStatus::Draft) {
            Some(bexio) => bexio.money(bexio.total),
            None => self.psohub.total_inc_vat_money(),
        };
        let base = self.psohub.total_inc_vat_base?;
        let is_one_currency = self.psohub.currency == open.currency || base.currency == open.currency;
        is_one_currency.then(|| in_base(open, total.amount, Some(base))).flatten()
    }

    /// What the customer owes, if anything.
    pub fn receivable(&self) -> Option<Receivable<'_>> {
        let open = self.open_amount().filter(|open| !open.amount.is_zero())?;
        Some(Receivable {
            status: self.psohub.status,
            customer: self.psohub.customer.as_ref(),
            date: self.psohub.date,
            due_date: self.due_date(),
            open,
            open_base: self.open_amount_base(),
        })
    }

    /// PSOhub's due date, else Bexio's.
    pub fn due_date(&self) -> Option<Date> {
        self.psohub.due_date.or_else(|| self.bexio.as_ref()?.due_date)
    }

    /// Whether something is owed and the due date has passed on `today`.
    pub fn is_overdue(&self, today: Date) -> bool {
        self.due_date().is_some_and(|due| due < today)
            && self.open_amount().is_some_and(|open| open.amount > Decimal::ZERO)
    }
}
