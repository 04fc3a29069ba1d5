//! Every writing call under every fault: what the caller is told, what Bexio holds afterwards, and that
//! exactly one request left.

use std::time::Duration;

use futures_util::future::join_all;
use invoice_gateway::bexio::{BexioClient, WriteError};
use invoice_gateway::domain::plan::{ContactFields, PersonFields, Plan};
use invoice_gateway::domain::{BexioContactId, BexioInvoiceId};
use upstream_simulator::bexio::{Bexio, NewContact, NewInvoice, status};
use upstream_simulator::faults::{FaultAction, FaultBody, FaultRule, LateAnswer, LateTrigger};
use upstream_simulator::traffic::Upstream;

use super::{Setup, client, contact_id, invoice};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Write {
    CreateInvoice,
    IssueInvoice,
    DeleteInvoice,
    MailInvoice,
    CreateCompany,
    CreatePerson,
    Relate,
}

const WRITES: [Write; 7] = [
    Write::CreateInvoice,
    Write::IssueInvoice,
    Write::DeleteInvoice,
    Write::MailInvoice,
    Write::CreateCompany,
    Write::CreatePerson,
    Write::Relate,
];

/// What the caller is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Yes,
    NotSent,
    Refused(u16),
    Unknown,
}

/// A company on which all seven calls are made at once, round after round.
struct Stage {
    setup: Setup,
    plan: Plan,
}

/// What the calls of one round work on, and what Bexio had done before it.
struct Round {
    draft_to_issue: BexioInvoiceId,
    draft_to_delete: BexioInvoiceId,
    issued: BexioInvoiceId,
    person: BexioContactId,
    before: [usize; 7],
}

impl Stage {
    async fn start() -> Self {
        let setup = Setup::start().await;
        let plan = setup.plan(&invoice());
        Self { setup, plan }
    }

    fn bexio(&self) -> impl std::ops::DerefMut<Target = Bexio> {
        self.setup.simulator.world().bexio()
    }

    fn round(&self) -> Round {
        self.setup.forget_calls();
        let mut bexio = self.bexio();
        let mut draft = || BexioInvoiceId::new(bexio.create_invoice(NewInvoice::default())).unwrap();
        let (draft_to_issue, draft_to_delete, issued) = (draft(), draft(), draft());
        bexio.issue(issued.get()).unwrap();
        let person = NewContact { contact_type_id: 2, name_1: "Muster".to_owned(), ..NewContact::default() };
        let person = contact_id(bexio.add_contact(person));
        let mut round = Round { draft_to_issue, draft_to_delete, issued, person, before: [0; 7] };
        round.before = WRITES.map(|write| round.count(&bexio, write));
        round
    }

    async fn make(&self, round: &Round, write: Write, client: &BexioClient) -> Result<(), WriteError> {
        let person = PersonFields { last_name: "Neu".into(), first_name: None, email: None };
        let company = ContactFields { name: "Neu AG".into(), email: None, person: None };
        match write {
            Write::CreateInvoice => {
                client.create_invoice(self.setup.customer, None, &self.plan).await.map(drop)
            }
            Write::IssueInvoice => client.issue_invoice(round.draft_to_issue).await,
            Write::DeleteInvoice => client.delete_invoice(round.draft_to_delete).await,
            Write::MailInvoice => {
                let email = self.plan.email.as_ref().unwrap().for_document("RE-00003");
                client.mail_invoice(round.issued, &email).await
            }
            Write::CreateCompany => client.create_company(&company, 1).await.map(drop),
            Write::CreatePerson => client.create_person(&person, 1).await.map(drop),
            Write::Relate => client.relate(self.setup.customer, round.person).await,
        }
    }

    async fn make_all(&self, round: &Round, client: &BexioClient) -> Vec<(Write, Result<(), WriteError>)> {
        join_all(WRITES.map(async |write| (write, self.make(round, write, client).await))).await
    }

    /// All calls under `fault`: what each is told, whether Bexio did it, and that each left once.
    async fn expect(&self, client: &BexioClient, fault: FaultAction, expected: Told, done: bool) {
        let round = self.round();
        let world = self.setup.simulator.world();
        world.faults.clear();
        world.faults.add(FaultRule::on(Upstream::Bexio, fault.clone()));
        for (write, outcome) in self.make_all(&round, client).await {
            assert_eq!(told(&outcome), expected, "{write:?} under {fault:?}: {outcome:?}");
            assert_eq!(self.done(&round, write), usize::from(done), "{write:?} under {fault:?}");
        }
        self.assert_calls(1);
    }

    /// How often Bexio did in this round what the call asks for.
    fn done(&self, round: &Round, write: Write) -> usize {
        round.count(&self.bexio(), write) - round.before[write as usize]
    }

    /// Each call of the round left so often.
    fn assert_calls(&self, each: u64) {
        let counts = self.setup.simulator.world().traffic.counts();
        for (route, counts) in &counts {
            let calls = if route.route == "POST /2.0/contact" { 2 * each } else { each };
            assert_eq!(counts.calls, calls, "{route:?}");
        }
        assert_eq!(counts.len(), if each == 0 { 0 } else { WRITES.len() - 1 }, "{counts:?}");
    }
}

impl Round {
    fn count(&self, bexio: &Bexio, write: Write) -> usize {
        let contacts = |name: &str| bexio.contacts().filter(|held| held.details.name_1 == name).count();
        match write {
            Write::CreateInvoice => {
                bexio.invoices().filter(|invoice| invoice.api_reference.is_some()).count()
            }
            Write::IssueInvoice => {
                let draft = bexio.invoice(self.draft_to_issue.get()).unwrap();
                usize::from(draft.kb_item_status_id == status::PENDING)
            }
            Write::DeleteInvoice => usize::from(bexio.invoice(self.draft_to_delete.get()).is_none()),
            Write::MailInvoice => bexio.mails().len(),
            Write::CreateCompany => contacts("Neu AG"),
            Write::CreatePerson => contacts("Neu"),
            Write::Relate => bexio.relations().len(),
        }
    }
}

fn told(outcome: &Result<(), WriteError>) -> Told {
    match outcome {
        Ok(()) => Told::Yes,
        Err(WriteError::NotSent(_)) => Told::NotSent,
        Err(WriteError::Refused { status, .. }) => Told::Refused(*status),
        Err(WriteError::OutcomeUnknown { .. }) => Told::Unknown,
    }
}

/// All calls under `fault` in a world of their own.
async fn expect(fault: FaultAction, expected: Told, done: bool) {
    let stage = Stage::start().await;
    stage.expect(&stage.setup.client, fault, expected, done).await;
}

fn status_answer(code: u16, body: FaultBody, after_effect: bool) -> FaultAction {
    FaultAction::Status { code, body, after_effect }
}

#[tokio::test]
async fn without_a_fault_each_call_does_one_thing() {
    let stage = Stage::start().await;
    let round = stage.round();
    for (write, outcome) in stage.make_all(&round, &stage.setup.client).await {
        assert_eq!((told(&outcome), stage.done(&round, write)), (Told::Yes, 1), "{write:?}: {outcome:?}");
    }
    stage.assert_calls(1);
}

#[tokio::test]
async fn a_refusal_is_a_refusal_in_json_and_in_html() {
    let stage = Stage::start().await;
    let client = &stage.setup.client;
    for (code, body) in [
        (400, FaultBody::Json),
        (401, FaultBody::Json),
        (403, FaultBody::Html),
        (404, FaultBody::Empty),
        (409, FaultBody::Json),
        (415, FaultBody::Json),
        (422, FaultBody::Json),
    ] {
        stage.expect(client, status_answer(code, body, false), Told::Refused(code), false).await;
    }
}

#[tokio::test]
async fn a_failure_of_bexio_leaves_the_outcome_unknown() {
    let stage = Stage::start().await;
    for (code, done) in [(408, false), (500, false), (500, true), (502, true), (503, false), (504, true)] {
        let fault = status_answer(code, FaultBody::Html, done);
        stage.expect(&stage.setup.client, fault, Told::Unknown, done).await;
    }
}

#[tokio::test]
async fn a_lost_connection_leaves_the_outcome_unknown() {
    expect(FaultAction::DropBeforeEffect, Told::Unknown, false).await;
    expect(FaultAction::DropAfterEffect, Told::Unknown, true).await;
}

#[tokio::test]
async fn an_answer_that_breaks_off_leaves_the_outcome_unknown() {
    let stage = Stage::start().await;
    for fault in
        [FaultAction::Truncate { bytes: 0 }, FaultAction::Truncate { bytes: 8 }, FaultAction::InvalidJson]
    {
        stage.expect(&stage.setup.client, fault, Told::Unknown, true).await;
    }
}

#[tokio::test]
async fn a_yes_in_another_shape_is_no_yes_and_no_refusal() {
    let stage = Stage::start().await;
    let error = r#"{"error_code":500,"message":"Internal Server Error"}"#;
    let texts =
        ["{}", "null", "[]", "true", "\"ok\"", r#"{"success":false}"#, r#"{"id":0}"#, r#"{"id":"x"}"#];
    let raw = |text: &str| (201, FaultBody::Raw(text.to_owned()));
    let answers = texts.into_iter().chain(["<html>Log in</html>", error]).map(raw);
    for (code, body) in answers.chain([(200, FaultBody::Html), (200, FaultBody::Empty)]) {
        stage.expect(&stage.setup.client, status_answer(code, body, true), Told::Unknown, true).await;
    }
}

#[tokio::test]
async fn an_answer_beyond_its_time_leaves_the_outcome_unknown() {
    let stage = Stage::start().await;
    for (fault, done) in [
        (FaultAction::Hang { after_effect: true }, true),
        (FaultAction::Hang { after_effect: false }, false),
        (FaultAction::SlowBytes { chunk_bytes: 1, delay_ms: 300 }, true),
    ] {
        stage.expect(&stage.setup.client, fault, Told::Unknown, done).await;
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let stage = Stage::start().await;
    for code in [301, 302, 303, 307, 308] {
        let redirect = FaultAction::Redirect { code, location: "/2.0/kb_invoice".to_owned() };
        stage.expect(&stage.setup.client, redirect, Told::Unknown, false).await;
    }
}

#[tokio::test]
async fn a_late_effect_comes_after_an_unknown_outcome() {
    let stage = Stage::start().await;
    let faults = &stage.setup.simulator.world().faults;
    for answer in [LateAnswer::Drop, LateAnswer::Hang, LateAnswer::GatewayTimeout] {
        let round = stage.round();
        faults.clear();
        let late = FaultAction::LateEffect { answer, trigger: LateTrigger::Release };
        faults.add(FaultRule::on(Upstream::Bexio, late));
        for (write, outcome) in stage.make_all(&round, &stage.setup.client).await {
            let done = stage.done(&round, write);
            assert_eq!((told(&outcome), done), (Told::Unknown, 0), "{write:?}: {outcome:?}");
        }
        assert_eq!(faults.release_late().await, WRITES.len());
        assert_eq!(WRITES.map(|write| stage.done(&round, write)), [1; 7]);
    }
}

#[tokio::test]
async fn what_cannot_be_reached_was_not_sent() {
    let stage = Stage::start().await;
    let round = stage.round();
    stage.setup.simulator.stop_bexio().await;
    for (write, outcome) in stage.make_all(&round, &stage.setup.client).await {
        let done = stage.done(&round, write);
        assert_eq!((told(&outcome), done), (Told::NotSent, 0), "{write:?}: {outcome:?}");
    }
    stage.assert_calls(0);
}

#[tokio::test]
async fn a_bad_token_is_refused_and_no_token_not_sent() {
    let stage = Stage::start().await;
    let url = stage.setup.simulator.bexio_url();
    for (token, expected, calls) in [("worn-out", Told::Refused(401), 1), (" ", Told::NotSent, 0)] {
        let round = stage.round();
        for (write, outcome) in stage.make_all(&round, &client(url, token)).await {
            let done = stage.done(&round, write);
            assert_eq!((told(&outcome), done), (expected, 0), "{write:?}: {outcome:?}");
            assert_eq!(outcome.unwrap_err().wait(), None);
        }
        stage.assert_calls(calls);
    }
}

#[tokio::test]
async fn a_429_says_how_long_to_wait_and_holds_back_the_next_write() {
    for write in WRITES {
        let stage = Stage::start().await;
        let (round, world) = (stage.round(), stage.setup.simulator.world());
        let limited = FaultAction::TooManyRequests { retry_after: Some(50), ratelimit_reset: None };
        world.faults.add(FaultRule::on(Upstream::Bexio, limited));
        let refused = stage.make(&round, write, &stage.setup.client).await.unwrap_err();
        assert!(matches!(refused, WriteError::Refused { status: 429, .. }), "{write:?}: {refused:?}");
        assert_eq!(refused.wait(), Some(Duration::from_secs(50)));
        // Nothing waits 50 s inside a call: the caller is told at once, and nothing leaves.
        let held_back = stage.make(&round, write, &stage.setup.client).await.unwrap_err();
        assert!(matches!(held_back, WriteError::NotSent(_)), "{write:?}: {held_back:?}");
        assert!(held_back.wait().unwrap() <= Duration::from_secs(50));
        assert_eq!((stage.done(&round, write), world.traffic.calls(Upstream::Bexio)), (0, 1), "{write:?}");
    }
}
