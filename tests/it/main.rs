//! Behaviour through the real HTTP surface, against the simulator. One binary: it links once.

mod support;
mod tidy;
