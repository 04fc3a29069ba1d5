//! Both sides compared, what is owed, and both as CSV: by what really happened in PSOhub and Bexio.

mod books;
mod export;
mod receivables;
mod report;
mod verdicts;
