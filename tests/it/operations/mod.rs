//! What an operator meets: the process, its arguments, its signals and what it tells of itself.

mod check;
mod collector;
mod files;
mod full_run;
mod health;
mod metrics;
mod migrating;
mod stopping;
mod supply_chain;
mod traces;
