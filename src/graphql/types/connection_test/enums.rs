//! The words of a connection test.

use async_graphql::Enum;

use crate::domain::connection_test;
use crate::graphql::output::leaf;
use crate::graphql::rights::requires_role;
use crate::graphql::types::RoleName;

/// How far a connection test goes.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "connection_test::TestLevel")]
pub(in crate::graphql) enum ConnectionTestLevel {
    /// It reads.
    Read,
    /// It also creates a contact and a draft in Bexio, and deletes them again. The contact stays in Bexio's
    /// archive, and the draft may use up an invoice number.
    #[graphql(directive = requires_role::apply(RoleName::Admin))]
    Write,
}

/// What came of a connection test or of one of its steps.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "connection_test::StepState")]
pub(in crate::graphql) enum ConnectionTestState {
    /// All is well.
    Passed,
    /// It was not tried, because something before it failed.
    Skipped,
    /// It works, and somebody should look at it.
    Warning,
    /// It does not work.
    Failed,
}

/// A step of a connection test, in the order in which they run.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "connection_test::StepName")]
pub(in crate::graphql) enum ConnectionTestStepName {
    /// PSOhub's invoices are read.
    PsohubInvoices,
    /// Bexio's token is tried: as whom.
    BexioUser,
    /// Which company it is.
    BexioCompany,
    /// The chart of accounts, with the default revenue account.
    BexioAccounts,
    /// The taxes, with the configured tax codes.
    BexioTaxes,
    /// The currencies, with the company's own.
    BexioCurrencies,
    /// How invoices are numbered and preset.
    BexioNumbering,
    /// The languages of documents.
    BexioLanguages,
    /// The units of lines.
    BexioUnits,
    /// The ways of payment.
    BexioPaymentTypes,
    /// The bank accounts, with one in the company's currency.
    BexioBankAccounts,
    /// Bexio's invoices are searched.
    BexioInvoices,
    /// Bexio's contacts are searched.
    BexioContacts,
    /// A test contact is created in Bexio.
    CreateContact,
    /// A draft with one line is created in Bexio.
    CreateInvoice,
    /// The draft is read back and compared.
    ReadInvoice,
    /// The draft is deleted.
    DeleteInvoice,
    /// The test contact is deleted, which in Bexio means archived.
    DeleteContact,
}

/// How much a finding weighs.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "connection_test::FindingSeverity")]
pub(in crate::graphql) enum ConnectionTestSeverity {
    /// It works all the same.
    Warning,
    /// It does not work.
    Error,
}

/// What a connection test found. Each word has its row in the documentation of the connection test.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "connection_test::FindingCode")]
pub(in crate::graphql) enum ConnectionTestFindingCode {
    /// No token is set and no account is connected.
    TokenMissing,
    /// The connection has ended: connect the account again.
    ReconnectNeeded,
    /// The token could not be renewed this time.
    TokenNotRenewed,
    /// The token holds characters that cannot be sent.
    TokenUnusable,
    /// The token is not known: mistyped, cut, or of another service.
    TokenRefused,
    /// The token has ended.
    TokenExpired,
    /// The token would still be good by itself, and is refused: somebody revoked it.
    TokenRevoked,
    /// The token works and ends within two weeks.
    TokenExpiresSoon,
    /// The token does not bear a scope that is needed.
    ScopeMissing,
    /// The token bears the scope, and its user may not do it.
    UserRightMissing,
    /// A scope of the token or a right of its user is missing; which cannot be told.
    Forbidden,
    /// The account is locked or has no licence.
    AccountLocked,
    /// It is refused on a trial account.
    TrialLimit,
    /// The service is down for maintenance.
    Maintenance,
    /// The calls of this minute are used up.
    RateLimited,
    /// The service failed by itself.
    UpstreamError,
    /// The address's name is not known.
    HostNotFound,
    /// No secure connection could be made.
    TlsFailed,
    /// Nobody answers at the address.
    Unreachable,
    /// No answer came in time.
    TimedOut,
    /// The connection broke before the answer was in.
    ConnectionLost,
    /// Something else than the API answers, such as a login page.
    NotJson,
    /// The answer is not what is documented.
    AnswerNotUnderstood,
    /// The API is not at the configured address.
    AddressWrong,
    /// It is refused for another reason: upstreamText has it.
    Refused,
    /// A write got no clear answer. What it created is looked for and deleted.
    OutcomeUnknown,
    /// The list of invoices broke off.
    ListCut,
    /// The list has exactly as many rows as a page: there may be more.
    ListMayBeCut,
    /// Some values could not be understood; the others are used.
    RowsNotUnderstood,
    /// No default revenue account is configured.
    AccountMissing,
    /// Bexio has no account with the configured number.
    AccountUnknown,
    /// The account is switched off in Bexio.
    AccountInactive,
    /// The account takes no invoice lines.
    AccountNotForSales,
    /// The account is an expense account.
    AccountIsExpense,
    /// No tax is configured and Bexio proposes none.
    TaxMissing,
    /// Bexio has no tax with the configured code.
    TaxCodeUnknown,
    /// The tax is over, or switched off.
    TaxNotValid,
    /// The tax is no sales tax.
    TaxNotForSales,
    /// Bexio does not have the company's currency.
    CurrencyUnknown,
    /// Bexio does not have the configured language.
    LanguageUnknown,
    /// Bexio does not have the configured unit.
    UnitUnknown,
    /// Bexio does not have the configured payment type.
    PaymentTypeUnknown,
    /// Bexio does not have the configured bank account.
    BankAccountUnknown,
    /// There is no bank account in the company's currency.
    BankAccountMissing,
    /// Bexio does not number invoices itself.
    NumberingByHand,
    /// The test draft is not what was sent.
    DraftDiffers,
    /// Nothing was created, because it could not be noted in the database.
    NotRecorded,
    /// What was created may still be there; it is deleted by itself.
    LeftForSweep,
}

leaf!(
    ConnectionTestLevel,
    ConnectionTestState,
    ConnectionTestStepName,
    ConnectionTestSeverity,
    ConnectionTestFindingCode,
);
