//! The rules that both sides are compared by: what each is about, how much it matters, what it says in
//! words and what to do.

use serde::{Deserialize, Serialize};

use super::{Field, Severity, Verdict};

/// A mutation of the API that mends what a rule found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Mutation {
    /// `sendInvoice`.
    SendInvoice,
    /// `resolveDelivery`.
    ResolveDelivery,
    /// `linkInvoice`.
    LinkInvoice,
    /// `unlinkInvoice`.
    UnlinkInvoice,
    /// `markInvoicePaid`.
    MarkInvoicePaid,
    /// `setInvoiceExternalId`.
    SetInvoiceExternalId,
}

impl Mutation {
    /// The stable word for it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::SendInvoice => "SEND_INVOICE",
            Self::ResolveDelivery => "RESOLVE_DELIVERY",
            Self::LinkInvoice => "LINK_INVOICE",
            Self::UnlinkInvoice => "UNLINK_INVOICE",
            Self::MarkInvoicePaid => "MARK_INVOICE_PAID",
            Self::SetInvoiceExternalId => "SET_INVOICE_EXTERNAL_ID",
        }
    }
}

/// All that is fixed about a rule.
struct Facts {
    code: &'static str,
    field: Field,
    severity: Severity,
    verdict: Verdict,
    words: &'static str,
    remedy: Option<&'static str>,
    mutation: Option<Mutation>,
}

/// Names the rules and their facts in one table.
macro_rules! rules {
    ($($name:ident $code:literal: $field:ident, $severity:ident, $verdict:ident, $words:literal
        $(, do $remedy:literal $(by $mutation:ident)?)?;)+) => {
        /// A rule that found something.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Rule {
            $(#[doc = $words] $name,)+
        }

        impl Rule {
            /// All rules.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            const fn facts(self) -> Facts {
                match self {
                    $(Self::$name => Facts {
                        code: $code,
                        field: Field::$field,
                        severity: Severity::$severity,
                        verdict: Verdict::$verdict,
                        words: $words,
                        remedy: rules!(@optional $($remedy)?),
                        mutation: rules!(@mutation $($($mutation)?)?),
                    },)+
                }
            }
        }
    };
    (@optional) => { None };
    (@optional $value:literal) => { Some($value) };
    (@mutation) => { None };
    (@mutation $name:ident) => { Some(Mutation::$name) };
}

rules! {
    DraftOnly "DRAFT_ONLY": Presence, Info, NotApplicable,
        "PSOhub is still preparing it: what is not approved belongs in no books.";
    WithdrawnOnly "WITHDRAWN_ONLY": Presence, Info, NotApplicable,
        "PSOhub withdrew it, and Bexio never had it.";
    NotSentYet "NOT_SENT_YET": Presence, Info, NotSentYet,
        "It is approved in PSOhub, was not sent to Bexio yet, and its due date has not passed.",
        do "Send it when it is to go out." by SendInvoice;
    NotSentInTime "NOT_SENT_IN_TIME": Presence, Warning, MissingInBexio,
        "It is approved in PSOhub, its due date has passed, and it was never sent to Bexio.",
        do "Send it, or void it in PSOhub if it is not to go out." by SendInvoice;
    SentWithoutBexio "SENT_WITHOUT_BEXIO": Presence, Error, MissingInBexio,
        "PSOhub calls it sent, and Bexio has no invoice for it: it is owed and in no books.",
        do "Send it, or link it to its Bexio invoice if there is one under another reference." by SendInvoice;
    PaidWithoutBexio "PAID_WITHOUT_BEXIO": Presence, Warning, MissingInBexio,
        "PSOhub calls it paid, and Bexio has no invoice for it.",
        do "Link it to its Bexio invoice, or book it in Bexio by hand." by LinkInvoice;
    ExternalIdWithoutInvoice "EXTERNAL_ID_WITHOUT_INVOICE": Presence, Warning, MissingInBexio,
        "PSOhub has an external id for it, and no Bexio invoice is known to stand for it.",
        do "Link it to its Bexio invoice." by LinkInvoice;
    GoneFromBexio "GONE_FROM_BEXIO": Presence, Error, MissingInBexio,
        "The gateway sent it, and Bexio does not have it any more.",
        do "Find out in Bexio who deleted it, make it anew there and link it." by LinkInvoice;
    BeingSent "BEING_SENT": Presence, Info, Explained,
        "It is being sent: what is missing comes by itself.";
    SendFailed "SEND_FAILED": Presence, Warning, MissingInBexio,
        "Its send stopped with a failure before it reached Bexio's books.",
        do "Mend the cause that its delivery names, then send it again." by SendInvoice;
    SendStopped "SEND_STOPPED": Presence, Warning, Mismatch,
        "Its send stopped with a failure after it had reached Bexio.",
        do "Mend the cause that its delivery names, then send it again." by SendInvoice;
    SendNeedsReview "SEND_NEEDS_REVIEW": Presence, Warning, Mismatch,
        "Its send waits for a person's decision.",
        do "Look at its delivery and decide." by ResolveDelivery;
    NoPsohubInvoice "NO_PSOHUB_INVOICE": Presence, Error, MissingInPsohub,
        "Bexio has an invoice that was made for a PSOhub invoice, and PSOhub has none of that id.",
        do "Find out whether it was deleted in PSOhub; if so, cancel it in Bexio.";
    NoPsohubInvoiceDraft "NO_PSOHUB_INVOICE_DRAFT": Presence, Warning, MissingInPsohub,
        "Bexio has a draft that was made for a PSOhub invoice, and PSOhub has none of that id.",
        do "Delete the draft in Bexio.";
    NoPsohubInvoiceCancelled "NO_PSOHUB_INVOICE_CANCELLED": Presence, Info, NotApplicable,
        "Bexio cancelled it, and PSOhub has none of that id.";
    PsohubNotRead "PSOHUB_NOT_READ": Presence, Warning, Unknown,
        "What is not in PSOhub is missing there only if PSOhub could be read, and it could not.",
        do "Look at connections, and ask again when PSOhub was read.";
    BexioNotRead "BEXIO_NOT_READ": Presence, Warning, Unknown,
        "What is not in Bexio is missing there only if Bexio could be read, and it could not.",
        do "Look at connections, and ask again when Bexio was read.";
    Duplicate "DUPLICATE": Presence, Error, DuplicateInBexio,
        "A PSOhub invoice stands in Bexio's books once.",
        do "Compare the two in Bexio and cancel the one that is too many.";
    DuplicateDraft "DUPLICATE_DRAFT": Presence, Warning, Mismatch,
        "Bexio has a draft beside the invoice, made for the same PSOhub invoice.",
        do "Delete the draft in Bexio unless somebody is at work on it.";
    DuplicateCancelled "DUPLICATE_CANCELLED": Presence, Info, Explained,
        "Bexio has a cancelled invoice beside it, made for the same PSOhub invoice.";
    PaidOnlyInBexio "PAID_ONLY_IN_BEXIO": Status, Warning, PaidOnlyInBexio,
        "What Bexio calls paid is to be paid in PSOhub.",
        do "Mark it paid in PSOhub; the payment sync does so by itself." by MarkInvoicePaid;
    PaidOnlyInPsohub "PAID_ONLY_IN_PSOHUB": Status, Error, PaidOnlyInPsohub,
        "PSOhub calls it paid, and Bexio's books do not.",
        do "Book the payment in Bexio if the money came; PSOhub cannot take its word back.";
    CancelledInBexio "CANCELLED_IN_BEXIO": Status, Error, CancelledInBexio,
        "Bexio cancelled it, and PSOhub has not withdrawn it.",
        do "Void it in PSOhub, or make it anew in Bexio and link it." by LinkInvoice;
    WithdrawnInPsohub "WITHDRAWN_IN_PSOHUB": Status, Error, Mismatch,
        "PSOhub withdrew it, and in Bexio's books it stands.",
        do "Cancel it in Bexio.";
    WithdrawnDraft "WITHDRAWN_DRAFT": Status, Warning, Mismatch,
        "PSOhub withdrew it, and Bexio still has the draft.",
        do "Delete the draft in Bexio.";
    DraftInPsohub "DRAFT_IN_PSOHUB": Status, Warning, Mismatch,
        "PSOhub still calls it a draft, and Bexio has it already.",
        do "Approve it in PSOhub, or take it out of Bexio.";
    DraftInBexio "DRAFT_IN_BEXIO": Status, Warning, Mismatch,
        "It is approved in PSOhub, and in Bexio it is a draft that nobody owes.",
        do "Issue it in Bexio.";
    UnknownInPsohub "UNKNOWN_IN_PSOHUB": Status, Warning, Unknown,
        "PSOhub's word for its status is not known, so it cannot be compared.",
        do "Look at the invoice in PSOhub.";
    UnknownInBexio "UNKNOWN_IN_BEXIO": Status, Warning, Unknown,
        "Bexio's number for its status is not known, so it cannot be compared.",
        do "Look at the invoice in Bexio.";
    CurrencyDiffers "CURRENCY_DIFFERS": Currency, Error, Mismatch,
        "Both sides are in one currency; amounts of two currencies cannot be compared.",
        do "Unlink it if it is tied to the wrong Bexio invoice; else cancel it in Bexio and send it again." by UnlinkInvoice;
    TotalRounded "TOTAL_ROUNDED": Total, Info, Explained,
        "The totals differ by no more than rounding explains: the setting roundingTolerance.";
    CreditedInBexio "CREDITED_IN_BEXIO": Total, Info, Explained,
        "A credit voucher in Bexio settled a part of it.";
    TotalDiffers "TOTAL_DIFFERS": Total, Error, Mismatch,
        "The totals with VAT differ by more than rounding (the setting roundingTolerance) or a credit voucher explains.",
        do "Find out which side is right. An issued Bexio invoice is cancelled and made anew.";
    LinesRounded "LINES_ROUNDED": LinesSum, Info, Explained,
        "The sums of the lines without VAT differ by no more than rounding explains.";
    LinesDiffer "LINES_DIFFER": LinesSum, Warning, Mismatch,
        "The sums of the lines without VAT differ by more than rounding explains.",
        do "Compare the lines on both sides.";
    VatRounded "VAT_ROUNDED": Vat, Info, Explained,
        "The VAT differs by no more than rounding explains.";
    VatDiffers "VAT_DIFFERS": Vat, Warning, Mismatch,
        "The VAT differs by more than rounding explains.",
        do "Compare the tax codes of the lines on both sides.";
    OtherContact "OTHER_CONTACT": Customer, Warning, Mismatch,
        "In Bexio it stands under another contact than the customer's other invoices.",
        do "Compare the contact in Bexio with PSOhub's customer; unlink it if it is tied to the wrong Bexio invoice." by UnlinkInvoice;
    DueDateDiffers "DUE_DATE_DIFFERS": DueDate, Warning, Mismatch,
        "It is due on one day.",
        do "Correct the due date on the side that is wrong.";
    DueDateOnlyInBexio "DUE_DATE_ONLY_IN_BEXIO": DueDate, Info, Explained,
        "PSOhub names no due date; Bexio's payment term gave it one.";
    DueDateMissingInBexio "DUE_DATE_MISSING_IN_BEXIO": DueDate, Warning, Mismatch,
        "PSOhub names a due date, and Bexio has none.",
        do "Set the due date in Bexio.";
    ExternalIdMissing "EXTERNAL_ID_MISSING": ExternalId, Warning, Mismatch,
        "PSOhub's external id names the Bexio invoice; it has none.",
        do "Write Bexio's number back to PSOhub." by SetInvoiceExternalId;
    ExternalIdNamesAnother "EXTERNAL_ID_NAMES_ANOTHER": ExternalId, Warning, Mismatch,
        "PSOhub's external id names the Bexio invoice; it names another.",
        do "Write the right number back, or link the invoice that it names." by SetInvoiceExternalId;
}

impl Rule {
    /// The stable word for it, as in docs/reconciliation.md.
    pub const fn code(self) -> &'static str {
        self.facts().code
    }

    /// What it is about.
    pub const fn field(self) -> Field {
        self.facts().field
    }

    /// How much it matters.
    pub const fn severity(self) -> Severity {
        self.facts().severity
    }

    /// What it makes of the invoice, where nothing weightier was found.
    pub const fn verdict(self) -> Verdict {
        self.facts().verdict
    }

    /// The rule in words.
    pub const fn words(self) -> &'static str {
        self.facts().words
    }

    /// What to do, where something is to be done.
    pub const fn remedy(self) -> Option<&'static str> {
        self.facts().remedy
    }

    /// The mutation that does it, where there is one.
    pub const fn mutation(self) -> Option<Mutation> {
        self.facts().mutation
    }
}
