//! Creating a customer and a person, and what ties the two.

use invoice_gateway::domain::plan::{ContactFields, PersonFields};
use serde_json::json;

use super::Setup;

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
    world.traffic.reset();
    let person = client.create_person(&person(), 3).await.unwrap();
    assert_eq!(
        setup.only_call().json().unwrap(),
        json!({"contact_type_id": 2, "name_1": "Muster", "name_2": "Anna Maria", "user_id": 3, "owner_id": 3})
    );
    assert!(!client.is_related(company, person).await.unwrap());
    world.traffic.reset();
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
