//! What became of an invoice: its status in PSOhub and what Bexio knows of it.
//!
//! Most stories follow from the age. Some places have a fixed one, so that every case of interest is there in a
//! world of 50 invoices, and stays rare in a large one.

use jiff::civil::Date;
use rand::RngExt as _;
use rand::rngs::SmallRng;

use crate::psohub::Status;

/// Every case of interest comes once in this many places at first,
const CYCLE_SMALL: usize = 48;
/// and once in this many later.
const CYCLE_LARGE: usize = 480;

/// What became of an invoice.
#[derive(Clone, Debug)]
pub(super) struct Story {
    pub(super) status: Status,
    pub(super) content: Content,
    /// `None`: not in Bexio.
    pub(super) books: Option<Books>,
}

/// What the invoice is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// A few lines of work, fixed prices and expenses.
    Usual,
    /// 160 lines; Bexio recommends 150 at most.
    ManyLines,
    /// Text that does harm where it is not escaped.
    DangerousText,
    /// Text far beyond what a form field takes.
    LongText,
    /// A discount line below zero and a line of zero.
    NegativeLine,
    /// Nothing to pay.
    ZeroTotal,
    /// Services of 2023, at the rate of then.
    FormerRate,
}

/// What Bexio's books say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Books {
    Draft,
    Open,
    /// Issued, 40 % paid.
    Partial,
    Paid,
    /// Paid in two parts.
    PaidTwice,
    /// Closed by a credit voucher: paid, yet no money came.
    Credited,
    Cancelled,
    /// Status 31.
    Unpaid,
    /// Open, another total than in PSOhub.
    AmountOff,
    /// Open, another due date than in PSOhub.
    DueDateOff,
    /// Two open invoices with the same reference.
    Twice,
}

impl Story {
    /// A new draft that nobody but PSOhub knows.
    pub(super) fn draft() -> Self {
        Self { status: Status::Draft, content: Content::Usual, books: None }
    }

    /// The story of invoice number `place`.
    pub(super) fn of(place: usize, date: Date, today: Date, random: &mut SmallRng) -> Self {
        let cycle = if place < CYCLE_SMALL * 4 { CYCLE_SMALL } else { CYCLE_LARGE };
        Self::fixed(place % cycle, place).unwrap_or_else(|| {
            let (status, books) = by_age(date, today, random);
            Self { status, content: Content::Usual, books }
        })
    }

    fn fixed(case: usize, place: usize) -> Option<Self> {
        let usual = |status, books| Some(Self { status, content: Content::Usual, books });
        let special = |content, status, books| Some(Self { status, content, books });
        match case {
            // One invoice of 160 lines is enough: later ones would fill the memory.
            2 if place < CYCLE_SMALL => special(Content::ManyLines, Status::Approved, None),
            3 => special(Content::DangerousText, Status::Approved, None),
            4 => special(Content::LongText, Status::Sent, Some(Books::Open)),
            5 => special(Content::NegativeLine, Status::Sent, Some(Books::Open)),
            7 => special(Content::ZeroTotal, Status::Sent, Some(Books::Open)),
            8 => special(Content::FormerRate, Status::Paid, Some(Books::Paid)),
            11 => usual(Status::Sent, Some(Books::AmountOff)),
            14 => usual(Status::Sent, Some(Books::DueDateOff)),
            17 => usual(Status::Sent, Some(Books::Paid)),
            19 => usual(Status::Paid, Some(Books::Open)),
            22 => usual(Status::Sent, Some(Books::Twice)),
            25 => usual(Status::Sent, Some(Books::Cancelled)),
            28 => usual(Status::Sent, Some(Books::Partial)),
            31 => usual(Status::Sent, Some(Books::Unpaid)),
            34 => usual(Status::Paid, Some(Books::Credited)),
            37 => usual(Status::Void, Some(Books::Cancelled)),
            39 => usual(Status::Void, Some(Books::Open)),
            41 => usual(Status::Approved, Some(Books::Draft)),
            43 => usual(Status::Approved, Some(Books::Paid)),
            _ => None,
        }
    }
}

fn by_age(date: Date, today: Date, random: &mut SmallRng) -> (Status, Option<Books>) {
    let age_days = (today - date).get_days();
    // Percent of draft, approved, sent, paid; the rest is void.
    let shares = match age_days {
        ..12 => [45, 33, 20, 2],
        12..50 => [6, 14, 48, 29],
        _ => [1, 1, 6, 88],
    };
    let mut draw = random.random_range(0..100);
    let mut status = Status::Void;
    for (share, candidate) in
        shares.into_iter().zip([Status::Draft, Status::Approved, Status::Sent, Status::Paid])
    {
        if draw < share {
            status = candidate;
            break;
        }
        draw -= share;
    }
    let books = books_of(&status, random);
    (status, books)
}

fn books_of(status: &Status, random: &mut SmallRng) -> Option<Books> {
    let draw = random.random_range(0..100);
    match status {
        Status::Approved => (draw < 50).then_some(if draw < 8 { Books::Draft } else { Books::Open }),
        Status::Sent => (draw < 86).then_some(if draw < 10 { Books::Partial } else { Books::Open }),
        Status::Paid => (draw < 84).then_some(if draw < 4 { Books::PaidTwice } else { Books::Paid }),
        Status::Void => (draw < 50).then_some(Books::Cancelled),
        Status::Draft | Status::Other(_) => None,
    }
}
