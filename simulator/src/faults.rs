//! Fault rules: what goes wrong on purpose, where and how often.

/// The fault rules of both upstreams.
#[derive(Debug, Default)]
pub struct Faults {}
