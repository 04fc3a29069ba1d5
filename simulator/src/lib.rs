//! Stands in for PSOhub and Bexio.
