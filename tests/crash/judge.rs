//! What must hold, seen from what the upstreams hold. The gateway's word is only compared with it.

use std::collections::{BTreeMap, BTreeSet};

use invoice_gateway::domain::delivery::{Delivery, Mail, State, Step, Timing, WriteBack, next_step};
use jiff::Timestamp;
use upstream_simulator::bexio::{Deed, status};
use upstream_simulator::world::World;

use crate::company::Customer;
use crate::play::Player;

/// What the upstreams hold of one PSOhub invoice.
#[derive(Debug, Default)]
struct Truth {
    drafts: Vec<i64>,
    /// Issued and not cancelled: id and number.
    issued: Vec<(i64, String)>,
    mails: u64,
    external_id: Option<String>,
}

/// Judges every invoice; `answered`: a person has answered what was asked.
pub async fn judge(player: &mut Player, answered: bool) {
    let Some(deliveries) = player.deliveries().await else { return };
    let mut faults = Vec::new();
    for place in 0..player.company.invoices.len() {
        let id = player.company.invoices[place];
        let of_invoice: Vec<&Delivery> =
            deliveries.iter().filter(|delivery| delivery.invoice_id().get() == id).collect();
        let truth = truth_of(player, place);
        let word = match *of_invoice {
            [delivery] => {
                faults.extend(wrong_with(player, place, delivery, &truth));
                player.counts_mut().note_outcome(delivery, answered);
                format!("{:?}", delivery.state())
            }
            [] => {
                faults.push("it has no delivery".to_owned());
                "no delivery".to_owned()
            }
            _ => "several deliveries".to_owned(),
        };
        if of_invoice.len() > 1 {
            faults.push("it has more than one delivery".to_owned());
        }
        faults = faults.into_iter().map(|fault| with_place(place, &word, &truth, fault)).collect();
    }
    let world = player.company.world();
    for customer in &player.company.customers {
        faults.extend(contacts_of(world, customer));
    }
    faults.extend(journal(world));
    faults.extend(callers(player, &deliveries));
    for fault in faults {
        player.violate(&fault);
    }
}

fn with_place(place: usize, word: &str, truth: &Truth, fault: String) -> String {
    if fault.starts_with("invoice ") {
        fault
    } else {
        format!("invoice {place} ({word}): {fault}; {truth:?}")
    }
}

fn truth_of(player: &Player, place: usize) -> Truth {
    let world = player.company.world();
    let reference = player.company.reference(place);
    let external_id = world
        .psohub()
        .invoice(player.company.invoices[place])
        .and_then(|invoice| invoice.external_id.as_deref().map(str::to_owned));
    let mut truth = Truth { external_id, ..Truth::default() };
    let bexio = world.bexio();
    for invoice in bexio.invoices().filter(|known| known.api_reference.as_deref() == Some(&*reference)) {
        match invoice.kb_item_status_id {
            status::DRAFT => truth.drafts.push(invoice.id),
            status::CANCELED => {}
            _ => truth.issued.push((invoice.id, invoice.document_nr.to_string())),
        }
    }
    let mails = bexio
        .journal()
        .filter(|entry| entry.deed == Deed::Mailed && entry.api_reference.as_deref() == Some(&*reference));
    truth.mails = mails.count() as u64;
    truth
}

fn wrong_with(player: &Player, place: usize, delivery: &Delivery, truth: &Truth) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut must = |holds: bool, what: &str| {
        if !holds {
            wrong.push(what.to_owned());
        }
    };
    let state = delivery.state();
    let pin = delivery.pin().map(|pin| pin.id.get());
    must(state.is_settled(), "it is not settled");
    must(next_step(delivery, player.now(), &Timing::STANDARD) == Step::Rest, "it still has something to do");
    must(truth.issued.len() <= 1, "it is issued more than once");
    must(truth.mails <= 1 + player.mails_asked[place], "it was mailed more often than asked for");
    must(truth.mails == 0 || !truth.issued.is_empty(), "it was mailed and is not issued");
    must(truth.issued.iter().all(|(id, _)| Some(*id) == pin), "the issued invoice is not the one pinned");
    must(truth.drafts.len() <= 1 && truth.drafts.iter().all(|id| Some(*id) == pin), "a draft is left over");
    let stands_still = matches!(state, State::Failed | State::NeedsReview);
    must(truth.drafts.is_empty() || stands_still, "a draft is left although all is over");
    must(!stands_still || delivery.reason().is_some(), "it stands still and does not say why");
    let number = truth.issued.first().map(|(_, number)| number.clone());
    must(
        truth.external_id.is_none() || truth.external_id == number,
        "the external id is not the issued number",
    );
    let written = matches!(delivery.write_back(), WriteBack::Written { .. });
    must(!written || truth.external_id.is_some(), "the external id is said to be written and is not");
    if state == State::Done {
        must(number.is_some(), "it is done and nothing is issued");
        must(truth.external_id.is_some(), "it is done and the external id is missing");
    }
    match delivery.mail() {
        Mail::Sent { by_person: false, .. } => must(truth.mails > 0, "it is said to be mailed and was not"),
        Mail::NotWanted => must(truth.mails == 0, "it was mailed and nobody wanted that"),
        Mail::Wanted { .. } | Mail::Leaving { .. } => {
            must(state != State::Done, "it is done and the e-mail is still to be sent");
        }
        _ => {}
    }
    if let (Some((_, number)), Some(pin)) = (truth.issued.first(), delivery.pin()) {
        let says = matches!(state, State::Done);
        must(!says || *pin.document_number == **number, "it shows another number than the issued one");
    }
    wrong
}

/// One contact and one person for each customer: a create whose outcome is unknown is not repeated before its
/// request can no longer be under way, so nothing is allowed here.
fn contacts_of(world: &World, customer: &Customer) -> Vec<String> {
    let bexio = world.bexio();
    let named = |name: &str, kind: i64| {
        let is_it = |contact: &&upstream_simulator::bexio::contact::Contact| {
            contact.details.name_1 == name && contact.details.contact_type_id == kind && !contact.is_archived
        };
        bexio.contacts().filter(is_it).count()
    };
    let mut wrong = Vec::new();
    if named(&customer.name, 1) > 1 {
        wrong.push(format!("customer {} has {} contacts", customer.name, named(&customer.name, 1)));
    }
    if let Some(person) = &customer.person
        && named(person, 2) > 1
    {
        wrong.push(format!("person {person} has {} contacts", named(person, 2)));
    }
    let relations: Vec<(i64, i64)> =
        bexio.relations().map(|relation| (relation.contact_id, relation.contact_sub_id)).collect();
    if relations.iter().collect::<BTreeSet<_>>().len() != relations.len() {
        wrong.push(format!("a person belongs twice to a customer: {relations:?}"));
    }
    wrong
}

/// What no reading tells at the end: never two drafts of one reference side by side unless the deletion of the
/// first was asked for before, and never a second issue.
fn journal(world: &World) -> Vec<String> {
    let condemned = deletions(world);
    let bexio = world.bexio();
    let mut living: BTreeMap<&str, BTreeSet<i64>> = BTreeMap::new();
    let mut issued: BTreeMap<&str, BTreeSet<i64>> = BTreeMap::new();
    let mut wrong = Vec::new();
    for entry in bexio.journal() {
        let Some(reference) = entry.api_reference.as_deref() else { continue };
        let living = living.entry(reference).or_default();
        match entry.deed {
            Deed::Created => {
                let beside: Vec<&i64> = living
                    .iter()
                    .filter(|id| condemned.get(id).is_none_or(|asked| *asked > entry.at))
                    .collect();
                if !beside.is_empty() {
                    let id = entry.kb_invoice_id;
                    wrong.push(format!("draft {id} of {reference} came beside {beside:?} at {}", entry.at));
                }
                living.insert(entry.kb_invoice_id);
            }
            Deed::Deleted => {
                living.remove(&entry.kb_invoice_id);
            }
            Deed::Status(status::PENDING) => {
                let issued = issued.entry(reference).or_default();
                issued.insert(entry.kb_invoice_id);
                if issued.len() > 1 {
                    wrong.push(format!("{reference} was issued as {issued:?}"));
                }
            }
            Deed::Status(_) | Deed::Mailed => {}
        }
    }
    wrong
}

/// When the deletion of an invoice was first asked for.
fn deletions(world: &World) -> BTreeMap<i64, Timestamp> {
    let mut asked = BTreeMap::new();
    for exchange in world.traffic.exchanges() {
        let id = exchange.call.path.rsplit('/').next().and_then(|id| id.parse().ok());
        if let ("DELETE", Some(id)) = (&*exchange.call.method, id) {
            asked.entry(id).or_insert(exchange.at);
        }
    }
    asked
}

/// Every caller of an invoice was told of the same delivery, under whatever key.
fn callers(player: &Player, deliveries: &[Delivery]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (place, asking) in player.callers.iter().enumerate() {
        // Nothing in these schedules is the callers' fault.
        wrong.extend(asking.refusals.iter().map(|why| format!("caller {place} was refused: {why}")));
        let invoice = player.company.invoices[asking.caller.invoice];
        let right = deliveries.iter().find(|delivery| delivery.invoice_id().get() == invoice);
        for told in &asking.told {
            if right.is_none_or(|right| right.id().get() != *told) {
                wrong.push(format!("caller {place} was told of delivery {told}, which is not its own"));
            }
        }
    }
    wrong
}
