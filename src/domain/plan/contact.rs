//! Which Bexio contact an invoice goes to.

use serde::{Deserialize, Serialize};

use super::email::is_same_address;
use crate::domain::catalog::BexioContact;
use crate::domain::delivery::{ContactMatch, ContactNeed};
use crate::domain::{BexioContactId, InvoiceContact, InvoiceCustomer};

/// The contact that would be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContactResolution {
    /// By our own mapping of PSOhub's customer.
    Mapped(KnownContact),
    /// By search.
    Found {
        /// The contact.
        contact: KnownContact,
        /// What told.
        by: FoundBy,
    },
    /// None fits: it would be created with these fields.
    WouldCreate(ContactFields),
    /// Several fit: a person chooses.
    Ambiguous(Vec<BexioContact>),
    /// PSOhub names no customer.
    NoCustomer,
}

/// A contact that exists in Bexio.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownContact {
    /// The customer.
    pub id: BexioContactId,
    /// Its name in Bexio, where it was read.
    pub name: Option<Box<str>>,
    /// The person there, where one is used.
    pub person: Option<BexioContactId>,
    /// Its language in Bexio.
    pub language_id: Option<i64>,
}

/// What told that a contact is the customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FoundBy {
    /// The same name and e-mail address.
    NameAndEmail,
    /// The only one of that name; one of the two sides has no e-mail address.
    Name,
    /// The only one of that name; the e-mail addresses differ.
    NameAlone,
}

/// What a contact would be created with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactFields {
    /// The company's name.
    pub name: Box<str>,
    /// Its e-mail address.
    pub email: Option<Box<str>>,
    /// The person there, created as a contact of its own and tied to the company.
    pub person: Option<PersonFields>,
}

/// What a person would be created with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonFields {
    /// Last name.
    pub last_name: Box<str>,
    /// First names.
    pub first_name: Option<Box<str>>,
    /// E-mail address.
    pub email: Option<Box<str>>,
}

/// The longest name or address that Bexio takes.
const NAME_CHARS_MAX: usize = 80;

impl ContactResolution {
    /// What a delivery has to do about it; `None` where there is no customer.
    pub fn need(&self) -> Option<ContactNeed> {
        Some(match self {
            Self::Mapped(contact) | Self::Found { contact, .. } => {
                ContactNeed::Known { company: contact.id, person: contact.person }
            }
            Self::WouldCreate(fields) => ContactNeed::Create { person: fields.person.is_some() },
            Self::Ambiguous(candidates) => {
                ContactNeed::Choose(candidates.iter().map(|contact| contact.id).collect())
            }
            Self::NoCustomer => return None,
        })
    }

    /// The contact's language in Bexio, where the contact is known.
    pub(super) const fn language_id(&self) -> Option<i64> {
        match self {
            Self::Mapped(contact) | Self::Found { contact, .. } => contact.language_id,
            Self::WouldCreate(_) | Self::Ambiguous(_) | Self::NoCustomer => None,
        }
    }
}

/// The contact among `candidates` (not archived) that is the customer of an invoice: of the same name,
/// and if there are several, of the same e-mail address too.
pub fn match_contact(
    customer: Option<&InvoiceCustomer>,
    contact: Option<&InvoiceContact>,
    candidates: &[BexioContact],
) -> ContactResolution {
    let Some(customer) = customer.filter(|customer| !customer.name.trim().is_empty()) else {
        return ContactResolution::NoCustomer;
    };
    let email = contact.and_then(|contact| contact.email.as_deref());
    let mut named: Vec<&BexioContact> =
        candidates.iter().filter(|candidate| is_same_name(&full_name(candidate), &customer.name)).collect();
    named.sort_by_key(|candidate| candidate.id);
    named.dedup_by_key(|candidate| candidate.id);
    let same_address: Vec<&BexioContact> = named
        .iter()
        .copied()
        .filter(|candidate| email.is_some_and(|email| has_address(candidate, email)))
        .collect();
    match (&*same_address, &*named) {
        ([only], _) => found(only, FoundBy::NameAndEmail),
        ([], []) => ContactResolution::WouldCreate(fields(customer, contact)),
        ([], [only]) => {
            let has_none = email.is_none_or(|email| email.trim().is_empty())
                || (only.email.is_none() && only.email_second.is_none());
            found(only, if has_none { FoundBy::Name } else { FoundBy::NameAlone })
        }
        ([], several) | (several, _) => {
            ContactResolution::Ambiguous(several.iter().map(|candidate| (*candidate).clone()).collect())
        }
    }
}

/// The same, as a delivery's search for the customer takes it.
pub fn contact_match(resolution: &ContactResolution) -> ContactMatch {
    match resolution {
        ContactResolution::Mapped(contact) | ContactResolution::Found { contact, .. } => {
            ContactMatch::One(contact.id)
        }
        ContactResolution::WouldCreate(_) | ContactResolution::NoCustomer => ContactMatch::None,
        ContactResolution::Ambiguous(candidates) => {
            ContactMatch::Several(candidates.iter().map(|contact| contact.id).collect())
        }
    }
}

/// The persons among `candidates` that are the one to be created: same name and same e-mail address. One
/// that would be created without an address is found only as such: a namesake who has one is somebody else.
pub fn match_person(person: &PersonFields, candidates: &[BexioContact]) -> ContactMatch {
    let mut fitting: Vec<BexioContactId> = candidates
        .iter()
        .filter(|candidate| candidate.is_person && is_same_name(&full_name(candidate), &person.full_name()))
        .filter(|candidate| match person.email.as_deref() {
            Some(email) => has_address(candidate, email),
            None => candidate.email.is_none() && candidate.email_second.is_none(),
        })
        .map(|candidate| candidate.id)
        .collect();
    fitting.sort_unstable();
    fitting.dedup();
    match *fitting {
        [] => ContactMatch::None,
        [only] => ContactMatch::One(only),
        _ => ContactMatch::Several(fitting),
    }
}

impl PersonFields {
    fn full_name(&self) -> String {
        join_name(self.first_name.as_deref(), &self.last_name)
    }
}

fn found(contact: &BexioContact, by: FoundBy) -> ContactResolution {
    let contact = KnownContact {
        id: contact.id,
        name: Some(full_name(contact).into()),
        person: None,
        language_id: contact.language_id,
    };
    ContactResolution::Found { contact, by }
}

/// What a customer's contact would be created with.
fn fields(customer: &InvoiceCustomer, contact: Option<&InvoiceContact>) -> ContactFields {
    let email = contact
        .and_then(|contact| contact.email.as_deref())
        .map(str::trim)
        // Half an address is none.
        .filter(|email| super::email::is_address(email) && email.chars().count() <= NAME_CHARS_MAX)
        .map(Box::from);
    let person = contact
        .and_then(|contact| contact.name.as_deref())
        .filter(|name| !name.trim().is_empty() && !is_same_name(name, &customer.name))
        .map(|name| person(name, email.clone()));
    ContactFields { name: cut(&spaced(&customer.name)), email, person }
}

fn person(name: &str, email: Option<Box<str>>) -> PersonFields {
    let name = spaced(name);
    let (first, last) = name.rsplit_once(' ').map_or((None, &*name), |(first, last)| (Some(first), last));
    PersonFields { last_name: cut(last), first_name: first.map(cut), email }
}

/// A company's name; a person's first and last name, as PSOhub writes it.
fn full_name(contact: &BexioContact) -> String {
    let first = contact.name_addition.as_deref().filter(|_| contact.is_person);
    join_name(first, &contact.name)
}

fn join_name(first: Option<&str>, last: &str) -> String {
    first.map_or_else(|| last.to_owned(), |first| format!("{first} {last}"))
}

/// Whether a contact has the name of a customer.
pub fn is_named_like(contact: &BexioContact, customer: &str) -> bool {
    is_same_name(&full_name(contact), customer)
}

/// Names are the same whatever their case and spaces; both sides are typed by people.
fn is_same_name(left: &str, right: &str) -> bool {
    // Bexio's own copy may have been cut to its limit.
    let fold = |name: &str| cut(&spaced(name)).to_lowercase();
    fold(left) == fold(right)
}

fn has_address(contact: &BexioContact, email: &str) -> bool {
    [&contact.email, &contact.email_second].into_iter().flatten().any(|known| is_same_address(known, email))
}

fn spaced(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn cut(name: &str) -> Box<str> {
    name.chars().take(NAME_CHARS_MAX).collect::<String>().trim_end().into()
}
