//! Every word in which a user error is told. Each has its row in `docs/errors.md`.

use async_graphql::Enum;
use async_graphql::resolver_utils::EnumType;

use crate::domain::plan::ProblemCode;
use crate::graphql::output::leaf;

/// What is wrong with what was asked for. Each word has its row in the documentation of errors.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::graphql) enum UserErrorCode {
    /// There is no such invoice.
    InvoiceNotFound,
    /// There is no such delivery.
    DeliveryNotFound,
    /// There is no such batch.
    BatchNotFound,
    /// There is no such Bexio invoice.
    BexioInvoiceNotFound,
    /// An id is none, or was sent as a JSON number above 2^53 that the client has rounded already.
    IdInvalid,
    /// A value is outside of what is taken; the message says what is.
    ValueInvalid,
    /// An option for one invoice was given for many.
    OptionNotForBatch,
    /// No invoice is to be sent: the list is empty, or the filter matches none.
    BatchEmpty,
    /// More invoices than one batch takes.
    BatchTooLarge,
    /// An idempotency key is empty, too long or not printable.
    IdempotencyKeyInvalid,
    /// The idempotency key was used for another request.
    IdempotencyKeyReused,
    /// The invoice would be sent otherwise than the preview showed.
    PlanChanged,
    /// The invoice's delivery stopped: mend what its reason says, then send again.
    DeliveryFailed,
    /// The invoice's delivery stopped at a question for a person.
    DeliveryNeedsReview,
    /// The delivery, or the settings, changed since they were looked at.
    VersionConflict,
    /// The decision does not answer what the delivery asks.
    DecisionNotAsked,
    /// The decision needs a `bexioId`.
    DecisionIncomplete,
    /// The contact is none of those that fit.
    NotACandidate,
    /// The Bexio invoice is a superfluous draft that is being deleted.
    DraftBeingDeleted,
    /// A run of the payment sync is just beginning or ending, or the gateway is stopping.
    PaymentSyncBusy,
    /// The run of the payment sync failed or was interrupted; the run says why.
    PaymentSyncFailed,
    /// PSOhub or Bexio could not be asked for what is needed.
    UpstreamUnavailable,
    /// The account in PSOhub or Bexio is not connected; the message says where to connect it.
    NotConnected,
    /// The account is not connected in a browser: its token comes from the configuration.
    TokenConfigured,
    /// PSOhub refused what was asked; the message has its own words, where it gave some.
    RefusedByUpstream,
    /// No clear answer came, and what became of it could not be learned.
    OutcomeUnknown,
    /// Something failed inside the gateway. The cause is in its log.
    Internal,

    /// The invoice's status does not allow it: only approved and sent invoices can be sent.
    StatusNotSendable,
    /// The invoice's status does not allow it: only approved and sent invoices can be marked as paid.
    StatusNotPayable,
    /// The invoice is paid already: nothing is to be done.
    AlreadyPaid,
    /// Bexio does not call the invoice paid, or has none for it: it has to be confirmed.
    NotPaidInBexio,
    /// Bexio calls an invoice paid of which it is in doubt whether it is this one's: it has to be confirmed.
    BexioInvoiceInDoubt,
    /// The invoice is in Bexio already.
    AlreadyLinked,
    /// The Bexio invoice stands for another PSOhub invoice.
    BexioInvoiceLinked,
    /// The link was not made by hand, so it is not undone by hand.
    LinkNotByHand,
    /// The two sides name different customers.
    CustomerDiffers,
    /// The two sides are in different currencies.
    CurrencyDiffers,
    /// The Bexio invoice is cancelled.
    CancelledInBexio,
    /// The invoice has an external id in PSOhub: it is in accounting already.
    AlreadyHasExternalId,
    /// The invoice is being sent, or was.
    AlreadyUnderDelivery,
    /// The invoice is negative: Bexio offers no interface for credit notes.
    CreditInvoice,
    /// The invoice has no lines.
    NoLines,
    /// The invoice has no number.
    NumberMissing,
    /// The invoice has no date; today's is taken.
    DateMissing,
    /// The invoice is due before its date.
    DueDateBeforeDate,
    /// Bexio does not have the currency.
    CurrencyUnknown,
    /// Bexio does not have the language.
    LanguageUnknown,
    /// Bexio does not have the bank account.
    BankAccountUnknown,
    /// No bank account is in the invoice's currency, or several are: one in another currency is named.
    BankAccountOtherCurrency,
    /// Bexio does not have the way of payment.
    PaymentTypeUnknown,
    /// Bexio does not have the unit.
    UnitUnknown,
    /// It is not known as which Bexio user invoices are created.
    UserUnknown,
    /// A line's amount could not be read.
    LineAmountMissing,
    /// The amounts are too large to add up.
    AmountTooLarge,
    /// A line names no revenue account and none is configured.
    AccountMissing,
    /// Bexio does not have the revenue account.
    AccountUnknown,
    /// The revenue account is switched off in Bexio.
    AccountInactive,
    /// The account is none that invoices may post to.
    AccountNotForSales,
    /// The account is an expense account.
    AccountIsExpense,
    /// A line names no tax, none is configured and Bexio proposes none.
    TaxMissing,
    /// Bexio does not have the tax code.
    TaxCodeUnknown,
    /// The tax is not valid on the invoice's date, or is switched off.
    TaxNotValid,
    /// The tax is none for sales.
    TaxNotForSales,
    /// Bexio has no valid sales tax of this rate.
    TaxRateUnknown,
    /// The tax has another rate in Bexio than in PSOhub.
    TaxRateDiffers,
    /// Bexio has several taxes of this rate.
    TaxAmbiguous,
    /// Lines without a tax get the one that Bexio proposes.
    TaxDefaulted,
    /// Bexio has no tax of 0 % that can be used.
    ZeroTaxMissing,
    /// The totals of both sides differ by more than rounding explains.
    AmountMismatch,
    /// The invoice names no customer.
    CustomerMissing,
    /// Several contacts in Bexio fit the customer.
    ContactAmbiguous,
    /// The contact in Bexio has another e-mail address.
    ContactEmailDiffers,
    /// There is no address to send the e-mail to.
    RecipientMissing,
    /// The address is not one e-mail address.
    RecipientInvalid,
    /// The e-mail's subject is too long.
    SubjectTooLong,
    /// The e-mail's text is too long.
    MessageTooLong,
    /// A placeholder is not known and stays as it is.
    PlaceholderUnknown,
}
leaf!(UserErrorCode);

impl UserErrorCode {
    /// The code for a word that was stored. A word of a later version is one of ours.
    pub(in crate::graphql) fn from_word(word: &str) -> Self {
        Self::items().iter().find(|item| item.name == word).map_or(Self::Internal, |item| item.value)
    }
}

/// The codes of plans are words of user errors under the same name.
macro_rules! from_problem {
    ($($code:ident),+ $(,)?) => {
        impl From<ProblemCode> for UserErrorCode {
            fn from(code: ProblemCode) -> Self {
                match code {
                    $(ProblemCode::$code => Self::$code,)+
                }
            }
        }
    };
}

from_problem! {
    StatusNotSendable, AlreadyLinked, AlreadyHasExternalId, AlreadyUnderDelivery, CreditInvoice, NoLines,
    NumberMissing, DateMissing, DueDateBeforeDate, CurrencyUnknown, LanguageUnknown, BankAccountUnknown,
    BankAccountOtherCurrency, PaymentTypeUnknown, UnitUnknown, UserUnknown, LineAmountMissing, AmountTooLarge, AccountMissing,
    AccountUnknown, AccountInactive, AccountNotForSales, AccountIsExpense, TaxMissing, TaxCodeUnknown,
    TaxNotValid, TaxNotForSales, TaxRateUnknown, TaxRateDiffers, TaxAmbiguous, TaxDefaulted, ZeroTaxMissing,
    AmountMismatch, CustomerMissing, ContactAmbiguous, ContactEmailDiffers, RecipientMissing,
    RecipientInvalid, SubjectTooLong, MessageTooLong, PlaceholderUnknown,
}
