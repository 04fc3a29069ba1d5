//! `/2.0/kb_invoice/{id}/payment`: list, show, create, delete.
//!
//! The answer to a create echoes `value` as sent; reads show 6 digits.

use axum::http::Method;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::bexio::answer::Answer;
use crate::bexio::call::Call;
use crate::bexio::error::ApiError;
use crate::bexio::form::{Form, INVALID, object};
use crate::bexio::money::fixed;
use crate::bexio::payment::Payment;
use crate::bexio::search::Cell;
use crate::bexio::state::Bexio;

use super::path_id;

impl Bexio {
    pub(super) fn payment_route(
        &mut self,
        call: &Call<'_>,
        id: i64,
        rest: &[&str],
    ) -> Result<Answer, ApiError> {
        match (call.method, rest) {
            (&Method::GET, []) => {
                let invoice = self.invoices.get(&id).ok_or(ApiError::NotFound)?;
                let rows = self.page(call)?.cut(call, invoice.payments.iter().collect(), id_column)?;
                Ok(Answer::list(&rows.into_iter().map(|p| row(id, p)).collect::<Vec<_>>()))
            }
            (&Method::POST, []) => self.create_payment(id, call.json()?),
            (&Method::GET, [payment_id]) => {
                let payment = self.payment(id, path_id(payment_id)?)?;
                Ok(Answer::object(&row(id, payment)))
            }
            (&Method::DELETE, [payment_id]) => {
                self.delete_payment(id, path_id(payment_id)?)?;
                Ok(Answer::success())
            }
            _ => Err(ApiError::NotFound),
        }
    }

    fn payment(&self, id: i64, payment_id: i64) -> Result<&Payment, ApiError> {
        let invoice = self.invoices.get(&id).ok_or(ApiError::NotFound)?;
        invoice.payments.iter().find(|payment| payment.id == payment_id).ok_or(ApiError::NotFound)
    }

    fn create_payment(&mut self, id: i64, body: Value) -> Result<Answer, ApiError> {
        let fields = object(body)?;
        let mut form = Form::new(&fields);
        form.require("value");
        let value = form.decimal("value").value().unwrap_or_default();
        let date = form.date("date").value();
        let is_bank = |id| self.company.bank_accounts.iter().any(|row| row.id == id);
        let bank_account_id = form.id("bank_account_id", is_bank).value();
        let payment_service_id = form.id("payment_service_id", |id| (1..=3).contains(&id)).value();
        if value < Decimal::ZERO {
            form.reject("value", INVALID);
        }
        form.finish()?;
        let default_bank = self.invoices.get(&id).map(|invoice| invoice.bank_account_id);
        let payment_id = self.book(id, Some(value), |_, payment| Payment {
            date: date.unwrap_or(payment.date),
            bank_account_id: bank_account_id.or(default_bank),
            payment_service_id,
            ..payment
        })?;
        let payment = self.payment(id, payment_id)?;
        Ok(Answer::created(&row_with(id, payment, &payment.value.to_string())))
    }
}

fn row(invoice_id: i64, payment: &Payment) -> Value {
    row_with(invoice_id, payment, &fixed(payment.value, 6))
}

fn row_with(invoice_id: i64, payment: &Payment, value: &str) -> Value {
    json!({
        "id": payment.id,
        "date": payment.date.to_string(),
        "value": value,
        "bank_account_id": payment.bank_account_id,
        "title": title(payment),
        "payment_service_id": payment.payment_service_id,
        "is_client_account_redemption": false,
        "is_cash_discount": payment.is_cash_discount,
        "kb_invoice_id": invoice_id,
        "kb_credit_voucher_id": payment.kb_credit_voucher_id,
        "kb_credit_voucher_text": payment.kb_credit_voucher_id.map_or(String::new(), |id| format!("GS-{id:05}")),
        "kb_bill_id": null,
    })
}

fn title(payment: &Payment) -> &'static str {
    match payment {
        Payment { kb_credit_voucher_id: Some(_), .. } => "Gutschrift",
        Payment { is_cash_discount: true, .. } => "Skonto",
        _ => "Zahlungseingang",
    }
}

fn id_column(name: &str) -> Option<fn(&Payment) -> Cell<'_>> {
    match name {
        "id" => Some(|payment| Cell::Int(payment.id)),
        _ => None,
    }
}
