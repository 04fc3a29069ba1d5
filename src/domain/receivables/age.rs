//! How long an invoice has been due.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Days since the due date, in the buckets of an aging list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Age {
    /// Due today or later, or without a due date.
    NotDue,
    /// 1 to 30 days overdue.
    Days1To30,
    /// 31 to 60 days overdue.
    Days31To60,
    /// 61 to 90 days overdue.
    Days61To90,
    /// More than 90 days overdue.
    Over90,
}

impl Age {
    /// All ages, the youngest first.
    pub const ALL: [Self; 5] =
        [Self::NotDue, Self::Days1To30, Self::Days31To60, Self::Days61To90, Self::Over90];

    /// The age on `today` of what is due on `due_date`.
    pub fn of(due_date: Option<Date>, today: Date) -> Self {
        let days = due_date.map_or(0, |due_date| today.duration_since(due_date).as_hours() / 24);
        match days {
            ..=0 => Self::NotDue,
            1..=30 => Self::Days1To30,
            31..=60 => Self::Days31To60,
            61..=90 => Self::Days61To90,
            _ => Self::Over90,
        }
    }
}
