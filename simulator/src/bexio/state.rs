//! Bexio's state: one company with its contacts, invoices, mails, tokens and rate-limit counters.
//!
//! The methods here make and find things; what may happen to an invoice is `ledger.rs`.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};

use super::company::Company;
use super::contact::{Contact, NewContact, Relation};
use super::invoice::{Invoice, NewInvoice, status};
use super::journal::{Deed, Entry, Journal};
use super::mail::SentMail;
use super::money::Totals;
use super::oauth::Issuer;
use super::options::{BexioOptions, Quirk};
use super::position::{Position, PositionIds};
use super::rate_limit::RateLimiter;
use super::zurich;
use crate::clock::SimClock;

/// Bexio's state.
#[derive(Debug)]
pub struct Bexio {
    pub(super) clock: SimClock,
    pub(super) options: BexioOptions,
    pub(super) company: Company,
    pub(super) contacts: BTreeMap<i64, Contact>,
    pub(super) relations: BTreeMap<i64, Relation>,
    pub(super) invoices: BTreeMap<i64, Invoice>,
    pub(super) mails: Vec<SentMail>,
    journal: Journal,
    pub(super) ids: Ids,
    pub(super) limiter: RateLimiter,
    pub(super) issuer: Issuer,
}

/// The last id given out, per kind.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ids {
    pub(super) contact: i64,
    pub(super) relation: i64,
    pub(super) invoice: i64,
    pub(super) document_nr: i64,
    pub(super) payment: i64,
    pub(super) voucher: i64,
    pub(super) reminder: i64,
    pub(super) comment: i64,
    pub(super) position: PositionIds,
}

/// Gives out the next id.
pub(super) fn next(last: &mut i64) -> i64 {
    *last += 1;
    *last
}

impl Bexio {
    /// A fresh company: look-ups, no contacts, no invoices.
    pub fn new(options: BexioOptions, clock: &SimClock) -> Self {
        Self {
            clock: clock.clone(),
            company: Company::swiss(&options.company_name),
            contacts: BTreeMap::new(),
            relations: BTreeMap::new(),
            invoices: BTreeMap::new(),
            mails: Vec::new(),
            journal: Journal::default(),
            ids: Ids::default(),
            limiter: RateLimiter::default(),
            issuer: Issuer::default(),
            options,
        }
    }

    /// Turns a departure from the default behaviour on or off.
    pub fn set_quirk(&mut self, quirk: Quirk, on: bool) {
        if on {
            self.options.quirks.insert(quirk);
        } else {
            self.options.quirks.remove(&quirk);
        }
    }

    /// The departures that are on.
    pub fn quirks(&self) -> &BTreeSet<Quirk> {
        &self.options.quirks
    }

    /// How it was set up.
    pub fn options(&self) -> &BexioOptions {
        &self.options
    }

    /// Changes the set-up of a running service, for example its rate limits.
    pub fn options_mut(&mut self) -> &mut BexioOptions {
        &mut self.options
    }

    /// Makes a contact and returns its id. Nothing is checked.
    pub fn add_contact(&mut self, details: NewContact) -> i64 {
        let id = next(&mut self.ids.contact);
        let nr = details.nr.clone().unwrap_or_else(|| format!("{id:06}")).into();
        let address = details.address().into();
        let address_lines = details.address_lines();
        let updated_at = self.wall_time();
        let contact = Contact { id, nr, details, address, address_lines, is_archived: false, updated_at };
        self.contacts.insert(id, contact);
        id
    }

    /// What a person does in Bexio who archives a contact; `false` when there is none with this id.
    pub fn archive_contact(&mut self, id: i64) -> bool {
        self.contacts.get_mut(&id).is_some_and(|contact| {
            contact.is_archived = true;
            true
        })
    }

    /// Makes a draft and returns its id. Nothing is checked: unknown ids are kept, an unknown tax counts as 0 %.
    pub fn create_invoice(&mut self, new: NewInvoice) -> i64 {
        let id = next(&mut self.ids.invoice);
        let invoice = self.draft(id, new);
        self.invoices.insert(id, invoice);
        self.retotal(id);
        self.note(id, Deed::Created);
        id
    }

    fn draft(&mut self, id: i64, new: NewInvoice) -> Invoice {
        let updated_at = new.at.map_or_else(|| self.wall_time(), zurich::wall_time);
        let document_nr = new.document_nr.unwrap_or_else(|| self.next_document_nr());
        let positions = new.positions.into_iter().map(|position| self.ids.position.place(position)).collect();
        let contact_address = match new.contact_address_manual {
            Some(address) => address.into(),
            None => self.address_of(new.contact_id),
        };
        let defaults = &self.company.defaults;
        let is_valid_from = new.is_valid_from.unwrap_or(updated_at.date());
        Invoice {
            id,
            document_nr: document_nr.into(),
            title: new.title.map(Into::into),
            contact_id: new.contact_id,
            contact_sub_id: new.contact_sub_id,
            user_id: new.user_id.unwrap_or_else(|| self.company.users.first().map_or(1, |user| user.id)),
            project_id: new.project_id,
            language_id: new.language_id.unwrap_or(defaults.language_id),
            bank_account_id: new.bank_account_id.unwrap_or(defaults.bank_account_id),
            currency_id: new.currency_id.unwrap_or(defaults.currency_id),
            payment_type_id: new.payment_type_id.or(Some(defaults.payment_type_id)),
            header: new.header.map_or_else(|| defaults.header.clone(), Into::into),
            footer: new.footer.map_or_else(|| defaults.footer.clone(), Into::into),
            mwst_type: new.mwst_type.unwrap_or(0),
            mwst_is_net: new.mwst_is_net.unwrap_or(true),
            show_position_taxes: new.show_position_taxes,
            is_valid_from,
            is_valid_to: new
                .is_valid_to
                .unwrap_or_else(|| zurich::days_after(is_valid_from, defaults.due_days)),
            contact_address,
            kb_item_status_id: status::DRAFT,
            reference: Some(new.reference.unwrap_or_default().into()),
            api_reference: new.api_reference.map(Into::into),
            viewed_by_client_at: None,
            updated_at,
            template_slug: Some(new.template_slug.unwrap_or_default().into()),
            positions,
            payments: Vec::new(),
            reminders: Vec::new(),
            comments: Vec::new(),
            totals: Totals::default(),
            cancel_voucher: rust_decimal::Decimal::ZERO,
            is_sent: false,
        }
    }

    fn next_document_nr(&mut self) -> String {
        format!("RE-{:05}", next(&mut self.ids.document_nr))
    }

    pub(super) fn address_of(&self, contact_id: Option<i64>) -> std::sync::Arc<str> {
        let contact = contact_id.and_then(|id| self.contacts.get(&id));
        contact.map_or_else(|| "".into(), |contact| contact.address_lines.clone())
    }

    /// Adds up an invoice's positions again.
    pub(super) fn retotal(&mut self, id: i64) {
        let Some(invoice) = self.invoices.get_mut(&id) else { return };
        let step = self.company.round_factor(invoice.currency_id);
        let positions = invoice.positions.iter().map(|placed| &placed.position);
        invoice.totals = Totals::of(positions, invoice.vat_mode(), step, |tax| self.company.rate_of(tax));
    }

    /// Replaces all positions; new ones get new ids.
    pub(super) fn replace_positions(&mut self, id: i64, positions: Vec<Position>) {
        let ids = &mut self.ids.position;
        if let Some(invoice) = self.invoices.get_mut(&id) {
            invoice.positions = positions.into_iter().map(|position| ids.place(position)).collect();
        }
        self.retotal(id);
    }

    /// One invoice.
    pub fn invoice(&self, id: i64) -> Option<&Invoice> {
        self.invoices.get(&id)
    }

    /// Every invoice, by id.
    pub fn invoices(&self) -> impl ExactSizeIterator<Item = &Invoice> {
        self.invoices.values()
    }

    /// Every contact, archived ones too, by id.
    pub fn contacts(&self) -> impl ExactSizeIterator<Item = &Contact> {
        self.contacts.values()
    }

    /// What ties persons to companies, by id.
    pub fn relations(&self) -> impl ExactSizeIterator<Item = &Relation> {
        self.relations.values()
    }

    /// The mails sent so far, oldest first.
    pub fn mails(&self) -> &[SentMail] {
        &self.mails
    }

    /// What happened to invoices, the newest 20,000 deeds, oldest first.
    pub fn journal(&self) -> impl ExactSizeIterator<Item = &Entry> {
        self.journal.entries()
    }

    /// Enters what happened to an invoice that is there.
    pub(super) fn note(&mut self, kb_invoice_id: i64, deed: Deed) {
        let Some(invoice) = self.invoices.get(&kb_invoice_id) else { return };
        let api_reference = invoice.api_reference.clone();
        self.journal.note(Entry { at: self.clock.now(), kb_invoice_id, api_reference, deed });
    }

    /// The look-ups.
    pub fn company(&self) -> &Company {
        &self.company
    }

    /// What a person does in Bexio who switches an account on or off; `false` when there is none.
    pub fn switch_account(&mut self, account_no: &str, is_active: bool) -> bool {
        let account = self.company.accounts.iter_mut().find(|account| account.account_no == account_no);
        account.is_some_and(|account| {
            account.is_active = is_active;
            true
        })
    }

    /// What a person does in Bexio who switches a tax on or off; `false` when there is none.
    pub fn switch_tax(&mut self, code: &str, is_active: bool) -> bool {
        let tax = self.company.taxes.iter_mut().find(|tax| tax.code == code);
        tax.is_some_and(|tax| {
            tax.is_switched_off = !is_active;
            true
        })
    }

    /// The id of an account by its number ("3400").
    pub fn account_id(&self, account_no: &str) -> Option<i64> {
        self.company
            .accounts
            .iter()
            .find(|account| account.account_no == account_no)
            .map(|account| account.id)
    }

    /// The id of a tax by its code ("UN81").
    pub fn tax_id(&self, code: &str) -> Option<i64> {
        self.company.taxes.iter().find(|tax| tax.code == code).map(|tax| tax.id)
    }

    /// The id of a currency by its ISO code ("CHF").
    pub fn currency_id(&self, iso_code: &str) -> Option<i64> {
        self.company.currencies.iter().find(|currency| currency.name == iso_code).map(|currency| currency.id)
    }

    /// The id of a unit by its name ("h").
    pub fn unit_id(&self, name: &str) -> Option<i64> {
        self.company.units.iter().find(|unit| unit.name == name).map(|unit| unit.id)
    }

    /// The id of a country by its ISO code ("CH").
    pub fn country_id(&self, iso_code: &str) -> Option<i64> {
        self.company.countries.iter().find(|c| c.iso_3166_alpha2 == iso_code).map(|c| c.id)
    }

    pub(super) fn has(&self, quirk: Quirk) -> bool {
        self.options.quirks.contains(&quirk)
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn wall_time(&self) -> DateTime {
        zurich::wall_time(self.clock.now())
    }

    pub(super) fn today(&self) -> Date {
        self.wall_time().date()
    }
}
