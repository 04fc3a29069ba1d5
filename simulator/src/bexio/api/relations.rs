//! `/2.0/contact_relation`: ties a person to a company.

use axum::http::Method;
use serde_json::{Value, json};

use crate::bexio::answer::Answer;
use crate::bexio::call::Call;
use crate::bexio::contact::Relation;
use crate::bexio::error::ApiError;
use crate::bexio::form::{Form, object};
use crate::bexio::search::{Cell, Search};
use crate::bexio::state::{Bexio, next};
use crate::bexio::zurich;

use super::path_id;

impl Bexio {
    pub(super) fn relation_route(&mut self, call: &Call<'_>, rest: &[&str]) -> Result<Answer, ApiError> {
        match (call.method, rest) {
            (&Method::GET, []) => self.list_relations(call, &Search::All(Vec::new())),
            (&Method::POST, ["search"]) => {
                let search = Search::parse(&call.json()?, self.in_form(), column)?;
                self.list_relations(call, &search)
            }
            (&Method::POST, []) => self.create_relation(call.json()?),
            (&Method::GET, [id]) => {
                let relation = self.relations.get(&path_id(id)?).ok_or(ApiError::NotFound)?;
                Ok(Answer::object(&row(relation)))
            }
            (&Method::DELETE, [id]) => {
                self.relations.remove(&path_id(id)?).ok_or(ApiError::NotFound)?;
                Ok(Answer::success())
            }
            _ => Err(ApiError::NotFound),
        }
    }

    fn list_relations(&self, call: &Call<'_>, search: &Search<Relation>) -> Result<Answer, ApiError> {
        let found = self.relations.values().filter(|relation| search.finds(relation)).collect();
        let rows = self.page(call)?.cut(call, found, column)?;
        Ok(Answer::list(&rows.into_iter().map(row).collect::<Vec<_>>()))
    }

    fn create_relation(&mut self, body: Value) -> Result<Answer, ApiError> {
        let fields = object(body)?;
        let mut form = Form::new(&fields);
        form.require("contact_id");
        form.require("contact_sub_id");
        let exists = |id| self.contacts.contains_key(&id);
        let contact_id = form.id("contact_id", exists).value().unwrap_or_default();
        let contact_sub_id = form.id("contact_sub_id", exists).value().unwrap_or_default();
        let description = form.text("description").value().unwrap_or_default();
        form.finish()?;
        let id = next(&mut self.ids.relation);
        let relation = Relation { id, contact_id, contact_sub_id, description, updated_at: self.wall_time() };
        let answer = Answer::created(&row(&relation));
        self.relations.insert(id, relation);
        Ok(answer)
    }
}

fn row(relation: &Relation) -> Value {
    json!({
        "id": relation.id,
        "contact_id": relation.contact_id,
        "contact_sub_id": relation.contact_sub_id,
        "description": relation.description,
        "updated_at": zurich::text(relation.updated_at),
    })
}

fn column(name: &str) -> Option<fn(&Relation) -> Cell<'_>> {
    match name {
        "id" => Some(|relation| Cell::Int(relation.id)),
        "contact_id" => Some(|relation| Cell::Int(relation.contact_id)),
        "contact_sub_id" => Some(|relation| Cell::Int(relation.contact_sub_id)),
        "updated_at" => Some(|relation| Cell::Time(relation.updated_at)),
        _ => None,
    }
}
