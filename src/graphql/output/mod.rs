//! How objects become JSON: a selection is compiled once an operation, then every row is written
//! straight into the answer's bytes.
//!
//! async-graphql builds a future, a path and a hashed map entry for every leaf, which costs more
//! than everything else together. What is read from the book needs none of that: nothing waits
//! and nothing can be missing. So an object here is a table of fields ([`FieldDef`]); a selection
//! on it becomes a [`Plan`] that names rows of the table, and [`Writer`] runs it. One definition
//! gives the schema's type, its description and its value.
//!
//! Fields are written in the order of the query. What has to be waited for is noted while writing
//! ([`late`]), fetched all at once, and then everything is written again: no field waits, no row is
//! asked for by itself.

mod arguments;
mod decimal;
mod json;
mod late;
mod plan;
mod root;
mod shape;
mod writer;

pub(super) use arguments::{Argument, Arguments};
pub(super) use json::write_value;
pub(super) use late::{Fetched, Missing};
pub(super) use plan::{Document, FieldDef, Plan};
pub(super) use root::{Answer, Root, Show, selections_of_root, write_from, write_root, write_with};
pub(super) use shape::{Shape, leaf, meta_field, register_object};
pub(super) use writer::{FieldWriter, Scope, Writer};

/// An object type of the schema.
pub(super) trait Projected: Sized + 'static {
    /// What one object is written from.
    type Source<'a>: Copy;
    /// Its name in the schema.
    const NAME: &'static str;
    /// Its description, a line of source a piece.
    const DOC: &'static [&'static str];
    /// Interfaces it implements.
    const IMPLEMENTS: &'static [&'static str];
    /// Its fields, in the order of the documentation.
    const FIELDS: &'static [FieldDef<Self>];
}

/// Defines a [`Projected`] type.
///
/// `"Name" Type<'a> from SourceOfOneObject { "field": Shape = |source, out| ...; }`. A closure
/// writes exactly one value to `out`. A field takes arguments where its name is followed by their table:
/// `"field"(ARGUMENTS): Shape`.
macro_rules! object {
    (
        $(#[doc = $doc:literal])+
        $name:literal $([implements $interface:literal])? $ty:ident <$life:lifetime> from $source:ty {
            $(
                $(#[doc = $field_doc:literal])+
                $field:literal $(($arguments:expr))? : $shape:ty = $write:expr;
            )+
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Debug)]
        pub(in crate::graphql) enum $ty {}

        impl $crate::graphql::output::Projected for $ty {
            type Source<$life> = $source;
            const NAME: &'static str = $name;
            const DOC: &'static [&'static str] = &[$($doc),+];
            const IMPLEMENTS: &'static [&'static str] = &[$($interface)?];
            const FIELDS: &'static [$crate::graphql::output::FieldDef<Self>] = &[
                $(
                    $crate::graphql::output::FieldDef {
                        name: $field,
                        doc: &[$($field_doc),+],
                        arguments: object!(@arguments $($arguments)?),
                        type_ref: <$shape as $crate::graphql::output::Shape>::type_ref,
                        compile: <$shape as $crate::graphql::output::Shape>::COMPILE,
                        write: $write,
                    },
                )+
            ];
        }

        impl $crate::graphql::output::Shape for $ty {
            const COMPILE: Option<$crate::graphql::output::Compile> =
                Some($crate::graphql::output::Plan::compile::<$ty>);

            fn type_ref(registry: &mut async_graphql::registry::Registry) -> String {
                $crate::graphql::output::register_object::<$ty>(registry)
            }
        }
    };
    (@arguments $arguments:expr) => { $arguments };
    (@arguments) => { &[] };
}
pub(super) use object;
pub(super) use plan::Compile;
