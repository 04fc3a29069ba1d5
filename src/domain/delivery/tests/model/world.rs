//! Bexio and PSOhub as far as sending cares, with requests that take effect late.

use rust_decimal::Decimal;

use crate::domain::delivery::tests::{bexio, contact};
use crate::domain::delivery::{Answer, Call, ContactMatch, Hit, Reading};
use crate::domain::{AccountingStatus, CurrencyCode};

/// splitmix64: small, and the same for ever, so that a seed means the same run after any update.
#[derive(Debug, Clone)]
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0 to `below` - 1.
    pub(super) fn under(&mut self, below: u64) -> u64 {
        self.next() % below.max(1)
    }

    /// True in `percent` of 100.
    pub(super) fn chance(&mut self, percent: u64) -> bool {
        self.under(100) < percent
    }

    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        low + i64::try_from(self.under((high - low + 1).unsigned_abs())).unwrap()
    }
}

/// An invoice in Bexio.
#[derive(Debug, Clone)]
pub(super) struct Document {
    pub(super) id: i64,
    /// Which PSOhub invoice its reference names.
    pub(super) invoice: usize,
    pub(super) status: AccountingStatus,
    pub(super) total: Decimal,
    pub(super) contact: i64,
    pub(super) mails: u32,
    /// Whether it was ever issued, by whomever.
    pub(super) was_issued: bool,
    /// Whether that was our call.
    pub(super) by_us: bool,
    pub(super) deleted: bool,
}

/// Both upstreams.
#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) documents: Vec<Document>,
    /// (id, customer)
    contacts: Vec<(i64, usize)>,
    pub(super) external_ids: Vec<Option<String>>,
    /// What a call will do once it gets through: (when, invoice, call, contact).
    pub(super) late: Vec<(i64, usize, Call, i64)>,
    pub(super) violation: Option<String>,
}

impl World {
    pub(super) fn new(invoices: usize) -> Self {
        Self { external_ids: vec![None; invoices], ..Self::default() }
    }

    /// Lets the late requests of the time up to `now` take effect.
    pub(super) fn catch_up(&mut self, now: i64) {
        let (due, later): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.late).into_iter().partition(|late| late.0 <= now);
        self.late = later;
        for (_, invoice, call, contact) in due {
            self.perform(invoice, call, contact);
        }
    }

    /// What the upstream does and would answer.
    pub(super) fn perform(&mut self, invoice: usize, call: Call, company: i64) -> Answer {
        match call {
            Call::FindContact(_) => {
                let mut found: Vec<i64> =
                    self.contacts.iter().filter(|known| known.1 == invoice).map(|known| known.0).collect();
                found.sort_unstable();
                Answer::Contact(match *found {
                    [] => ContactMatch::None,
                    [id] => ContactMatch::One(contact(id)),
                    _ => ContactMatch::Several(found.into_iter().map(contact).collect()),
                })
            }
            Call::CreateContact(_) => {
                let id = 100 + i64::try_from(self.contacts.len()).unwrap();
                self.contacts.push((id, invoice));
                Answer::ContactCreated(contact(id))
            }
            Call::FindOwn => Answer::Invoices(
                self.documents
                    .iter()
                    .filter(|known| known.invoice == invoice && !known.deleted)
                    .map(as_hit)
                    .collect(),
            ),
            Call::FindLookalikes => Answer::Invoices(Vec::new()),
            Call::CreateDraft => self.create(invoice, company),
            Call::Read(id) => match self.find(id.get()) {
                Some(document) => Answer::Reading(Box::new(as_reading(document))),
                None => Answer::Gone,
            },
            Call::Issue(id) => self.issue(id.get()),
            Call::SendMail(id) => match self.find(id.get()) {
                Some(document) if document.was_issued => {
                    document.mails += 1;
                    Answer::Done
                }
                Some(_) => super::super::refused(422),
                None => super::super::refused(404),
            },
            Call::WriteExternalId => Answer::Done,
            Call::DeleteDraft(id) => match self.find(id.get()) {
                Some(document) if document.status == AccountingStatus::Draft => {
                    document.deleted = true;
                    Answer::Done
                }
                Some(_) => super::super::refused(422),
                None => Answer::Gone,
            },
        }
    }

    fn create(&mut self, invoice: usize, company: i64) -> Answer {
        let id = 1 + i64::try_from(self.documents.len()).unwrap();
        let document = Document {
            id,
            invoice,
            status: AccountingStatus::Draft,
            total: Decimal::new(10810, 2),
            contact: company,
            mails: 0,
            was_issued: false,
            by_us: false,
            deleted: false,
        };
        let answer = Answer::DraftCreated(as_hit(&document));
        self.documents.push(document);
        answer
    }

    fn issue(&mut self, id: i64) -> Answer {
        match self.find(id) {
            Some(document) if document.status == AccountingStatus::Draft => {
                document.status = AccountingStatus::Pending;
                document.was_issued = true;
                document.by_us = true;
                Answer::Done
            }
            Some(_) => super::super::refused(422),
            None => super::super::refused(404),
        }
    }

    pub(super) fn find(&mut self, id: i64) -> Option<&mut Document> {
        self.documents.iter_mut().find(|document| document.id == id && !document.deleted)
    }

    /// Documents of one invoice that exist.
    pub(super) fn of(&self, invoice: usize) -> impl Iterator<Item = &Document> {
        self.documents.iter().filter(move |document| document.invoice == invoice && !document.deleted)
    }

    pub(super) fn violate(&mut self, what: String) {
        self.violation.get_or_insert(what);
    }
}

fn as_hit(document: &Document) -> Hit {
    Hit { id: bexio(document.id), document_number: number(document.id).into(), status: document.status }
}

pub(super) fn number(id: i64) -> String {
    format!("RE-{id}")
}

fn as_reading(document: &Document) -> Reading {
    Reading {
        hit: as_hit(document),
        status_raw: 0,
        contact_id: Some(contact(document.contact)),
        currency: CurrencyCode::CHF,
        api_reference: Some(format!("psohub:{}", document.invoice + 1).into()),
        total_net: Decimal::from(100),
        total: document.total,
        positions: 1,
    }
}
