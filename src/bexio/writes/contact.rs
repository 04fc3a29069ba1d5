//! Creating a customer, a person there, and what ties the two; archiving a contact.
//!
//! <https://docs.bexio.com/#tag/Contacts>. Bexio keeps no uniqueness: who calls has searched before. The
//! street is not written: PSOhub's invoices name none, and Bexio refuses its old field `address`.

use serde::Serialize;

use super::WriteError;
use crate::bexio::BexioClient;
use crate::domain::BexioContactId;
use crate::domain::plan::{ContactFields, PersonFields};
use crate::transport::json::{self, FieldFault, Reader};
use crate::transport::{Answer, Method};

const PATH: &str = "/2.0/contact";
const CREATE: &str = "POST /2.0/contact";
const RELATE: &str = "POST /2.0/contact_relation";

/// `contact_type_id` of a company.
const COMPANY: u8 = 1;
/// `contact_type_id` of a person.
const PERSON: u8 = 2;

impl BexioClient {
    /// Creates a customer, looked after and owned by a user of the company. Its person is one of its own:
    /// [`Self::create_person`], then [`Self::relate`].
    ///
    /// <https://docs.bexio.com/#tag/Contacts/operation/v2CreateContact>
    ///
    /// # Errors
    /// [`WriteError`], by what to do next.
    pub async fn create_company(
        &self,
        fields: &ContactFields,
        user_id: i64,
    ) -> Result<BexioContactId, WriteError> {
        let contact = NewContact {
            contact_type_id: COMPANY,
            name_1: &fields.name,
            name_2: None,
            mail: fields.email.as_deref(),
            user_id,
            owner_id: user_id,
        };
        self.create_contact(&contact).await
    }

    /// Creates a person.
    ///
    /// <https://docs.bexio.com/#tag/Contacts/operation/v2CreateContact>
    ///
    /// # Errors
    /// [`WriteError`], by what to do next.
    pub async fn create_person(
        &self,
        fields: &PersonFields,
        user_id: i64,
    ) -> Result<BexioContactId, WriteError> {
        let contact = NewContact {
            contact_type_id: PERSON,
            name_1: &fields.last_name,
            name_2: fields.first_name.as_deref(),
            mail: fields.email.as_deref(),
            user_id,
            owner_id: user_id,
        };
        self.create_contact(&contact).await
    }

    /// Ties a person to a company, so that invoices of the one can name the other. Bexio ties them once
    /// more where they are tied already.
    ///
    /// <https://docs.bexio.com/#tag/Contact-Relations/operation/v2CreateContactRelation>
    ///
    /// # Errors
    /// [`WriteError`], by what to do next.
    pub async fn relate(&self, company: BexioContactId, person: BexioContactId) -> Result<(), WriteError> {
        let relation = NewRelation { contact_id: company.get(), contact_sub_id: person.get() };
        let answer = self.change("/2.0/contact_relation", RELATE, &relation).await?;
        self.id_of(&answer).map(drop)
    }

    /// Archives a contact: Bexio's DELETE keeps it, out of lists and searches.
    ///
    /// <https://docs.bexio.com/#tag/Contacts/operation/DeleteContact>
    ///
    /// # Errors
    /// [`WriteError`], by what to do next: a 404 says that it was gone before.
    pub async fn archive_contact(&self, id: BexioContactId) -> Result<(), WriteError> {
        self.act(Method::DELETE, &format!("{PATH}/{id}"), "DELETE /2.0/contact/{contact_id}").await
    }

    async fn create_contact(&self, contact: &NewContact<'_>) -> Result<BexioContactId, WriteError> {
        let answer = self.change(PATH, CREATE, contact).await?;
        self.id_of(&answer)
    }

    /// The `id` of what was created.
    fn id_of(&self, answer: &Answer) -> Result<BexioContactId, WriteError> {
        self.answered(answer, |fields, _| {
            let id = Reader::required("id", fields.value(&["id"]), json::integer_of)?;
            BexioContactId::new(id).ok_or_else(|| FieldFault::new("id", "it is not positive"))
        })
    }
}

/// The body of a create.
#[derive(Debug, Serialize)]
struct NewContact<'a> {
    contact_type_id: u8,
    name_1: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name_2: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mail: Option<&'a str>,
    user_id: i64,
    owner_id: i64,
}

#[derive(Debug, Serialize)]
struct NewRelation {
    contact_id: i64,
    contact_sub_id: i64,
}
