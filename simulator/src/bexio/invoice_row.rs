//! An invoice and its positions on the wire.
//!
//! Stored amounts read back with 6 digits, taxes and the remaining amount with 4; the answer to a create or an edit
//! echoes amounts un-normalised ("1000", "0"), as recorded.

use rust_decimal::Decimal;
use serde::Serialize;

use super::company::Company;
use super::invoice::Invoice;
use super::money::{self, fixed};
use super::position::{Line, Placed, Position};
use super::wire::number;
use super::zurich;

/// How amounts are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Digits {
    /// With 6 digits.
    Stored,
    /// As they were sent.
    AsSent,
}

impl Digits {
    fn text(self, amount: Decimal) -> String {
        match self {
            Self::Stored => fixed(amount, 6),
            Self::AsSent => amount.to_string(),
        }
    }

    fn total(self, amount: Decimal) -> String {
        match self {
            Self::Stored => fixed(amount, 6),
            Self::AsSent => amount.normalize().to_string(),
        }
    }
}

/// A row of a list or a search; with `positions` it is the single object.
#[derive(Debug, Serialize)]
pub(crate) struct InvoiceRow<'a> {
    id: i64,
    document_nr: &'a str,
    title: Option<&'a str>,
    contact_id: Option<i64>,
    contact_sub_id: Option<i64>,
    user_id: i64,
    project_id: Option<i64>,
    logopaper_id: i64,
    language_id: i64,
    bank_account_id: i64,
    currency_id: i64,
    payment_type_id: Option<i64>,
    header: &'a str,
    footer: &'a str,
    total_gross: String,
    total_net: String,
    total_taxes: String,
    total_received_payments: String,
    total_credit_vouchers: String,
    total_remaining_payments: String,
    total: String,
    #[serde(serialize_with = "number")]
    total_rounding_difference: Decimal,
    mwst_type: u8,
    mwst_is_net: bool,
    show_position_taxes: bool,
    is_valid_from: String,
    is_valid_to: String,
    contact_address: &'a str,
    kb_item_status_id: i64,
    reference: Option<&'a str>,
    api_reference: Option<&'a str>,
    viewed_by_client_at: Option<String>,
    updated_at: String,
    esr_id: i64,
    qr_invoice_id: i64,
    template_slug: Option<&'a str>,
    taxs: Vec<TaxTotal>,
    network_link: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    positions: Option<Vec<PositionRow<'a>>>,
}

#[derive(Debug, Serialize)]
struct TaxTotal {
    percentage: String,
    value: String,
}

impl<'a> InvoiceRow<'a> {
    /// A row of a list.
    pub(crate) fn of(invoice: &'a Invoice) -> Self {
        Self::with(invoice, Digits::Stored)
    }

    /// The single object.
    pub(crate) fn detailed(invoice: &'a Invoice, company: &'a Company, digits: Digits) -> Self {
        let positions = position_rows(&invoice.positions, company, digits);
        Self { positions: Some(positions), ..Self::with(invoice, digits) }
    }

    fn with(invoice: &'a Invoice, digits: Digits) -> Self {
        let totals = &invoice.totals;
        Self {
            id: invoice.id,
            document_nr: &invoice.document_nr,
            title: invoice.title.as_deref(),
            contact_id: invoice.contact_id,
            contact_sub_id: invoice.contact_sub_id,
            user_id: invoice.user_id,
            project_id: invoice.project_id,
            logopaper_id: 1,
            language_id: invoice.language_id,
            bank_account_id: invoice.bank_account_id,
            currency_id: invoice.currency_id,
            payment_type_id: invoice.payment_type_id,
            header: &invoice.header,
            footer: &invoice.footer,
            total_gross: digits.total(totals.gross),
            total_net: digits.total(totals.net),
            total_taxes: fixed(totals.tax_total(), 4),
            total_received_payments: digits.total(invoice.received()),
            total_credit_vouchers: digits.total(invoice.credit_vouchers()),
            total_remaining_payments: fixed(invoice.remaining(), 4),
            total: digits.total(totals.total),
            total_rounding_difference: totals.rounding_difference,
            mwst_type: invoice.mwst_type,
            mwst_is_net: invoice.mwst_is_net,
            show_position_taxes: invoice.show_position_taxes,
            is_valid_from: invoice.is_valid_from.to_string(),
            is_valid_to: invoice.is_valid_to.to_string(),
            contact_address: &invoice.contact_address,
            kb_item_status_id: invoice.kb_item_status_id,
            reference: invoice.reference.as_deref(),
            api_reference: invoice.api_reference.as_deref(),
            viewed_by_client_at: invoice.viewed_by_client_at.map(zurich::text),
            updated_at: zurich::text(invoice.updated_at),
            // Numbers of their own: whoever takes one for the id is found out.
            esr_id: invoice.id + 9,
            qr_invoice_id: invoice.id + 9,
            template_slug: invoice.template_slug.as_deref(),
            taxs: taxs(invoice),
            network_link: if invoice.is_sent { network_link(invoice.id) } else { String::new() },
            positions: None,
        }
    }
}

/// The portal link that replaces `[Network Link]`.
pub(crate) fn network_link(invoice_id: i64) -> String {
    format!("https://network.bexio.example/i/{:08x}", invoice_id.wrapping_mul(2_654_435_761) & 0xffff_ffff)
}

fn taxs(invoice: &Invoice) -> Vec<TaxTotal> {
    let row = |tax: &money::RateTotal| TaxTotal {
        percentage: fixed(tax.percentage, 2),
        value: fixed(tax.value, 4),
    };
    invoice.totals.taxes.iter().map(row).collect()
}

/// A position on the wire.
#[derive(Debug, Serialize)]
#[serde(tag = "type")]
pub(crate) enum PositionRow<'a> {
    #[serde(rename = "KbPositionCustom")]
    Custom(LineRow<'a>),
    #[serde(rename = "KbPositionArticle")]
    Article {
        article_id: i64,
        #[serde(flatten)]
        line: LineRow<'a>,
    },
    #[serde(rename = "KbPositionText")]
    Text {
        text: &'a str,
        show_pos_nr: bool,
        #[serde(flatten)]
        place: Place,
    },
    #[serde(rename = "KbPositionSubtotal")]
    Subtotal {
        text: &'a str,
        value: String,
        #[serde(flatten)]
        place: Place,
    },
    #[serde(rename = "KbPositionPagebreak")]
    Pagebreak {
        #[serde(flatten)]
        place: Place,
    },
    #[serde(rename = "KbPositionDiscount")]
    Discount { id: i64, text: &'a str, is_percentual: bool, value: String, discount_total: String },
}

/// A line with a price.
#[derive(Debug, Serialize)]
pub(crate) struct LineRow<'a> {
    amount: String,
    amount_reserved: Option<String>,
    amount_open: Option<String>,
    amount_completed: Option<String>,
    unit_id: Option<i64>,
    account_id: Option<i64>,
    unit_name: Option<&'a str>,
    tax_id: Option<i64>,
    tax_value: Option<String>,
    text: &'a str,
    unit_price: String,
    discount_in_percent: String,
    position_total: String,
    #[serde(flatten)]
    place: Place,
}

/// Where a position stands.
#[derive(Debug, Serialize)]
pub(crate) struct Place {
    id: i64,
    pos: Option<String>,
    internal_pos: usize,
    parent_id: Option<i64>,
    is_optional: bool,
}

/// The positions of one invoice, numbered and with running totals.
pub(crate) fn position_rows<'a>(
    positions: &'a [Placed],
    company: &'a Company,
    digits: Digits,
) -> Vec<PositionRow<'a>> {
    let mut numbered = 0;
    let mut sum = Decimal::ZERO;
    let mut rows = Vec::with_capacity(positions.len());
    for (index, placed) in positions.iter().enumerate() {
        let is_numbered = match &placed.position {
            Position::Custom(_) | Position::Article { .. } => true,
            Position::Text { show_pos_nr, .. } => *show_pos_nr,
            Position::Subtotal { .. } | Position::Pagebreak | Position::Discount { .. } => false,
        };
        numbered += usize::from(is_numbered);
        let pos = is_numbered.then(|| numbered.to_string());
        let place =
            Place { id: placed.id, pos, internal_pos: index + 1, parent_id: None, is_optional: false };
        rows.push(position_row(&placed.position, place, company, digits, &mut sum));
    }
    rows
}

fn position_row<'a>(
    position: &'a Position,
    place: Place,
    company: &'a Company,
    digits: Digits,
    sum: &mut Decimal,
) -> PositionRow<'a> {
    match position {
        Position::Custom(line) => {
            *sum = sum.saturating_add(line.total());
            PositionRow::Custom(line_row(line, place, company, digits))
        }
        Position::Article { article_id, line } => {
            *sum = sum.saturating_add(line.total());
            PositionRow::Article { article_id: *article_id, line: line_row(line, place, company, digits) }
        }
        Position::Text { text, show_pos_nr } => PositionRow::Text { text, show_pos_nr: *show_pos_nr, place },
        Position::Subtotal { text } => PositionRow::Subtotal { text, value: digits.total(*sum), place },
        Position::Pagebreak => PositionRow::Pagebreak { place },
        Position::Discount { text, is_percentual, value } => {
            let off = money::discount(*sum, *is_percentual, *value);
            *sum = sum.saturating_sub(off);
            PositionRow::Discount {
                id: place.id,
                text,
                is_percentual: *is_percentual,
                value: digits.text(*value),
                discount_total: digits.total(off),
            }
        }
    }
}

fn line_row<'a>(line: &'a Line, place: Place, company: &'a Company, digits: Digits) -> LineRow<'a> {
    let unit = line.unit_id.and_then(|id| company.units.iter().find(|unit| unit.id == id));
    LineRow {
        amount: digits.text(line.amount),
        amount_reserved: None,
        amount_open: None,
        amount_completed: None,
        unit_id: line.unit_id,
        account_id: line.account_id,
        unit_name: unit.map(|unit| unit.name),
        tax_id: line.tax_id,
        tax_value: line.tax_id.map(|id| fixed(company.rate_of(id), 2)),
        text: &line.text,
        unit_price: digits.text(line.unit_price),
        discount_in_percent: digits.text(line.discount_in_percent),
        position_total: digits.total(line.total()),
        place,
    }
}
