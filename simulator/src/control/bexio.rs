//! Control calls for Bexio: what a person does in its interface, and how it behaves.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{delete, get, post};
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Answer, Body, Control, ControlError, answer, done};
use crate::bexio::{
    Bexio, Invoice, InvoiceChange, Line, NewContact, NewInvoice, Position, Quirk, RateLimits, Refusal,
    SentMail,
};
use crate::world::{SharedWorld, World};

pub(super) fn router() -> Router<Control> {
    Router::new()
        .route("/bexio/invoices", get(list).post(add))
        .route("/bexio/invoices/{key}", get(show).patch(edit).delete(remove))
        .route("/bexio/invoices/{key}/{action}", post(act))
        .route("/bexio/invoices/{key}/payments/{payment_id}", delete(delete_payment))
        .route("/bexio/mails", get(mails))
        .route("/bexio/options", get(options).patch(change_options))
        .route("/bexio/stop", post(stop))
        .route("/bexio/start", post(start))
}

impl From<Refusal> for ControlError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal.to_string())
    }
}

/// An invoice in Bexio's books, in brief.
#[derive(Debug, Serialize)]
struct Summary<'a> {
    id: i64,
    document_nr: &'a str,
    title: Option<&'a str>,
    contact_id: Option<i64>,
    status: i64,
    api_reference: Option<&'a str>,
    is_valid_from: Date,
    is_valid_to: Date,
    currency_id: i64,
    total: Decimal,
    received: Decimal,
    credited: Decimal,
    remaining: Decimal,
    updated_at: String,
    payments: Vec<PaymentSummary>,
}

#[derive(Debug, Serialize)]
struct PaymentSummary {
    id: i64,
    date: Date,
    value: Decimal,
    is_cash_discount: bool,
    kb_credit_voucher_id: Option<i64>,
}

impl<'a> From<&'a Invoice> for Summary<'a> {
    fn from(invoice: &'a Invoice) -> Self {
        let payments = invoice.payments.iter().map(|payment| PaymentSummary {
            id: payment.id,
            date: payment.date,
            value: payment.value,
            is_cash_discount: payment.is_cash_discount,
            kb_credit_voucher_id: payment.kb_credit_voucher_id,
        });
        Self {
            id: invoice.id,
            document_nr: &invoice.document_nr,
            title: invoice.title.as_deref(),
            contact_id: invoice.contact_id,
            status: invoice.kb_item_status_id,
            api_reference: invoice.api_reference.as_deref(),
            is_valid_from: invoice.is_valid_from,
            is_valid_to: invoice.is_valid_to,
            currency_id: invoice.currency_id,
            total: invoice.totals.total,
            received: invoice.received(),
            credited: invoice.credit_vouchers(),
            remaining: invoice.remaining(),
            updated_at: invoice.updated_at.to_string(),
            payments: payments.collect(),
        }
    }
}

/// All invoices and mails.
pub(super) fn dump(world: &World) -> Value {
    let bexio = world.bexio();
    let invoices: Vec<Summary<'_>> = bexio.invoices().map(Summary::from).collect();
    let mails: Vec<Value> = bexio.mails().iter().map(mail).collect();
    json!({ "invoices": invoices, "mails": mails })
}

/// One invoice.
pub(super) fn show_one(world: &World, id: i64) -> Answer {
    answer(&world.bexio().invoice(id).map(Summary::from))
}

fn mail(mail: &SentMail) -> Value {
    json!({
        "kb_invoice_id": mail.kb_invoice_id,
        "document_nr": mail.document_nr,
        "kb_reminder_id": mail.kb_reminder_id,
        "recipient_email": mail.recipient_email,
        "subject": mail.subject,
        "message": mail.message,
        "attach_pdf": mail.attach_pdf,
        "at": mail.at,
    })
}

/// The id behind an id, a number (`RE-00012`) or an `api_reference`.
fn id_of(bexio: &Bexio, key: &str) -> Result<i64, ControlError> {
    let by_id = key.parse().ok().filter(|&id| bexio.invoice(id).is_some());
    let by_text = || {
        let named = |invoice: &&Invoice| {
            *invoice.document_nr == *key || invoice.api_reference.as_deref() == Some(key)
        };
        bexio.invoices().find(named).map(|invoice| invoice.id)
    };
    by_id.or_else(by_text).ok_or_else(|| ControlError::NotFound(format!("Bexio invoice {key}")))
}

async fn list(State(world): State<SharedWorld>) -> Answer {
    answer(&dump(&world)["invoices"])
}

async fn show(State(world): State<SharedWorld>, Path(key): Path<String>) -> Answer {
    let id = id_of(&world.bexio(), &key)?;
    show_one(&world, id)
}

/// An invoice made by hand: one line with the standard tax.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Add {
    title: Option<String>,
    /// Default: a contact made for it.
    contact_id: Option<i64>,
    /// Default: 100.
    total_ex_vat: Option<Decimal>,
    /// ISO code; default CHF.
    currency: Option<String>,
    is_valid_from: Option<Date>,
    is_valid_to: Option<Date>,
    api_reference: Option<String>,
    /// Issues it at once.
    issued: bool,
}

async fn add(State(world): State<SharedWorld>, Body(add): Body<Add>) -> Answer {
    let mut bexio = world.bexio();
    let contact_id = add.contact_id.unwrap_or_else(|| {
        bexio.add_contact(NewContact { name_1: "Laufkundschaft".to_owned(), ..NewContact::default() })
    });
    let line = Line {
        text: "Leistung".into(),
        unit_price: add.total_ex_vat.unwrap_or(Decimal::ONE_HUNDRED),
        account_id: bexio.account_id("3400"),
        tax_id: bexio.tax_id("UN81"),
        ..Line::default()
    };
    let new = NewInvoice {
        title: add.title,
        contact_id: Some(contact_id),
        currency_id: add.currency.and_then(|code| bexio.currency_id(&code)),
        is_valid_from: add.is_valid_from,
        is_valid_to: add.is_valid_to,
        api_reference: add.api_reference,
        positions: vec![Position::Custom(line)],
        ..NewInvoice::default()
    };
    let id = bexio.create_invoice(new);
    if add.issued {
        bexio.issue(id)?;
    }
    drop(bexio);
    show_one(&world, id)
}

/// What to change; what is absent stays.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Edit {
    title: Option<String>,
    is_valid_from: Option<Date>,
    is_valid_to: Option<Date>,
    /// An empty text removes it.
    api_reference: Option<String>,
    /// Any status, whatever it was.
    status: Option<i64>,
}

async fn edit(State(world): State<SharedWorld>, Path(key): Path<String>, Body(edit): Body<Edit>) -> Answer {
    let mut bexio = world.bexio();
    let id = id_of(&bexio, &key)?;
    let change = InvoiceChange {
        title: edit.title,
        is_valid_from: edit.is_valid_from,
        is_valid_to: edit.is_valid_to,
        api_reference: edit.api_reference.map(|text| Some(text).filter(|text| !text.is_empty())),
        ..InvoiceChange::default()
    };
    bexio.edit(id, change)?;
    if let Some(status) = edit.status {
        bexio.set_status(id, status)?;
    }
    drop(bexio);
    show_one(&world, id)
}

async fn remove(State(world): State<SharedWorld>, Path(key): Path<String>) -> Answer {
    let mut bexio = world.bexio();
    let id = id_of(&bexio, &key)?;
    bexio.delete(id)?;
    done()
}

/// Money of a payment, a credit voucher or a cash discount.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Money {
    /// Default: all that is owed.
    amount: Option<Decimal>,
    /// Default: today.
    date: Option<Date>,
}

async fn act(
    State(world): State<SharedWorld>,
    Path((key, action)): Path<(String, String)>,
    Body(Money { amount, date }): Body<Money>,
) -> Answer {
    let date = date.unwrap_or_else(|| world.clock.today());
    let mut bexio = world.bexio();
    let id = id_of(&bexio, &key)?;
    match action.as_str() {
        "issue" => bexio.issue(id)?,
        "revert_issue" => bexio.revert_issue(id)?,
        "cancel" => bexio.cancel(id)?,
        "pay" => drop(bexio.pay(id, amount, date)?),
        "credit" => drop(bexio.credit(id, amount, date)?),
        "cash_discount" => drop(bexio.cash_discount(id, amount, date)?),
        other => return Err(ControlError::NotFound(format!("action {other}"))),
    }
    drop(bexio);
    show_one(&world, id)
}

async fn delete_payment(
    State(world): State<SharedWorld>,
    Path((key, payment_id)): Path<(String, i64)>,
) -> Answer {
    let mut bexio = world.bexio();
    let id = id_of(&bexio, &key)?;
    bexio.delete_payment(id, payment_id)?;
    drop(bexio);
    show_one(&world, id)
}

async fn mails(State(world): State<SharedWorld>) -> Answer {
    answer(&dump(&world)["mails"])
}

/// How Bexio behaves, as far as it can be changed while it runs.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Options {
    /// All quirks that are on.
    quirks: Option<Vec<Quirk>>,
    /// Requests a minute: general, search, items.
    limits: Option<Limits>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Limits {
    general: u32,
    search: u32,
    items: u32,
}

async fn options(State(world): State<SharedWorld>) -> Answer {
    show_options(&world.bexio())
}

fn show_options(bexio: &Bexio) -> Answer {
    let limits = bexio.options().limits;
    answer(&json!({
        "quirks": bexio.quirks(),
        "limits": { "general": limits.general, "search": limits.search, "items": limits.items },
    }))
}

async fn change_options(State(world): State<SharedWorld>, Body(change): Body<Options>) -> Answer {
    let mut bexio = world.bexio();
    if let Some(quirks) = change.quirks {
        bexio.options_mut().quirks = quirks.into_iter().collect();
    }
    if let Some(Limits { general, search, items }) = change.limits {
        bexio.options_mut().limits = RateLimits { general, search, items };
    }
    show_options(&bexio)
}

async fn stop(State(control): State<Control>) -> Answer {
    control.parts.bexio.stop().await;
    done()
}

async fn start(State(control): State<Control>) -> Answer {
    control.parts.bexio.start().await?;
    done()
}
