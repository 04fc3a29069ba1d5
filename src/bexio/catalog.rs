//! What a Bexio company has set up. Everything is read whole; the caller keeps it.
//!
//! The 3.0 paths are used where both exist: several 2.0 twins were found dead.

use jiff::civil::Date;

use super::client::BexioClient;
use super::error::BexioError;
use super::rows::Rows;
use crate::domain::catalog::{Account, AccountKind, BankAccount, Coded, Currencies, Currency, Named, Tax};
use crate::domain::{MoneyError, Problems};
use crate::transport::json::{self, FieldFault, Fields, Reader};

impl BexioClient {
    /// The company's currencies, and what of them was not understood.
    ///
    /// <https://docs.bexio.com/#tag/Currencies/operation/ListCurrencies>
    ///
    /// # Errors
    /// [`BexioError`].
    pub async fn currencies(&self) -> Result<(Currencies, Problems), BexioError> {
        let rows = self.all("/3.0/currencies", "GET /3.0/currencies", &[], currency).await?;
        Ok((rows.rows.into_iter().collect(), rows.problems))
    }

    /// The chart of accounts.
    ///
    /// <https://docs.bexio.com/#tag/Accounts/operation/v2ListAccounts>
    ///
    /// # Errors
    /// [`BexioError`].
    pub async fn accounts(&self) -> Result<Rows<Account>, BexioError> {
        self.all("/2.0/accounts", "GET /2.0/accounts", &[], account).await
    }

    /// The active sales taxes; those of a day where one is given. Bexio lists no 0 % export tax
    /// here although it takes one on invoices: [`Self::taxes`] has it.
    ///
    /// <https://docs.bexio.com/#tag/Taxes/operation/ListTaxes>
    ///
    /// # Errors
    /// [`BexioError`].
    pub async fn sales_taxes(&self, on: Option<Date>) -> Result<Rows<Tax>, BexioError> {
        let on = on.map(|date| date.to_string());
        let mut query = vec![("types", "sales_tax"), ("scope", "active")];
        query.extend(on.as_deref().map(|date| ("date", date)));
        self.all("/3.0/taxes", "GET /3.0/taxes", &query, tax).await
    }

    /// All taxes, of every type, also those that are over.
    ///
    /// <https://docs.bexio.com/#tag/Taxes/operation/ListTaxes>
    ///
    /// # Errors
    /// [`BexioError`].
    pub async fn taxes(&self) -> Result<Rows<Tax>, BexioError> {
        self.all("/3.0/taxes", "GET /3.0/taxes", &[], tax).await
    }

    /// The units of positions.
    ///
    /// <https://docs.bexio.com/#tag/Units/operation/v2ListUnits>
    ///
    /// # Errors
    /// [`BexioError`].
    pub async fn units(&self) -> Result<Rows<Named>, BexioError> {
        self.all("/2.0/unit", "GET /2.0/unit", &[], named).await
    }

    /// The payment types.
    ///
    /// <https://docs.bexio.com/#tag/Payment-Types/operation/v2ListPaymentTypes>
    ///
    /// # Errors
    /// [`BexioError`].
    pub async fn payment_types(&self) -> Result<Rows<Named>, BexioError> {
        self.all("/2.0/payment_type", "GET /2.0/payment_type", &[], named).await
    }

    /// The languages of documents, with `iso_639_1`.
    ///
    /// <https://docs.bexio.com/#tag/Languages/operation/v2ListLanguages>
    ///
    /// # Errors
    /// [`BexioError`].
    pub async fn languages(&self) -> Result<Rows<Coded>, BexioError> {
        self.all("/2.0/language", "GET /2.0/language", &[], |fields, reader| {
            coded(fields, reader, &["iso_639_1"])
        })
        .await
    }

    /// The countries of addresses, with `iso_3166_alpha2`, which the documentation spells otherwise.
    ///
    /// <https://docs.bexio.com/#tag/Countries/operation/v2ListCountries>
    ///
    /// # Errors
    /// [`BexioError`].
    pub async fn countries(&self) -> Result<Rows<Coded>, BexioError> {
        self.all("/2.0/country", "GET /2.0/country", &[], |fields, reader| {
            coded(fields, reader, &["iso_3166_alpha2", "iso3166_alpha2"])
        })
        .await
    }

    /// The company's bank accounts.
    ///
    /// <https://docs.bexio.com/#tag/Bank-Accounts/operation/ListBankAccounts>
    ///
    /// # Errors
    /// [`BexioError`].
    pub async fn bank_accounts(&self) -> Result<Rows<BankAccount>, BexioError> {
        self.all("/3.0/banking/accounts", "GET /3.0/banking/accounts", &[], bank_account).await
    }
}

fn id_of(fields: &mut Fields<'_>, reader: &mut Reader) -> Result<i64, FieldFault> {
    let id = Reader::required("id", fields.value(&["id"]), json::integer_of)?;
    reader.id = Some(id);
    Ok(id)
}

fn name_of(fields: &mut Fields<'_>, reader: &mut Reader, names: &[&str]) -> Result<Box<str>, FieldFault> {
    let field = names.first().copied().unwrap_or("name");
    reader.word(field, fields.value(names)).ok_or_else(|| FieldFault::new(field, "it is missing"))
}

fn currency(fields: &mut Fields<'_>, reader: &mut Reader) -> Result<Currency, FieldFault> {
    let id = id_of(fields, reader)?;
    let name = name_of(fields, reader, &["name"])?;
    let code = name.parse().map_err(|error: MoneyError| FieldFault::new("name", error))?;
    let round_factor = reader.read("round_factor", fields.value(&["round_factor"]), json::decimal_of);
    Ok(Currency { id, code, round_factor: round_factor.filter(|factor| !factor.is_zero()) })
}

fn account(fields: &mut Fields<'_>, reader: &mut Reader) -> Result<Account, FieldFault> {
    let id = id_of(fields, reader)?;
    let number = name_of(fields, reader, &["account_no"])?;
    let kind = reader.read("account_type", fields.value(&["account_type"]), json::integer_of);
    let active = reader.read("is_active", fields.value(&["is_active"]), json::bool_of);
    Ok(Account {
        id,
        number,
        name: reader.word("name", fields.value(&["name"])).unwrap_or_default(),
        kind: kind.map_or(AccountKind::Unknown, AccountKind::from_raw),
        tax_id: reader.read("tax_id", fields.value(&["tax_id"]), json::integer_of),
        is_active: active.unwrap_or(false),
    })
}

fn tax(fields: &mut Fields<'_>, reader: &mut Reader) -> Result<Tax, FieldFault> {
    let id = id_of(fields, reader)?;
    let rate = Reader::required("value", fields.value(&["value"]), json::decimal_of)?;
    let mut number = |name: &str| reader.read(name, fields.value(&[name]), json::integer_of);
    let start = (number("start_year"), number("start_month"));
    let end = (number("end_year"), number("end_month"));
    let active = reader.read("is_active", fields.value(&["is_active"]), json::bool_of);
    Ok(Tax {
        id,
        code: reader.word("code", fields.value(&["code"])).unwrap_or_default(),
        name: name_of(fields, reader, &["display_name", "name"])?,
        kind: reader.word("type", fields.value(&["type"])).unwrap_or_default(),
        rate,
        valid_from: month(start, 1),
        valid_to: month(end, 12).map(Date::last_of_month),
        is_active: active.unwrap_or(false),
    })
}

/// The first day of a month; a year alone means its `month_default`.
fn month((year, month): (Option<i64>, Option<i64>), month_default: i64) -> Option<Date> {
    let year = i16::try_from(year?).ok()?;
    let month = i8::try_from(month.unwrap_or(month_default)).ok()?;
    Date::new(year, month, 1).ok()
}

fn named(fields: &mut Fields<'_>, reader: &mut Reader) -> Result<Named, FieldFault> {
    Ok(Named { id: id_of(fields, reader)?, name: name_of(fields, reader, &["name"])? })
}

fn coded(fields: &mut Fields<'_>, reader: &mut Reader, codes: &[&str]) -> Result<Coded, FieldFault> {
    let id = id_of(fields, reader)?;
    let name = name_of(fields, reader, &["name"])?;
    Ok(Coded { id, name, code: reader.word(codes[0], fields.value(codes)) })
}

fn bank_account(fields: &mut Fields<'_>, reader: &mut Reader) -> Result<BankAccount, FieldFault> {
    let id = id_of(fields, reader)?;
    let currency_id = reader.read("currency_id", fields.value(&["currency_id"]), json::integer_of);
    let mut word = |name: &str| reader.word(name, fields.value(&[name]));
    Ok(BankAccount {
        id,
        name: word("name").unwrap_or_default(),
        iban: word("iban_nr"),
        qr_iban: word("qr_invoice_iban"),
        currency_id,
        invoice_mode: word("invoice_mode"),
    })
}
