//! Who is connected: the user, the company, and how it presets its invoices.
//!
//! <https://docs.bexio.com/#tag/User-Management>, <https://docs.bexio.com/#tag/Company-Profile>

use super::client::BexioClient;
use super::error::BexioError;
use super::rows::Rows;
use crate::domain::catalog::{CompanyProfile, InvoiceSettings, User};
use crate::transport::json::{self, FieldFault, Fields, Reader};

impl BexioClient {
    /// The user whose token this is.
    ///
    /// <https://docs.bexio.com/#tag/User-Management/operation/v3ShowMe>
    ///
    /// # Errors
    /// [`BexioError`].
    pub async fn me(&self) -> Result<User, BexioError> {
        let route = "GET /3.0/users/me";
        let answer = self.get("/3.0/users/me", route).await?;
        let answer = answer.ok_or(BexioError::Missing { route })?;
        self.object(&answer, user)
    }

    /// The company's users.
    ///
    /// <https://docs.bexio.com/#tag/User-Management/operation/v3ListUsers>
    ///
    /// # Errors
    /// [`BexioError`].
    pub async fn users(&self) -> Result<Rows<User>, BexioError> {
        self.all("/3.0/users", "GET /3.0/users", &[], user).await
    }

    /// The company. Its logo is not kept.
    ///
    /// <https://docs.bexio.com/#tag/Company-Profile/operation/v2ListCompanyProfile>
    ///
    /// # Errors
    /// [`BexioError`].
    pub async fn company_profile(&self) -> Result<CompanyProfile, BexioError> {
        let (path, route) = ("/2.0/company_profile", "GET /2.0/company_profile");
        let rows = self.all(path, route, &[], company).await?;
        rows.rows.into_iter().next().ok_or(BexioError::Missing { route })
    }

    /// How invoices are numbered and preset.
    ///
    /// # Errors
    /// [`BexioError`].
    pub async fn invoice_settings(&self) -> Result<InvoiceSettings, BexioError> {
        let (path, route) = ("/2.0/kb_item_setting", "GET /2.0/kb_item_setting");
        let rows = self.all(path, route, &[], settings).await?;
        rows.rows.into_iter().flatten().next().ok_or(BexioError::Missing { route })
    }
}

fn user(fields: &mut Fields<'_>, reader: &mut Reader) -> Result<User, FieldFault> {
    let id = Reader::required("id", fields.value(&["id"]), json::integer_of)?;
    reader.id = Some(id);
    let mut word = |name: &str| reader.word(name, fields.value(&[name]));
    Ok(User { id, first_name: word("firstname"), last_name: word("lastname"), email: word("email") })
}

fn company(fields: &mut Fields<'_>, reader: &mut Reader) -> Result<CompanyProfile, FieldFault> {
    let id = Reader::required("id", fields.value(&["id"]), json::integer_of)?;
    reader.id = Some(id);
    let mut word = |name: &str| reader.word(name, fields.value(&[name]));
    let name = word("name").ok_or_else(|| FieldFault::new("name", "it is missing"))?;
    Ok(CompanyProfile { id, name, city: word("city"), email: word("mail"), vat_number: word("mwst_nr") })
}

/// `None` for the settings of other documents than invoices.
fn settings(fields: &mut Fields<'_>, reader: &mut Reader) -> Result<Option<InvoiceSettings>, FieldFault> {
    let class = reader.word("kb_item_class", fields.value(&["kb_item_class"]));
    if class.as_deref() != Some("KbInvoice") {
        return Ok(None);
    }
    let automatic = "use_automatic_enumeration";
    let automatic_numbering = Reader::required(automatic, fields.value(&[automatic]), json::bool_of)?;
    let vat_is_net = fields.value(&["default_mwst_is_net"]);
    let vat_is_net = reader.read("default_mwst_is_net", vat_is_net, json::bool_of);
    let mut number = |name: &str| reader.read(name, fields.value(&[name]), json::integer_of);
    Ok(Some(InvoiceSettings {
        automatic_numbering,
        due_days: number("default_time_period_in_days"),
        language_id: number("default_language_id"),
        bank_account_id: number("default_client_bank_account_new_id"),
        currency_id: number("default_currency_id"),
        payment_type_id: number("default_payment_type_id"),
        vat_mode: number("default_mwst_type"),
        vat_is_net,
    }))
}
