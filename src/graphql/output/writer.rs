//! Writes values as JSON by a [`Plan`], and notes the errors of fields that could not be read.

use std::collections::HashMap;
use std::fmt::Display;
use std::io::Write as _;
use std::sync::Arc;

use async_graphql::resolver_utils::EnumType;
use async_graphql::{QueryPathNode, QueryPathSegment, ServerError};
use rust_decimal::Decimal;

use super::plan::PlannedField;
use super::{Plan, Projected, decimal};
use crate::book::Snapshot;
use crate::domain::{BexioInvoiceId, Payment};
use crate::graphql::errors::Fault;

/// Most errors that one list reports: a missing side fails alike for every row.
const ERRORS_MAX: usize = 20;

/// What an operation's objects are written from, beside themselves.
pub(in crate::graphql) struct Scope<'s> {
    /// The one state that the whole operation reads.
    pub(in crate::graphql) snapshot: &'s Snapshot,
    /// Payments, fetched beforehand for the invoices whose payments are asked for.
    pub(in crate::graphql) payments: HashMap<BexioInvoiceId, Result<Arc<[Payment]>, Fault>>,
}

/// Collects the bytes and errors of one root field.
pub(in crate::graphql) struct Writer<'s> {
    out: Vec<u8>,
    scope: &'s Scope<'s>,
    errors: Vec<ServerError>,
}

impl<'s> Writer<'s> {
    /// A writer with room for `capacity` bytes.
    pub(in crate::graphql) fn new(scope: &'s Scope<'s>, capacity: usize) -> Self {
        Self { out: Vec::with_capacity(capacity), scope, errors: Vec::new() }
    }

    /// Writes one object.
    pub(in crate::graphql) fn object<T: Projected>(
        &mut self,
        source: T::Source<'_>,
        plan: &Plan,
        path: Option<&QueryPathNode<'_>>,
    ) {
        let mut opener = b'{';
        for entry in &plan.fields {
            self.out.push(opener);
            self.out.extend_from_slice(entry.key_json.as_bytes());
            opener = b',';
            match entry.field.and_then(|at| T::FIELDS.get(at)) {
                Some(field) => {
                    let path = QueryPathNode { parent: path, segment: QueryPathSegment::Name(&entry.key) };
                    (field.write)(source, FieldWriter { writer: self, entry, path });
                }
                None => self.text(T::NAME),
            }
        }
        if opener == b'{' {
            self.out.push(b'{');
        }
        self.out.push(b'}');
    }

    /// The bytes written and the errors of what was written as null.
    pub(in crate::graphql) fn finish(self) -> (Vec<u8>, Vec<ServerError>) {
        (self.out, self.errors)
    }

    fn null(&mut self) {
        self.out.extend_from_slice(b"null");
    }

    fn text(&mut self, text: &str) {
        super::json::write_text(&mut self.out, text);
    }
}

/// Writes the value of one field. Each method that takes `self` writes exactly one value.
pub(in crate::graphql) struct FieldWriter<'w, 's> {
    writer: &'w mut Writer<'s>,
    entry: &'w PlannedField,
    path: QueryPathNode<'w>,
}

impl<'s> FieldWriter<'_, 's> {
    /// What is read beside the object itself.
    pub(in crate::graphql) const fn scope(&self) -> &'s Scope<'s> {
        self.writer.scope
    }

    /// `null`: the value does not exist.
    pub(in crate::graphql) fn null(self) {
        self.writer.null();
    }

    /// `null` with an error: the value is not known.
    pub(in crate::graphql) fn fault(self, fault: &Fault) {
        self.writer.null();
        if self.writer.errors.len() < ERRORS_MAX {
            self.writer.errors.push(fault.at(&self.path));
        }
    }

    /// A text.
    pub(in crate::graphql) fn text(self, text: &str) {
        self.writer.text(text);
    }

    /// A text, or `null`.
    pub(in crate::graphql) fn opt_text(self, text: Option<&str>) {
        match text {
            Some(text) => self.text(text),
            None => self.null(),
        }
    }

    /// What a value displays as, in quotes. It must need no escape: numbers, dates, codes.
    pub(in crate::graphql) fn plain(self, value: impl Display) {
        self.writer.out.push(b'"');
        // Writing to memory cannot fail.
        let _ = write!(self.writer.out, "{value}");
        self.writer.out.push(b'"');
    }

    /// Like [`Self::plain`], or `null`.
    pub(in crate::graphql) fn opt_plain(self, value: Option<impl Display>) {
        match value {
            Some(value) => self.plain(value),
            None => self.null(),
        }
    }

    /// A JSON number; only for what fits the schema's `Int`.
    pub(in crate::graphql) fn int(self, value: i64) {
        match i32::try_from(value) {
            Ok(value) => {
                let _ = write!(self.writer.out, "{value}");
            }
            Err(_) => self.writer.null(),
        }
    }

    /// A count as a JSON number, which stays at the greatest `Int` instead of growing beyond.
    pub(in crate::graphql) fn int_capped(self, value: i64) {
        self.int(value.min(i64::from(i32::MAX)));
    }

    /// A truth value.
    pub(in crate::graphql) fn boolean(self, value: bool) {
        self.writer.out.extend_from_slice(if value { b"true" } else { b"false" });
    }

    /// A decimal as text with at least `digits_min` digits after the point.
    pub(in crate::graphql) fn decimal(self, value: Decimal, digits_min: u32) {
        self.writer.out.push(b'"');
        decimal::write(&mut self.writer.out, value, digits_min);
        self.writer.out.push(b'"');
    }

    /// An enum's value.
    pub(in crate::graphql) fn member<E: EnumType>(self, value: E) {
        match E::items().iter().find(|item| item.value == value) {
            Some(item) => self.plain(item.name),
            None => self.null(),
        }
    }

    /// A list of an enum's values.
    pub(in crate::graphql) fn member_list<E: EnumType>(self, values: impl IntoIterator<Item = E>) {
        let items = E::items();
        self.plain_list(values.into_iter().filter_map(|value| {
            let item = items.iter().find(|item| item.value == value)?;
            Some(item.name)
        }));
    }

    /// An object.
    pub(in crate::graphql) fn object<T: Projected>(self, source: T::Source<'_>) {
        self.writer.object::<T>(source, &self.entry.plan, Some(&self.path));
    }

    /// An object, or `null`.
    pub(in crate::graphql) fn opt<T: Projected>(self, source: Option<T::Source<'_>>) {
        match source {
            Some(source) => self.object::<T>(source),
            None => self.null(),
        }
    }

    /// A list of objects.
    pub(in crate::graphql) fn list<'a, T: Projected>(self, sources: impl IntoIterator<Item = T::Source<'a>>) {
        self.writer.out.push(b'[');
        for (index, source) in sources.into_iter().enumerate() {
            if index > 0 {
                self.writer.out.push(b',');
            }
            let path = QueryPathNode { parent: Some(&self.path), segment: QueryPathSegment::Index(index) };
            self.writer.object::<T>(source, &self.entry.plan, Some(&path));
        }
        self.writer.out.push(b']');
    }

    /// A list of texts.
    pub(in crate::graphql) fn text_list<'a>(self, texts: impl IntoIterator<Item = &'a str>) {
        self.writer.out.push(b'[');
        for (index, text) in texts.into_iter().enumerate() {
            if index > 0 {
                self.writer.out.push(b',');
            }
            self.writer.text(text);
        }
        self.writer.out.push(b']');
    }

    /// A list of what values display as, in quotes; see [`Self::plain`].
    pub(in crate::graphql) fn plain_list(self, values: impl IntoIterator<Item = impl Display>) {
        self.writer.out.push(b'[');
        for (index, value) in values.into_iter().enumerate() {
            let separator = if index > 0 { "," } else { "" };
            let _ = write!(self.writer.out, "{separator}\"{value}\"");
        }
        self.writer.out.push(b']');
    }
}
