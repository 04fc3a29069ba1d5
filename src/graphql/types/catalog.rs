//! What a Bexio company has set up, as far as sending invoices needs it.

use std::sync::Arc;

use async_graphql::ID;
use futures_util::future::OptionFuture;

use crate::domain::catalog::{self, Account, AccountKind, Coded, Currencies, Named, Tax};
use crate::graphql::deps::{CatalogList, ReadCatalog};
use crate::graphql::errors::Fault;
use crate::graphql::output::{FieldWriter, Projected, Root, object};
use crate::graphql::scalars::{CurrencyCode, Date, Decimal};

/// The lists that were asked for; `None` is a list that was not.
#[derive(Debug, Default)]
pub(in crate::graphql) struct Catalog {
    accounts: Fetched<Vec<Account>>,
    taxes: Fetched<Vec<Tax>>,
    currencies: Fetched<Currencies>,
    units: Fetched<Vec<Named>>,
    payment_types: Fetched<Vec<Named>>,
    languages: Fetched<Vec<Coded>>,
    bank_accounts: Fetched<Vec<catalog::BankAccount>>,
}

type Fetched<T> = Option<Result<Arc<T>, Fault>>;

impl Catalog {
    /// Fetches the lists whose fields `wants` names, all at once.
    pub(in crate::graphql) async fn fetch(from: &dyn ReadCatalog, wants: impl Fn(&str) -> bool) -> Self {
        fn asked<T>(wanted: bool, list: impl FnOnce() -> CatalogList<T>) -> OptionFuture<CatalogList<T>> {
            wanted.then(list).into()
        }
        let (accounts, taxes, currencies, units, payment_types, languages, bank_accounts) = futures_util::join!(
            asked(wants("accounts"), || from.accounts()),
            asked(wants("taxes"), || from.taxes()),
            asked(wants("currencies"), || from.currencies()),
            asked(wants("units"), || from.units()),
            asked(wants("paymentTypes"), || from.payment_types()),
            asked(wants("languages"), || from.languages()),
            asked(wants("bankAccounts"), || from.bank_accounts()),
        );
        Self { accounts, taxes, currencies, units, payment_types, languages, bank_accounts }
    }
}

/// Writes a list that was fetched; null with an error where it could not be.
fn write<'a, T: Projected, L>(
    list: Option<&'a Result<Arc<L>, Fault>>,
    out: FieldWriter<'_, '_>,
    rows: impl FnOnce(&'a L) -> Vec<T::Source<'a>>,
) {
    match list {
        Some(Ok(list)) => out.list::<T>(rows(list)),
        Some(Err(fault)) => out.fault(fault),
        None => out.null(),
    }
}

object! {
    /// What the Bexio company has set up. Each list is asked of Bexio when it is selected and kept
    /// for a while; it is null with an error where Bexio could not be asked.
    "BexioCatalog" BexioCatalog<'a> from &'a Catalog {
        /// The chart of accounts.
        "accounts": Option<Vec<BexioAccount>> = |catalog, out| {
            write::<BexioAccount, _>(catalog.accounts.as_ref(), out, |list| list.iter().collect());
        };
        /// The tax rates that may be used on sales.
        "taxes": Option<Vec<BexioTax>> = |catalog, out| {
            write::<BexioTax, _>(catalog.taxes.as_ref(), out, |list| list.iter().collect());
        };
        /// The currencies.
        "currencies": Option<Vec<BexioCurrency>> = |catalog, out| {
            write::<BexioCurrency, _>(catalog.currencies.as_ref(), out, |list| list.iter().collect());
        };
        /// The units of quantities.
        "units": Option<Vec<BexioUnit>> = |catalog, out| {
            write::<BexioUnit, _>(catalog.units.as_ref(), out, |list| list.iter().collect());
        };
        /// The ways in which customers pay.
        "paymentTypes": Option<Vec<BexioPaymentType>> = |catalog, out| {
            write::<BexioPaymentType, _>(catalog.payment_types.as_ref(), out, |list| list.iter().collect());
        };
        /// The languages of documents.
        "languages": Option<Vec<BexioLanguage>> = |catalog, out| {
            write::<BexioLanguage, _>(catalog.languages.as_ref(), out, |list| list.iter().collect());
        };
        /// The company's bank accounts.
        "bankAccounts": Option<Vec<BexioBankAccount>> = |catalog, out| {
            write::<BexioBankAccount, _>(catalog.bank_accounts.as_ref(), out, |list| list.iter().collect());
        };
    }
}

impl Root for BexioCatalog {
    type Owned = Catalog;

    fn source(owned: &Self::Owned) -> Self::Source<'_> {
        owned
    }
}

/// What an account is for.
#[derive(async_graphql::Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "AccountKind")]
pub(in crate::graphql) enum BexioAccountKind {
    /// Revenue.
    Revenue,
    /// Expense.
    Expense,
    /// Assets.
    Asset,
    /// Liabilities.
    Liability,
    /// Closing.
    Closing,
    /// A kind that Bexio's documentation does not list.
    Unknown,
}
crate::graphql::output::leaf!(BexioAccountKind);

object! {
    /// An account of Bexio's chart of accounts.
    "BexioAccount" BexioAccount<'a> from &'a Account {
        /// Bexio's id of it.
        "bexioId": ID = |account, out| out.plain(account.id);
        /// Its number, such as 3400: what an invoice line's glAccount names.
        "number": String = |account, out| out.text(&account.number);
        /// Its name.
        "name": String = |account, out| out.text(&account.name);
        /// What it is for.
        "kind": BexioAccountKind = |account, out| out.member(BexioAccountKind::from(account.kind));
        /// Whether it is in use.
        "isActive": bool = |account, out| out.boolean(account.is_active);
        /// Whether invoice lines may post to it. Bexio refuses asset and liability accounts.
        "takesInvoiceLines": bool = |account, out| out.boolean(account.takes_invoice_lines());
    }
}

object! {
    /// A tax rate of Bexio.
    "BexioTax" BexioTax<'a> from &'a Tax {
        /// Bexio's id of it.
        "bexioId": ID = |tax, out| out.plain(tax.id);
        /// Its code, such as UN81: what an invoice line's taxCode names.
        "code": String = |tax, out| out.text(&tax.code);
        /// Its name.
        "name": String = |tax, out| out.text(&tax.name);
        /// What Bexio calls its kind, such as sales_tax.
        "kind": String = |tax, out| out.text(&tax.kind);
        /// The rate in percent, such as "8.1".
        "rate": Decimal = |tax, out| out.decimal(tax.rate, 0);
        /// The first day on which it may be used; null when there is no first day.
        "validFrom": Option<Date> = |tax, out| out.opt_plain(tax.valid_from);
        /// The last day on which it may be used; null when there is no last day.
        "validTo": Option<Date> = |tax, out| out.opt_plain(tax.valid_to);
        /// Whether it is in use.
        "isActive": bool = |tax, out| out.boolean(tax.is_active);
    }
}

object! {
    /// A currency that the company uses.
    "BexioCurrency" BexioCurrency<'a> from &'a catalog::Currency {
        /// Bexio's id of it.
        "bexioId": ID = |currency, out| out.plain(currency.id);
        /// Its code, such as CHF.
        "code": CurrencyCode = |currency, out| out.text(currency.code.as_str());
        /// The step that Bexio rounds totals to, such as "0.05".
        "roundingStep": Option<Decimal> = |currency, out| match currency.round_factor {
            Some(step) => out.decimal(step, 0),
            None => out.null(),
        };
    }
}

object! {
    /// A unit of quantities.
    "BexioUnit" BexioUnit<'a> from &'a Named {
        /// Bexio's id of it.
        "bexioId": ID = |unit, out| out.plain(unit.id);
        /// Its name.
        "name": String = |unit, out| out.text(&unit.name);
    }
}

object! {
    /// A way in which customers pay.
    "BexioPaymentType" BexioPaymentType<'a> from &'a Named {
        /// Bexio's id of it.
        "bexioId": ID = |payment_type, out| out.plain(payment_type.id);
        /// Its name.
        "name": String = |payment_type, out| out.text(&payment_type.name);
    }
}

object! {
    /// A language of documents.
    "BexioLanguage" BexioLanguage<'a> from &'a Coded {
        /// Bexio's id of it.
        "bexioId": ID = |language, out| out.plain(language.id);
        /// Its name.
        "name": String = |language, out| out.text(&language.name);
        /// Its code by ISO 639-1, such as de.
        "code": Option<String> = |language, out| out.opt_text(language.code.as_deref());
    }
}

object! {
    /// A bank account of the company.
    "BexioBankAccount" BexioBankAccount<'a> from &'a catalog::BankAccount {
        /// Bexio's id of it.
        "bexioId": ID = |account, out| out.plain(account.id);
        /// Its name.
        "name": String = |account, out| out.text(&account.name);
        /// Its IBAN.
        "iban": Option<String> = |account, out| out.opt_text(account.iban.as_deref());
        /// Its IBAN for QR bills.
        "qrIban": Option<String> = |account, out| out.opt_text(account.qr_iban.as_deref());
    }
}
