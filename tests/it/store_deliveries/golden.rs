//! What was ever written must still be read: `tests/it/golden` holds one JSON line for every form that
//! a body in the store has had.
//!
//! The files only grow. When a test here says that a form is missing, a type changed: make sure that
//! the old lines are still read (`#[serde(default)]` for a new field, `#[serde(alias = "…")]` for a new
//! name), then let `GOLDEN=add cargo test --test it golden` add lines for what is new. A line is never
//! edited and never removed: some database out there has its like.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use invoice_gateway::domain::delivery::{
    Call, ContactPart, Delivery, DeliveryId, ExternalIdKind, LogEntry, LogKind, Outcome, State,
};
use invoice_gateway::domain::plan::{
    ContactFields, ContactResolution, Field, FoundBy, KnownContact, PersonFields, Place, Plan, Problem,
    ProblemCode, SendOptions, Severity, TaxBasis,
};
use invoice_gateway::domain::{BatchProgress, Invoice, InvoiceStatus};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::walk::Walk;
use super::{at, contact, invoice, plan};
use crate::store_rows;

/// Walks enough to see every form that a delivery can have.
const WALKS: u64 = 300;

#[test]
fn deliveries() {
    let id = DeliveryId::new(1).unwrap();
    let walked = (0..WALKS).flat_map(|seed| {
        let walk = Walk::new(seed, id, &invoice(41_939_771_881_672_249));
        std::iter::once(walk.delivery.clone()).chain(walk.steps().map(|(delivery, _)| delivery))
    });
    check("deliveries", walked);
    let states: BTreeSet<State> =
        lines("deliveries").iter().map(|line| read::<Delivery>(line).state()).collect();
    assert!(states.into_iter().eq(State::ALL), "there is a line of every state");
}

#[test]
fn plans() {
    check("plans", all_plans());
}

#[test]
fn invoices() {
    use InvoiceStatus::{Approved, Draft, Paid, Sent, Unknown, Void};
    let id = 41_939_771_881_672_249;
    let mut forms = vec![invoice(id), Invoice::clone(&store_rows::bare_invoice(id))];
    forms.extend(
        [Approved, Draft, Paid, Sent, Unknown, Void].map(|status| Invoice { status, ..forms[1].clone() }),
    );
    let mut detailed = invoice(id);
    detailed.lines[0].details[0].kind = invoice_gateway::domain::DetailKind::Unknown;
    forms.push(detailed);
    check("invoices", forms);
}

#[test]
fn history() {
    let entry = |kind: LogKind, text: Option<&str>| LogEntry {
        delivery: DeliveryId::new(1).unwrap(),
        version: 1,
        at: at(0),
        kind,
        state: State::Contact,
        actor: text.map(Into::into),
        detail: text.map(Into::into),
    };
    let calls = all_calls();
    let kinds = [LogKind::Accepted, LogKind::SentAgain, LogKind::Resolved, LogKind::InvoiceChanged]
        .into_iter()
        .chain(calls.iter().map(|call| LogKind::Announced(*call)))
        .chain(calls.iter().map(|call| LogKind::Lost(*call)))
        .chain(calls.iter().flat_map(|call| {
            let outcomes = [
                Outcome::Done,
                Outcome::NothingFound,
                Outcome::NotSent,
                Outcome::Refused(422),
                Outcome::Unknown,
            ];
            outcomes.map(|outcome| LogKind::Answered(*call, outcome))
        }));
    check("history", kinds.flat_map(|kind| [entry(kind, None), entry(kind, Some("ada"))]));
}

#[test]
fn options_of_batches() {
    let text = |text: &str| Some(text.into());
    let full = SendOptions {
        email: false,
        recipient: text("ada@example.com"),
        subject: text("s"),
        message: text("m"),
        revenue_account: text("3400"),
        tax_code: text("UN81"),
        language: text("de"),
        bank_account_id: Some(9_007_199_254_740_993),
    };
    check("options", [SendOptions::default(), full]);
}

#[test]
fn progress_of_batches() {
    let refused = BatchProgress::Refused { code: "NO_LINES".into(), message: "m".into(), hint: "h".into() };
    let delivery = BatchProgress::Delivery(DeliveryId::new(i64::MAX).unwrap());
    check("progress", [BatchProgress::Waiting, delivery, refused, BatchProgress::Cancelled]);
}

/// Every line is read and says the same when it is written again; every form of `today` has a line.
fn check<T: Serialize + DeserializeOwned>(name: &str, today: impl IntoIterator<Item = T>) {
    let mut known = BTreeSet::new();
    let mut lines = lines(name);
    for line in &lines {
        let before: Value = serde_json::from_str(line).unwrap();
        let after = serde_json::to_value(read::<T>(line)).unwrap();
        assert!(holds(&after, &before), "{name}: this lost something when it was read:\n{line}\n{after}");
        forms(&before, "", &mut known);
    }
    let mut missing = BTreeSet::new();
    for value in today {
        let mut new = BTreeSet::new();
        forms(&serde_json::to_value(&value).unwrap(), "", &mut new);
        if !new.is_subset(&known) {
            missing.extend(new.difference(&known).cloned());
            known.extend(new);
            lines.push(serde_json::to_string(&value).unwrap());
        }
    }
    if !missing.is_empty() && std::env::var("GOLDEN").as_deref() == Ok("add") {
        fs::write(path(name), lines.join("\n") + "\n").unwrap();
        return;
    }
    assert!(missing.is_empty(), "{name}: no line has these forms; read the top of this file: {missing:#?}");
}

fn read<T: DeserializeOwned>(line: &str) -> T {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("no longer read: {error}\n{line}"))
}

/// Whether `after` says all that `before` says; it may say more.
fn holds(after: &Value, before: &Value) -> bool {
    match (after, before) {
        (Value::Object(after), Value::Object(before)) => {
            before.iter().all(|(name, value)| after.get(name).is_some_and(|after| holds(after, value)))
        }
        (Value::Array(after), Value::Array(before)) => {
            after.len() == before.len()
                && after.iter().zip(before).all(|(after, before)| holds(after, before))
        }
        (after, before) => after == before,
    }
}

/// The forms in `value`: which fields there are, of which type, and the words of enumerations.
fn forms(value: &Value, at: &str, found: &mut BTreeSet<String>) {
    let form = match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "boolean".to_owned(),
        Value::Number(_) => "number".to_owned(),
        // Only enumerations write words such as NeedsReview.
        Value::String(word) if word.starts_with(|c: char| c.is_ascii_uppercase()) => word.clone(),
        Value::String(_) => "text".to_owned(),
        Value::Array(values) => {
            for value in values {
                forms(value, &format!("{at}[]"), found);
            }
            "list".to_owned()
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                forms(value, &format!("{at}.{name}"), found);
            }
            "object".to_owned()
        }
    };
    found.insert(format!("{at}: {form}"));
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/golden").join(format!("{name}.jsonl"))
}

fn lines(name: &str) -> Vec<String> {
    let text = fs::read_to_string(path(name)).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

fn all_calls() -> Vec<Call> {
    let id = invoice_gateway::domain::BexioInvoiceId::new(5).unwrap();
    let parts = [ContactPart::Company, ContactPart::Person, ContactPart::Relation];
    let mut calls = vec![
        Call::FindOwn,
        Call::FindLookalikes,
        Call::CreateDraft,
        Call::Read(id),
        Call::Issue(id),
        Call::SendMail(id),
        Call::WriteExternalId,
        Call::DeleteDraft(id),
    ];
    calls.extend(parts.map(Call::FindContact));
    calls.extend(parts.map(Call::CreateContact));
    calls
}

fn all_plans() -> Vec<Plan> {
    let base = plan(&invoice(41_939_771_881_672_249));
    let mut plans = vec![base.clone()];
    plans.extend(all_contacts().into_iter().map(|contact| Plan { contact, ..base.clone() }));
    plans.extend([TaxBasis::Code, TaxBasis::AmountsRate, TaxBasis::Configured, TaxBasis::BexioDefault].map(
        |basis| {
            let mut plan = base.clone();
            plan.positions[0].tax.as_mut().unwrap().basis = basis;
            plan
        },
    ));
    plans.push(Plan { problems: all_problems(), ..base.clone() });
    plans.push(bare_plan(base));
    plans
}

/// Everything that may be absent is.
fn bare_plan(base: Plan) -> Plan {
    let mut plan = Plan { email: None, external_id: ExternalIdKind::Id, ..base };
    let choice =
        invoice_gateway::domain::plan::Choice { id: 1, name: "name".into(), code: Some("de".into()) };
    plan.header.language = Some(choice.clone());
    plan.header.bank_account = Some(invoice_gateway::domain::plan::Choice { code: None, ..choice.clone() });
    plan.header.payment_type = Some(choice);
    plan.header.document_number = Some("number".into());
    plan.header.due_date = None;
    plan.header.currency_id = None;
    plan.header.user_id = None;
    let position = &mut plan.positions[0];
    (position.unit_price, position.account, position.tax, position.unit_id) = (None, None, None, None);
    plan
}

fn all_contacts() -> Vec<ContactResolution> {
    let known = KnownContact { id: contact(i64::MAX), name: None, person: None, language_id: None };
    let person = PersonFields { last_name: "hopper".into(), first_name: Some("grace".into()), email: None };
    let bare = PersonFields { first_name: None, email: Some("a@example.com".into()), ..person.clone() };
    let fields = |email: Option<&str>, person| ContactFields {
        name: "kunde".into(),
        email: email.map(Into::into),
        person,
    };
    let mut contacts: Vec<_> = [FoundBy::NameAndEmail, FoundBy::Name, FoundBy::NameAlone]
        .map(|by| ContactResolution::Found { contact: known.clone(), by })
        .into();
    contacts.extend([
        ContactResolution::Mapped(known),
        ContactResolution::WouldCreate(fields(None, None)),
        ContactResolution::WouldCreate(fields(Some("a@example.com"), Some(person))),
        ContactResolution::WouldCreate(fields(None, Some(bare))),
        ContactResolution::Ambiguous(vec![candidate(None), candidate(Some("text"))]),
        ContactResolution::NoCustomer,
    ]);
    contacts
}

fn candidate(text: Option<&str>) -> invoice_gateway::domain::catalog::BexioContact {
    let text = text.map(Box::<str>::from);
    let number = text.as_ref().map(|_| 1);
    invoice_gateway::domain::catalog::BexioContact {
        id: contact(1),
        number: text.clone(),
        is_person: text.is_some(),
        name: "kunde".into(),
        name_addition: text.clone(),
        email: text.clone(),
        email_second: text.clone(),
        postcode: text.clone(),
        city: text,
        country_id: number,
        language_id: number,
    }
}

/// One problem of each code, and one at each field.
fn all_problems() -> Vec<Problem> {
    use ProblemCode as Code;
    let problem =
        |code, severity, place| Problem { code, severity, place, what: "what".into(), mend: "mend".into() };
    let codes = [
        Code::StatusNotSendable,
        Code::AlreadyLinked,
        Code::AlreadyHasExternalId,
        Code::AlreadyUnderDelivery,
        Code::CreditInvoice,
        Code::NoLines,
        Code::NumberMissing,
        Code::DateMissing,
        Code::DueDateBeforeDate,
        Code::CurrencyUnknown,
        Code::LanguageUnknown,
        Code::BankAccountUnknown,
        Code::PaymentTypeUnknown,
        Code::UnitUnknown,
        Code::UserUnknown,
        Code::LineAmountMissing,
        Code::AmountTooLarge,
        Code::AccountMissing,
        Code::AccountUnknown,
        Code::AccountInactive,
        Code::AccountNotForSales,
        Code::AccountIsExpense,
        Code::TaxMissing,
        Code::TaxCodeUnknown,
        Code::TaxNotValid,
        Code::TaxNotForSales,
        Code::TaxRateUnknown,
        Code::TaxRateDiffers,
        Code::TaxAmbiguous,
        Code::TaxDefaulted,
        Code::ZeroTaxMissing,
        Code::AmountMismatch,
        Code::CustomerMissing,
        Code::ContactAmbiguous,
        Code::ContactEmailDiffers,
        Code::RecipientMissing,
        Code::RecipientInvalid,
        Code::SubjectTooLong,
        Code::MessageTooLong,
        Code::PlaceholderUnknown,
    ];
    let fields = [
        Field::Status,
        Field::ExternalId,
        Field::Number,
        Field::Date,
        Field::DueDate,
        Field::Currency,
        Field::Total,
        Field::TotalNet,
        Field::Customer,
        Field::Lines,
        Field::Amount,
        Field::Account,
        Field::Tax,
        Field::Language,
        Field::BankAccount,
        Field::PaymentType,
        Field::Unit,
        Field::User,
        Field::Recipient,
        Field::Subject,
        Field::Message,
    ];
    let at_code = codes.map(|code| problem(code, Severity::Warning, Place::Invoice(Field::Total)));
    let at_field = fields.into_iter().flat_map(|field| {
        let places = [
            Place::Invoice(field),
            Place::Line { index: 7, number: "10.002".into(), field },
            Place::Option(field),
            Place::Setting(field),
        ];
        places.map(|place| problem(Code::NoLines, Severity::Question, place))
    });
    let refusal = problem(Code::NoLines, Severity::Refusal, Place::Invoice(Field::Lines));
    at_code.into_iter().chain(at_field).chain([refusal]).collect()
}
