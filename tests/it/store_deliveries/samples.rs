//! Plans and calls of every form there is.

use invoice_gateway::domain::BexioInvoiceId;
use invoice_gateway::domain::catalog::BexioContact;
use invoice_gateway::domain::delivery::{Call, ContactPart, ExternalIdKind};
use invoice_gateway::domain::plan::{
    Choice, ContactFields, ContactResolution, Field, FoundBy, KnownContact, PersonFields, Place, Plan,
    Problem, ProblemCode, Severity, TaxBasis, VatMode,
};

use super::{contact, invoice, plan};

pub(super) fn all_calls() -> Vec<Call> {
    let id = BexioInvoiceId::new(5).unwrap();
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

pub(super) fn all_plans() -> Vec<Plan> {
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
    plans.extend(VatMode::ALL.map(|vat_mode| {
        let mut plan = base.clone();
        plan.header.vat_mode = vat_mode;
        plan
    }));
    plans.push(Plan { problems: all_problems(), ..base.clone() });
    plans.push(bare_plan(base));
    plans
}

/// Everything that may be absent is.
fn bare_plan(base: Plan) -> Plan {
    let mut plan = Plan { email: None, external_id: ExternalIdKind::Id, ..base };
    let choice = Choice { id: 1, name: "name".into(), code: Some("de".into()) };
    plan.header.language = Some(choice.clone());
    plan.header.bank_account = Some(Choice { code: None, ..choice.clone() });
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

fn candidate(text: Option<&str>) -> BexioContact {
    let text = text.map(Box::<str>::from);
    let number = text.as_ref().map(|_| 1);
    BexioContact {
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
        Code::BankAccountOtherCurrency,
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
