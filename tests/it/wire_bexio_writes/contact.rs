//! Creating a customer and a person, and what ties the two.

use invoice_gateway::domain::plan::{
    ContactFields, ContactResolution, PersonFields, RefusedPart, match_contact,
};
use invoice_gateway::domain::{InvoiceContact, InvoiceCustomer};
use serde_json::json;
use upstream_simulator::traffic::Upstream;

use super::{Setup, contact_id, refused};

fn company() -> ContactFields {
    ContactFields { name: "Neu & Söhne AG".into(), email: Some("ap@neu.example".into()), person: None }
}

fn person() -> PersonFields {
    PersonFields { last_name: "Muster".into(), first_name: Some("Anna Maria".into()), email: None }
}

#[tokio::test]
async fn a_customer_and_its_person_are_created_and_tied() {
    let setup = Setup::start().await;
    let (client, world) = (&setup.client, setup.simulator.world());
    let company = client.create_company(&company(), 3).await.unwrap();
    assert_eq!(
        setup.only_call().json().unwrap(),
        json!({"contact_type_id": 1, "name_1": "Neu & Söhne AG", "mail": "ap@neu.example", "user_id": 3, "owner_id": 3})
    );
    setup.forget_calls();
    let person = client.create_person(&person(), 3).await.unwrap();
    assert_eq!(
        setup.only_call().json().unwrap(),
        json!({"contact_type_id": 2, "name_1": "Muster", "name_2": "Anna Maria", "user_id": 3, "owner_id": 3})
    );
    assert!(!client.is_related(company, person).await.unwrap());
    setup.forget_calls();
    client.relate(company, person).await.unwrap();
    assert_eq!(
        setup.only_call().json().unwrap(),
        json!({"contact_id": company.get(), "contact_sub_id": person.get()})
    );
    assert!(client.is_related(company, person).await.unwrap());
    assert!(!client.is_related(person, company).await.unwrap());
    let ties: Vec<_> = world.bexio().relations().map(|tie| (tie.contact_id, tie.contact_sub_id)).collect();
    assert_eq!(ties, [(company.get(), person.get())]);
}

#[tokio::test]
async fn a_planned_customer_is_taken_however_long_its_name_is() {
    let setup = Setup::start().await;
    let customer = InvoiceCustomer { id: None, name: "Ä".repeat(300).into() };
    let name = format!("{} {}", "Anna ".repeat(60), "Müller".repeat(30));
    let contact = InvoiceContact { id: None, name: Some(name.into()), email: Some("ap@neu.example".into()) };
    let planned = match_contact(Some(&customer), Some(&contact), &[]);
    let ContactResolution::WouldCreate(fields) = planned else { panic!("{planned:?}") };
    let company = setup.client.create_company(&fields, 1).await.unwrap();
    let person = setup.client.create_person(fields.person.as_ref().unwrap(), 1).await.unwrap();
    assert!(company != person);
    let bexio = setup.simulator.world().bexio();
    let names: Vec<_> = bexio.contacts().skip(1).map(|held| held.details.name_1.chars().count()).collect();
    assert_eq!(names, [80, 80]);
}

#[tokio::test]
async fn a_refused_contact_is_named_with_what_is_wrong() {
    let setup = Setup::start().await;
    let contacts = || setup.simulator.world().bexio().contacts().len();
    let before = contacts();
    let long = ContactFields { name: "x".repeat(81).into(), ..company() };
    assert_eq!(
        refused(setup.client.create_company(&long, 1).await),
        (422, vec![(None, RefusedPart::ContactName)])
    );
    setup.only_call();
    let nameless = PersonFields { last_name: "".into(), ..person() };
    assert_eq!(
        refused(setup.client.create_person(&nameless, 1).await),
        (422, vec![(None, RefusedPart::ContactName)])
    );
    let long_address =
        ContactFields { email: Some(format!("{}@x.example", "x".repeat(80)).into()), ..company() };
    assert_eq!(
        refused(setup.client.create_company(&long_address, 1).await),
        (422, vec![(None, RefusedPart::ContactEmail)])
    );
    assert_eq!(
        refused(setup.client.create_company(&company(), 99).await),
        (422, vec![(None, RefusedPart::User)]),
        "user and owner are one part"
    );
    assert_eq!(contacts(), before);
}

#[tokio::test]
async fn a_tie_needs_both_contacts() {
    let setup = Setup::start().await;
    let outcome = setup.client.relate(setup.customer, contact_id(99)).await;
    assert_eq!(refused(outcome), (422, vec![(None, RefusedPart::Contact)]));
    assert_eq!(setup.simulator.world().bexio().relations().len(), 0);
}

#[tokio::test]
async fn ties_are_searched_for_exactly_and_outside_of_the_small_bucket() {
    let setup = Setup::start().await;
    let (company, other) = (setup.customer, setup.client.create_person(&person(), 1).await.unwrap());
    let third = setup.client.create_person(&person(), 1).await.unwrap();
    setup.client.relate(company, third).await.unwrap();
    setup.forget_calls();
    assert!(!setup.client.is_related(company, other).await.unwrap());
    let call = setup.only_call();
    assert_eq!((&*call.method, &*call.path), ("POST", "/2.0/contact_relation/search"));
    assert_eq!(
        call.json().unwrap(),
        json!([
            {"field": "contact_id", "value": company.to_string(), "criteria": "="},
            {"field": "contact_sub_id", "value": other.to_string(), "criteria": "="},
        ])
    );
    let buckets = setup.client.transport().buckets();
    let search = buckets.iter().find(|bucket| bucket.name == invoice_gateway::bexio::SEARCH_BUCKET).unwrap();
    assert_eq!(search.limit, None, "{buckets:?}");
    assert!(setup.simulator.world().traffic.calls(Upstream::Bexio) == 1);
}
