//! A sender for tests: the real planner and the real state machine over upstreams that answer what a test
//! scripts, without a store.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::support::FixedBook;
use crate::book::{DeliveryBoard, DeliveryEntry};
use crate::domain::catalog::{
    Account, AccountKind, BankAccount, BexioContact, Coded, Currency, InvoiceSettings, Tax,
};
use crate::domain::delivery::{
    Answer, Call, ContactMatch, Delivery, DeliveryId, Event, Hit, LogEntry, LogKind, Outcome, Reading, Step,
    Timing, accept, apply, next_step, resolve, resume,
};
use crate::domain::plan::{
    CatalogSnapshot, ContactResolution, FoundBy, KnownContact, Plan, PlanInput, SendOptions, SendSettings,
    plan,
};
use crate::domain::{
    AccountingStatus, Batch, BatchId, BatchItem, BatchProgress, BexioContactId, BexioInvoiceId,
    InvoiceAction, PsohubInvoiceId,
};
use crate::graphql::{Deliver, ErrorCode, Fault, Mark, ReadBook};
use crate::services::deliveries::{
    BatchError, ResolveRefused, ResolveRequest, SendError, SendManyRequest, SendRequest, Sent,
};
use crate::services::external_ids::{ExternalIdChange, ExternalIdError, SetExternalId};
use crate::services::linking::{LinkChange, LinkError, LinkInvoice, UnlinkInvoice};
use crate::services::marking::{MarkError, MarkPaid, Marked};

/// When everything happens.
pub(super) fn now() -> Timestamp {
    "2026-03-31T08:01:00Z".parse().unwrap()
}

pub(super) fn contact_id(id: i64) -> BexioContactId {
    BexioContactId::new(id).unwrap()
}

pub(super) fn bexio_id(id: i64) -> BexioInvoiceId {
    BexioInvoiceId::new(id).unwrap()
}

/// Answers what is asked, in the place of upstreams and store.
pub(super) struct Sender {
    book: Arc<FixedBook>,
    board: Arc<DeliveryBoard>,
    held: Mutex<Held>,
    /// Which contact a plan names.
    pub(super) contact: Mutex<ContactResolution>,
    /// What the operator configured.
    pub(super) settings: Mutex<SendSettings>,
    /// Answers that differ from the good ones, the next one first.
    pub(super) script: Mutex<Vec<(Call, Answer)>>,
    /// What was asked of what is not on the board: name and number of keys.
    pub(super) asked: Mutex<Vec<(&'static str, usize)>>,
    /// Whether everything that is read fails.
    pub(super) fails: Mutex<bool>,
    /// The requests that came.
    pub(super) requests: Mutex<Vec<SendRequest>>,
}

#[derive(Default)]
struct Held {
    plans: BTreeMap<DeliveryId, Plan>,
    log: Vec<LogEntry>,
    keys: HashMap<Box<str>, (PsohubInvoiceId, SendOptions)>,
    batches: BTreeMap<BatchId, Batch>,
    batch_keys: HashMap<Box<str>, (Vec<PsohubInvoiceId>, BatchId)>,
}

impl Sender {
    pub(super) fn new(book: Arc<FixedBook>, board: Arc<DeliveryBoard>) -> Self {
        let contact = KnownContact {
            id: contact_id(31),
            name: Some("Müller & Söhne AG".into()),
            person: None,
            language_id: Some(1),
        };
        Self {
            book,
            board,
            held: Mutex::default(),
            contact: Mutex::new(ContactResolution::Found { contact, by: FoundBy::NameAndEmail }),
            settings: Mutex::new(SendSettings {
                revenue_account: Some("3400".into()),
                tax_code: Some("UN81".into()),
                ..SendSettings::default()
            }),
            script: Mutex::default(),
            asked: Mutex::default(),
            fails: Mutex::default(),
            requests: Mutex::default(),
        }
    }

    /// Holds a batch as it is, in the place of what was held of it.
    pub(super) fn keep_batch(&self, batch: Batch) {
        self.held.lock().unwrap().batches.insert(batch.id, batch);
    }

    /// Lets the next call like `call` be answered by `answer`.
    pub(super) fn script(&self, call: Call, answer: Answer) {
        self.script.lock().unwrap().push((call, answer));
    }

    fn note(&self, what: &'static str, keys: usize) -> Result<(), Fault> {
        self.asked.lock().unwrap().push((what, keys));
        let fails = *self.fails.lock().unwrap();
        if fails { Err(Fault::new(ErrorCode::Internal, "the store is away")) } else { Ok(()) }
    }

    fn plan(&self, invoice: PsohubInvoiceId, options: &SendOptions) -> Result<Plan, SendError> {
        if *self.fails.lock().unwrap() {
            return Err(SendError::Unavailable("Bexio's accounts could not be read: no answer".to_owned()));
        }
        let snapshot = self.book.peek();
        let row = snapshot.book.by_psohub_id(invoice).ok_or(SendError::UnknownInvoice(invoice))?;
        let entry = snapshot.deliveries.of_invoice(invoice);
        let input = PlanInput {
            invoice: &row.psohub,
            standing: &row.standing(entry.map(|entry| &entry.delivery)),
            options,
            settings: &self.settings.lock().unwrap(),
            catalog: &catalog(),
            contact: &self.contact.lock().unwrap(),
            today: snapshot.today,
        };
        Ok(plan(&input))
    }

    fn sent(&self, request: SendRequest) -> Result<Sent, SendError> {
        self.requests.lock().unwrap().push(request.clone());
        let SendRequest { invoice, options, idempotency_key, expected_plan, by, .. } = request;
        let existing = self.board.current().of_invoice(invoice).cloned();
        if let Some(key) = idempotency_key {
            if key.len() > 255 {
                return Err(SendError::BadKey);
            }
            let asked = (invoice, options.clone());
            let known = self.held.lock().unwrap().keys.entry(key).or_insert(asked.clone()).clone();
            if known != asked {
                return Err(SendError::KeyConflict);
            }
        }
        let may_resume = |entry: &Arc<DeliveryEntry>| entry.delivery.may_resume();
        match existing {
            Some(entry) if may_resume(&entry) => {
                let plan = self.accepted(invoice, &options, expected_plan)?;
                let next = resume(&entry.delivery, plan.acceptance().unwrap(), now()).unwrap();
                self.keep(&next, &plan);
                self.record(&next, LogKind::SentAgain, Some(&by), None);
                Ok(Sent { delivery: self.run(next, &entry), replayed: false })
            }
            Some(entry) if entry.state() == crate::domain::delivery::State::NeedsReview => {
                let state = entry.state();
                Err(SendError::NotResumable { delivery: entry, state })
            }
            Some(entry) => Ok(Sent { delivery: entry, replayed: true }),
            None => {
                let plan = self.accepted(invoice, &options, expected_plan)?;
                Ok(Sent { delivery: self.begin(&plan, &by, None), replayed: false })
            }
        }
    }

    fn accepted(
        &self,
        invoice: PsohubInvoiceId,
        options: &SendOptions,
        expected: Option<crate::domain::ContentHash>,
    ) -> Result<Plan, SendError> {
        let plan = self.plan(invoice, options)?;
        if !plan.is_sendable() {
            return Err(SendError::Refused(Box::new(plan)));
        }
        if expected.is_some_and(|expected| expected != plan.content_hash()) {
            return Err(SendError::PlanChanged(Box::new(plan)));
        }
        Ok(plan)
    }

    /// Begins a delivery and runs it as far as the answers let it.
    fn begin(&self, plan: &Plan, by: &str, batch: Option<BatchId>) -> Arc<DeliveryEntry> {
        let id = i64::try_from(self.board.current().len()).unwrap() + 1;
        let delivery = accept(DeliveryId::new(id).unwrap(), plan.acceptance().unwrap(), now());
        let entry = DeliveryEntry {
            delivery: delivery.clone(),
            invoice_number: plan.invoice_number.clone(),
            recipient: plan.email.as_ref().map(|email| email.recipient.clone()),
            accepted_by: by.into(),
            batch,
        };
        self.keep(&delivery, plan);
        self.record(&delivery, LogKind::Accepted, Some(by), None);
        self.run(delivery, &entry)
    }

    fn keep(&self, delivery: &Delivery, plan: &Plan) {
        self.held.lock().unwrap().plans.insert(delivery.id(), plan.clone());
    }

    fn record(&self, delivery: &Delivery, kind: LogKind, actor: Option<&str>, detail: Option<&str>) {
        self.held.lock().unwrap().log.push(LogEntry {
            delivery: delivery.id(),
            version: delivery.version(),
            at: now(),
            kind,
            state: delivery.state(),
            actor: actor.map(Into::into),
            detail: detail.map(Into::into),
        });
    }

    fn run(&self, mut delivery: Delivery, entry: &DeliveryEntry) -> Arc<DeliveryEntry> {
        while let Step::Call(call) = next_step(&delivery, now(), &Timing::STANDARD) {
            if call.writes() {
                delivery = apply(&delivery, Event::Announced(call), now(), &Timing::STANDARD).unwrap();
                self.record(&delivery, LogKind::Announced(call), None, None);
            }
            let attempt = delivery.intent().map(|intent| intent.attempt);
            let answer = self.answer(call, &delivery);
            let outcome = outcome_of(&answer);
            delivery = apply(&delivery, Event::Answered { call, attempt, answer }, now(), &Timing::STANDARD)
                .unwrap();
            self.record(&delivery, LogKind::Answered(call, outcome), None, None);
        }
        let entry = Arc::new(DeliveryEntry { delivery, ..entry.clone() });
        self.board.put([Arc::clone(&entry)]);
        entry
    }

    /// What the upstream answers.
    fn answer(&self, call: Call, delivery: &Delivery) -> Answer {
        let mut script = self.script.lock().unwrap();
        if let Some(at) = script.iter().position(|(scripted, _)| *scripted == call) {
            return script.remove(at).1;
        }
        let id = bexio_id(700 + delivery.id().get());
        match call {
            Call::FindContact(_) => Answer::Contact(ContactMatch::None),
            Call::CreateContact(_) => Answer::ContactCreated(contact_id(32)),
            Call::FindOwn | Call::FindLookalikes => Answer::Invoices(Vec::new()),
            Call::CreateDraft => Answer::DraftCreated(hit(id, AccountingStatus::Draft)),
            Call::Read(id) => {
                let status = match delivery.issued_at() {
                    Some(_) => AccountingStatus::Pending,
                    None => AccountingStatus::Draft,
                };
                Answer::Reading(Box::new(reading(id, status, delivery)))
            }
            Call::Issue(_) | Call::SendMail(_) | Call::WriteExternalId | Call::DeleteDraft(_) => Answer::Done,
        }
    }
}

const fn outcome_of(answer: &Answer) -> Outcome {
    match answer {
        Answer::NotSent { .. } => Outcome::NotSent,
        Answer::Unknown => Outcome::Unknown,
        Answer::Refused { refusal, .. } => Outcome::Refused(refusal.status),
        Answer::Invoices(hits) if hits.is_empty() => Outcome::NothingFound,
        Answer::Contact(ContactMatch::None) | Answer::Gone => Outcome::NothingFound,
        _ => Outcome::Done,
    }
}

pub(super) fn hit(id: BexioInvoiceId, status: AccountingStatus) -> Hit {
    Hit { id, document_number: format!("RE-{id:0>5}").into(), status }
}

/// A reading that is as the delivery's plan promised.
pub(super) fn reading(id: BexioInvoiceId, status: AccountingStatus, delivery: &Delivery) -> Reading {
    let promise = &delivery.accepted().draft;
    Reading {
        hit: hit(id, status),
        status_raw: 7,
        contact_id: delivery.contact().company,
        currency: promise.currency,
        api_reference: Some(promise.api_reference.clone()),
        total_net: promise.total_net,
        total: promise.total,
        positions: promise.positions,
    }
}

fn catalog() -> CatalogSnapshot {
    let account = |id, number: &str, name: &str, kind, is_active| Account {
        id,
        number: number.into(),
        name: name.into(),
        kind,
        tax_id: None,
        is_active,
    };
    let tax = Tax {
        id: 14,
        code: "UN81".into(),
        name: "Umsatz 8.1%".into(),
        kind: "sales_tax".into(),
        rate: "8.10".parse().unwrap(),
        valid_from: Some("2024-01-01".parse().unwrap()),
        valid_to: None,
        is_active: true,
    };
    let franc = Currency { id: 1, code: "CHF".parse().unwrap(), round_factor: Some("0.05".parse().unwrap()) };
    CatalogSnapshot {
        accounts: vec![
            account(101, "3400", "Dienstleistungserlöse", AccountKind::Revenue, true),
            account(102, "1100", "Forderungen", AccountKind::Asset, true),
        ],
        taxes: vec![tax],
        currencies: [franc].into_iter().collect(),
        languages: vec![Coded { id: 1, name: "Deutsch".into(), code: Some("de".into()) }],
        bank_accounts: vec![BankAccount {
            id: 5,
            name: "PostFinance".into(),
            iban: Some("CH5604835012345678009".into()),
            qr_iban: None,
            invoice_mode: None,
            currency_id: Some(1),
        }],
        invoice_settings: Some(InvoiceSettings {
            automatic_numbering: true,
            due_days: Some(30),
            language_id: Some(1),
            bank_account_id: Some(5),
            currency_id: Some(1),
            payment_type_id: None,
            vat_mode: Some(0),
            vat_is_net: Some(true),
        }),
        user_id: Some(9),
        ..CatalogSnapshot::default()
    }
}

pub(super) fn candidate(id: i64, name: &str, city: &str) -> BexioContact {
    BexioContact {
        id: contact_id(id),
        number: Some(format!("{id:05}").into()),
        is_person: false,
        name: name.into(),
        name_addition: None,
        email: Some(format!("info@{id}.example").into()),
        email_second: None,
        postcode: Some("8000".into()),
        city: Some(city.into()),
        country_id: Some(1),
        language_id: Some(1),
    }
}

fn ready<'a, T: Send + 'a>(value: T) -> BoxFuture<'a, T> {
    async move {
        tokio::task::yield_now().await;
        value
    }
    .boxed()
}

impl Deliver for Sender {
    fn preview<'a>(
        &'a self,
        invoice: PsohubInvoiceId,
        options: &'a SendOptions,
    ) -> BoxFuture<'a, Result<Plan, SendError>> {
        ready(self.plan(invoice, options))
    }

    fn send(&self, request: SendRequest) -> BoxFuture<'_, Result<Sent, SendError>> {
        ready(self.sent(request))
    }

    fn send_many(&self, request: SendManyRequest) -> BoxFuture<'_, Result<Batch, BatchError>> {
        let SendManyRequest { invoices, options, idempotency_key, by } = request;
        if let Some(key) = idempotency_key {
            let held = self.held.lock().unwrap();
            if let Some((known, id)) = held.batch_keys.get(&key) {
                let batch = held.batches[id].clone();
                return ready(if *known == invoices { Ok(batch) } else { Err(BatchError::KeyConflict) });
            }
            drop(held);
            let next = BatchId::new(1).unwrap();
            self.held.lock().unwrap().batch_keys.insert(key, (invoices.clone(), next));
        }
        let number = i64::try_from(self.held.lock().unwrap().batches.len()).unwrap() + 1;
        let id = BatchId::new(number).unwrap();
        let progress = |invoice| match self.accepted(invoice, &options, None) {
            Ok(plan) => BatchProgress::Delivery(self.begin(&plan, &by, Some(id)).delivery.id()),
            Err(SendError::Refused(plan)) => {
                let problem = plan.refusals().next().unwrap();
                BatchProgress::Refused {
                    code: problem.code.to_string().into(),
                    message: problem.what.clone(),
                    hint: problem.mend.clone(),
                }
            }
            Err(error) => panic!("{error}"),
        };
        let items =
            invoices.iter().map(|&invoice| BatchItem { invoice, progress: progress(invoice) }).collect();
        let batch = Batch {
            id,
            created_at: now(),
            created_by: by.clone(),
            options: options.clone(),
            cancelled_at: None,
            items,
        };
        self.held.lock().unwrap().batches.insert(id, batch.clone());
        ready(Ok(batch))
    }

    fn cancel_batch<'a>(&'a self, id: BatchId, _by: &'a str) -> BoxFuture<'a, Result<Batch, BatchError>> {
        let mut held = self.held.lock().unwrap();
        let cancelled = held.batches.get_mut(&id).map(|batch| {
            batch.cancelled_at = Some(now());
            for item in &mut batch.items {
                if item.progress == BatchProgress::Waiting {
                    item.progress = BatchProgress::Cancelled;
                }
            }
            batch.clone()
        });
        ready(cancelled.ok_or(BatchError::Unknown(id)))
    }

    fn resolve(&self, request: ResolveRequest) -> BoxFuture<'_, Result<Arc<DeliveryEntry>, ResolveRefused>> {
        let Some(entry) = self.board.current().by_id(request.delivery).cloned() else {
            return ready(Err(ResolveRefused::Unknown(request.delivery)));
        };
        let ResolveRequest { decision, expected_version, by, .. } = request;
        match resolve(&entry.delivery, decision, expected_version, now(), &Timing::STANDARD) {
            Ok(next) => {
                self.record(&next, LogKind::Resolved, Some(&by), None);
                ready(Ok(self.run(next, &entry)))
            }
            Err(error) => ready(Err(error.into())),
        }
    }

    fn batches(&self, before: Option<BatchId>, limit: usize) -> BoxFuture<'_, Result<Vec<Batch>, Fault>> {
        let noted = self.note("batches", limit);
        let held = self.held.lock().unwrap();
        let wanted =
            held.batches.values().rev().filter(|batch| before.is_none_or(|before| batch.id < before));
        ready(noted.map(|()| wanted.take(limit).cloned().collect()))
    }

    fn batches_by_id(&self, ids: Vec<BatchId>) -> BoxFuture<'_, Result<Vec<(BatchId, Batch)>, Fault>> {
        let noted = self.note("batches_by_id", ids.len());
        let held = self.held.lock().unwrap();
        let found = ids.iter().filter_map(|id| Some((*id, held.batches.get(id)?.clone()))).collect();
        ready(noted.map(|()| found))
    }

    fn log(&self, ids: Vec<DeliveryId>) -> BoxFuture<'_, Result<Vec<LogEntry>, Fault>> {
        let noted = self.note("log", ids.len());
        let held = self.held.lock().unwrap();
        let found = held.log.iter().filter(|entry| ids.contains(&entry.delivery)).cloned().collect();
        ready(noted.map(|()| found))
    }

    fn plans(&self, ids: Vec<DeliveryId>) -> BoxFuture<'_, Result<Vec<(DeliveryId, Plan)>, Fault>> {
        let noted = self.note("plans", ids.len());
        let held = self.held.lock().unwrap();
        let found = ids.iter().filter_map(|id| Some((*id, held.plans.get(id)?.clone()))).collect();
        ready(noted.map(|()| found))
    }

    fn contact(&self, id: BexioContactId) -> BoxFuture<'_, Result<Option<BexioContact>, Fault>> {
        let noted = self.note("contact", 1);
        ready(noted.map(|()| Some(candidate(id.get(), "Müller & Söhne AG", "Zürich"))))
    }

    fn timing(&self) -> Timing {
        Timing::STANDARD
    }
}

/// Marks nothing: tests/it shows marking through the real service.
impl Mark for Sender {
    fn mark_paid(&self, request: MarkPaid) -> BoxFuture<'_, Result<Marked, MarkError>> {
        ready(Err(MarkError::UnknownInvoice(request.invoice)))
    }

    fn preview_external_id(
        &self,
        request: SetExternalId,
    ) -> BoxFuture<'_, Result<ExternalIdChange, ExternalIdError>> {
        ready(Err(ExternalIdError::UnknownInvoice(request.invoice)))
    }

    fn set_external_id(
        &self,
        request: SetExternalId,
    ) -> BoxFuture<'_, Result<ExternalIdChange, ExternalIdError>> {
        ready(Err(ExternalIdError::UnknownInvoice(request.invoice)))
    }

    fn preview_link(&self, request: LinkInvoice) -> BoxFuture<'_, Result<LinkChange, LinkError>> {
        ready(Err(LinkError::UnknownInvoice(request.invoice)))
    }

    fn link(&self, request: LinkInvoice) -> BoxFuture<'_, Result<LinkChange, LinkError>> {
        ready(Err(LinkError::UnknownInvoice(request.invoice)))
    }

    fn preview_unlink(&self, request: UnlinkInvoice) -> BoxFuture<'_, Result<LinkChange, LinkError>> {
        ready(Err(LinkError::UnknownInvoice(request.invoice)))
    }

    fn unlink(&self, request: UnlinkInvoice) -> BoxFuture<'_, Result<LinkChange, LinkError>> {
        ready(Err(LinkError::UnknownInvoice(request.invoice)))
    }

    fn actions(&self, invoices: Vec<PsohubInvoiceId>) -> BoxFuture<'_, Result<Vec<InvoiceAction>, Fault>> {
        ready(self.note("actions", invoices.len()).map(|()| Vec::new()))
    }
}
