//! Named walks.
