//! Bexio's refusals in words that name the line and the thing that was refused.

use super::Plan;

/// What of a draft, an e-mail or a contact Bexio complained about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefusedPart {
    /// The revenue account.
    Account,
    /// The tax.
    Tax,
    /// The price.
    Price,
    /// The unit.
    Unit,
    /// The text.
    Text,
    /// The contact.
    Contact,
    /// The user.
    User,
    /// The currency.
    Currency,
    /// The language.
    Language,
    /// The bank account.
    BankAccount,
    /// The payment type.
    PaymentType,
    /// A date.
    Date,
    /// The invoice number.
    DocumentNumber,
    /// The invoice's title.
    Title,
    /// The e-mail's recipient.
    Recipient,
    /// The e-mail's subject.
    Subject,
    /// The e-mail's message.
    Message,
    /// The name of the contact to be created.
    ContactName,
    /// The e-mail address of the contact to be created.
    ContactEmail,
    /// Something else, in Bexio's words.
    Other(Box<str>),
}

/// A sentence for one complaint: "line 10.002: account 260 (Forderungen) is not accepted". `position`
/// is the place among the plan's positions, from 0; Bexio's own text stands beside, not inside.
pub fn explain(plan: &Plan, position: Option<usize>, part: &RefusedPart) -> String {
    let Some(index) = position else {
        return format!("the {}'s {} is not accepted", owner(part), of_header(plan, part));
    };
    let Some(position) = plan.positions.get(index) else {
        return format!("position {}: {} is not accepted", index.saturating_add(1), name(part));
    };
    let what = match part {
        RefusedPart::Account => {
            position.account.as_ref().map(|account| format!("account {} ({})", account.number, account.name))
        }
        RefusedPart::Tax => position.tax.as_ref().map(|tax| format!("tax {} ({} %)", tax.code, tax.rate)),
        RefusedPart::Price => position.unit_price.map(|price| format!("the amount {price}")),
        _ => None,
    };
    let what = what.unwrap_or_else(|| format!("the {}", name(part)));
    format!("line {}: {what} is not accepted", position.line_number)
}

/// What the part belongs to, where it is in no position.
const fn owner(part: &RefusedPart) -> &'static str {
    match part {
        RefusedPart::Recipient | RefusedPart::Subject | RefusedPart::Message => "e-mail",
        RefusedPart::ContactName | RefusedPart::ContactEmail => "contact",
        _ => "invoice",
    }
}

fn of_header(plan: &Plan, part: &RefusedPart) -> String {
    let header = &plan.header;
    let named = |choice: &Option<super::Choice>| {
        choice.as_ref().map(|choice| format!(" {}", choice.name)).unwrap_or_default()
    };
    let detail = match part {
        RefusedPart::Currency => format!(" {}", header.currency),
        RefusedPart::Language => named(&header.language),
        RefusedPart::BankAccount => named(&header.bank_account),
        RefusedPart::PaymentType => named(&header.payment_type),
        RefusedPart::Date => format!(" {}", header.date),
        RefusedPart::DocumentNumber => {
            header.document_number.as_deref().map(|number| format!(" {number}")).unwrap_or_default()
        }
        RefusedPart::Title => format!(" '{}'", header.title),
        RefusedPart::Recipient => {
            plan.email.as_ref().map(|email| format!(" {}", email.recipient)).unwrap_or_default()
        }
        _ => String::new(),
    };
    format!("{}{detail}", name(part))
}

fn name(part: &RefusedPart) -> &str {
    match part {
        RefusedPart::Account => "account",
        RefusedPart::Tax => "tax",
        RefusedPart::Price => "amount",
        RefusedPart::Unit => "unit",
        RefusedPart::Text => "text",
        RefusedPart::Contact => "contact",
        RefusedPart::User => "user",
        RefusedPart::Currency => "currency",
        RefusedPart::Language => "language",
        RefusedPart::BankAccount => "bank account",
        RefusedPart::PaymentType => "payment type",
        RefusedPart::Date => "date",
        RefusedPart::DocumentNumber => "number",
        RefusedPart::Title => "title",
        RefusedPart::Recipient => "recipient",
        RefusedPart::Subject => "subject",
        RefusedPart::Message => "message",
        RefusedPart::ContactName => "name",
        RefusedPart::ContactEmail => "e-mail address",
        RefusedPart::Other(field) => field,
    }
}
