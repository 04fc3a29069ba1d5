//! `/2.0/contact`: list, search, show, create, edit, archive, restore.
//!
//! `address` is read-only: writing it is refused. House number and second line need the street. DELETE archives;
//! archived contacts are left out unless `show_archived` is set.

use axum::http::Method;
use serde::Serialize;
use serde_json::Value;

use crate::bexio::answer::Answer;
use crate::bexio::call::Call;
use crate::bexio::contact::{Contact, NewContact};
use crate::bexio::error::ApiError;
use crate::bexio::form::{Form, INVALID, Sent, object};
use crate::bexio::search::{Cell, Search};
use crate::bexio::state::Bexio;
use crate::bexio::zurich;

use super::path_id;

/// Clients cut texts to this length, for a reason.
const NAME_CHARS_MAX: usize = 80;

impl Bexio {
    pub(super) fn contact_route(&mut self, call: &Call<'_>, rest: &[&str]) -> Result<Answer, ApiError> {
        match (call.method, rest) {
            (&Method::GET, []) => self.list_contacts(call, &Search::All(Vec::new())),
            (&Method::POST, ["search"]) => {
                let search = Search::parse(&call.json()?, self.in_form(), search_column)?;
                self.list_contacts(call, &search)
            }
            (&Method::POST, []) => {
                let details = self.read_contact(call.json()?, NewContact::default(), true)?;
                let id = self.add_contact(details);
                Ok(Answer::created(&self.contact_row(id)?))
            }
            (&Method::GET, [id]) => {
                let id = path_id(id)?;
                let is_hidden = self.contacts.get(&id).is_none_or(|c| c.is_archived) && !shows_archived(call);
                if is_hidden { Err(ApiError::NotFound) } else { Ok(Answer::object(&self.contact_row(id)?)) }
            }
            (&Method::POST, [id]) => {
                let id = path_id(id)?;
                self.edit_contact(id, call.json()?)?;
                Ok(Answer::object(&self.contact_row(id)?))
            }
            (&Method::DELETE, [id]) => self.set_archived(path_id(id)?, true),
            (&Method::PATCH, [id, "restore"]) => self.set_archived(path_id(id)?, false),
            _ => Err(ApiError::NotFound),
        }
    }

    fn list_contacts(&self, call: &Call<'_>, search: &Search<Contact>) -> Result<Answer, ApiError> {
        let show_archived = shows_archived(call);
        let found =
            self.contacts.values().filter(|c| (show_archived || !c.is_archived) && search.finds(c)).collect();
        let rows = self.page(call)?.cut(call, found, order_column)?;
        Ok(Answer::list(&rows.into_iter().map(ContactRow::of).collect::<Vec<_>>()))
    }

    fn contact_row(&self, id: i64) -> Result<ContactRow<'_>, ApiError> {
        self.contacts.get(&id).map(ContactRow::of).ok_or(ApiError::NotFound)
    }

    fn edit_contact(&mut self, id: i64, body: Value) -> Result<(), ApiError> {
        let contact = self.contacts.get(&id).ok_or(ApiError::NotFound)?;
        let details = self.read_contact(body, contact.details.clone(), false)?;
        let now = self.wall_time();
        let contact = self.contacts.get_mut(&id).ok_or(ApiError::NotFound)?;
        if let Some(nr) = &details.nr {
            contact.nr = nr.as_str().into();
        }
        contact.address = details.address().into();
        contact.address_lines = details.address_lines();
        contact.details = details;
        contact.updated_at = now;
        Ok(())
    }

    fn set_archived(&mut self, id: i64, is_archived: bool) -> Result<Answer, ApiError> {
        let now = self.wall_time();
        let contact = self.contacts.get_mut(&id).ok_or(ApiError::NotFound)?;
        contact.is_archived = is_archived;
        contact.updated_at = now;
        Ok(Answer::success())
    }

    /// Reads a create or an edit on top of `details`.
    fn read_contact(&self, body: Value, details: NewContact, is_new: bool) -> Result<NewContact, ApiError> {
        let fields = object(body)?;
        let mut form = Form::new(&fields);
        if is_new {
            for field in ["contact_type_id", "name_1", "user_id", "owner_id"] {
                form.require(field);
            }
        }
        let details = self.read_details(&mut form, details);
        let has_street = details.street_name.as_deref().is_some_and(|street| !street.is_empty());
        for (field, value) in
            [("house_number", &details.house_number), ("address_addition", &details.address_addition)]
        {
            if !has_street && value.as_deref().is_some_and(|text| !text.is_empty()) {
                form.reject(field, INVALID);
            }
        }
        if details.nr.as_deref().is_some_and(|nr| nr.is_empty() || nr.contains(|c: char| !c.is_ascii_digit()))
        {
            form.reject("nr", INVALID);
        }
        let outcome = if is_new { form.finish() } else { form.finish_edit() };
        outcome.map(|()| details)
    }

    fn read_details(&self, form: &mut Form<'_>, mut details: NewContact) -> NewContact {
        let company = &self.company;
        let is_user = |id| company.users.iter().any(|user| user.id == id);
        form.id("contact_type_id", |id| (1..=2).contains(&id)).set(&mut details.contact_type_id);
        match form.short_text("name_1", NAME_CHARS_MAX) {
            Sent::Value(name) => details.name_1 = name,
            Sent::Null => form.reject("name_1", crate::bexio::form::REQUIRED),
            Sent::Absent => {}
        }
        form.id("user_id", is_user).set(&mut details.user_id);
        form.id("owner_id", is_user).set(&mut details.owner_id);
        form.id("salutation_id", |id| id > 0).set_optional(&mut details.salutation_id);
        form.int("salutation_form").set_optional(&mut details.salutation_form);
        form.int("title_id").set_optional(&mut details.title_id);
        form.date("birthday").map(|date| date.to_string()).set_optional(&mut details.birthday);
        form.id("country_id", |id| company.countries.iter().any(|row| row.id == id))
            .set_optional(&mut details.country_id);
        form.id("language_id", |id| company.languages.iter().any(|row| row.id == id))
            .set_optional(&mut details.language_id);
        for (field, target) in text_fields(&mut details) {
            form.text(field).set_optional(target);
        }
        for (field, target) in [
            ("name_2", &mut details.name_2),
            ("mail", &mut details.mail),
            ("mail_second", &mut details.mail_second),
        ] {
            form.short_text(field, NAME_CHARS_MAX).set_optional(target);
        }
        details
    }
}

fn text_fields(details: &mut NewContact) -> [(&'static str, &mut Option<String>); 15] {
    [
        ("nr", &mut details.nr),
        ("street_name", &mut details.street_name),
        ("house_number", &mut details.house_number),
        ("address_addition", &mut details.address_addition),
        ("postcode", &mut details.postcode),
        ("city", &mut details.city),
        ("phone_fixed", &mut details.phone_fixed),
        ("phone_fixed_second", &mut details.phone_fixed_second),
        ("phone_mobile", &mut details.phone_mobile),
        ("fax", &mut details.fax),
        ("url", &mut details.url),
        ("skype_name", &mut details.skype_name),
        ("remarks", &mut details.remarks),
        ("contact_group_ids", &mut details.contact_group_ids),
        ("contact_branch_ids", &mut details.contact_branch_ids),
    ]
}

fn shows_archived(call: &Call<'_>) -> bool {
    matches!(call.query("show_archived"), Some("true" | "1"))
}

/// A contact on the wire.
#[derive(Debug, Serialize)]
struct ContactRow<'a> {
    id: i64,
    nr: &'a str,
    contact_type_id: i64,
    name_1: &'a str,
    name_2: &'a str,
    salutation_id: Option<i64>,
    salutation_form: Option<i64>,
    title_id: Option<i64>,
    birthday: Option<&'a str>,
    address: &'a str,
    street_name: Option<&'a str>,
    house_number: Option<&'a str>,
    address_addition: Option<&'a str>,
    postcode: &'a str,
    city: &'a str,
    country_id: Option<i64>,
    mail: &'a str,
    mail_second: &'a str,
    phone_fixed: &'a str,
    phone_fixed_second: &'a str,
    phone_mobile: &'a str,
    fax: &'a str,
    url: &'a str,
    skype_name: &'a str,
    remarks: &'a str,
    language_id: Option<i64>,
    is_lead: bool,
    contact_group_ids: Option<&'a str>,
    contact_branch_ids: Option<&'a str>,
    user_id: i64,
    owner_id: i64,
    updated_at: String,
}

impl<'a> ContactRow<'a> {
    fn of(contact: &'a Contact) -> Self {
        let details = &contact.details;
        let text = |value: &'a Option<String>| value.as_deref().unwrap_or_default();
        Self {
            id: contact.id,
            nr: &contact.nr,
            contact_type_id: details.contact_type_id,
            name_1: &details.name_1,
            name_2: text(&details.name_2),
            salutation_id: details.salutation_id,
            salutation_form: details.salutation_form,
            title_id: details.title_id,
            birthday: details.birthday.as_deref(),
            address: &contact.address,
            street_name: details.street_name.as_deref(),
            house_number: details.house_number.as_deref(),
            address_addition: details.address_addition.as_deref(),
            postcode: text(&details.postcode),
            city: text(&details.city),
            country_id: details.country_id,
            mail: text(&details.mail),
            mail_second: text(&details.mail_second),
            phone_fixed: text(&details.phone_fixed),
            phone_fixed_second: text(&details.phone_fixed_second),
            phone_mobile: text(&details.phone_mobile),
            fax: text(&details.fax),
            url: text(&details.url),
            skype_name: text(&details.skype_name),
            remarks: text(&details.remarks),
            language_id: details.language_id,
            is_lead: false,
            contact_group_ids: details.contact_group_ids.as_deref(),
            contact_branch_ids: details.contact_branch_ids.as_deref(),
            user_id: details.user_id,
            owner_id: details.owner_id,
            updated_at: zurich::text(contact.updated_at),
        }
    }
}

fn search_column(name: &str) -> Option<fn(&Contact) -> Cell<'_>> {
    match name {
        "name_2" => Some(|c| Cell::text(c.details.name_2.as_deref())),
        "address" => Some(|c| Cell::Text(&c.address)),
        "mail" => Some(|c| Cell::text(c.details.mail.as_deref())),
        "mail_second" => Some(|c| Cell::text(c.details.mail_second.as_deref())),
        "postcode" => Some(|c| Cell::text(c.details.postcode.as_deref())),
        "city" => Some(|c| Cell::text(c.details.city.as_deref())),
        "country_id" => Some(|c| Cell::id(c.details.country_id)),
        "contact_group_ids" => Some(|c| Cell::text(c.details.contact_group_ids.as_deref())),
        "contact_type_id" => Some(|c| Cell::Int(c.details.contact_type_id)),
        "user_id" => Some(|c| Cell::Int(c.details.user_id)),
        "phone_fixed" => Some(|c| Cell::text(c.details.phone_fixed.as_deref())),
        "phone_mobile" => Some(|c| Cell::text(c.details.phone_mobile.as_deref())),
        "fax" => Some(|c| Cell::text(c.details.fax.as_deref())),
        other => order_column(other),
    }
}

fn order_column(name: &str) -> Option<fn(&Contact) -> Cell<'_>> {
    match name {
        "id" => Some(|c| Cell::Int(c.id)),
        "nr" => Some(|c| Cell::Text(&c.nr)),
        "name_1" => Some(|c| Cell::Text(&c.details.name_1)),
        "updated_at" => Some(|c| Cell::Time(c.updated_at)),
        _ => None,
    }
}
