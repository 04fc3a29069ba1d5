//! What tests build on.

#[cfg(test)]
pub mod app;
pub mod postgres;
pub mod process;
