//! One GraphQL API over PSOhub invoices and their Bexio accounting status.
