//! Payments booked on a Bexio invoice.
//!
//! <https://docs.bexio.com/#tag/Invoice-Payments>

use super::client::BexioClient;
use super::error::BexioError;
use super::rows::Rows;
use crate::domain::{BexioInvoiceId, CurrencyCode, Money, Payment, PaymentKind};
use crate::transport::json::{self, FieldFault, Fields, Reader};

impl BexioClient {
    /// The payments of an invoice, whose currency is `currency`.
    ///
    /// <https://docs.bexio.com/#tag/Invoice-Payments/operation/v2ListInvoicePayments>
    ///
    /// # Errors
    /// [`BexioError`].
    pub async fn payments(
        &self,
        invoice: BexioInvoiceId,
        currency: CurrencyCode,
    ) -> Result<Rows<Payment>, BexioError> {
        let path = format!("/2.0/kb_invoice/{invoice}/payment");
        self.all(&path, "GET /2.0/kb_invoice/{invoice_id}/payment", &[], |fields, reader| {
            payment(fields, reader, currency)
        })
        .await
    }
}

fn payment(
    fields: &mut Fields<'_>,
    reader: &mut Reader,
    currency: CurrencyCode,
) -> Result<Payment, FieldFault> {
    let id = Reader::required("id", fields.value(&["id"]), json::integer_of)?;
    reader.id = Some(id);
    let value = Reader::required("value", fields.value(&["value"]), json::decimal_of)?;
    let voucher =
        reader.read("kb_credit_voucher_id", fields.value(&["kb_credit_voucher_id"]), json::integer_of);
    let mut flag = |name: &str| reader.read(name, fields.value(&[name]), json::bool_of).unwrap_or(false);
    let kind = if voucher.is_some_and(|id| id != 0) {
        PaymentKind::CreditVoucher
    } else if flag("is_cash_discount") {
        PaymentKind::CashDiscount
    } else if flag("is_client_account_redemption") {
        PaymentKind::ClientAccount
    } else {
        PaymentKind::Money
    };
    Ok(Payment {
        id,
        date: reader.read("date", fields.value(&["date"]), json::date_of),
        value: Money::new(value, currency),
        kind,
        title: reader.text("title", fields.value(&["title"])),
    })
}
