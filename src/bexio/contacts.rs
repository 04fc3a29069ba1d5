//! Bexio's contacts.
//!
//! <https://docs.bexio.com/#tag/Contacts>

use super::client::{BexioClient, Criterion, SEARCH_BUCKET, Search};
use super::error::BexioError;
use super::rows::Rows;
use crate::domain::BexioContactId;
use crate::domain::catalog::BexioContact;
use crate::transport::json::{self, FieldFault, Fields, Reader};

const SEARCH: Search =
    Search { path: "/2.0/contact/search", route: "POST /2.0/contact/search", bucket: Some(SEARCH_BUCKET) };
const RELATION_SEARCH: Search =
    Search { path: "/2.0/contact_relation/search", route: "POST /2.0/contact_relation/search", bucket: None };

impl BexioClient {
    /// One contact; `None` when there is none (any more; an archived one is not shown).
    ///
    /// <https://docs.bexio.com/#tag/Contacts/operation/v2ShowContact>
    ///
    /// # Errors
    /// [`BexioError`].
    pub async fn contact(&self, id: BexioContactId) -> Result<Option<BexioContact>, BexioError> {
        let answer = self.get(&format!("/2.0/contact/{id}"), "GET /2.0/contact/{contact_id}").await?;
        answer.map(|answer| self.object(&answer, contact)).transpose()
    }

    /// The contacts with this e-mail address as their first one.
    ///
    /// <https://docs.bexio.com/#tag/Contacts/operation/v2SearchContact>
    ///
    /// # Errors
    /// [`BexioError`].
    pub async fn contacts_by_email(&self, email: &str) -> Result<Rows<BexioContact>, BexioError> {
        self.search_contacts("mail", email).await
    }

    /// The contacts with this company name or last name.
    ///
    /// <https://docs.bexio.com/#tag/Contacts/operation/v2SearchContact>
    ///
    /// # Errors
    /// [`BexioError`].
    pub async fn contacts_by_name(&self, name: &str) -> Result<Rows<BexioContact>, BexioError> {
        self.search_contacts("name_1", name).await
    }

    /// Whether the person is tied to the company.
    ///
    /// <https://docs.bexio.com/#tag/Contact-Relations/operation/v2SearchContactRelations>
    ///
    /// # Errors
    /// [`BexioError`].
    pub async fn is_related(
        &self,
        company: BexioContactId,
        person: BexioContactId,
    ) -> Result<bool, BexioError> {
        let (company_text, person_text) = (company.to_string(), person.to_string());
        let criteria = [
            Criterion { field: "contact_id", criteria: "=", value: &company_text },
            Criterion { field: "contact_sub_id", criteria: "=", value: &person_text },
        ];
        let rows = self.search_all(&RELATION_SEARCH, &criteria, &[("order_by", "id")], relation).await?;
        // Compared here too: what Bexio does with a criterion that it does not know is not known.
        Ok(rows.rows.contains(&(company.get(), person.get())))
    }

    async fn search_contacts(
        &self,
        field: &'static str,
        value: &str,
    ) -> Result<Rows<BexioContact>, BexioError> {
        let criteria = [Criterion { field, criteria: "=", value }];
        let page = self.search_page(&SEARCH, &criteria, &[("order_by", "id")], 0, contact).await?;
        Ok(page.rows)
    }
}

/// `contact_id` and `contact_sub_id`.
fn relation(fields: &mut Fields<'_>, reader: &mut Reader) -> Result<(i64, i64), FieldFault> {
    reader.id = reader.read("id", fields.value(&["id"]), json::integer_of);
    let mut id = |name: &'static str| Reader::required(name, fields.value(&[name]), json::integer_of);
    Ok((id("contact_id")?, id("contact_sub_id")?))
}

fn contact(fields: &mut Fields<'_>, reader: &mut Reader) -> Result<BexioContact, FieldFault> {
    let id = Reader::required("id", fields.value(&["id"]), json::integer_of)?;
    reader.id = Some(id);
    let id = BexioContactId::new(id).ok_or_else(|| FieldFault::new("id", "it is not positive"))?;
    let kind = reader.read("contact_type_id", fields.value(&["contact_type_id"]), json::integer_of);
    let mut number = |name: &str| reader.read(name, fields.value(&[name]), json::integer_of);
    let (country_id, language_id) = (number("country_id"), number("language_id"));
    let mut text = |name: &str| reader.word(name, fields.value(&[name]));
    Ok(BexioContact {
        id,
        number: text("nr"),
        is_person: kind == Some(2),
        name: text("name_1").unwrap_or_default(),
        name_addition: text("name_2"),
        email: text("mail"),
        email_second: text("mail_second"),
        postcode: text("postcode"),
        city: text("city"),
        country_id,
        language_id,
    })
}
