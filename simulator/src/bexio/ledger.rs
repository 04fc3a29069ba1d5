//! What may happen to an invoice, and what it does to status and amounts.
//!
//! facts.md sections 4, 5, 7 and rules 8 to 12. The API, the control API and the seed all come through here.

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::invoice::{Invoice, InvoiceChange, status};
use super::journal::Deed;
use super::money::AMOUNT_MAX;
use super::options::Quirk;
use super::payment::Payment;
use super::refusal::Refusal;
use super::state::{Bexio, next};
use super::zurich;

impl Bexio {
    /// Issues a draft.
    pub fn issue(&mut self, id: i64) -> Result<(), Refusal> {
        self.change_status(id, |invoice| invoice.kb_item_status_id == status::DRAFT, status::PENDING)
    }

    /// Takes an issued invoice back to draft. Refused when anything was paid.
    pub fn revert_issue(&mut self, id: i64) -> Result<(), Refusal> {
        let invoice = self.invoices.get(&id).ok_or(Refusal::NotFound)?;
        if !invoice.payments.is_empty() {
            return Err(Refusal::HasPayments);
        }
        self.change_status(id, Invoice::is_open, status::DRAFT)
    }

    /// Cancels an issued invoice; an internal voucher takes what was still owed.
    pub fn cancel(&mut self, id: i64) -> Result<(), Refusal> {
        self.change_status(id, Invoice::is_open, status::CANCELED)?;
        let keeps_remaining = self.has(Quirk::CancelKeepsRemaining);
        let invoice = self.invoices.get_mut(&id).ok_or(Refusal::NotFound)?;
        if !keeps_remaining {
            invoice.cancel_voucher = invoice.remaining();
        }
        Ok(())
    }

    /// Books money received; `None` is all that is owed. Returns the payment's id.
    pub fn pay(&mut self, id: i64, amount: Option<Decimal>, date: Date) -> Result<i64, Refusal> {
        let bank_account_id = self.invoices.get(&id).map(|invoice| invoice.bank_account_id);
        self.book(id, amount, |_, payment| Payment { date, bank_account_id, ..payment })
    }

    /// Books a credit voucher made in Bexio's interface; `None` is all that is owed. Returns the row's id.
    pub fn credit(&mut self, id: i64, amount: Option<Decimal>, date: Date) -> Result<i64, Refusal> {
        self.book(id, amount, |bexio, payment| {
            let voucher_id = next(&mut bexio.ids.voucher);
            Payment { date, kb_credit_voucher_id: Some(voucher_id), ..payment }
        })
    }

    /// Books a cash discount (Skonto); `None` is all that is owed. Returns the row's id.
    pub fn cash_discount(&mut self, id: i64, amount: Option<Decimal>, date: Date) -> Result<i64, Refusal> {
        self.book(id, amount, |_, payment| Payment { date, is_cash_discount: true, ..payment })
    }

    /// Books a row of any kind on an issued invoice.
    pub(super) fn book(
        &mut self,
        id: i64,
        amount: Option<Decimal>,
        finish: impl FnOnce(&mut Self, Payment) -> Payment,
    ) -> Result<i64, Refusal> {
        let invoice = self.invoices.get(&id).ok_or(Refusal::NotFound)?;
        if !invoice.is_open() {
            return Err(Refusal::WrongStatus);
        }
        let value = amount.unwrap_or_else(|| invoice.remaining());
        if value <= Decimal::ZERO || value >= AMOUNT_MAX {
            return Err(Refusal::BadAmount);
        }
        let payment_id = next(&mut self.ids.payment);
        let date = self.today();
        let payment = Payment {
            id: payment_id,
            date,
            value,
            bank_account_id: None,
            payment_service_id: None,
            is_cash_discount: false,
            kb_credit_voucher_id: None,
        };
        let payment = finish(self, payment);
        self.with_payments(id, |payments| payments.push(payment))?;
        Ok(payment_id)
    }

    /// Deletes a payment, a credit voucher's row or a cash discount; the status goes back.
    pub fn delete_payment(&mut self, id: i64, payment_id: i64) -> Result<(), Refusal> {
        let invoice = self.invoices.get(&id).ok_or(Refusal::NotFound)?;
        if !invoice.payments.iter().any(|payment| payment.id == payment_id) {
            return Err(Refusal::NotFound);
        }
        self.with_payments(id, |payments| payments.retain(|payment| payment.id != payment_id))
    }

    /// Changes an invoice as Bexio's own interface could, in any status.
    pub fn edit(&mut self, id: i64, change: InvoiceChange) -> Result<(), Refusal> {
        let address = change.contact_id.map(|contact_id| self.address_of(Some(contact_id)));
        let invoice = self.invoices.get_mut(&id).ok_or(Refusal::NotFound)?;
        if let Some(title) = change.title {
            invoice.title = Some(title.into());
        }
        if let Some(address) = address {
            invoice.contact_id = change.contact_id;
            invoice.contact_address = address;
        }
        if let Some(reference) = change.api_reference {
            invoice.api_reference = reference.map(Into::into);
        }
        invoice.is_valid_from = change.is_valid_from.unwrap_or(invoice.is_valid_from);
        invoice.is_valid_to = change.is_valid_to.unwrap_or(invoice.is_valid_to);
        invoice.currency_id = change.currency_id.unwrap_or(invoice.currency_id);
        match change.positions {
            Some(positions) => self.replace_positions(id, positions),
            None => self.retotal(id),
        }
        self.touch(id);
        Ok(())
    }

    /// Deletes a draft.
    pub fn delete(&mut self, id: i64) -> Result<(), Refusal> {
        let invoice = self.invoices.get(&id).ok_or(Refusal::NotFound)?;
        if invoice.kb_item_status_id != status::DRAFT {
            return Err(Refusal::WrongStatus);
        }
        self.note(id, Deed::Deleted);
        self.invoices.remove(&id);
        Ok(())
    }

    /// Test hook: any status, also 31 or one that Bexio does not have.
    pub fn set_status(&mut self, id: i64, kb_item_status_id: i64) -> Result<(), Refusal> {
        self.change_status(id, |_| true, kb_item_status_id)
    }

    /// Test and seed hook: when the invoice was last changed.
    pub fn set_updated_at(&mut self, id: i64, at: Timestamp) -> Result<(), Refusal> {
        let invoice = self.invoices.get_mut(&id).ok_or(Refusal::NotFound)?;
        invoice.updated_at = zurich::wall_time(at);
        Ok(())
    }

    /// Test and seed hook: the customer opened the network link.
    pub fn set_viewed(&mut self, id: i64, at: Timestamp) -> Result<(), Refusal> {
        let invoice = self.invoices.get_mut(&id).ok_or(Refusal::NotFound)?;
        invoice.viewed_by_client_at = Some(zurich::wall_time(at));
        Ok(())
    }

    /// Moves `updated_at` to now.
    pub(super) fn touch(&mut self, id: i64) {
        let now = self.wall_time();
        if let Some(invoice) = self.invoices.get_mut(&id) {
            invoice.updated_at = now;
        }
    }

    fn change_status(&mut self, id: i64, allowed: impl Fn(&Invoice) -> bool, to: i64) -> Result<(), Refusal> {
        let invoice = self.invoices.get_mut(&id).ok_or(Refusal::NotFound)?;
        if !allowed(invoice) {
            return Err(Refusal::WrongStatus);
        }
        invoice.kb_item_status_id = to;
        self.note(id, Deed::Status(to));
        self.touch(id);
        Ok(())
    }

    fn with_payments(&mut self, id: i64, change: impl FnOnce(&mut Vec<Payment>)) -> Result<(), Refusal> {
        let invoice = self.invoices.get_mut(&id).ok_or(Refusal::NotFound)?;
        change(&mut invoice.payments);
        if invoice.kb_item_status_id != status::CANCELED {
            invoice.kb_item_status_id = status_after_payment(invoice);
        }
        if !self.has(Quirk::PaymentKeepsUpdatedAt) {
            self.touch(id);
        }
        Ok(())
    }
}

fn status_after_payment(invoice: &Invoice) -> i64 {
    if invoice.remaining() <= Decimal::ZERO {
        status::PAID
    } else if invoice.payments.is_empty() {
        status::PENDING
    } else {
        status::PARTIAL
    }
}
