//! What tests build on.

#[cfg(test)]
pub mod app;
#[cfg(test)]
pub mod browser;
pub mod databases;
pub mod postgres;
pub mod process;
