//! `/2.0/kb_invoice`: list, search, show, create, edit, delete, copy, PDF. What hangs below one invoice has its own
//! file.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::bexio::answer::Answer;
use crate::bexio::call::Call;
use crate::bexio::error::ApiError;
use crate::bexio::form::{Form, object};
use crate::bexio::invoice::{Invoice, NewInvoice};
use crate::bexio::invoice_pdf;
use crate::bexio::invoice_row::{Digits, InvoiceRow};
use crate::bexio::options::Quirk;
use crate::bexio::search::{Cell, Search};
use crate::bexio::state::Bexio;

use super::path_id;

impl Bexio {
    pub(super) fn invoice_route(&mut self, call: &Call<'_>, rest: &[&str]) -> Result<Answer, ApiError> {
        match (call.method, rest) {
            (&Method::GET, []) => self.list_invoices(call),
            (&Method::POST, []) => {
                let id = self.create_from(call.json()?)?;
                Ok(Answer::created(&self.fresh(id)?))
            }
            (&Method::POST, ["search"]) => self.search_invoices(call),
            (_, [id, rest @ ..]) => {
                let id = path_id(id)?;
                if !self.invoices.contains_key(&id) {
                    return Err(ApiError::NotFound);
                }
                self.one_invoice_route(call, id, rest)
            }
            _ => Err(ApiError::NotFound),
        }
    }

    fn one_invoice_route(&mut self, call: &Call<'_>, id: i64, rest: &[&str]) -> Result<Answer, ApiError> {
        match (call.method, rest) {
            (&Method::GET, []) => {
                let invoice = self.invoices.get(&id).ok_or(ApiError::NotFound)?;
                Ok(Answer::object(&InvoiceRow::detailed(invoice, &self.company, Digits::Stored)))
            }
            (&Method::POST, []) => {
                self.edit_from(id, call.json()?)?;
                Ok(Answer::object(&self.fresh(id)?))
            }
            (&Method::DELETE, []) => {
                self.delete(id)?;
                Ok(Answer::success())
            }
            (&Method::GET, ["pdf"]) => self.invoice_pdf(call, id),
            (&Method::POST, ["copy"]) => self.copy_invoice(id, call.json()?),
            (&Method::POST, [action]) if *action != "payment" && !action.starts_with("kb_") => {
                self.action(call, id, action)
            }
            (_, ["payment", rest @ ..]) => self.payment_route(call, id, rest),
            (_, ["kb_reminder", rest @ ..]) => self.reminder_route(call, id, rest),
            (_, ["comment", rest @ ..]) => self.comment_route(call, id, rest),
            (_, [kind, rest @ ..]) if kind.starts_with("kb_position_") => {
                self.position_route(call, id, kind, rest)
            }
            _ => Err(ApiError::NotFound),
        }
    }

    /// The object as a create or an edit answers it.
    fn fresh(&self, id: i64) -> Result<InvoiceRow<'_>, ApiError> {
        let invoice = self.invoices.get(&id).ok_or(ApiError::NotFound)?;
        Ok(InvoiceRow::detailed(invoice, &self.company, Digits::AsSent))
    }

    fn list_invoices(&self, call: &Call<'_>) -> Result<Answer, ApiError> {
        let rows = self.page(call)?.cut(call, self.invoices.values().collect(), order_column)?;
        Ok(Answer::list(&rows.into_iter().map(InvoiceRow::of).collect::<Vec<_>>()))
    }

    fn search_invoices(&self, call: &Call<'_>) -> Result<Answer, ApiError> {
        let search = Search::parse(&call.json()?, self.in_form(), search_column)?;
        let found = self.invoices.values().filter(|invoice| search.finds(invoice)).collect();
        let rows = self.page(call)?.cut(call, found, order_column)?;
        Ok(Answer::list(&rows.into_iter().map(InvoiceRow::of).collect::<Vec<_>>()))
    }

    fn invoice_pdf(&self, call: &Call<'_>, id: i64) -> Result<Answer, ApiError> {
        let invoice = self.invoices.get(&id).ok_or(ApiError::NotFound)?;
        let file = invoice_pdf::render(invoice, &self.company);
        if self.takes_raw_pdf(call) {
            return Ok(Answer::pdf(file.to_bytes()));
        }
        let name = format!("{}.pdf", invoice.document_nr.to_lowercase());
        Ok(Answer::list(&invoice_pdf::wrapped(&name, &file)))
    }

    /// A new draft with the same positions, an empty title and no `api_reference`, as recorded.
    fn copy_invoice(&mut self, id: i64, body: Value) -> Result<Answer, ApiError> {
        let fields = object(body)?;
        let mut form = Form::new(&fields);
        form.require("contact_id");
        let exists = |id| self.contacts.contains_key(&id);
        let contact_id = form.id("contact_id", exists).value();
        let contact_sub_id = form.id("contact_sub_id", exists).value();
        let is_valid_from = form.date("is_valid_from").value();
        let title = form.text("title").value().unwrap_or_default();
        form.finish()?;
        let original = self.invoices.get(&id).ok_or(ApiError::NotFound)?;
        let copy = NewInvoice { contact_id, contact_sub_id, is_valid_from, ..copy_of(original) };
        let copy_id = self.create_invoice(NewInvoice { title: Some(title), ..copy });
        let status = if self.has(Quirk::CopyAnswers200) { StatusCode::OK } else { StatusCode::CREATED };
        Ok(Answer::created(&self.fresh(copy_id)?).with_status(status))
    }

    pub(super) fn action(&mut self, call: &Call<'_>, id: i64, action: &str) -> Result<Answer, ApiError> {
        if action == "send" {
            return self.send_invoice(id, call.json()?);
        }
        if action == "comment" {
            return self.comment_route(call, id, &[]);
        }
        call.no_body()?;
        match action {
            "issue" => self.issue(id)?,
            "revert_issue" => self.revert_issue(id)?,
            "cancel" => self.cancel(id)?,
            "mark_as_sent" => self.mark_as_sent(id)?,
            _ => return Err(ApiError::NotFound),
        }
        if action == "issue" && self.has(Quirk::IssueAnswers204) {
            return Ok(Answer::no_content());
        }
        Ok(Answer::success())
    }

    fn comment_route(&mut self, call: &Call<'_>, id: i64, rest: &[&str]) -> Result<Answer, ApiError> {
        match (call.method, rest) {
            (&Method::GET, []) => {
                let invoice = self.invoices.get(&id).ok_or(ApiError::NotFound)?;
                Ok(Answer::list(&invoice.comments.iter().map(comment_row).collect::<Vec<_>>()))
            }
            (&Method::POST, []) => {
                let comment = self.add_comment(id, call.json()?)?;
                Ok(Answer::created(&comment_row(&comment)))
            }
            _ => Err(ApiError::NotFound),
        }
    }
}

fn comment_row(comment: &crate::bexio::Comment) -> Value {
    json!({
        "id": comment.id,
        "text": &*comment.text,
        "user_id": comment.user_id,
        "date": crate::bexio::zurich::text(comment.date),
        "is_public": comment.is_public,
    })
}

fn copy_of(original: &Invoice) -> NewInvoice {
    NewInvoice {
        user_id: Some(original.user_id),
        language_id: Some(original.language_id),
        bank_account_id: Some(original.bank_account_id),
        currency_id: Some(original.currency_id),
        payment_type_id: original.payment_type_id,
        header: Some(original.header.to_string()),
        footer: Some(original.footer.to_string()),
        mwst_type: Some(original.mwst_type),
        mwst_is_net: Some(original.mwst_is_net),
        show_position_taxes: original.show_position_taxes,
        positions: original.positions.iter().map(|placed| placed.position.clone()).collect(),
        ..NewInvoice::default()
    }
}

/// The searchable fields of the reference. Not among them: reference, project, remaining amount, payment date.
fn search_column(name: &str) -> Option<fn(&Invoice) -> Cell<'_>> {
    match name {
        "kb_item_status_id" => Some(|invoice| Cell::Int(invoice.kb_item_status_id)),
        "document_nr" => Some(|invoice| Cell::Text(&invoice.document_nr)),
        "title" => Some(|invoice| Cell::text(invoice.title.as_deref())),
        "api_reference" => Some(|invoice| Cell::text(invoice.api_reference.as_deref())),
        "contact_id" => Some(|invoice| Cell::id(invoice.contact_id)),
        "contact_sub_id" => Some(|invoice| Cell::id(invoice.contact_sub_id)),
        "user_id" => Some(|invoice| Cell::Int(invoice.user_id)),
        "currency_id" => Some(|invoice| Cell::Int(invoice.currency_id)),
        "is_valid_from" => Some(|invoice| Cell::Date(invoice.is_valid_from)),
        "is_valid_to" => Some(|invoice| Cell::Date(invoice.is_valid_to)),
        other => order_column(other),
    }
}

fn order_column(name: &str) -> Option<fn(&Invoice) -> Cell<'_>> {
    match name {
        "id" => Some(|invoice| Cell::Int(invoice.id)),
        "total" => Some(|invoice| Cell::Amount(invoice.totals.total)),
        "total_net" => Some(|invoice| Cell::Amount(invoice.totals.net)),
        "total_gross" => Some(|invoice| Cell::Amount(invoice.totals.gross)),
        "updated_at" => Some(|invoice| Cell::Time(invoice.updated_at)),
        _ => None,
    }
}
