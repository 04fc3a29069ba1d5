//! What a connection test found, step by step.

mod enums;

pub(in crate::graphql) use enums::ConnectionTestLevel;

use self::enums::{
    ConnectionTestFindingCode, ConnectionTestSeverity, ConnectionTestState, ConnectionTestStepName,
};
use super::upstream::UpstreamName;
use crate::domain::connection_test::{self, StepState};
use crate::graphql::output::object;
use crate::graphql::scalars::DateTime;

object! {
    /// A test of both connections.
    "ConnectionTest" ConnectionTest<'a> from &'a connection_test::ConnectionTest {
        /// How far it went.
        "level": ConnectionTestLevel = |test, out| out.member(ConnectionTestLevel::from(test.level));
        /// What came of it: the heaviest state of its steps.
        "state": ConnectionTestState = |test, out| out.member(ConnectionTestState::from(test.state()));
        /// When it began.
        "startedAt": DateTime = |test, out| out.plain(test.started_at);
        /// How long it took, in milliseconds.
        "durationMs": i32 = |test, out| out.int_capped(test.duration.as_millis());
        /// The company that Bexio's token belongs to; null where it could not be read.
        "company": Option<String> = |test, out| out.opt_text(test.company.as_deref());
        /// The steps, in the order in which they ran.
        "steps": Vec<ConnectionTestStep> = |test, out| out.list::<ConnectionTestStep>(&test.steps);
    }
}

object! {
    /// One step of a connection test.
    "ConnectionTestStep" ConnectionTestStep<'a> from &'a connection_test::Step {
        /// Which step.
        "name": ConnectionTestStepName = |step, out| out.member(ConnectionTestStepName::from(step.name));
        /// Whose answer it needs.
        "upstream": UpstreamName = |step, out| out.member(UpstreamName::from(step.name.upstream()));
        /// What came of it.
        "state": ConnectionTestState = |step, out| out.member(ConnectionTestState::from(step.state));
        /// How long it took, in milliseconds.
        "durationMs": i32 = |step, out| out.int_capped(step.duration.as_millis());
        /// What was found, in a few words, such as the account that would be used.
        "found": Option<String> = |step, out| {
            out.opt_text(step.found.as_deref().filter(|_| step.state != StepState::Skipped));
        };
        /// Why it was not tried; null where it was.
        "skippedBecause": Option<String> = |step, out| {
            out.opt_text(step.found.as_deref().filter(|_| step.state == StepState::Skipped));
        };
        /// What is wrong, the heaviest first. Empty where all is well.
        "findings": Vec<ConnectionTestFinding> = |step, out| {
            out.list::<ConnectionTestFinding>(&step.findings);
        };
    }
}

object! {
    /// One thing that a connection test found wrong.
    "ConnectionTestFinding" ConnectionTestFinding<'a> from &'a connection_test::Finding {
        /// In one word.
        "code": ConnectionTestFindingCode = |finding, out| {
            out.member(ConnectionTestFindingCode::from(finding.code));
        };
        /// How much it weighs.
        "severity": ConnectionTestSeverity = |finding, out| {
            out.member(ConnectionTestSeverity::from(finding.severity));
        };
        /// What is wrong, in words.
        "message": String = |finding, out| out.text(&finding.message);
        /// What to do.
        "hint": String = |finding, out| out.text(&finding.hint);
        /// What Bexio or PSOhub said, in its own words, where it said anything.
        "upstreamText": Option<String> = |finding, out| out.opt_text(finding.upstream_text.as_deref());
        /// The HTTP status that came with it.
        "upstreamStatus": Option<i32> = |finding, out| match finding.upstream_status {
            Some(status) => out.int(i64::from(status)),
            None => out.null(),
        };
    }
}
