//! Access control: keys and tokens, roles, and what is told to those who may not.

pub(crate) mod callers;
mod command;
mod connecting;
mod issuer;
mod keys;
mod limits;
mod records;
mod roles;
mod serving;
mod sockets;
mod tokens;
