//! What tests build on.

#[cfg(test)]
pub mod app;
pub mod databases;
pub mod postgres;
pub mod process;
