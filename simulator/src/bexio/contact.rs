//! Contacts as they are kept, and the relations that tie a person to a company.

use std::sync::Arc;

use jiff::civil::DateTime;

/// A contact (`/2.0/contact`). Optional texts that were never set read back as "" or null, as recorded.
#[derive(Clone, Debug)]
pub struct Contact {
    /// Bexio's id.
    pub id: i64,
    /// The visible number, for example `000031`.
    pub nr: Box<str>,
    /// What was written.
    pub details: NewContact,
    /// `address`: street and number joined.
    pub address: Box<str>,
    /// The address as an invoice prints it.
    pub address_lines: Arc<str>,
    /// Deleting a contact archives it.
    pub is_archived: bool,
    /// The last change, Zurich.
    pub updated_at: DateTime,
}

/// A contact to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewContact {
    /// The visible number; `None` takes the next one.
    pub nr: Option<String>,
    /// 1 company, 2 person.
    pub contact_type_id: i64,
    /// Company name or last name.
    pub name_1: String,
    /// Addition or first name.
    pub name_2: Option<String>,
    /// Salutation.
    pub salutation_id: Option<i64>,
    /// Form of the salutation.
    pub salutation_form: Option<i64>,
    /// Title.
    pub title_id: Option<i64>,
    /// `YYYY-MM-DD`.
    pub birthday: Option<String>,
    /// Street without the number.
    pub street_name: Option<String>,
    /// House number; needs the street.
    pub house_number: Option<String>,
    /// A second address line; needs the street.
    pub address_addition: Option<String>,
    /// Postcode.
    pub postcode: Option<String>,
    /// City.
    pub city: Option<String>,
    /// Country.
    pub country_id: Option<i64>,
    /// E-mail.
    pub mail: Option<String>,
    /// Second e-mail.
    pub mail_second: Option<String>,
    /// Phone.
    pub phone_fixed: Option<String>,
    /// Second phone.
    pub phone_fixed_second: Option<String>,
    /// Mobile phone.
    pub phone_mobile: Option<String>,
    /// Fax.
    pub fax: Option<String>,
    /// Website.
    pub url: Option<String>,
    /// Skype.
    pub skype_name: Option<String>,
    /// Remarks.
    pub remarks: Option<String>,
    /// Language.
    pub language_id: Option<i64>,
    /// Ids, comma-separated.
    pub contact_group_ids: Option<String>,
    /// Ids, comma-separated.
    pub contact_branch_ids: Option<String>,
    /// Who looks after it.
    pub user_id: i64,
    /// Who owns it.
    pub owner_id: i64,
}

impl Default for NewContact {
    fn default() -> Self {
        Self {
            nr: None,
            contact_type_id: 1,
            name_1: String::new(),
            name_2: None,
            salutation_id: None,
            salutation_form: None,
            title_id: None,
            birthday: None,
            street_name: None,
            house_number: None,
            address_addition: None,
            postcode: None,
            city: None,
            country_id: None,
            mail: None,
            mail_second: None,
            phone_fixed: None,
            phone_fixed_second: None,
            phone_mobile: None,
            fax: None,
            url: None,
            skype_name: None,
            remarks: None,
            language_id: None,
            contact_group_ids: None,
            contact_branch_ids: None,
            user_id: 1,
            owner_id: 1,
        }
    }
}

impl NewContact {
    /// `address`: street and number joined.
    pub fn address(&self) -> String {
        join(" ", [self.street_name.as_deref(), self.house_number.as_deref()])
    }

    /// The address as an invoice prints it, one line each.
    pub fn address_lines(&self) -> Arc<str> {
        let name = if self.contact_type_id == 2 {
            join(" ", [self.name_2.as_deref(), Some(&self.name_1)])
        } else {
            join("\n", [Some(&*self.name_1), self.name_2.as_deref()])
        };
        let street = self.address();
        let place = join(" ", [self.postcode.as_deref(), self.city.as_deref()]);
        join("\n", [Some(&*name), Some(&street), self.address_addition.as_deref(), Some(&place)]).into()
    }
}

fn join<const N: usize>(separator: &str, parts: [Option<&str>; N]) -> String {
    let parts: Vec<&str> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    parts.join(separator)
}

/// A relation (`/2.0/contact_relation`).
#[derive(Clone, Debug)]
pub struct Relation {
    /// Bexio's id.
    pub id: i64,
    /// The company.
    pub contact_id: i64,
    /// The person.
    pub contact_sub_id: i64,
    /// What the person does there.
    pub description: String,
    /// The last change, Zurich.
    pub updated_at: DateTime,
}
