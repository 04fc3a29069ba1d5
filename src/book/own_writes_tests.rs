//! Our own writes against looks under way, in every order.

use std::collections::{HashMap, HashSet, VecDeque};

use futures_util::FutureExt;
use proptest::prelude::*;

use super::*;
use crate::book::fixtures;
use crate::book::holdings::Holdings;
use crate::book::publisher::Publisher;
use crate::book::shown::{Brought, ShownRows};
use crate::book::side::{PsohubSide, Side};
use crate::book::{ExternalId, InvoiceBook};
use crate::domain::ManualClock;

const ROWS: i64 = 3;

fn psohub_id(id: i64) -> PsohubInvoiceId {
    PsohubInvoiceId::new(id).unwrap()
}

fn bexio_id(id: i64) -> BexioInvoiceId {
    BexioInvoiceId::new(id).unwrap()
}

/// The Bexio invoice for PSOhub invoice `id` in its `version`th state.
fn accounting(id: i64, version: i64) -> Arc<AccountingInvoice> {
    let mut invoice = fixtures::accounting(id);
    invoice.api_reference = Some(format!("psohub:{id}").into());
    invoice.title = Some(version.to_string().into());
    invoice.updated_at += jiff::SignedDuration::from_secs(version);
    Arc::new(invoice)
}

fn version_of(invoice: &AccountingInvoice) -> i64 {
    invoice.title.as_deref().unwrap().parse().unwrap()
}

/// What may happen to Bexio's invoices, in an order that chance decides.
#[derive(Debug, Clone, Copy)]
enum Event {
    /// A write of ours takes effect.
    Write(i64),
    /// The oldest write that has taken effect is noted.
    Note,
    /// Somebody else writes.
    Edit(i64),
    /// We delete it.
    Delete(i64),
    /// A look begins.
    Begin,
    /// The look reads a row as it is.
    Read(i64),
    /// The look's list still has the row's former state, if no list was further yet.
    ReadLate(i64),
    /// The look ends.
    End,
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let row = 1..=ROWS;
    let event = prop_oneof![
        3 => row.clone().prop_map(Event::Write),
        4 => Just(Event::Note),
        1 => row.clone().prop_map(Event::Edit),
        1 => row.clone().prop_map(Event::Delete),
        2 => Just(Event::Begin),
        6 => row.clone().prop_map(Event::Read),
        1 => row.prop_map(Event::ReadLate),
        2 => Just(Event::End),
    ];
    proptest::collection::vec(event, 0..60)
}

/// Bexio, the book beside it, and what the book must not go back behind.
#[derive(Default)]
struct World {
    holdings: Holdings,
    /// The state of each invoice there is; 0 = deleted.
    upstream: HashMap<i64, i64>,
    to_note: VecDeque<(i64, i64)>,
    noted: HashMap<i64, i64>,
    /// How far lists have been.
    listed: HashMap<i64, i64>,
    notes_made: u64,
    look: Option<(LookBegan, Brought<AccountingInvoice, BexioInvoiceId>)>,
}

/// PSOhub's rows alone.
fn mirrored() -> Holdings {
    let rows = (1..=ROWS).map(|id| Arc::new(fixtures::invoice(id))).collect();
    Holdings::mirrored(PsohubSide::mirrored(rows), ShownRows::default(), [])
}

impl World {
    fn new() -> Self {
        Self { holdings: mirrored(), ..Self::default() }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Write(id) if !self.is_deleted(id) => {
                let version = self.next_version(id);
                self.to_note.push_back((id, version));
            }
            Event::Edit(id) if self.upstream.get(&id).is_some_and(|version| *version > 0) => {
                self.next_version(id);
            }
            Event::Delete(id) if self.upstream.contains_key(&id) && !self.is_deleted(id) => {
                self.upstream.insert(id, 0);
                self.to_note.push_back((id, 0));
            }
            Event::Note => self.note(),
            Event::Begin if self.look.is_none() => {
                let began = LookBegan { notes_made: self.notes_made, elapsed: Duration::ZERO };
                let brought = Brought { began, rows: Vec::new(), gone: Vec::new(), given_up: Vec::new() };
                self.look = Some((began, brought));
            }
            Event::Read(id) => self.read(id, 0),
            // A list that lags shows what stood before; of what was deleted, nobody can tell.
            Event::ReadLate(id) if !self.is_deleted(id) => self.read(id, 1),
            Event::End => {
                if let Some((_, brought)) = self.look.take() {
                    self.holdings.apply_bexio(brought);
                }
            }
            _ => {}
        }
    }

    fn is_deleted(&self, id: i64) -> bool {
        self.upstream.get(&id) == Some(&0)
    }

    fn next_version(&mut self, id: i64) -> i64 {
        let version = self.upstream.entry(id).or_default();
        *version += 1;
        *version
    }

    fn note(&mut self) {
        let Some((id, version)) = self.to_note.pop_front() else { return };
        self.notes_made += 1;
        let at = NotedAt { number: self.notes_made, elapsed: Duration::ZERO };
        let write =
            if version == 0 { BexioWrite::Deleted } else { BexioWrite::Left(accounting(id, version)) };
        self.holdings.note(OwnWrite::BexioInvoice(bexio_id(id), write), at);
        self.noted.insert(id, version);
    }

    fn read(&mut self, id: i64, versions_late: i64) {
        let Some((_, brought)) = &mut self.look else { return };
        // What a look has read before of a row, it reads no older.
        brought.rows.retain(|row| row.id != bexio_id(id));
        brought.gone.retain(|gone| *gone != bexio_id(id));
        match self.upstream.get(&id) {
            Some(0) => brought.gone.push(bexio_id(id)),
            Some(version) => {
                let listed = self.listed.entry(id).or_default();
                *listed = (version - versions_late).max(*listed);
                if *listed > 0 {
                    brought.rows.push(accounting(id, *listed));
                }
            }
            None => {}
        }
    }

    fn shown(&self, id: i64) -> Option<i64> {
        self.holdings.bexio().get(&bexio_id(id)).map(|invoice| version_of(invoice))
    }
}

proptest! {
    #[test]
    fn no_look_undoes_a_write_and_the_upstream_has_the_last_word(events in events()) {
        let mut world = World::new();
        for event in events {
            world.happen(event);
            for (id, noted) in &world.noted {
                match world.shown(*id) {
                    Some(shown) => prop_assert!(*noted > 0 && shown >= *noted, "{event:?}: {id} shows {shown}, noted {noted}"),
                    None => prop_assert!(world.is_deleted(*id), "{event:?}: {id} is hidden, noted {noted}"),
                }
            }
        }
        world.happen(Event::End);
        while !world.to_note.is_empty() {
            world.happen(Event::Note);
        }
        world.happen(Event::Begin);
        (1..=ROWS).for_each(|id| world.happen(Event::Read(id)));
        world.happen(Event::End);
        let book = world.holdings.combine(1, &InvoiceBook::new(0, Vec::new(), Vec::new()));
        for id in 1..=ROWS {
            let upstream = world.upstream.get(&id).copied().filter(|version| *version > 0);
            let row = book.by_psohub_id(psohub_id(id)).unwrap();
            prop_assert_eq!(row.bexio.as_deref().map(version_of), upstream);
        }
    }
}

fn publisher() -> (Arc<Publisher>, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new("2026-01-01T00:00:00Z".parse().unwrap()));
    (Arc::new(Publisher::new(mirrored(), clock.clone())), clock)
}

fn status_of(publisher: &Publisher, id: i64) -> InvoiceStatus {
    publisher.current().by_psohub_id(psohub_id(id)).unwrap().psohub.status
}

fn external_id_of(publisher: &Publisher, id: i64) -> ExternalId {
    publisher.current().by_psohub_id(psohub_id(id)).unwrap().external_id.clone()
}

async fn look(publisher: &Arc<Publisher>, began: LookBegan, rows: Vec<Invoice>) {
    let rows = rows.into_iter().map(Arc::new).collect();
    let brought = Brought { began, rows, gone: Vec::new(), given_up: Vec::new() };
    publisher.change(|holdings| holdings.apply_psohub(brought)).await.unwrap();
}

#[tokio::test]
async fn a_status_of_ours_outlives_the_look_that_was_under_way_and_not_the_next() {
    let (publisher, _) = publisher();
    let began = publisher.look_begins();
    publisher.note(OwnWrite::Status(psohub_id(1), InvoiceStatus::Paid)).await;
    assert_eq!(status_of(&publisher, 1), InvoiceStatus::Paid);
    let row = publisher.current().by_psohub_id(psohub_id(1)).unwrap().psohub.clone();
    assert_eq!(&*row.status_raw, "Paid");

    // What else the look under way has read is shown, with our status.
    let renamed = Invoice { name: Some("Umbau".into()), ..fixtures::invoice(1) };
    look(&publisher, began, vec![renamed]).await;
    assert_eq!(status_of(&publisher, 1), InvoiceStatus::Paid);
    let row = publisher.current().by_psohub_id(psohub_id(1)).unwrap().psohub.clone();
    assert_eq!(row.name.as_deref(), Some("Umbau"));

    // A look that does not read the row tells nothing of it.
    look(&publisher, publisher.look_begins(), vec![fixtures::invoice(2)]).await;
    assert_eq!(status_of(&publisher, 1), InvoiceStatus::Paid);
    look(&publisher, publisher.look_begins(), vec![fixtures::invoice(1)]).await;
    assert_eq!(status_of(&publisher, 1), InvoiceStatus::Approved);
}

#[tokio::test]
async fn what_was_told_stays_what_the_upstream_told() {
    let (publisher, _) = publisher();
    publisher.note(OwnWrite::Status(psohub_id(1), InvoiceStatus::Paid)).await;
    let told = publisher.read(|held| held.psohub().told().map(|row| row.status).collect::<Vec<_>>());
    assert_eq!(told, [InvoiceStatus::Approved; 3]);
    // So it is still followed, although it is shown as final.
    let left = publisher.read(|held| held.left_open_lists(&HashSet::new()));
    assert_eq!(left.len(), 3);
}

#[tokio::test]
async fn an_external_id_of_ours_is_there_at_once_and_its_value_stays_known() {
    let (publisher, _) = publisher();
    let asked: HashSet<_> = (1..=ROWS).map(psohub_id).collect();
    let apply = |began, absent: HashSet<_>| {
        let asked = asked.clone();
        publisher.change(move |held| held.apply_without_external_id(&asked, &absent, &began))
    };
    let began = publisher.look_begins();
    publisher.note(OwnWrite::ExternalId(psohub_id(1), "RE-1".into())).await;
    let ours = ExternalId::Present(Some("RE-1".into()));
    assert_eq!(external_id_of(&publisher, 1), ours);
    apply(began, asked.clone()).await.unwrap();
    assert_eq!(external_id_of(&publisher, 1), ours);
    assert_eq!(external_id_of(&publisher, 2), ExternalId::Absent);
    apply(publisher.look_begins(), HashSet::from([psohub_id(2)])).await.unwrap();
    assert_eq!(external_id_of(&publisher, 1), ours);
    assert_eq!(external_id_of(&publisher, 3), ExternalId::Present(None));
    apply(publisher.look_begins(), asked.clone()).await.unwrap();
    assert_eq!(external_id_of(&publisher, 1), ExternalId::Absent);
}

#[tokio::test]
async fn where_psohub_shows_an_external_id_a_later_look_has_the_last_word() {
    let (publisher, _) = publisher();
    let shows = |value: &str| Invoice { external_id: Some(value.into()), ..fixtures::invoice(1) };
    let began = publisher.look_begins();
    publisher.note(OwnWrite::ExternalId(psohub_id(1), "RE-2".into())).await;
    look(&publisher, began, vec![shows("RE-1")]).await;
    assert_eq!(external_id_of(&publisher, 1), ExternalId::Present(Some("RE-2".into())));
    look(&publisher, publisher.look_begins(), vec![fixtures::invoice(1)]).await;
    assert_eq!(external_id_of(&publisher, 1), ExternalId::Present(Some("RE-2".into())));
    look(&publisher, publisher.look_begins(), vec![shows("RE-3")]).await;
    assert_eq!(external_id_of(&publisher, 1), ExternalId::Present(Some("RE-3".into())));
}

#[tokio::test]
async fn a_link_of_ours_ties_at_once_and_is_undone_at_once() {
    let (publisher, _) = publisher();
    let foreign = Arc::new(fixtures::accounting(9));
    let noted = OwnWrite::BexioInvoice(foreign.id, BexioWrite::Left(foreign));
    publisher.note(noted).await;
    assert_eq!(publisher.current().unlinked().len(), 1);
    publisher.note(OwnWrite::Link(psohub_id(2), Some(bexio_id(9)))).await;
    let book = publisher.current();
    assert_eq!(book.by_bexio_id(bexio_id(9)).unwrap().psohub.id, psohub_id(2));
    assert_eq!(book.unlinked().len(), 0);
    publisher.note(OwnWrite::Link(psohub_id(2), None)).await;
    assert_eq!(publisher.current().unlinked().len(), 1);
}

#[tokio::test]
async fn a_note_that_nothing_reads_is_told_to_be_overdue() {
    let (publisher, clock) = publisher();
    publisher.note(OwnWrite::BexioInvoice(bexio_id(1), BexioWrite::Left(accounting(1, 1)))).await;
    clock.advance(Duration::from_secs(599));
    let early = publisher.look_begins();
    clock.advance(Duration::from_secs(1));
    let late = publisher.look_begins();
    assert_eq!(publisher.read(|held| held.bexio().overdue(&early)), []);
    assert_eq!(publisher.read(|held| held.bexio().overdue(&late)), [bexio_id(1)]);
    // A look that found nothing under the id.
    let brought =
        Brought { began: late, rows: Vec::new(), gone: vec![bexio_id(1)], given_up: vec![bexio_id(1)] };
    publisher.change(|held| held.apply_bexio(brought)).await.unwrap();
    assert!(publisher.current().by_bexio_id(bexio_id(1)).is_none());
}

/// Keeps the next books from being made until the sender is dropped or used.
fn hold_up(publisher: &Arc<Publisher>) -> std::sync::mpsc::Sender<()> {
    let (release, held) = std::sync::mpsc::channel();
    let (started, is_held) = std::sync::mpsc::channel();
    let publisher = Arc::clone(publisher);
    tokio::spawn(async move {
        let change = publisher.change(move |_| {
            started.send(()).unwrap();
            let _ = held.recv();
        });
        change.await.unwrap();
    });
    is_held.recv().unwrap();
    release
}

#[tokio::test(flavor = "multi_thread")]
async fn notes_that_come_while_a_book_is_made_go_into_the_next_one_together() {
    let (publisher, _) = publisher();
    let release = hold_up(&publisher);
    let before = publisher.version();
    let notes = (1..=400).map(|id| {
        let (publisher, invoice) = (Arc::clone(&publisher), accounting(id, 1));
        let write = OwnWrite::BexioInvoice(invoice.id, BexioWrite::Left(invoice));
        async move {
            publisher.note(write).await;
            let id = bexio_id(id);
            let book = publisher.current();
            assert!(book.by_bexio_id(id).is_some() || book.unlinked().iter().any(|row| row.id == id));
        }
    });
    let mut all = Box::pin(futures_util::future::join_all(notes));
    // Every note is made before the first book is.
    assert!((&mut all).now_or_never().is_none());
    drop(release);
    all.await;
    assert_eq!(publisher.version(), before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_that_began_after_a_note_wins_although_the_note_is_not_published_yet() {
    let (publisher, _) = publisher();
    let release = hold_up(&publisher);
    let mut note = Box::pin(publisher.note(OwnWrite::Status(psohub_id(1), InvoiceStatus::Paid)));
    assert!((&mut note).now_or_never().is_none());
    let began = publisher.look_begins();
    let void = Invoice { status: InvoiceStatus::Void, ..fixtures::invoice(1) };
    let mut read = Box::pin(look(&publisher, began, vec![void]));
    assert!((&mut read).now_or_never().is_none());
    drop(release);
    tokio::join!(note, read);
    assert_eq!(status_of(&publisher, 1), InvoiceStatus::Void);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_goes_away_does_not_take_the_note_along() {
    let (publisher, _) = publisher();
    let release = hold_up(&publisher);
    let gone = Box::pin(publisher.note(OwnWrite::Status(psohub_id(1), InvoiceStatus::Paid))).now_or_never();
    assert!(gone.is_none());
    drop(release);
    publisher.note(OwnWrite::Status(psohub_id(2), InvoiceStatus::Paid)).await;
    assert_eq!(status_of(&publisher, 1), InvoiceStatus::Paid);
}

#[tokio::test]
async fn a_change_that_panics_leaves_nobody_waiting() {
    let (publisher, _) = publisher();
    let note = publisher.note(OwnWrite::Status(psohub_id(1), InvoiceStatus::Paid));
    let fault = publisher.change(|_| panic!("a fault of ours"));
    let ((), fault) = tokio::join!(note, fault);
    assert!(fault.is_err());
    publisher.note(OwnWrite::Status(psohub_id(2), InvoiceStatus::Paid)).await;
    assert_eq!([1, 2].map(|id| status_of(&publisher, id)), [InvoiceStatus::Paid; 2]);
}
