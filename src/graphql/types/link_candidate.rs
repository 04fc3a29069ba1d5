//! Bexio invoices that might be a PSOhub invoice.

use async_graphql::Enum;

use super::bexio_invoice::BexioInvoice;
use crate::domain::link_candidates::{LinkCandidate, LinkReason, NumberPlace};
use crate::graphql::output::{Argument, Arguments, FieldWriter, Shape, leaf, object};

/// Most candidates of one invoice.
pub(in crate::graphql) const CANDIDATES_MAX: i64 = 20;

/// Candidates where no number of them was asked for.
pub(in crate::graphql) const CANDIDATES_DEFAULT: usize = 5;

/// How many candidates are wanted.
pub(super) const FIRST: Arguments = &[Argument {
    name: "first",
    doc: "How many at most, the likeliest first: 0 to 20; 5 when left out.",
    type_ref: <Option<i32> as Shape>::type_ref,
}];

/// What `first` says; the message says what is taken.
pub(super) fn wanted(field: &FieldWriter<'_, '_>) -> Result<usize, String> {
    let Some(given) = field.argument("first") else { return Ok(CANDIDATES_DEFAULT) };
    let number = match given {
        async_graphql::Value::Number(number) => number.as_i64(),
        _ => None,
    };
    let first = number.filter(|first| (0..=CANDIDATES_MAX).contains(first));
    first
        .and_then(|first| usize::try_from(first).ok())
        .ok_or_else(|| format!("first is {given}, and 0 to {CANDIDATES_MAX} is taken"))
}

/// Why a Bexio invoice might be the one.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::graphql) enum LinkReasonCode {
    /// Its API reference, which only software sets, names the number.
    NumberInApiReference,
    /// Its reference names the number.
    NumberInReference,
    /// Its title names the number.
    NumberInTitle,
    /// Its own number is the number.
    NumberIsDocumentNumber,
    /// The same total in the same currency.
    SameTotal,
    /// The totals differ by no more than rounding explains.
    TotalWithinRounding,
    /// It stands under the Bexio contact of the customer's other invoices.
    SameContact,
    /// Its title names the customer.
    CustomerInTitle,
    /// The two invoice dates lie at most a month apart.
    NearDate,
}
leaf!(LinkReasonCode);

impl LinkReasonCode {
    const fn of(reason: &LinkReason) -> Self {
        match reason {
            LinkReason::Number(NumberPlace::ApiReference) => Self::NumberInApiReference,
            LinkReason::Number(NumberPlace::Reference) => Self::NumberInReference,
            LinkReason::Number(NumberPlace::Title) => Self::NumberInTitle,
            LinkReason::Number(NumberPlace::DocumentNumber) => Self::NumberIsDocumentNumber,
            LinkReason::SameTotal(_) => Self::SameTotal,
            LinkReason::RoundedTotal { .. } => Self::TotalWithinRounding,
            LinkReason::SameContact(_) => Self::SameContact,
            LinkReason::CustomerInTitle => Self::CustomerInTitle,
            LinkReason::DateWithin { .. } => Self::NearDate,
        }
    }
}

fn words(reason: &LinkReason) -> String {
    match reason {
        LinkReason::Number(NumberPlace::ApiReference) => "its API reference names the number".to_owned(),
        LinkReason::Number(NumberPlace::Reference) => "its reference names the number".to_owned(),
        LinkReason::Number(NumberPlace::Title) => "its title names the number".to_owned(),
        LinkReason::Number(NumberPlace::DocumentNumber) => "it has the same number".to_owned(),
        LinkReason::SameTotal(total) => format!("the same total, {total}"),
        LinkReason::RoundedTotal { psohub, bexio } => {
            format!("{psohub} in PSOhub and {bexio} in Bexio: rounding explains it")
        }
        LinkReason::SameContact(contact) => {
            format!("the customer's other invoices stand under the same Bexio contact, {contact}")
        }
        LinkReason::CustomerInTitle => "its title names the customer".to_owned(),
        LinkReason::DateWithin { days: 0 } => "the same invoice date".to_owned(),
        LinkReason::DateWithin { days: 1 } => "the invoice dates lie a day apart".to_owned(),
        LinkReason::DateWithin { days } => format!("the invoice dates lie {days} days apart"),
    }
}

object! {
    /// A Bexio invoice that might be this one.
    "LinkCandidate" LinkCandidateType<'a> from &'a LinkCandidate {
        /// The Bexio invoice: pass its id to linkInvoice.
        "bexio": BexioInvoice = |candidate, out| out.object::<BexioInvoice>(&*candidate.bexio);
        /// Why it might be the one, the weightiest reason first.
        "reasons": Vec<LinkCandidateReason> = |candidate, out| {
            out.list::<LinkCandidateReason>(&candidate.reasons);
        };
    }
}

object! {
    /// Why a Bexio invoice might be the one.
    "LinkCandidateReason" LinkCandidateReason<'a> from &'a LinkReason {
        /// In one word.
        "code": LinkReasonCode = |reason, out| out.member(LinkReasonCode::of(reason));
        /// In a few words.
        "message": String = |reason, out| out.text(&words(reason));
    }
}
