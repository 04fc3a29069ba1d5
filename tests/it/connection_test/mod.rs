//! The connection test through GraphQL, with each thing wrong in turn, and killed half-way.

mod company;
mod left_behind;
mod wrong;
