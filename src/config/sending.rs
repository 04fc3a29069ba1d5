//! What sends and the payment sync need: what becomes of an invoice in Bexio, and when payments are carried.

use std::time::Duration;

use super::email;
use super::reader::Reader;
use super::setting::{Setting, setting};
use crate::domain::delivery::ExternalIdKind;
use crate::domain::plan::{DetailLines, VatMode};
use crate::domain::schedule::Schedule;
use crate::domain::{Money, RoundingTolerance};

/// The rows of the table on sends and the payment sync.
pub(super) const SETTINGS: &[Setting] = &[
    setting(
        "REVENUE_ACCOUNT",
        None,
        "Number of the Bexio account for lines that name none. Not set: such lines cannot be sent.",
        "3400",
    ),
    setting(
        "TAX_CODE",
        None,
        "Bexio's code of the sales tax for lines that name none. Not set: Bexio's default sales tax.",
        "UN81",
    ),
    setting(
        "ZERO_TAX_CODE",
        None,
        "Bexio's code of the tax for lines at 0 %, where Bexio has several. Not set: such lines need a code in PSOhub.",
        "UEX",
    ),
    setting(
        "DETAIL_LINES",
        Some("in-text"),
        "What becomes of the hours and expenses behind a line: `in-text` lists them in the line's text, `omit` leaves them out.",
        "omit",
    ),
    setting(
        "EXTERNAL_ID",
        Some("number"),
        "What is written back to PSOhub as external id: Bexio's invoice `number`, or its `id`.",
        "id",
    ),
    // Not LANGUAGE: that is the desktop's on many machines.
    setting(
        "INVOICE_LANGUAGE",
        None,
        "Language of invoices and e-mails, by its code: `de`, `fr`, `it` or `en`. Not set: the contact's in Bexio, else the company's.",
        "fr",
    ),
    setting(
        "BANK_ACCOUNT",
        None,
        "Bexio's id of the bank account on invoices in its currency (`bexioCatalog { bankAccounts { bexioId } }`). \
         Not set, or in another currency: Bexio's standard account, else the only one in the invoice's currency.",
        "1",
    ),
    setting(
        "PAYMENT_TYPE",
        None,
        "Bexio's id of the way of payment (`bexioCatalog { paymentTypes { bexioId } }`). Not set: Bexio's standard.",
        "4",
    ),
    setting(
        "UNIT",
        None,
        "Bexio's id of the unit of each line (`bexioCatalog { units { bexioId } }`). Not set: lines have none.",
        "2",
    ),
    setting(
        "EMAIL_SUBJECT",
        None,
        "Subject of the e-mails with invoices, with placeholders (below). Not set: \"Invoice\" in the invoice's language, and its number.",
        "Rechnung {documentNumber} {name}",
    ),
    setting(
        "EMAIL_MESSAGE",
        None,
        "Text of the e-mails with invoices that have no note in PSOhub, with placeholders (below); `\\n` is a line break. \
         Not set: a short one in the invoice's language.",
        "Guten Tag\\n\\nAnbei unsere Rechnung {documentNumber} über {total}.",
    ),
    setting(
        "EMAIL_ATTACH_PDF",
        Some("true"),
        "Whether Bexio attaches its PDF to the e-mail (`true`), or only links to it (`false`).",
        "false",
    ),
    setting(
        "VAT_MODE",
        Some("added"),
        "How VAT stands on Bexio's invoices: `added` takes PSOhub's prices without VAT and adds it, `included` takes those with VAT, \
         `without` and `exempt` carry none.",
        "included",
    ),
    setting(
        "ROUNDING_TOLERANCE",
        None,
        "Amount in `BASE_CURRENCY`, from 0 to 1, within which totals of both sides count as equal: in reconciliation, for the payment \
         sync, when sending and linking. Not set, and in other currencies: 0.05 in francs, 0.01 elsewhere.",
        "0.10",
    ),
    setting(
        "PAYMENT_SYNC_CRON",
        Some("0 0 */2 * * *"),
        "When payments are carried from Bexio to PSOhub: six fields from seconds to weekday, in UTC.",
        "0 30 6-20 * * MON-FRI",
    ),
    setting(
        "QUIET_PERIOD_SECONDS",
        Some("120"),
        "After a write whose outcome is unknown: how long it can still take effect, and is therefore not repeated.",
        "300",
    ),
];

/// Sends and the payment sync.
#[derive(Debug, Clone)]
pub struct SendingConfig {
    /// `REVENUE_ACCOUNT`.
    pub revenue_account: Option<String>,
    /// `TAX_CODE`.
    pub tax_code: Option<String>,
    /// `ZERO_TAX_CODE`.
    pub zero_tax_code: Option<String>,
    /// `DETAIL_LINES`.
    pub detail_lines: DetailLines,
    /// `EXTERNAL_ID`.
    pub external_id: ExternalIdKind,
    /// `INVOICE_LANGUAGE`: ISO 639-1.
    pub language: Option<String>,
    /// `BANK_ACCOUNT`: Bexio's id.
    pub bank_account: Option<i64>,
    /// `PAYMENT_TYPE`: Bexio's id.
    pub payment_type: Option<i64>,
    /// `UNIT`: Bexio's id.
    pub unit: Option<i64>,
    /// `EMAIL_SUBJECT`, known to have no unknown placeholder.
    pub email_subject: Option<String>,
    /// `EMAIL_MESSAGE`, known to have no unknown placeholder, with line breaks.
    pub email_message: Option<String>,
    /// `EMAIL_ATTACH_PDF`.
    pub email_attach_pdf: bool,
    /// `VAT_MODE`.
    pub vat_mode: VatMode,
    /// `ROUNDING_TOLERANCE`, in `BASE_CURRENCY`.
    pub rounding_tolerance: RoundingTolerance,
    /// `PAYMENT_SYNC_CRON`: six fields, UTC, known to be valid.
    pub payment_sync_cron: Schedule,
    /// `QUIET_PERIOD_SECONDS`.
    pub quiet_period: Duration,
}

impl SendingConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let revenue_account = reader.text("REVENUE_ACCOUNT");
        let tax_code = reader.text("TAX_CODE");
        let zero_tax_code = reader.text("ZERO_TAX_CODE");
        let detail_lines = reader.required("DETAIL_LINES", |value| match value {
            "in-text" => Ok(DetailLines::InText),
            "omit" => Ok(DetailLines::Omit),
            _ => Err("in-text or omit".to_owned()),
        });
        let external_id = reader.required("EXTERNAL_ID", |value| match value {
            "number" => Ok(ExternalIdKind::DocumentNumber),
            "id" => Ok(ExternalIdKind::Id),
            _ => Err("number or id".to_owned()),
        });
        let language = reader.optional("INVOICE_LANGUAGE", email::language);
        let bank_account = reader.optional("BANK_ACCOUNT", bexio_id);
        let payment_type = reader.optional("PAYMENT_TYPE", bexio_id);
        let unit = reader.optional("UNIT", bexio_id);
        let email_subject = reader.optional("EMAIL_SUBJECT", email::subject);
        let email_message = reader.optional("EMAIL_MESSAGE", email::message);
        let email_attach_pdf = reader.required("EMAIL_ATTACH_PDF", |value| match value {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err("true or false".to_owned()),
        });
        let vat_mode = reader.required("VAT_MODE", |value| {
            VatMode::from_word(value).ok_or_else(|| "added, included, without or exempt".to_owned())
        });
        let rounding_tolerance = tolerance(reader);
        let payment_sync_cron = reader
            .required("PAYMENT_SYNC_CRON", |value| Schedule::parse(value).map_err(|error| error.to_string()));
        let quiet_period = reader.seconds("QUIET_PERIOD_SECONDS");
        Some(Self {
            revenue_account,
            tax_code,
            zero_tax_code,
            detail_lines: detail_lines?,
            external_id: external_id?,
            language,
            bank_account,
            payment_type,
            unit,
            vat_mode: vat_mode?,
            rounding_tolerance: rounding_tolerance?,
            email_subject,
            email_message,
            email_attach_pdf: email_attach_pdf?,
            payment_sync_cron: payment_sync_cron?,
            quiet_period: quiet_period?,
        })
    }
}

/// An amount in the company's own currency; a currency that is none is told where it is read.
fn tolerance(reader: &mut Reader<'_>) -> Option<RoundingTolerance> {
    let Some(base) = reader.text("BASE_CURRENCY").and_then(|code| code.parse().ok()) else {
        return Some(RoundingTolerance::STANDARD);
    };
    if reader.text("ROUNDING_TOLERANCE").is_none() {
        return Some(RoundingTolerance::STANDARD);
    }
    reader.required("ROUNDING_TOLERANCE", |value| {
        let expected = || format!("an amount from 0 to {}, such as 0.05", RoundingTolerance::MAX);
        let amount = value.parse().map_err(|_| expected())?;
        RoundingTolerance::of_base(Money::new(amount, base)).map_err(|_| expected())
    })
}

fn bexio_id(value: &str) -> Result<i64, String> {
    let id = value.parse().ok().filter(|id| *id > 0);
    id.ok_or_else(|| "an id of Bexio's, a whole number from 1, as `bexioCatalog` shows it".to_owned())
}
