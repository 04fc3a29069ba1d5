//! What tests build on.
