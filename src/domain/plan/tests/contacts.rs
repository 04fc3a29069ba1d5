//! Which contact of Bexio is the customer.

use super::contact_id;
use crate::domain::catalog::BexioContact;
use crate::domain::delivery::{ContactMatch, ContactNeed};
use crate::domain::plan::{
    ContactFields, ContactResolution, FoundBy, PersonFields, contact_match, match_contact, match_person,
};
use crate::domain::{InvoiceContact, InvoiceCustomer};

fn company(id: i64, name: &str, email: Option<&str>) -> BexioContact {
    BexioContact {
        id: contact_id(id),
        number: None,
        is_person: false,
        name: name.into(),
        name_addition: None,
        email: email.map(Box::from),
        email_second: None,
        postcode: None,
        city: None,
        country_id: None,
        language_id: Some(2),
    }
}

fn human(id: i64, first: &str, last: &str, email: Option<&str>) -> BexioContact {
    BexioContact { is_person: true, name_addition: Some(first.into()), ..company(id, last, email) }
}

fn find(candidates: &[BexioContact]) -> ContactResolution {
    find_for("Muster Bau AG", Some("ap@muster.example"), candidates)
}

fn find_for(name: &str, email: Option<&str>, candidates: &[BexioContact]) -> ContactResolution {
    let customer = InvoiceCustomer { id: None, name: name.into() };
    let contact =
        InvoiceContact { id: None, name: Some("Anna Maria Muster".into()), email: email.map(Box::from) };
    match_contact(Some(&customer), Some(&contact), candidates)
}

fn found(resolution: &ContactResolution) -> Option<(i64, FoundBy)> {
    match resolution {
        ContactResolution::Found { contact, by } => Some((contact.id.get(), *by)),
        _ => None,
    }
}

#[test]
fn a_contact_is_found_by_name_and_address() {
    let other = company(30, "Other AG", Some("ap@muster.example"));
    let it = company(31, " muster  bau ag", Some("AP@muster.example"));
    assert_eq!(found(&find(&[other.clone(), it.clone()])), Some((31, FoundBy::NameAndEmail)));
    let second = BexioContact { email_second: it.email.clone(), email: None, ..it.clone() };
    assert_eq!(found(&find(&[second])), Some((31, FoundBy::NameAndEmail)));
    assert_eq!(found(&find(&[it.clone(), it.clone()])), Some((31, FoundBy::NameAndEmail)), "one hit twice");
    let twin = company(32, "Muster Bau AG", Some("info@muster.example"));
    assert_eq!(found(&find(&[twin, it])), Some((31, FoundBy::NameAndEmail)));
    assert!(matches!(find(&[other]), ContactResolution::WouldCreate(_)), "the address alone is nobody");
}

#[test]
fn the_only_one_of_its_name_is_taken_and_another_address_is_told() {
    assert_eq!(found(&find(&[company(31, "Muster Bau AG", None)])), Some((31, FoundBy::Name)));
    let it = [company(31, "Muster Bau AG", Some("info@muster.example"))];
    assert_eq!(found(&find(&it)), Some((31, FoundBy::NameAlone)));
    assert_eq!(found(&find_for("Muster Bau AG", None, &it)), Some((31, FoundBy::Name)));
}

#[test]
fn several_are_a_question() {
    let twins = |email| [company(32, "Muster Bau AG", email), company(31, "Muster Bau AG", email)];
    for email in [None, Some("ap@muster.example")] {
        let several = find(&twins(email));
        let ids = [contact_id(31), contact_id(32)];
        assert_eq!(contact_match(&several), ContactMatch::Several(ids.to_vec()));
        assert_eq!(several.need(), Some(ContactNeed::Choose(ids.to_vec())));
    }
}

#[test]
fn a_customer_can_be_a_person() {
    let it = [human(31, "Anna", "Muster", None), company(32, "Anna", None)];
    assert_eq!(found(&find_for("Anna Muster", None, &it)), Some((31, FoundBy::Name)));
}

#[test]
fn what_would_be_created_is_told() {
    let person = PersonFields {
        last_name: "Muster".into(),
        first_name: Some("Anna Maria".into()),
        email: Some("ap@muster.example".into()),
    };
    let fields = ContactFields {
        name: "Muster Bau AG".into(),
        email: Some("ap@muster.example".into()),
        person: Some(person.clone()),
    };
    let resolution = find(&[]);
    assert_eq!(resolution, ContactResolution::WouldCreate(fields));
    assert_eq!(resolution.need(), Some(ContactNeed::Create { person: true }));
    let bad = find_for("Muster Bau AG", Some("not an address"), &[]);
    assert!(matches!(bad, ContactResolution::WouldCreate(ContactFields { email: None, .. })));
    let same = find_for("Anna Maria Muster", None, &[]);
    assert_eq!(same.need(), Some(ContactNeed::Create { person: false }), "nobody twice");
}

#[test]
fn a_long_name_is_cut_and_found_again() {
    let name = "x".repeat(100);
    let ContactResolution::WouldCreate(fields) = find_for(&name, None, &[]) else { panic!() };
    assert_eq!(fields.name.len(), 80);
    assert!(found(&find_for(&name, None, &[company(31, &fields.name, None)])).is_some());
}

#[test]
fn an_address_that_bexio_does_not_take_is_left_out() {
    let address = |chars: usize| format!("{}@muster.example", "x".repeat(chars - "@muster.example".len()));
    let long = format!("{}@{}.example", "x".repeat(40), "y".repeat(40));
    for (email, is_kept) in [(address(79), true), (address(70), true), (long, false)] {
        let planned = find_for("Muster Bau AG", Some(&email), &[]);
        let ContactResolution::WouldCreate(fields) = planned else { panic!("{planned:?}") };
        assert_eq!(fields.email.is_some(), is_kept, "{email}");
    }
}

#[test]
fn no_customer_is_no_contact() {
    assert_eq!(match_contact(None, None, &[]), ContactResolution::NoCustomer);
    assert_eq!(find_for(" ", None, &[]), ContactResolution::NoCustomer);
}

#[test]
fn a_person_is_found_by_name_and_address() {
    let person = PersonFields {
        last_name: "Muster".into(),
        first_name: Some("Anna".into()),
        email: Some("anna@muster.example".into()),
    };
    let it = human(41, "Anna", "Muster", Some("anna@muster.example"));
    let namesake = human(42, "Anna", "Muster", Some("anna@other.example"));
    assert_eq!(match_person(&person, &[namesake.clone(), it]), ContactMatch::One(contact_id(41)));
    assert_eq!(match_person(&person, &[namesake]), ContactMatch::None);
    assert_eq!(match_person(&person, &[company(43, "Anna Muster", None)]), ContactMatch::None);
}

#[test]
fn a_person_without_an_address_is_no_namesake_who_has_one() {
    let person = PersonFields { last_name: "Muster".into(), first_name: Some("Anna".into()), email: None };
    let elsewhere = human(41, "Anna", "Muster", Some("anna@other.example"));
    assert_eq!(match_person(&person, std::slice::from_ref(&elsewhere)), ContactMatch::None);
    let ours = human(42, "Anna", "Muster", None);
    assert_eq!(match_person(&person, &[elsewhere, ours]), ContactMatch::One(contact_id(42)));
}
