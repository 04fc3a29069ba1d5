//! `/2.0/kb_invoice/{id}/kb_position_custom|article|text|subtotal|discount|pagebreak`: list, show, add, delete.
//!
//! Only drafts may change (a guess). Editing a position is not simulated: nobody who uses this needs it.

use axum::http::Method;
use serde_json::Value;

use crate::bexio::answer::Answer;
use crate::bexio::call::Call;
use crate::bexio::error::ApiError;
use crate::bexio::form::object;
use crate::bexio::invoice::status;
use crate::bexio::invoice_row::{Digits, position_rows};
use crate::bexio::position::Position;
use crate::bexio::position_form::read_position;
use crate::bexio::refusal::Refusal;
use crate::bexio::state::Bexio;

use super::path_id;

impl Bexio {
    pub(super) fn position_route(
        &mut self,
        call: &Call<'_>,
        id: i64,
        kind: &str,
        rest: &[&str],
    ) -> Result<Answer, ApiError> {
        let kind = type_name(kind).ok_or(ApiError::NotFound)?;
        match (call.method, rest) {
            (&Method::GET, []) => Ok(Answer::list(&self.rows_of(id, kind, None, Digits::Stored)?)),
            (&Method::POST, []) => self.add_position(id, kind, call.json()?),
            (&Method::GET, [position_id]) => self.show_position(id, kind, path_id(position_id)?),
            (&Method::DELETE, [position_id]) => self.delete_position(id, kind, path_id(position_id)?),
            _ => Err(ApiError::NotFound),
        }
    }

    fn show_position(&self, id: i64, kind: &str, position_id: i64) -> Result<Answer, ApiError> {
        let rows = self.rows_of(id, kind, Some(position_id), Digits::Stored)?;
        rows.first().map(Answer::object).ok_or(ApiError::NotFound)
    }

    fn add_position(&mut self, id: i64, kind: &str, body: Value) -> Result<Answer, ApiError> {
        let fields = object(body)?;
        let invoice = self.invoices.get(&id).ok_or(ApiError::NotFound)?;
        let taxed = invoice.mwst_type == 0;
        let position = read_position(kind, &fields, &self.company, invoice.is_valid_from, taxed)
            .map_err(|text| ApiError::Form(vec![text]))?;
        let placed = self.ids.position.place(position);
        let position_id = placed.id;
        self.draft_mut(id)?.positions.push(placed);
        self.retotal(id);
        self.touch(id);
        let rows = self.rows_of(id, kind, Some(position_id), Digits::AsSent)?;
        rows.first().map(Answer::created).ok_or(ApiError::NotFound)
    }

    fn delete_position(&mut self, id: i64, kind: &str, position_id: i64) -> Result<Answer, ApiError> {
        let invoice = self.draft_mut(id)?;
        let before = invoice.positions.len();
        invoice.positions.retain(|placed| placed.id != position_id || type_of(&placed.position) != kind);
        if invoice.positions.len() == before {
            return Err(ApiError::NotFound);
        }
        self.retotal(id);
        self.touch(id);
        Ok(Answer::success())
    }

    fn draft_mut(&mut self, id: i64) -> Result<&mut crate::bexio::Invoice, ApiError> {
        let invoice = self.invoices.get_mut(&id).ok_or(ApiError::NotFound)?;
        if invoice.kb_item_status_id == status::DRAFT {
            Ok(invoice)
        } else {
            Err(Refusal::WrongStatus.into())
        }
    }

    fn rows_of(
        &self,
        id: i64,
        kind: &str,
        position_id: Option<i64>,
        digits: Digits,
    ) -> Result<Vec<Value>, ApiError> {
        let invoice = self.invoices.get(&id).ok_or(ApiError::NotFound)?;
        let rows = position_rows(&invoice.positions, &self.company, digits);
        let rows = invoice.positions.iter().zip(rows).filter(|(placed, _)| {
            type_of(&placed.position) == kind && position_id.is_none_or(|wanted| wanted == placed.id)
        });
        Ok(rows.filter_map(|(_, row)| serde_json::to_value(row).ok()).collect())
    }
}

fn type_name(segment: &str) -> Option<&'static str> {
    match segment {
        "kb_position_custom" => Some("KbPositionCustom"),
        "kb_position_article" => Some("KbPositionArticle"),
        "kb_position_text" => Some("KbPositionText"),
        "kb_position_subtotal" => Some("KbPositionSubtotal"),
        "kb_position_pagebreak" => Some("KbPositionPagebreak"),
        "kb_position_discount" => Some("KbPositionDiscount"),
        _ => None,
    }
}

fn type_of(position: &Position) -> &'static str {
    match position {
        Position::Custom(_) => "KbPositionCustom",
        Position::Article { .. } => "KbPositionArticle",
        Position::Text { .. } => "KbPositionText",
        Position::Subtotal { .. } => "KbPositionSubtotal",
        Position::Pagebreak => "KbPositionPagebreak",
        Position::Discount { .. } => "KbPositionDiscount",
    }
}
