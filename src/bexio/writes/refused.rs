//! Which part of what was sent a refusal is about.

use crate::bexio::FieldError;
use crate::domain::plan::RefusedPart;

/// The parts that Bexio complained about, each with its position's place from 0 where it is in one. What
/// concerns the whole request is left to Bexio's own words.
pub fn refused_parts(fields: &[FieldError]) -> Vec<(Option<usize>, RefusedPart)> {
    let mut parts = Vec::new();
    for field in fields.iter().filter_map(|error| error.field.as_deref()) {
        let (position, name) = place_of(field);
        let part = (position, part_of(name));
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    parts
}

/// `positions[2].account_id` is `account_id` of the position 2.
fn place_of(field: &str) -> (Option<usize>, &str) {
    let inside = field.strip_prefix("positions[").and_then(|rest| rest.split_once(']'));
    match inside.and_then(|(index, name)| Some((index.parse().ok()?, name))) {
        // Something is wrong with the position as a whole.
        Some((index, "")) => (Some(index), "position"),
        Some((index, name)) => (Some(index), name.trim_start_matches('.')),
        None => (None, field),
    }
}

fn part_of(name: &str) -> RefusedPart {
    match name {
        "account_id" => RefusedPart::Account,
        "tax_id" => RefusedPart::Tax,
        "unit_price" | "amount" => RefusedPart::Price,
        "unit_id" => RefusedPart::Unit,
        "text" => RefusedPart::Text,
        "contact_id" | "contact_sub_id" => RefusedPart::Contact,
        "user_id" | "owner_id" => RefusedPart::User,
        "currency_id" => RefusedPart::Currency,
        "language_id" => RefusedPart::Language,
        "bank_account_id" => RefusedPart::BankAccount,
        "payment_type_id" => RefusedPart::PaymentType,
        "is_valid_from" | "is_valid_to" => RefusedPart::Date,
        "document_nr" => RefusedPart::DocumentNumber,
        "title" => RefusedPart::Title,
        "recipient_email" => RefusedPart::Recipient,
        "subject" => RefusedPart::Subject,
        "message" => RefusedPart::Message,
        "name_1" | "name_2" => RefusedPart::ContactName,
        "mail" => RefusedPart::ContactEmail,
        other => RefusedPart::Other(other.into()),
    }
}
