//! Writes values as JSON by a [`Plan`], and notes the errors of fields that could not be read.

use std::fmt::Display;
use std::hash::Hash;
use std::io::Write as _;

use async_graphql::resolver_utils::EnumType;
use async_graphql::{QueryPathNode, QueryPathSegment, ServerError, Value};
use rust_decimal::Decimal;

use super::late::Table;
use super::plan::PlannedField;
use super::{Fetched, Missing, Plan, Projected, decimal};
use crate::book::Snapshot;
use crate::domain::delivery::Timing;
use crate::graphql::errors::Fault;

/// Most errors that one list reports: a missing side fails alike for every row.
const ERRORS_MAX: usize = 20;

/// What an operation's objects are written from, beside themselves.
pub(in crate::graphql) struct Scope<'s> {
    /// The one state that the whole operation reads.
    pub(in crate::graphql) snapshot: &'s Snapshot,
    /// What was fetched because an earlier writing missed it.
    pub(in crate::graphql) fetched: &'s Fetched,
    /// The periods that deliveries wait for.
    pub(in crate::graphql) timing: Timing,
}

/// Collects the bytes and errors of one root field.
pub(in crate::graphql) struct Writer<'s> {
    out: Vec<u8>,
    scope: &'s Scope<'s>,
    errors: Vec<ServerError>,
    missing: Missing,
    cost: u64,
}

/// What a root field was written as.
pub(super) struct Written {
    /// Its value as JSON.
    pub(super) json: Vec<u8>,
    /// What of it could not be read.
    pub(super) errors: Vec<ServerError>,
    /// What it cost, in the measure of `limits::cost_of`.
    pub(super) cost: u64,
}

impl<'s> Writer<'s> {
    /// A writer with room for `capacity` bytes.
    pub(in crate::graphql) fn new(scope: &'s Scope<'s>, capacity: usize) -> Self {
        let out = Vec::with_capacity(capacity);
        Self { out, scope, errors: Vec::new(), missing: Missing::default(), cost: 0 }
    }

    /// Writes one object.
    pub(in crate::graphql) fn object<T: Projected>(
        &mut self,
        source: T::Source<'_>,
        plan: &Plan,
        path: Option<&QueryPathNode<'_>>,
    ) {
        self.cost += plan.cost;
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

    /// What was written, or what has to be fetched before it can be.
    pub(super) fn finish(self) -> Result<Written, Box<Missing>> {
        let Self { out, errors, missing, cost, .. } = self;
        if missing.is_empty() { Ok(Written { json: out, errors, cost }) } else { Err(Box::new(missing)) }
    }

    /// Writes `null`.
    pub(in crate::graphql) fn null(&mut self) {
        self.out.extend_from_slice(b"null");
    }

    /// Writes a sign between values.
    pub(in crate::graphql) fn sign(&mut self, sign: u8) {
        self.out.push(sign);
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

    /// The argument `name`, where it was given and is not null.
    pub(in crate::graphql) fn argument(&self, name: &str) -> Option<&Value> {
        let given = self.entry.arguments.iter().find(|(given, _)| given == name).map(|(_, value)| value);
        given.filter(|value| **value != Value::Null)
    }

    /// What was fetched of `table` under `key`. Where nothing was yet, `miss` notes it, and everything is
    /// written again once it was fetched.
    pub(in crate::graphql) fn late<K: Copy + Eq + Hash + 's, V: 's>(
        &mut self,
        table: impl FnOnce(&'s Fetched) -> &'s Table<K, V>,
        key: K,
        miss: impl FnOnce(&mut Missing, K),
    ) -> Option<&'s Result<V, Fault>> {
        let found = table(self.writer.scope.fetched).get(&key);
        if found.is_none() {
            miss(&mut self.writer.missing, key);
        }
        found
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
    pub(in crate::graphql) fn int_capped(self, value: impl TryInto<i64>) {
        self.int(value.try_into().unwrap_or(i64::MAX).min(i64::from(i32::MAX)));
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
