//! The steps that write: a contact and a draft with one line, read back, and deleted again.
//!
//! Each create is announced in the store before it leaves. The announcement is taken back only when nothing
//! can be left: everything that was created was deleted, and no create has an unknown outcome. Otherwise the
//! sweep looks after it.

use super::failure::{of_bexio, of_write};
use super::run::{Found, Run};
use crate::bexio::WriteError;
use crate::domain::connection_test::{
    Failure, Finding, FindingCode, FindingSeverity, StepName, TestMarker, draft_differs, sample_plan,
};
use crate::domain::plan::{ContactFields, Plan};
use crate::domain::{BexioContactId, BexioInvoiceId};
use crate::store::{OpenTest, Store};

/// What a test has made so far.
struct Made {
    test: OpenTest,
    user_id: i64,
    plan: Plan,
    contact: Option<BexioContactId>,
    invoice: Option<BexioInvoiceId>,
    /// Whether something may be in Bexio that is not known here, or could not be deleted.
    may_be_left: bool,
}

impl Run<'_> {
    /// Runs the steps that write, or says why they are skipped.
    pub(super) async fn write(&mut self) {
        let (mut made, store) = match self.prepare() {
            Ok(ready) => ready,
            Err(why) => return self.skip_rest(&StepName::WRITE, &why),
        };
        self.create_contact(&mut made, &store).await;
        if made.contact.is_some() {
            self.create_invoice(&mut made, &store).await;
            match made.invoice {
                Some(id) => {
                    self.read_invoice(&made, id).await;
                    self.delete_invoice(&mut made, id).await;
                }
                None => self.skip_rest(
                    &[StepName::ReadInvoice, StepName::DeleteInvoice],
                    "not tried, since CREATE_INVOICE failed",
                ),
            }
        } else {
            self.skip_rest(&StepName::WRITE[1..4], "not tried, since CREATE_CONTACT failed");
        }
        self.delete_contact(&mut made).await;
        if !made.may_be_left
            && let Err(error) = store.close_test(made.test.marker).await
        {
            // The sweep finds nothing and closes it.
            tracing::warn!(%error, "a connection test that left nothing behind could not be closed");
        }
    }

    /// Everything that a draft needs, as the steps before found it.
    fn prepare(&self) -> Result<(Made, Store), String> {
        if let Some(why) = self.stopped(StepName::CreateContact) {
            return Err(why);
        }
        let parts = self.parts;
        let store = parts.store.clone().ok_or("not tried: the database, which keeps note, is not at hand")?;
        let lacks = |what: &str| format!("not tried: the steps before found no {what}");
        let user_id = self.catalog.user_id.ok_or_else(|| lacks("user"))?;
        let marker = TestMarker::new(rand::random());
        let (today, currency) = (parts.clock.today(), parts.base_currency);
        let plan = sample_plan(marker, &self.settings, &self.catalog, currency, today);
        let plan = plan.ok_or_else(|| lacks("invoice"))?;
        plan.header.currency_id.ok_or_else(|| lacks("currency"))?;
        let position = plan.positions.first().ok_or_else(|| lacks("line"))?;
        position.account.as_ref().ok_or_else(|| lacks("revenue account"))?;
        position.tax.as_ref().ok_or_else(|| lacks("tax"))?;
        let test = OpenTest { marker, begun_by: self.by.clone(), last_create_at: parts.clock.now() };
        Ok((Made { test, user_id, plan, contact: None, invoice: None, may_be_left: false }, store))
    }

    fn skip_rest(&mut self, steps: &[StepName], why: &str) {
        for step in steps {
            self.skip(*step, why);
        }
    }

    async fn create_contact(&mut self, made: &mut Made, store: &Store) {
        let began = self.parts.clock.elapsed();
        let name = StepName::CreateContact;
        if let Some(finding) = self.announce(made, store).await {
            return self.note(name, began, Ok(Found { words: None, findings: vec![finding] }));
        }
        let fields = ContactFields { name: made.test.marker.title().into(), email: None, person: None };
        let created = self.parts.bexio.create_company(&fields, made.user_id).await;
        made.may_be_left |= matches!(created, Err(WriteError::OutcomeUnknown { .. }));
        made.contact = created.as_ref().ok().copied();
        self.note(name, began, created.map(|_| Found::default()).map_err(of_write));
    }

    async fn create_invoice(&mut self, made: &mut Made, store: &Store) {
        let Some(contact) = made.contact else { return };
        let began = self.parts.clock.elapsed();
        let name = StepName::CreateInvoice;
        if let Some(finding) = self.announce(made, store).await {
            return self.note(name, began, Ok(Found { words: None, findings: vec![finding] }));
        }
        let created = self.parts.bexio.create_invoice(contact, None, &made.plan).await;
        made.may_be_left |= matches!(created, Err(WriteError::OutcomeUnknown { .. }));
        made.invoice = created.as_ref().ok().map(|invoice| invoice.id);
        let found = |number: Box<str>| Found { words: Some(number), findings: Vec::new() };
        let outcome = created.map(|invoice| found(invoice.document_number)).map_err(of_write);
        self.note(name, began, outcome);
    }

    /// Puts the next create on disk; a finding where that failed, and then nothing may be created.
    async fn announce(&self, made: &mut Made, store: &Store) -> Option<Finding> {
        made.test.last_create_at = self.parts.clock.now();
        let error = store.announce_test_create(&made.test).await.err()?;
        Some(Finding::new(
            FindingCode::NotRecorded,
            FindingSeverity::Error,
            format!("nothing was created, because it could not be noted: {error}"),
            "Look after the database: run `invoice-gateway doctor`.",
        ))
    }

    async fn read_invoice(&mut self, made: &Made, id: BexioInvoiceId) {
        let began = self.parts.clock.elapsed();
        let read = self.parts.bexio.invoice(id, &self.catalog.currencies).await;
        let outcome = read.map_err(of_bexio).and_then(|draft| match draft {
            Some(draft) => Ok(draft_differs(&made.plan, &draft)),
            None => Err(Failure::NotUnderstood("the draft that was created is not there".to_owned())),
        });
        let outcome = outcome.map(|difference| Found {
            words: None,
            findings: difference.as_deref().map(differing).into_iter().collect(),
        });
        self.note(StepName::ReadInvoice, began, outcome);
    }

    async fn delete_invoice(&mut self, made: &mut Made, id: BexioInvoiceId) {
        let began = self.parts.clock.elapsed();
        let deleted = self.parts.bexio.delete_invoice(id).await;
        self.note_deleted(StepName::DeleteInvoice, began, made, deleted);
    }

    async fn delete_contact(&mut self, made: &mut Made) {
        let Some(id) = made.contact else {
            return self.skip(StepName::DeleteContact, "not tried, since CREATE_CONTACT failed");
        };
        let began = self.parts.clock.elapsed();
        let deleted = self.parts.bexio.archive_contact(id).await;
        self.note_deleted(StepName::DeleteContact, began, made, deleted);
    }

    fn note_deleted(
        &mut self,
        name: StepName,
        began: std::time::Duration,
        made: &mut Made,
        deleted: Result<(), WriteError>,
    ) {
        let is_gone = matches!(deleted, Ok(()) | Err(WriteError::Refused { status: 404, .. }));
        if is_gone {
            return self.note(name, began, Ok(Found::default()));
        }
        made.may_be_left = true;
        self.note(name, began, deleted.map(|()| Found::default()).map_err(of_write));
        self.add_finding(left_for_sweep());
    }
}

fn differing(difference: &str) -> Finding {
    Finding::new(
        FindingCode::DraftDiffers,
        FindingSeverity::Error,
        format!("Bexio's draft is not what was sent: {difference}"),
        "Look for an automatic rule in Bexio that changes new invoices; if there is none, report it.",
    )
}

fn left_for_sweep() -> Finding {
    Finding::new(
        FindingCode::LeftForSweep,
        FindingSeverity::Warning,
        "what was created for the test may still be in Bexio",
        "Nothing is to be done: the service deletes it within a few minutes, also after a restart.",
    )
}
