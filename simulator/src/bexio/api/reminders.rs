//! `/2.0/kb_invoice/{id}/kb_reminder`: list, search, show, create, delete, mark, send, PDF.
//!
//! A create without an open invoice answers 400 (documented only as "refused").

use axum::http::Method;
use serde_json::{Value, json};

use crate::bexio::answer::Answer;
use crate::bexio::call::Call;
use crate::bexio::error::ApiError;
use crate::bexio::form::{Form, object};
use crate::bexio::invoice_pdf;
use crate::bexio::money::fixed;
use crate::bexio::refusal::Refusal;
use crate::bexio::reminder::Reminder;
use crate::bexio::search::{Cell, Search};
use crate::bexio::state::{Bexio, next};
use crate::bexio::zurich::days_after;

use super::path_id;

/// Days that a reminder gives the customer.
const PERIOD_DAYS: i32 = 10;

impl Bexio {
    pub(super) fn reminder_route(
        &mut self,
        call: &Call<'_>,
        id: i64,
        rest: &[&str],
    ) -> Result<Answer, ApiError> {
        match (call.method, rest) {
            (&Method::GET, []) => {
                Ok(Answer::list(&self.reminders(id)?.iter().map(|r| row(id, r)).collect::<Vec<_>>()))
            }
            (&Method::POST, []) => {
                call.no_body()?;
                let reminder = self.create_reminder(id)?;
                Ok(Answer::created(&row(id, &reminder)))
            }
            (&Method::POST, ["search"]) => {
                let search = Search::parse(&call.json()?, self.in_form(), search_column)?;
                let found = self.reminders(id)?.iter().filter(|reminder| search.finds(reminder));
                Ok(Answer::list(&found.map(|r| row(id, r)).collect::<Vec<_>>()))
            }
            (_, [reminder_id, rest @ ..]) => self.one_reminder_route(call, id, path_id(reminder_id)?, rest),
            _ => Err(ApiError::NotFound),
        }
    }

    fn one_reminder_route(
        &mut self,
        call: &Call<'_>,
        id: i64,
        reminder_id: i64,
        rest: &[&str],
    ) -> Result<Answer, ApiError> {
        let reminder = self.reminders(id)?.iter().find(|r| r.id == reminder_id).ok_or(ApiError::NotFound)?;
        match (call.method, rest) {
            (&Method::GET, []) => Ok(Answer::object(&row(id, reminder))),
            (&Method::DELETE, []) => {
                self.delete_reminder(id, reminder_id)?;
                Ok(Answer::success())
            }
            (&Method::POST, ["mark_as_sent"]) => self.set_reminder_sent(call, id, reminder_id, true),
            (&Method::POST, ["mark_as_unsent"]) => self.set_reminder_sent(call, id, reminder_id, false),
            (&Method::POST, ["send"]) => self.send_reminder(call, id, reminder_id),
            (&Method::GET, ["pdf"]) => {
                let invoice = self.invoices.get(&id).ok_or(ApiError::NotFound)?;
                let file = invoice_pdf::render(invoice, &self.company);
                let name = format!("{}-{}.pdf", invoice.document_nr.to_lowercase(), reminder.level);
                Ok(Answer::list(&invoice_pdf::wrapped(&name, &file)))
            }
            _ => Err(ApiError::NotFound),
        }
    }

    fn reminders(&self, id: i64) -> Result<&[Reminder], ApiError> {
        self.invoices.get(&id).map(|invoice| invoice.reminders.as_slice()).ok_or(ApiError::NotFound)
    }

    fn create_reminder(&mut self, id: i64) -> Result<Reminder, ApiError> {
        let today = self.today();
        let invoice = self.invoices.get_mut(&id).ok_or(ApiError::NotFound)?;
        if !invoice.is_open() {
            return Err(ApiError::BadParameters);
        }
        let reminder = Reminder {
            id: next(&mut self.ids.reminder),
            level: invoice.reminders.last().map_or(1, |last| last.level + 1),
            is_valid_from: today,
            is_valid_to: days_after(today, PERIOD_DAYS),
            remaining: invoice.remaining(),
            received: invoice.received(),
            is_sent: false,
        };
        invoice.reminders.push(reminder.clone());
        Ok(reminder)
    }

    fn delete_reminder(&mut self, id: i64, reminder_id: i64) -> Result<(), ApiError> {
        let invoice = self.invoices.get_mut(&id).ok_or(ApiError::NotFound)?;
        if invoice.reminders.last().is_none_or(|newest| newest.id != reminder_id) {
            return Err(Refusal::NotTheNewest.into());
        }
        invoice.reminders.pop();
        Ok(())
    }

    fn set_reminder_sent(
        &mut self,
        call: &Call<'_>,
        id: i64,
        reminder_id: i64,
        is_sent: bool,
    ) -> Result<Answer, ApiError> {
        call.no_body()?;
        self.flag_reminder(id, reminder_id, is_sent);
        Ok(Answer::success())
    }

    fn flag_reminder(&mut self, id: i64, reminder_id: i64, is_sent: bool) {
        let reminders = self.invoices.get_mut(&id).map(|invoice| &mut invoice.reminders);
        for reminder in reminders.into_iter().flatten().filter(|reminder| reminder.id == reminder_id) {
            reminder.is_sent = is_sent;
        }
    }

    fn send_reminder(&mut self, call: &Call<'_>, id: i64, reminder_id: i64) -> Result<Answer, ApiError> {
        let body = call.json()?;
        if body.is_null() {
            return Err(ApiError::Unprocessable("missing data"));
        }
        let fields = object(body)?;
        let mut form = Form::new(&fields);
        let mail = self.read_mail(&mut form);
        form.finish()?;
        self.record_mail(id, Some(reminder_id), mail, true);
        self.flag_reminder(id, reminder_id, true);
        Ok(Answer::success())
    }
}

fn row(invoice_id: i64, reminder: &Reminder) -> Value {
    json!({
        "id": reminder.id,
        "kb_invoice_id": invoice_id,
        "title": title(reminder),
        "is_valid_from": reminder.is_valid_from.to_string(),
        "is_valid_to": reminder.is_valid_to.to_string(),
        "reminder_period_in_days": PERIOD_DAYS,
        "reminder_level": reminder.level,
        "show_positions": false,
        "remaining_price": fixed(reminder.remaining, 6),
        "received_total": fixed(reminder.received, 6),
        "is_sent": reminder.is_sent,
        "header": "Sehr geehrte Damen und Herren",
        "footer": "Freundliche Grüsse",
    })
}

fn title(reminder: &Reminder) -> &'static str {
    match reminder.level {
        1 => "Zahlungserinnerung",
        2 => "1. Mahnung",
        3 => "2. Mahnung",
        _ => "Letzte Mahnung",
    }
}

fn search_column(name: &str) -> Option<fn(&Reminder) -> Cell<'_>> {
    match name {
        "title" => Some(|reminder| Cell::Text(title(reminder))),
        "reminder_level" => Some(|reminder| Cell::Int(i64::from(reminder.level))),
        "is_sent" => Some(|reminder| Cell::Int(i64::from(reminder.is_sent))),
        "is_valid_from" => Some(|reminder| Cell::Date(reminder.is_valid_from)),
        "is_valid_to" => Some(|reminder| Cell::Date(reminder.is_valid_to)),
        _ => None,
    }
}
