//! Every word in which a finding is told. Each has its row in docs/connection-test.md.

use std::fmt;

use crate::domain::plan::ProblemCode;

/// What is wrong, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "docs/connection-test.md explains each; a test holds the two together")]
pub enum FindingCode {
    TokenMissing,
    ReconnectNeeded,
    TokenNotRenewed,
    TokenUnusable,
    TokenRefused,
    TokenExpired,
    TokenRevoked,
    TokenExpiresSoon,
    ScopeMissing,
    UserRightMissing,
    Forbidden,
    AccountLocked,
    TrialLimit,
    Maintenance,
    RateLimited,
    UpstreamError,
    HostNotFound,
    TlsFailed,
    Unreachable,
    TimedOut,
    ConnectionLost,
    NotJson,
    AnswerNotUnderstood,
    AddressWrong,
    Refused,
    OutcomeUnknown,
    ListCut,
    ListMayBeCut,
    RowsNotUnderstood,
    AccountMissing,
    AccountUnknown,
    AccountInactive,
    AccountNotForSales,
    AccountIsExpense,
    TaxMissing,
    TaxCodeUnknown,
    TaxNotValid,
    TaxNotForSales,
    CurrencyUnknown,
    LanguageUnknown,
    UnitUnknown,
    PaymentTypeUnknown,
    BankAccountUnknown,
    BankAccountMissing,
    NumberingByHand,
    DraftDiffers,
    NotRecorded,
    LeftForSweep,
}

impl FindingCode {
    /// Every code.
    pub const ALL: [Self; 48] = [
        Self::TokenMissing,
        Self::ReconnectNeeded,
        Self::TokenNotRenewed,
        Self::TokenUnusable,
        Self::TokenRefused,
        Self::TokenExpired,
        Self::TokenRevoked,
        Self::TokenExpiresSoon,
        Self::ScopeMissing,
        Self::UserRightMissing,
        Self::Forbidden,
        Self::AccountLocked,
        Self::TrialLimit,
        Self::Maintenance,
        Self::RateLimited,
        Self::UpstreamError,
        Self::HostNotFound,
        Self::TlsFailed,
        Self::Unreachable,
        Self::TimedOut,
        Self::ConnectionLost,
        Self::NotJson,
        Self::AnswerNotUnderstood,
        Self::AddressWrong,
        Self::Refused,
        Self::OutcomeUnknown,
        Self::ListCut,
        Self::ListMayBeCut,
        Self::RowsNotUnderstood,
        Self::AccountMissing,
        Self::AccountUnknown,
        Self::AccountInactive,
        Self::AccountNotForSales,
        Self::AccountIsExpense,
        Self::TaxMissing,
        Self::TaxCodeUnknown,
        Self::TaxNotValid,
        Self::TaxNotForSales,
        Self::CurrencyUnknown,
        Self::LanguageUnknown,
        Self::UnitUnknown,
        Self::PaymentTypeUnknown,
        Self::BankAccountUnknown,
        Self::BankAccountMissing,
        Self::NumberingByHand,
        Self::DraftDiffers,
        Self::NotRecorded,
        Self::LeftForSweep,
    ];

    /// The code for a problem that the planner finds in the set-up; `None` for those of single invoices.
    pub const fn of_problem(problem: ProblemCode) -> Option<Self> {
        Some(match problem {
            ProblemCode::AccountMissing => Self::AccountMissing,
            ProblemCode::AccountUnknown => Self::AccountUnknown,
            ProblemCode::AccountInactive => Self::AccountInactive,
            ProblemCode::AccountNotForSales => Self::AccountNotForSales,
            ProblemCode::AccountIsExpense => Self::AccountIsExpense,
            ProblemCode::TaxMissing => Self::TaxMissing,
            ProblemCode::TaxCodeUnknown => Self::TaxCodeUnknown,
            ProblemCode::TaxNotValid => Self::TaxNotValid,
            ProblemCode::TaxNotForSales => Self::TaxNotForSales,
            ProblemCode::CurrencyUnknown => Self::CurrencyUnknown,
            ProblemCode::LanguageUnknown => Self::LanguageUnknown,
            ProblemCode::UnitUnknown => Self::UnitUnknown,
            ProblemCode::PaymentTypeUnknown => Self::PaymentTypeUnknown,
            ProblemCode::BankAccountUnknown => Self::BankAccountUnknown,
            _ => return None,
        })
    }

    /// Whether whatever is asked of the same upstream next would fail alike.
    pub const fn stops_all(self) -> bool {
        matches!(
            self,
            Self::TokenMissing
                | Self::ReconnectNeeded
                | Self::TokenNotRenewed
                | Self::TokenUnusable
                | Self::TokenRefused
                | Self::TokenExpired
                | Self::TokenRevoked
                | Self::AccountLocked
                | Self::Maintenance
                | Self::RateLimited
                | Self::HostNotFound
                | Self::TlsFailed
                | Self::Unreachable
                | Self::TimedOut
                | Self::ConnectionLost
        )
    }
}

impl fmt::Display for FindingCode {
    /// In capitals with underscores, such as `SCOPE_MISSING`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::domain::word::capitals(self))
    }
}
