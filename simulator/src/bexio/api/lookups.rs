//! The look-ups: accounts, taxes, currencies, units, languages, countries, banks, users, settings, templates.
//!
//! Lists of 3.0 carry `x-total-count`, those of 2.0 never.

use axum::http::Method;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::{Value, json};

use crate::bexio::answer::{Answer, Count};
use crate::bexio::call::Call;
use crate::bexio::chart::Account;
use crate::bexio::company::{Country, Language, Named};
use crate::bexio::error::ApiError;
use crate::bexio::options::Quirk;
use crate::bexio::search::{Cell, Search};
use crate::bexio::state::Bexio;
use crate::bexio::taxes::{Tax, TaxRow};

use super::path_id;

impl Bexio {
    pub(super) fn lookup_route(&self, call: &Call<'_>) -> Result<Answer, ApiError> {
        match (call.method, call.path.as_slice()) {
            (&Method::GET, ["2.0", resource]) => self.list_2_0(call, resource),
            (&Method::POST, ["2.0", resource, "search"]) => self.search_2_0(call, resource),
            (&Method::GET, ["2.0", "company_profile", "1"]) => Ok(Answer::object(&self.company_profile())),
            (&Method::GET, ["3.0", rest @ ..]) => self.get_3_0(call, rest),
            _ => Err(ApiError::NotFound),
        }
    }

    fn list_2_0(&self, call: &Call<'_>, resource: &str) -> Result<Answer, ApiError> {
        let company = &self.company;
        match resource {
            "accounts" => self.rows(call, &company.accounts, account_column, None),
            "unit" => self.rows(call, &company.units, named_column, None),
            "payment_type" => self.rows(call, &company.payment_types, named_column, None),
            "language" => self.rows(call, &company.languages, language_column, None),
            "country" => self.rows(call, &company.countries, country_column, None),
            "company_profile" => Ok(Answer::list(&[self.company_profile()])),
            "kb_item_setting" => Ok(Answer::list(&self.document_settings())),
            _ => Err(ApiError::NotFound),
        }
    }

    fn search_2_0(&self, call: &Call<'_>, resource: &str) -> Result<Answer, ApiError> {
        let company = &self.company;
        let body = call.json()?;
        match resource {
            "accounts" => self.rows(call, &company.accounts, account_column, Some(&body)),
            "unit" => self.rows(call, &company.units, named_column, Some(&body)),
            "payment_type" => self.rows(call, &company.payment_types, named_column, Some(&body)),
            "language" => self.rows(call, &company.languages, language_column, Some(&body)),
            "country" => self.rows(call, &company.countries, country_column, Some(&body)),
            _ => Err(ApiError::NotFound),
        }
    }

    fn rows<R: Serialize>(
        &self,
        call: &Call<'_>,
        rows: &[R],
        column: impl Fn(&str) -> Option<fn(&R) -> Cell<'_>>,
        search: Option<&Value>,
    ) -> Result<Answer, ApiError> {
        let search = match search {
            None => Search::All(Vec::new()),
            Some(body) => Search::parse(body, self.in_form(), &column)?,
        };
        let found = rows.iter().filter(|row| search.finds(row)).collect();
        Ok(Answer::list(&self.page(call)?.cut(call, found, column)?))
    }

    fn get_3_0(&self, call: &Call<'_>, rest: &[&str]) -> Result<Answer, ApiError> {
        let company = &self.company;
        match rest {
            ["taxes"] => self.list_taxes(call),
            ["taxes", id] => one(&company.taxes, id, |tax| tax.id, |tax| self.tax_row(tax, self.today())),
            ["currencies"] => self.counted(call, &company.currencies.iter().collect::<Vec<_>>()),
            ["currencies", id] => one(&company.currencies, id, |row| row.id, |row| row),
            ["banking", "accounts"] => self.counted(call, &company.bank_accounts.iter().collect::<Vec<_>>()),
            ["banking", "accounts", id] => one(&company.bank_accounts, id, |row| row.id, |row| row),
            ["users"] => self.counted(call, &company.users.iter().collect::<Vec<_>>()),
            ["users", "me"] => company.users.first().map(Answer::object).ok_or(ApiError::NotFound),
            ["users", id] => one(&company.users, id, |row| row.id, |row| row),
            ["document_templates"] => self.counted(call, &document_templates()),
            _ => Err(ApiError::NotFound),
        }
    }

    fn list_taxes(&self, call: &Call<'_>) -> Result<Answer, ApiError> {
        let date = match call.query("date") {
            None => None,
            Some(text) => Some(text.parse::<Date>().map_err(|_| ApiError::BadParameters)?),
        };
        let seen_on = date.unwrap_or_else(|| self.today());
        let wanted_active = match call.query("scope") {
            None => None,
            Some("active") => Some(true),
            Some("inactive") => Some(false),
            Some(_) => return Err(ApiError::BadParameters),
        };
        let types = call.query("types");
        if types.is_some_and(|types| !matches!(types, "sales_tax" | "pre_tax")) {
            return Err(ApiError::BadParameters);
        }
        let rows: Vec<TaxRow> = self
            .company
            .taxes
            .iter()
            .filter(|tax| wanted_active.is_none_or(|wanted| tax.is_active_on(seen_on) == wanted))
            .filter(|tax| date.is_none_or(|date| tax.is_valid_on(date)))
            .filter(|tax| types.is_none_or(|types| tax.is_of_type(types)))
            .map(|tax| self.tax_row(tax, seen_on))
            .collect();
        self.counted(call, &rows)
    }

    fn tax_row(&self, tax: &Tax, seen_on: Date) -> TaxRow {
        let account_no = if tax.is_for_sales() { "2200" } else { "1170" };
        tax.row(seen_on, self.account_id(account_no))
    }

    fn counted<R: Serialize>(&self, call: &Call<'_>, rows: &[R]) -> Result<Answer, ApiError> {
        let page = self.page(call)?;
        let cut: Vec<&R> = rows.iter().skip(page.offset).take(page.limit).collect();
        Ok(Answer::counted(&cut, Count { total: rows.len(), limit: page.limit, offset: page.offset }))
    }

    fn company_profile(&self) -> Value {
        json!({
            "id": 1, "name": self.options.company_name, "address": "Beispielstrasse", "address_nr": "12",
            "postcode": "8005", "city": "Zürich", "country_id": 1, "country_name": "Schweiz",
            "legal_form": "stock_company", "mail": "kontakt@beispiel.example",
            "mwst_nr": "CHE-123.456.788 MWST", "ust_id_nr": "", "has_own_logo": false, "logo_base64": null,
        })
    }

    fn document_settings(&self) -> Vec<Value> {
        let defaults = &self.company.defaults;
        let is_automatic = !self.has(Quirk::ManualNumbering);
        let row = |id, text, class, format, next_nr: i64| {
            json!({
                "id": id, "text": text, "kb_item_class": class, "enumeration_format": format,
                "use_automatic_enumeration": is_automatic, "use_yearly_enumeration": false,
                "next_nr": next_nr, "nr_min_length": 5,
                "default_time_period_in_days": defaults.due_days, "default_logopaper_id": 1,
                "default_language_id": defaults.language_id,
                "default_client_bank_account_new_id": defaults.bank_account_id,
                "default_currency_id": defaults.currency_id, "default_mwst_type": 0,
                "default_mwst_is_net": true, "default_nb_decimals_amount": 2, "default_nb_decimals_price": 2,
                "default_show_position_taxes": false, "default_title": text,
                "default_show_esr_on_same_page": false, "default_payment_type_id": defaults.payment_type_id,
            })
        };
        vec![
            row(1, "Offerte", "KbOffer", "AN-%nummer%", 1),
            row(2, "Auftrag", "KbOrder", "AU-%nummer%", 1),
            row(3, "Rechnung", "KbInvoice", "RE-%nummer%", self.ids.document_nr + 1),
        ]
    }
}

fn one<'r, R, W: Serialize>(
    rows: &'r [R],
    id: &str,
    id_of: impl Fn(&R) -> i64,
    write: impl FnOnce(&'r R) -> W,
) -> Result<Answer, ApiError> {
    let id = path_id(id)?;
    rows.iter().find(|row| id_of(row) == id).map(|row| Answer::object(&write(row))).ok_or(ApiError::NotFound)
}

fn document_templates() -> Vec<Value> {
    vec![
        json!({ "slug": "581a9c1d3fb0d2e7a4c56b90", "name": "Standard", "is_default": true,
                "default_for_document_types": ["kb_invoice", "kb_offer", "kb_order"] }),
        json!({ "slug": "64f2b7a90c1de8350fb21a77", "name": "Modern", "is_default": false,
                "default_for_document_types": [] }),
    ]
}

fn account_column(name: &str) -> Option<fn(&Account) -> Cell<'_>> {
    match name {
        "id" => Some(|account| Cell::Int(account.id)),
        "account_no" => Some(|account| Cell::Text(&account.account_no)),
        "name" => Some(|account| Cell::Text(&account.name)),
        "account_type" => Some(|account| Cell::Int(account.account_type)),
        "fibu_account_group_id" => Some(|account| Cell::Int(account.fibu_account_group_id)),
        _ => None,
    }
}

fn named_column(name: &str) -> Option<fn(&Named) -> Cell<'_>> {
    match name {
        "id" => Some(|row| Cell::Int(row.id)),
        "name" => Some(|row| Cell::Text(row.name)),
        _ => None,
    }
}

fn language_column(name: &str) -> Option<fn(&Language) -> Cell<'_>> {
    match name {
        "id" => Some(|row| Cell::Int(row.id)),
        "name" => Some(|row| Cell::Text(row.name)),
        "iso_639_1" => Some(|row| Cell::Text(row.iso_639_1)),
        _ => None,
    }
}

fn country_column(name: &str) -> Option<fn(&Country) -> Cell<'_>> {
    match name {
        "id" => Some(|row| Cell::Int(row.id)),
        "name" => Some(|row| Cell::Text(row.name)),
        "name_short" => Some(|row| Cell::Text(row.iso_3166_alpha2)),
        _ => None,
    }
}
