//! The steps that read.

use super::failure::{of_bexio, of_psohub};
use super::run::{Found, Run};
use crate::bexio::Rows;
use crate::domain::Problems;
use crate::domain::catalog::User;
use crate::domain::connection_test::{
    Failure, Finding, FindingCode, FindingSeverity, StepName, TestMarker, check, expiry_warning,
};
use crate::psohub::{InvoiceListFilter, StatusFilter};

impl Run<'_> {
    /// Asks what `name` asks, and keeps what later steps need.
    pub(super) async fn look(&mut self, name: StepName) -> Result<Found, Failure> {
        match name {
            StepName::PsohubInvoices => return self.psohub_invoices().await,
            StepName::BexioUser => return self.user().await,
            StepName::BexioCompany => return self.company().await,
            StepName::BexioInvoices => return self.invoices().await,
            StepName::BexioContacts => return self.contacts().await,
            _ => {}
        }
        let problems = self.set_up(name).await?;
        let parts = self.parts;
        let today = parts.clock.today();
        let (words, mut findings) = check(name, &self.settings, &self.catalog, parts.base_currency, today);
        findings.extend(not_understood(&problems));
        Ok(Found { words, findings })
    }

    /// Drafts: they carry no PDF, so that the list is small.
    async fn psohub_invoices(&mut self) -> Result<Found, Failure> {
        let mut drafts = 0_usize;
        let filter = InvoiceListFilter::by_status(StatusFilter::Draft);
        let report = self.parts.psohub.list(&filter, |_| drafts += 1).await.map_err(of_psohub)?;
        let mut findings: Vec<Finding> =
            expiry_warning(self.subject(StepName::PsohubInvoices)).into_iter().collect();
        findings.extend(not_understood(&report.problems));
        if report.may_be_cut {
            findings.push(Finding::new(
                FindingCode::ListMayBeCut,
                FindingSeverity::Warning,
                format!("PSOhub's list has exactly {} rows: it may be cut without saying so", report.rows),
                "Compare with the number of drafts in PSOhub; if there are more, report it.",
            ));
        }
        Ok(Found { words: Some(format!("{drafts} drafts").into()), findings })
    }

    async fn user(&mut self) -> Result<Found, Failure> {
        let user = self.parts.bexio.me().await.map_err(of_bexio)?;
        self.catalog.user_id = Some(user.id);
        let findings = expiry_warning(self.subject(StepName::BexioUser)).into_iter().collect();
        Ok(Found { words: Some(name_of(&user)), findings })
    }

    async fn company(&mut self) -> Result<Found, Failure> {
        let company = self.parts.bexio.company_profile().await.map_err(of_bexio)?;
        self.company = Some(company.name.clone());
        Ok(Found { words: Some(company.name), findings: Vec::new() })
    }

    /// Finds nothing: the reference is new. That it is answered is the proof.
    async fn invoices(&mut self) -> Result<Found, Failure> {
        let reference = TestMarker::new(rand::random()).api_reference();
        let bexio = &self.parts.bexio;
        bexio.search_api_reference(&reference, &self.catalog.currencies).await.map_err(of_bexio)?;
        Ok(Found::default())
    }

    async fn contacts(&mut self) -> Result<Found, Failure> {
        let name = TestMarker::new(rand::random()).title();
        self.parts.bexio.contacts_by_name(&name).await.map_err(of_bexio)?;
        Ok(Found::default())
    }

    /// Reads the list that `name` is about into the catalog. What of it was not understood.
    async fn set_up(&mut self, name: StepName) -> Result<Problems, Failure> {
        let (bexio, catalog) = (&self.parts.bexio, &mut self.catalog);
        Ok(match name {
            StepName::BexioAccounts => keep(&mut catalog.accounts, bexio.accounts().await.map_err(of_bexio)?),
            StepName::BexioTaxes => keep(&mut catalog.taxes, bexio.taxes().await.map_err(of_bexio)?),
            StepName::BexioCurrencies => {
                let (currencies, problems) = bexio.currencies().await.map_err(of_bexio)?;
                catalog.currencies = currencies;
                problems
            }
            StepName::BexioNumbering => {
                let settings = bexio.invoice_settings().await.map_err(of_bexio)?;
                catalog.invoice_settings = Some(settings);
                Problems::default()
            }
            StepName::BexioLanguages => {
                keep(&mut catalog.languages, bexio.languages().await.map_err(of_bexio)?)
            }
            StepName::BexioUnits => keep(&mut catalog.units, bexio.units().await.map_err(of_bexio)?),
            StepName::BexioPaymentTypes => {
                keep(&mut catalog.payment_types, bexio.payment_types().await.map_err(of_bexio)?)
            }
            StepName::BexioBankAccounts => {
                keep(&mut catalog.bank_accounts, bexio.bank_accounts().await.map_err(of_bexio)?)
            }
            _ => Problems::default(),
        })
    }
}

fn keep<T>(list: &mut Vec<T>, read: Rows<T>) -> Problems {
    *list = read.rows;
    read.problems
}

fn name_of(user: &User) -> Box<str> {
    let names = [&user.first_name, &user.last_name];
    let names: Vec<&str> = names.into_iter().filter_map(|name| name.as_deref()).collect();
    match (&user.email, names.is_empty()) {
        (_, false) => names.join(" ").into(),
        (Some(email), true) => email.clone(),
        (None, true) => format!("user {}", user.id).into(),
    }
}

fn not_understood(problems: &Problems) -> Option<Finding> {
    let lost = problems.rows_lost + problems.fields_lost;
    (lost > 0).then(|| {
        let first = problems.kept.first();
        let example = first.map(|problem| format!(", first {}: {}", problem.field, problem.why));
        Finding::new(
            FindingCode::RowsNotUnderstood,
            FindingSeverity::Warning,
            format!("{lost} values could not be understood{}", example.unwrap_or_default()),
            "Nothing else is affected. Report it: the API may have changed.",
        )
    })
}
