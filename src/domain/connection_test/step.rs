//! The steps of a test, in their order.

use crate::domain::Upstream;

/// One step. The order here is the order in which they run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StepName {
    /// PSOhub's invoices can be read.
    PsohubInvoices,
    /// Bexio's token works; as whom.
    BexioUser,
    /// Which company it is.
    BexioCompany,
    /// The chart of accounts, and the default revenue account in it.
    BexioAccounts,
    /// The taxes, and the configured tax codes among them.
    BexioTaxes,
    /// The currencies, with the company's own.
    BexioCurrencies,
    /// How invoices are numbered and preset.
    BexioNumbering,
    /// The languages of documents.
    BexioLanguages,
    /// The units of positions.
    BexioUnits,
    /// The payment types.
    BexioPaymentTypes,
    /// The bank accounts, one for the company's currency.
    BexioBankAccounts,
    /// Bexio's invoices can be read and searched.
    BexioInvoices,
    /// Bexio's contacts can be searched.
    BexioContacts,
    /// A test contact is created.
    CreateContact,
    /// A draft with one line is created.
    CreateInvoice,
    /// The draft is read back and compared.
    ReadInvoice,
    /// The draft is deleted.
    DeleteInvoice,
    /// The test contact is deleted, which in Bexio means archived.
    DeleteContact,
}

impl StepName {
    /// The steps that read.
    pub const READ: [Self; 13] = [
        Self::PsohubInvoices,
        Self::BexioUser,
        Self::BexioCompany,
        Self::BexioAccounts,
        Self::BexioTaxes,
        Self::BexioCurrencies,
        Self::BexioNumbering,
        Self::BexioLanguages,
        Self::BexioUnits,
        Self::BexioPaymentTypes,
        Self::BexioBankAccounts,
        Self::BexioInvoices,
        Self::BexioContacts,
    ];

    /// The steps that write, behind those that read.
    pub const WRITE: [Self; 5] = [
        Self::CreateContact,
        Self::CreateInvoice,
        Self::ReadInvoice,
        Self::DeleteInvoice,
        Self::DeleteContact,
    ];

    /// The step as the API and the command write it, such as `BEXIO_USER`.
    pub fn word(self) -> String {
        crate::domain::word::capitals(&self)
    }

    /// Whose answer it needs.
    pub const fn upstream(self) -> Upstream {
        match self {
            Self::PsohubInvoices => Upstream::Psohub,
            _ => Upstream::Bexio,
        }
    }

    /// The scopes of which the token needs one; none where any token will do. Edit implies show.
    ///
    /// <https://docs.bexio.com/#section/Authentication/API-Scopes>
    pub const fn scopes(self) -> &'static [&'static str] {
        match self {
            Self::BexioAccounts => &["accounting"],
            Self::BexioBankAccounts => &["bank_account_show", "bank_account_edit"],
            Self::BexioNumbering | Self::BexioInvoices => &["kb_invoice_show", "kb_invoice_edit"],
            Self::BexioContacts => &["contact_show", "contact_edit"],
            Self::CreateContact | Self::DeleteContact => &["contact_edit"],
            Self::CreateInvoice | Self::ReadInvoice | Self::DeleteInvoice => &["kb_invoice_edit"],
            _ => &[],
        }
    }
}
