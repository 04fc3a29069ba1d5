//! Behaviour through the real HTTP surface.
fn main() {}
