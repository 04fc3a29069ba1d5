//! What an operator meets: the process, its arguments, its signals and what it tells of itself.

mod check;
