//! What leaves the house: `send`, `mark_as_sent`, and comments.
//!
//! `send` mails at once. Nothing readable says so afterwards except `network_link` (a guess): a timed-out send
//! cannot be verified by reading.

use serde_json::Value;

use crate::bexio::answer::Answer;
use crate::bexio::error::ApiError;
use crate::bexio::form::{Form, INVALID, Sent, object};
use crate::bexio::invoice::status;
use crate::bexio::invoice_row::network_link;
use crate::bexio::journal::Deed;
use crate::bexio::mail::SentMail;
use crate::bexio::options::Quirk;
use crate::bexio::refusal::Refusal;
use crate::bexio::reminder::Comment;
use crate::bexio::state::{Bexio, next};

/// What a message must contain; replaced by the portal link.
const PLACEHOLDER: &str = "[Network Link]";

/// A mail as a form describes it.
pub(super) struct MailForm {
    recipient_email: String,
    subject: String,
    message: String,
}

impl Bexio {
    pub(super) fn send_invoice(&mut self, id: i64, body: Value) -> Result<Answer, ApiError> {
        if body.is_null() {
            return Err(ApiError::Unprocessable("missing data"));
        }
        let fields = object(body)?;
        let mut form = Form::new(&fields);
        let mail = self.read_mail(&mut form);
        let mark_as_open = form.flag("mark_as_open").value().unwrap_or_default();
        let attach_pdf = form.flag("attach_pdf").value().unwrap_or_default();
        form.finish()?;
        let invoice = self.invoices.get(&id).ok_or(ApiError::NotFound)?;
        match invoice.kb_item_status_id {
            status::CANCELED => return Err(Refusal::WrongStatus.into()),
            status::DRAFT if !mark_as_open => return Err(Refusal::WrongStatus.into()),
            status::DRAFT => self.issue(id)?,
            _ => {}
        }
        self.record_mail(id, None, mail, attach_pdf);
        if !self.has(Quirk::SendLeavesNoTrace) {
            self.mark_as_sent(id)?;
        }
        Ok(Answer::success())
    }

    /// Sets the flag that no read shows.
    pub(super) fn mark_as_sent(&mut self, id: i64) -> Result<(), Refusal> {
        let invoice = self.invoices.get_mut(&id).ok_or(Refusal::NotFound)?;
        if invoice.kb_item_status_id == status::DRAFT {
            return Err(Refusal::WrongStatus);
        }
        invoice.is_sent = true;
        self.touch(id);
        Ok(())
    }

    /// Reads recipient, subject and message.
    pub(super) fn read_mail(&self, form: &mut Form<'_>) -> MailForm {
        for field in ["recipient_email", "subject", "message"] {
            form.require(field);
        }
        let recipient_email = match form.text("recipient_email") {
            Sent::Value(address) => {
                let is_good = is_address(&address) && self.may_mail(&address);
                if !address.is_empty() && !is_good {
                    form.reject("recipient_email", INVALID);
                }
                address
            }
            _ => String::new(),
        };
        let subject = form.text("subject").value().unwrap_or_default();
        let message = form.text("message").value().unwrap_or_default();
        if !message.is_empty() && !message.contains(PLACEHOLDER) {
            form.reject("message", INVALID);
        }
        MailForm { recipient_email, subject, message }
    }

    /// A trial company may mail only the address of the token's own user.
    fn may_mail(&self, address: &str) -> bool {
        let own = self.company.users.first().map_or("", |user| user.email);
        !self.has(Quirk::Trial) || address.eq_ignore_ascii_case(own)
    }

    /// Lets a mail leave.
    pub(super) fn record_mail(
        &mut self,
        id: i64,
        reminder_id: Option<i64>,
        mail: MailForm,
        attach_pdf: bool,
    ) {
        let document_nr = self.invoices.get(&id).map(|invoice| invoice.document_nr.to_string());
        self.mails.push(SentMail {
            kb_invoice_id: id,
            document_nr: document_nr.unwrap_or_default(),
            kb_reminder_id: reminder_id,
            recipient_email: mail.recipient_email,
            subject: mail.subject,
            message: mail.message.replace(PLACEHOLDER, &network_link(id)),
            attach_pdf,
            at: self.now(),
        });
        self.note(id, Deed::Mailed);
    }

    pub(super) fn add_comment(&mut self, id: i64, body: Value) -> Result<Comment, ApiError> {
        let fields = object(body)?;
        let mut form = Form::new(&fields);
        form.require("text");
        let text = form.text("text").value().unwrap_or_default();
        let is_known = |id| self.company.users.iter().any(|user| user.id == id);
        let user_id = form.id("user_id", is_known).value();
        form.text("user_email");
        form.text("user_name");
        let is_public = form.flag("is_public").value().unwrap_or_default();
        form.finish()?;
        let comment = Comment {
            id: next(&mut self.ids.comment),
            text: text.into(),
            user_id: user_id.unwrap_or(1),
            date: self.wall_time(),
            is_public,
        };
        let invoice = self.invoices.get_mut(&id).ok_or(ApiError::NotFound)?;
        invoice.comments.push(comment.clone());
        Ok(comment)
    }
}

/// One address: something, an at sign, a domain with a dot; no blanks, no second address.
fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let is_clean = |part: &str| {
        !part.is_empty()
            && !part.contains(|c: char| c.is_whitespace() || c.is_control() || "@,;<>".contains(c))
    };
    is_clean(local) && is_clean(domain) && domain.trim_matches('.').contains('.')
}
