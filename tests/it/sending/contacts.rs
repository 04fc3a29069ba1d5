//! Whose invoice it is: found, created, chosen, remembered.

use std::sync::Arc;

use invoice_gateway::domain::BexioContactId;
use invoice_gateway::domain::delivery::{Decision, Halt, Review, State};
use invoice_gateway::domain::plan::{ContactResolution, SendOptions};
use upstream_simulator::psohub::{Customer, NewPsohubInvoice};

use super::company::Company;
use crate::support::app::TestOptions;

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_that_bexio_does_not_know_is_created_with_its_person() {
    let company = Company::of(TestOptions::default()).await;
    let id = company.invoice(NewPsohubInvoice::default()).await;
    let sent = company.send(id).await.unwrap();
    assert_eq!(sent.delivery.state(), State::Done, "{:#?}", sent.delivery);

    let (contacts, relations) = company.bexio(|bexio| {
        let contacts: Vec<_> =
            bexio.contacts().map(|contact| (contact.id, contact.details.clone())).collect();
        (contacts, bexio.relations().map(|tie| (tie.contact_id, tie.contact_sub_id)).collect::<Vec<_>>())
    });
    let [(customer, customer_is), (person, person_is)] = &contacts[..] else { panic!("{contacts:#?}") };
    assert_eq!((customer_is.contact_type_id, &*customer_is.name_1), (1, "Muster Bau AG"));
    assert_eq!(customer_is.mail.as_deref(), Some("eva.muster@bau.example"));
    assert_eq!((person_is.contact_type_id, &*person_is.name_1), (2, "Muster"));
    assert_eq!(person_is.name_2.as_deref(), Some("Eva"));
    assert_eq!(relations, [(*customer, *person)]);
    let booked = company.booked(id);
    assert_eq!((booked[0].contact_id, booked[0].contact_sub_id), (Some(*customer), Some(*person)));

    // The next invoice of this customer goes to the same contact, with nothing to search.
    let next = company.invoice(NewPsohubInvoice::default()).await;
    let plan = company.app.deliveries().preview(next, &SendOptions::default()).await.unwrap();
    let ContactResolution::Mapped(known) = plan.contact else { panic!("{:#?}", plan.contact) };
    assert_eq!(known.id.get(), *customer);
    assert_eq!(known.person.map(BexioContactId::get), Some(*person));
    company.send(next).await.unwrap();
    assert_eq!(company.bexio(|bexio| bexio.contacts().len()), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_contacts_a_person_chooses_one_and_the_choice_is_remembered() {
    let company = Company::of(TestOptions::default()).await;
    let first = company.add_contact("Muster Bau AG", "zuerich@bau.example");
    let second = company.add_contact("Muster Bau AG", "bern@bau.example");
    let id = company.invoice(NewPsohubInvoice::default()).await;
    let sent = company.send(id).await.unwrap();
    let candidates = [first, second].map(|id| BexioContactId::new(id).unwrap());
    let asked = Halt::Review(Review::ContactAmbiguous(candidates.to_vec()));
    assert_eq!(sent.delivery.delivery.halt(), Some(&asked));
    assert_eq!(company.booked(id).len(), 0);

    let chosen = company.resolve(&sent.delivery, Decision::ChooseContact(candidates[1])).await;
    assert_eq!(chosen.state(), State::Done);
    assert_eq!(company.booked(id)[0].contact_id, Some(second));
    let log = company.log(&chosen).await;
    assert!(log.iter().any(|entry| entry.actor.as_deref() == Some("anna")));

    let next = company.invoice(NewPsohubInvoice::default()).await;
    let sent = company.send(next).await.unwrap();
    assert_eq!(sent.delivery.state(), State::Done);
    assert_eq!(company.booked(next)[0].contact_id, Some(second));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_remembered_contact_that_was_archived_is_searched_again() {
    let company = Company::start().await;
    let id = company.invoice(NewPsohubInvoice::default()).await;
    company.send(id).await.unwrap();
    let first = company.booked(id)[0].contact_id.unwrap();
    assert!(company.bexio(|bexio| bexio.archive_contact(first)));
    let other = company.add_contact("Muster Bau AG", "eva.muster@bau.example");
    let next = company.invoice(NewPsohubInvoice::default()).await;
    company.send(next).await.unwrap();
    assert_eq!(company.booked(next)[0].contact_id, Some(other));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chosen_contact_that_was_archived_is_forgotten_when_the_next_invoice_is_sent() {
    let company = Company::of(TestOptions::default()).await;
    let first = company.add_contact("Muster Bau AG", "zuerich@bau.example");
    let second = company.add_contact("Muster Bau AG", "bern@bau.example");
    let id = company.invoice(NewPsohubInvoice::default()).await;
    let asked = company.send(id).await.unwrap();
    company.resolve(&asked.delivery, Decision::ChooseContact(BexioContactId::new(second).unwrap())).await;
    for contact in [first, second] {
        assert!(company.bexio(|bexio| bexio.archive_contact(contact)));
    }
    let other = company.add_contact("Muster Bau AG", "eva.muster@bau.example");
    let next = company.invoice(NewPsohubInvoice::default()).await;
    company.send(next).await.unwrap();
    assert_eq!(company.booked(next)[0].contact_id, Some(other));

    // The new one took the place of the choice, and is not searched again.
    let last = company.invoice(NewPsohubInvoice::default()).await;
    let plan = company.app.deliveries().preview(last, &SendOptions::default()).await.unwrap();
    let ContactResolution::Mapped(known) = plan.contact else { panic!("{:#?}", plan.contact) };
    assert_eq!(known.id.get(), other);
}

#[tokio::test(flavor = "multi_thread")]
async fn invoices_of_one_new_customer_sent_at_once_create_one_contact() {
    let company = Company::of(TestOptions::default()).await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(company.invoice(NewPsohubInvoice::default()).await);
    }
    let sent = futures_util::future::join_all(ids.iter().map(|id| company.send(*id))).await;
    for sent in sent {
        assert_eq!(sent.unwrap().delivery.state(), State::Done);
    }
    assert_eq!(company.bexio(|bexio| bexio.contacts().len()), 2, "the company and its person");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_who_is_a_person_is_found_by_address() {
    let company = Company::of(TestOptions::default()).await;
    let contact = company.bexio(|bexio| {
        bexio.add_contact(upstream_simulator::bexio::NewContact {
            contact_type_id: 2,
            name_1: "Muster".to_owned(),
            name_2: Some("Eva".to_owned()),
            mail: Some("eva@muster.example".to_owned()),
            ..Default::default()
        })
    });
    let customer = Customer {
        id: 14_073_748_838_900_777,
        name: "Eva Muster".into(),
        contact_id: 21_110_623_256_800_777,
        contact_name: "Eva Muster".into(),
        contact_email: "eva@muster.example".into(),
    };
    let id = company.invoice(NewPsohubInvoice { customer: Arc::new(customer), ..Default::default() }).await;
    company.send(id).await.unwrap();
    assert_eq!(company.booked(id)[0].contact_id, Some(contact));
}
