//! What the sending mutations are asked.

use async_graphql::{InputObject, OneofObject};

use super::{InvoiceFilter, InvoiceLookup};
use crate::domain::plan;
use crate::graphql::scalars::IdInput;
use crate::graphql::types::DeliveryDecision;

/// How an invoice is to be sent. What is left out is as configured.
#[derive(InputObject, Debug)]
pub(in crate::graphql) struct SendOptions {
    /// Whether Bexio e-mails the invoice to the customer.
    #[graphql(default = true)]
    email: bool,
    /// The address that the e-mail goes to; the invoice's contact when left out. Exactly one.
    recipient: Option<String>,
    /// The e-mail's subject, at most 200 characters. {documentNumber}, {number}, {name}, {customer},
    /// {contact}, {total}, {date} and {dueDate} are filled in.
    subject: Option<String>,
    /// The e-mail's text, at most 10,000 characters; the invoice's note when left out. The subject's
    /// placeholders are filled in, and Bexio's link to the invoice is added where [Network Link] is missing.
    message: Option<String>,
    /// Number of the revenue account, such as "3400", for lines that name none.
    revenue_account: Option<String>,
    /// Tax code, such as "UN81", for lines that name no tax.
    tax_code: Option<String>,
    /// Language of the document by ISO 639-1, such as "de".
    language: Option<String>,
    /// Bexio's id of the bank account to pay to.
    bank_account_id: Option<IdInput>,
}

impl SendOptions {
    /// The options in the domain's terms; the message says why the id of the bank account is none.
    pub(in crate::graphql) fn checked(given: Option<&Self>) -> Result<plan::SendOptions, String> {
        let Some(given) = given else { return Ok(plan::SendOptions::default()) };
        let text = |text: &Option<String>| text.as_deref().map(Box::from);
        let bank_account_id = given.bank_account_id.as_ref().map(bank_account).transpose()?;
        Ok(plan::SendOptions {
            email: given.email,
            recipient: text(&given.recipient),
            subject: text(&given.subject),
            message: text(&given.message),
            revenue_account: text(&given.revenue_account),
            tax_code: text(&given.tax_code),
            language: text(&given.language),
            bank_account_id,
        })
    }

    /// Whether it names whom the e-mail goes to.
    pub(in crate::graphql) fn names_recipient(&self) -> bool {
        self.recipient.is_some()
    }
}

fn bank_account(id: &IdInput) -> Result<i64, String> {
    let text = id.text()?;
    let shown: String = text.chars().take(40).collect();
    text.parse().map_err(|_| {
        format!("'{shown}' is not an id of a bank account: bexioCatalog {{ bankAccounts {{ bexioId }} }} lists them")
    })
}

/// What sendInvoice is asked.
#[derive(InputObject, Debug)]
pub(in crate::graphql) struct SendInvoiceInput {
    /// The invoice: exactly one of the fields.
    pub(in crate::graphql) invoice: InvoiceLookup,
    /// How it is to be sent; as configured when left out.
    pub(in crate::graphql) options: Option<SendOptions>,
    /// A text of your own, at most 255 bytes. The same request under the same key gives the same delivery,
    /// however often it is repeated; another request under it is refused.
    pub(in crate::graphql) idempotency_key: Option<String>,
    /// The `planHash` of the preview that was seen. Where the invoice would be sent otherwise by now, it
    /// is not sent.
    pub(in crate::graphql) expected_plan: Option<String>,
    /// How many seconds to wait for the delivery to settle: 0 to 60. It goes on by itself either way.
    #[graphql(default = 20)]
    pub(in crate::graphql) wait_seconds: i32,
    /// Whether to show what would be sent and to write nothing anywhere.
    #[graphql(default)]
    pub(in crate::graphql) dry_run: bool,
}

/// Most invoices of a dry run of many: each may cost a search in Bexio.
pub(in crate::graphql) const DRY_RUN_MAX: usize = 50;

/// Names many invoices. Exactly one of the fields is given.
#[derive(OneofObject, Debug)]
pub(in crate::graphql) enum InvoiceSelection {
    /// Each by any of its names, in the order in which they are to be sent. 1 to 500; doubles are sent
    /// once.
    Lookups(Vec<InvoiceLookup>),
    /// All that match this now, oldest first. At most 500.
    Filter(Box<InvoiceFilter>),
}

/// What sendInvoices is asked.
#[derive(InputObject, Debug)]
pub(in crate::graphql) struct SendInvoicesInput {
    /// The invoices.
    pub(in crate::graphql) invoices: InvoiceSelection,
    /// How they are to be sent; as configured when left out. A recipient cannot be given for many.
    pub(in crate::graphql) options: Option<SendOptions>,
    /// A text of your own, at most 255 bytes. The same request under the same key gives the same batch,
    /// however often it is repeated; another request under it is refused.
    pub(in crate::graphql) idempotency_key: Option<String>,
    /// Whether to show what would be sent and to write nothing anywhere. At most 50 invoices.
    #[graphql(default)]
    pub(in crate::graphql) dry_run: bool,
}

/// What cancelBatch is asked.
#[derive(InputObject, Debug)]
pub(in crate::graphql) struct CancelBatchInput {
    /// The batch's id.
    pub(in crate::graphql) batch: IdInput,
}

/// What resolveDelivery is asked.
#[derive(InputObject, Debug)]
pub(in crate::graphql) struct ResolveDeliveryInput {
    /// The delivery's id.
    pub(in crate::graphql) delivery: IdInput,
    /// What was decided: one of the delivery's `decisions`.
    pub(in crate::graphql) decision: DeliveryDecision,
    /// Bexio's id of the contact that was chosen (CHOOSE_CONTACT) or of the invoice to take over
    /// (USE_EXISTING); left out otherwise.
    pub(in crate::graphql) bexio_id: Option<IdInput>,
    /// The delivery's `version` that the decision was made on. Where it changed since, the decision is not
    /// taken.
    pub(in crate::graphql) expected_version: i32,
    /// How many seconds to wait for the delivery to settle again: 0 to 60. It goes on by itself either way.
    #[graphql(default = 20)]
    pub(in crate::graphql) wait_seconds: i32,
}
