//! The Bexio contact that a plan names.

use async_graphql::ID;

use super::super::delivery::BexioContactType;
use super::enums::ContactOrigin;
use crate::domain::plan::{ContactFields, ContactResolution, FoundBy, KnownContact, PersonFields};
use crate::graphql::output::object;

const fn known(resolution: &ContactResolution) -> Option<&KnownContact> {
    match resolution {
        ContactResolution::Mapped(contact) | ContactResolution::Found { contact, .. } => Some(contact),
        ContactResolution::WouldCreate(_)
        | ContactResolution::Ambiguous(_)
        | ContactResolution::NoCustomer => None,
    }
}

const fn origin(resolution: &ContactResolution) -> ContactOrigin {
    match resolution {
        ContactResolution::Mapped(_) => ContactOrigin::Remembered,
        ContactResolution::Found { by: FoundBy::NameAndEmail, .. } => ContactOrigin::SameNameAndEmail,
        ContactResolution::Found { by: FoundBy::Name, .. } => ContactOrigin::SameName,
        ContactResolution::Found { by: FoundBy::NameAlone, .. } => ContactOrigin::SameNameOtherEmail,
        ContactResolution::WouldCreate(_) => ContactOrigin::WouldBeCreated,
        ContactResolution::Ambiguous(_) => ContactOrigin::Ambiguous,
        ContactResolution::NoCustomer => ContactOrigin::NoCustomer,
    }
}

object! {
    /// The customer's contact in Bexio, as far as it is known before sending.
    "PlannedContact" PlannedContact<'a> from &'a ContactResolution {
        /// How it is known.
        "origin": ContactOrigin = |contact, out| out.member(origin(contact));
        /// Bexio's id of it; null where it does not exist yet or is not certain.
        "bexioId": Option<ID> = |contact, out| out.opt_plain(known(contact).map(|known| known.id));
        /// Its name in Bexio, where it was read.
        "name": Option<String> = |contact, out| {
            out.opt_text(known(contact).and_then(|known| known.name.as_deref()));
        };
        /// Bexio's id of the person there that the invoice is addressed to, where one is used.
        "personBexioId": Option<ID> = |contact, out| {
            out.opt_plain(known(contact).and_then(|known| known.person));
        };
        /// What it would be created with; null where nothing is created.
        "toBeCreated": Option<PlannedNewContact> = |contact, out| {
            out.opt::<PlannedNewContact>(match contact {
                ContactResolution::WouldCreate(fields) => Some(fields),
                _ => None,
            });
        };
        /// The contacts to choose from, where several fit.
        "candidates": Vec<BexioContactType> = |contact, out| {
            out.list::<BexioContactType>(match contact {
                ContactResolution::Ambiguous(candidates) => candidates.as_slice(),
                _ => &[],
            });
        };
    }
}

object! {
    /// What a company's contact would be created with.
    "PlannedNewContact" PlannedNewContact<'a> from &'a ContactFields {
        /// The company's name.
        "name": String = |fields, out| out.text(&fields.name);
        /// Its e-mail address.
        "email": Option<String> = |fields, out| out.opt_text(fields.email.as_deref());
        /// The person there, created as a contact of its own that belongs to the company.
        "person": Option<PlannedNewPerson> = |fields, out| {
            out.opt::<PlannedNewPerson>(fields.person.as_ref());
        };
    }
}

object! {
    /// What a person's contact would be created with.
    "PlannedNewPerson" PlannedNewPerson<'a> from &'a PersonFields {
        /// First names.
        "firstName": Option<String> = |person, out| out.opt_text(person.first_name.as_deref());
        /// Last name.
        "lastName": String = |person, out| out.text(&person.last_name);
        /// E-mail address.
        "email": Option<String> = |person, out| out.opt_text(person.email.as_deref());
    }
}
