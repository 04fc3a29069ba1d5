//! Marking invoices as paid, external ids and links: the services and their mutations.

mod external_id;
mod graphql_paid;
mod links;
mod paid;
mod races;
mod support;
