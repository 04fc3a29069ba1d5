//! What tests build on.

pub mod postgres;
