//! What stands against sending an invoice.

use super::super::payload::UserErrorCode;
use super::enums::{ProblemField, ProblemPlace, ProblemSeverity};
use crate::domain::plan::{Place, Problem};
use crate::graphql::output::object;

const fn line(place: &Place) -> Option<(usize, &str)> {
    match place {
        Place::Line { index, number, .. } => Some((*index, number)),
        Place::Invoice(_) | Place::Option(_) | Place::Setting(_) => None,
    }
}

object! {
    /// One thing that stands against sending an invoice, or that should be known before.
    "SendProblem" SendProblem<'a> from &'a Problem {
        /// In one word: the one that sendInvoice gives in `userErrors`.
        "code": UserErrorCode = |problem, out| out.member(UserErrorCode::from(problem.code));
        /// How much it weighs.
        "severity": ProblemSeverity = |problem, out| out.member(ProblemSeverity::from(problem.severity));
        /// Where it is.
        "place": ProblemPlace = |problem, out| out.member(match problem.place {
            Place::Invoice(_) => ProblemPlace::Invoice,
            Place::Line { .. } => ProblemPlace::Line,
            Place::Option(_) => ProblemPlace::Option,
            Place::Setting(_) => ProblemPlace::Setting,
        });
        /// What it is about.
        "field": ProblemField = |problem, out| out.member(ProblemField::from(problem.place.field()));
        /// PSOhub's number of the line, such as 10.002, where it is in one.
        "lineNumber": Option<String> = |problem, out| {
            out.opt_text(line(&problem.place).map(|(_, number)| number));
        };
        /// The line's place in the invoice, from 0, where it is in one.
        "lineIndex": Option<i32> = |problem, out| match line(&problem.place) {
            Some((index, _)) => out.int_capped(index),
            None => out.null(),
        };
        /// What is wrong, in a sentence.
        "message": String = |problem, out| out.text(&problem.what);
        /// How to mend it.
        "hint": String = |problem, out| out.text(&problem.mend);
    }
}
