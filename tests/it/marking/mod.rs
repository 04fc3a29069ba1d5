//! Marking invoices as paid, external ids and links: the services and their mutations.

mod paid;
mod support;
