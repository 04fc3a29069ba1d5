//! Marking invoices as paid, external ids and links: the services and their mutations.

mod graphql_paid;
mod paid;
mod support;
