//! Creating and editing an invoice through the API: what is checked, what is taken over.
//!
//! Create: `POST /2.0/kb_invoice`. Edit: `POST /2.0/kb_invoice/{id}`, partial; unknown keys (positions, esr_id, ...)
//! are refused in the words of the widget schema. That `user_id` is mandatory is a guess: all known clients send it.

use jiff::civil::Date;
use serde_json::Value;

use super::error::ApiError;
use super::form::{Form, INVALID, Sent, object};
use super::invoice::{NewInvoice, status};
use super::options::Quirk;
use super::position_form::read_positions;
use super::refusal::Refusal;
use super::state::Bexio;

/// Clients cut titles to this length, for a reason.
const TITLE_CHARS_MAX: usize = 80;

/// What both create and edit may say.
struct Head {
    document_nr: Sent<String>,
    title: Sent<String>,
    contact_id: Sent<i64>,
    contact_sub_id: Sent<i64>,
    user_id: Sent<i64>,
    project_id: Sent<i64>,
    language_id: Sent<i64>,
    bank_account_id: Sent<i64>,
    currency_id: Sent<i64>,
    payment_type_id: Sent<i64>,
    header: Sent<String>,
    footer: Sent<String>,
    mwst_type: Sent<u8>,
    mwst_is_net: Sent<bool>,
    show_position_taxes: Sent<bool>,
    is_valid_from: Sent<Date>,
    is_valid_to: Sent<Date>,
    contact_address_manual: Sent<String>,
    reference: Sent<String>,
    api_reference: Sent<String>,
    template_slug: Sent<String>,
}

impl Bexio {
    /// Creates a draft and returns its id.
    pub(super) fn create_from(&mut self, body: Value) -> Result<i64, ApiError> {
        let fields = object(body)?;
        let mut form = Form::new(&fields);
        form.require("user_id");
        let head = self.read_head(&mut form);
        if matches!(head.document_nr, Sent::Absent | Sent::Null) && self.has(Quirk::ManualNumbering) {
            form.require("document_nr");
        }
        let date = head.is_valid_from.clone().value().unwrap_or_else(|| self.today());
        let taxed = !matches!(head.mwst_type, Sent::Value(1 | 2));
        let positions = read_positions(&mut form, &self.company, date, taxed);
        form.finish()?;
        Ok(self.create_invoice(NewInvoice { positions, ..head.into_new() }))
    }

    /// Changes what is sent and nothing else.
    pub(super) fn edit_from(&mut self, id: i64, body: Value) -> Result<(), ApiError> {
        let invoice = self.invoices.get(&id).ok_or(ApiError::NotFound)?;
        let is_frozen = !matches!(invoice.kb_item_status_id, status::DRAFT | status::PENDING);
        let fields = object(body)?;
        let mut form = Form::new(&fields);
        let head = self.read_head(&mut form);
        form.finish_edit()?;
        if is_frozen {
            return Err(Refusal::WrongStatus.into());
        }
        self.apply(id, head);
        self.retotal(id);
        self.touch(id);
        Ok(())
    }

    fn read_head(&self, form: &mut Form<'_>) -> Head {
        let company = &self.company;
        let is_contact = |id| self.contacts.get(&id).is_some_and(|contact| !contact.is_archived);
        form.int("logopaper_id");
        Head {
            document_nr: self.read_document_nr(form),
            title: form.short_text("title", TITLE_CHARS_MAX),
            contact_id: form.id("contact_id", is_contact),
            contact_sub_id: form.id("contact_sub_id", is_contact),
            user_id: form.id("user_id", |id| company.users.iter().any(|user| user.id == id)),
            project_id: form.int("pr_project_id"),
            language_id: form.id("language_id", |id| company.languages.iter().any(|row| row.id == id)),
            bank_account_id: form
                .id("bank_account_id", |id| company.bank_accounts.iter().any(|row| row.id == id)),
            currency_id: form.id("currency_id", |id| company.currencies.iter().any(|row| row.id == id)),
            payment_type_id: form
                .id("payment_type_id", |id| company.payment_types.iter().any(|row| row.id == id)),
            header: form.text("header"),
            footer: form.text("footer"),
            mwst_type: read_mwst_type(form),
            mwst_is_net: form.flag("mwst_is_net"),
            show_position_taxes: form.flag("show_position_taxes"),
            is_valid_from: form.date("is_valid_from"),
            is_valid_to: form.date("is_valid_to"),
            contact_address_manual: form.text("contact_address_manual"),
            reference: form.text("reference"),
            api_reference: form.short_text("api_reference", 255),
            template_slug: form.text("template_slug"),
        }
    }

    /// A number of one's own is refused while automatic numbering is on, and must be new when it is off.
    fn read_document_nr(&self, form: &mut Form<'_>) -> Sent<String> {
        let sent = form.short_text("document_nr", 255);
        if let Sent::Value(number) = &sent {
            let is_taken = self.invoices.values().any(|invoice| *invoice.document_nr == **number);
            if is_taken || number.is_empty() || !self.has(Quirk::ManualNumbering) {
                form.reject("document_nr", INVALID);
            }
        }
        sent
    }

    fn apply(&mut self, id: i64, head: Head) {
        let address = match (&head.contact_address_manual, &head.contact_id) {
            (Sent::Value(address), _) => Some(address.as_str().into()),
            (_, Sent::Value(contact_id)) => Some(self.address_of(Some(*contact_id))),
            (_, Sent::Null) => Some("".into()),
            (_, Sent::Absent) => None,
        };
        let Some(invoice) = self.invoices.get_mut(&id) else { return };
        head.document_nr.map(Into::into).set(&mut invoice.document_nr);
        head.title.map(Into::into).set_optional(&mut invoice.title);
        head.contact_id.set_optional(&mut invoice.contact_id);
        head.contact_sub_id.set_optional(&mut invoice.contact_sub_id);
        head.user_id.set(&mut invoice.user_id);
        head.project_id.set_optional(&mut invoice.project_id);
        head.language_id.set(&mut invoice.language_id);
        head.bank_account_id.set(&mut invoice.bank_account_id);
        head.currency_id.set(&mut invoice.currency_id);
        head.payment_type_id.set_optional(&mut invoice.payment_type_id);
        head.header.map(Into::into).set(&mut invoice.header);
        head.footer.map(Into::into).set(&mut invoice.footer);
        head.mwst_type.set(&mut invoice.mwst_type);
        head.mwst_is_net.set(&mut invoice.mwst_is_net);
        head.show_position_taxes.set(&mut invoice.show_position_taxes);
        head.is_valid_from.set(&mut invoice.is_valid_from);
        head.is_valid_to.set(&mut invoice.is_valid_to);
        head.reference.map(Into::into).set_optional(&mut invoice.reference);
        head.api_reference.map(Into::into).set_optional(&mut invoice.api_reference);
        head.template_slug.map(Into::into).set_optional(&mut invoice.template_slug);
        invoice.contact_address = address.unwrap_or_else(|| invoice.contact_address.clone());
    }
}

impl Head {
    fn into_new(self) -> NewInvoice {
        // A key that is there but null suppresses the default text, like "".
        let default_unless_sent = |sent: Sent<String>| match sent {
            Sent::Absent => None,
            Sent::Null => Some(String::new()),
            Sent::Value(text) => Some(text),
        };
        NewInvoice {
            document_nr: self.document_nr.value(),
            title: self.title.value(),
            contact_id: self.contact_id.value(),
            contact_sub_id: self.contact_sub_id.value(),
            user_id: self.user_id.value(),
            project_id: self.project_id.value(),
            language_id: self.language_id.value(),
            bank_account_id: self.bank_account_id.value(),
            currency_id: self.currency_id.value(),
            payment_type_id: self.payment_type_id.value(),
            header: default_unless_sent(self.header),
            footer: default_unless_sent(self.footer),
            mwst_type: self.mwst_type.value(),
            mwst_is_net: self.mwst_is_net.value(),
            show_position_taxes: self.show_position_taxes.value().unwrap_or_default(),
            is_valid_from: self.is_valid_from.value(),
            is_valid_to: self.is_valid_to.value(),
            contact_address_manual: self.contact_address_manual.value(),
            reference: self.reference.value(),
            api_reference: self.api_reference.value(),
            template_slug: self.template_slug.value(),
            positions: Vec::new(),
            at: None,
        }
    }
}

fn read_mwst_type(form: &mut Form<'_>) -> Sent<u8> {
    form.id("mwst_type", |value| (0..=2).contains(&value))
        .map(|value| u8::try_from(value).unwrap_or_default())
}
