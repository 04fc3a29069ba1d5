//! The doctor's report: lines for people, or JSON for scripts. docs/operations.md has the JSON's form.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use serde_json::{Value, json};

use super::{Check, CheckFinding, Report};
use crate::domain::connection_test::{FindingSeverity, StepState};

/// Version of the JSON: it goes up when something in it changes its meaning or goes away.
const FORM: u32 = 1;

/// Writes the report to standard output.
pub(super) fn print(report: &Report, as_json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if as_json {
        return writeln!(out, "{:#}", form(report));
    }
    let paint = Paint { on: is_colourful() };
    write_lines(&mut out, report, paint)
}

/// Only where a person looks, and not against their will: <https://no-color.org>.
fn is_colourful() -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    io::stdout().is_terminal() && !refused
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn form(report: &Report) -> Value {
    json!({
        "version": FORM,
        "state": report.state().word(),
        "startedAt": report.started_at.to_string(),
        "durationMs": ms(report.duration),
        "company": report.company,
        "checks": report.checks.iter().map(check_form).collect::<Vec<_>>(),
    })
}

fn check_form(check: &Check) -> Value {
    json!({
        "name": check.name,
        "state": check.state.word(),
        "durationMs": ms(check.duration),
        "found": check.found,
        "findings": check.findings.iter().map(finding_form).collect::<Vec<_>>(),
    })
}

fn finding_form(finding: &CheckFinding) -> Value {
    json!({
        "code": finding.code,
        "severity": match finding.severity {
            FindingSeverity::Warning => "WARNING",
            FindingSeverity::Error => "ERROR",
        },
        "message": finding.message,
        "hint": finding.hint,
        "upstreamText": finding.upstream_text,
        "upstreamStatus": finding.upstream_status,
    })
}

/// Paints words, or leaves them as they are.
#[derive(Clone, Copy)]
struct Paint {
    on: bool,
}

impl Paint {
    fn sign(self, state: StepState) -> String {
        let (sign, colour) = match state {
            StepState::Passed => ("✓", "32"),
            StepState::Skipped => ("-", "2"),
            StepState::Warning => ("!", "33"),
            StepState::Failed => ("✗", "31"),
        };
        if self.on { format!("\x1b[{colour}m{sign}\x1b[0m") } else { sign.to_owned() }
    }
}

fn write_lines(out: &mut impl Write, report: &Report, paint: Paint) -> io::Result<()> {
    for check in &report.checks {
        let sign = paint.sign(check.state);
        let found = printable(check.found.as_deref().unwrap_or_default());
        let line = format!("{sign} {:<20} {:>6} ms  {found}", check.name, ms(check.duration));
        writeln!(out, "{}", line.trim_end())?;
        for finding in &check.findings {
            write_finding(out, finding)?;
        }
    }
    let words = match report.state() {
        StepState::Passed => "All is well.",
        StepState::Skipped | StepState::Warning => "It works. Somebody should look at the warnings.",
        StepState::Failed => "Something does not work.",
    };
    writeln!(out, "\n{words}")
}

fn write_finding(out: &mut impl Write, finding: &CheckFinding) -> io::Result<()> {
    writeln!(out, "    {}: {}", finding.code, printable(&finding.message))?;
    if let Some(text) = &finding.upstream_text {
        let status = finding.upstream_status.map(|status| format!(" ({status})")).unwrap_or_default();
        writeln!(out, "    it said{status}: {}", printable(text))?;
    }
    writeln!(out, "    → {}", finding.hint)
}

/// Words of others on one line, without what would steer a terminal.
fn printable(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::doctor::CheckFinding;

    fn report() -> Report {
        let finding = CheckFinding {
            upstream_text: Some("Un\u{1b}authorized".into()),
            upstream_status: Some(401),
            ..CheckFinding::new(
                "TOKEN_REFUSED",
                FindingSeverity::Error,
                "Bexio does not know it".to_owned(),
                "Set it.",
            )
        };
        Report {
            started_at: "2026-03-02T08:00:00Z".parse().unwrap(),
            duration: Duration::from_millis(1500),
            company: None,
            checks: vec![
                Check::made("DATABASE", Duration::from_millis(3), Some("up to date".into()), Vec::new()),
                Check::made("BEXIO_USER", Duration::from_millis(120), None, vec![finding]),
            ],
        }
    }

    #[test]
    fn people_read_lines_and_no_escape_where_colours_are_off() {
        let mut lines = Vec::new();
        write_lines(&mut lines, &report(), Paint { on: false }).unwrap();
        let expected = "\
✓ DATABASE                  3 ms  up to date
✗ BEXIO_USER              120 ms
    TOKEN_REFUSED: Bexio does not know it
    it said (401): Un authorized
    → Set it.

Something does not work.
";
        assert_eq!(String::from_utf8(lines).unwrap(), expected);
        assert_eq!(Paint { on: true }.sign(StepState::Failed), "\x1b[31m✗\x1b[0m");
    }

    #[test]
    fn scripts_read_json_of_a_stable_form() {
        let form = form(&report());
        assert_eq!(form["state"], "FAILED");
        assert_eq!(form["checks"][1]["findings"][0]["upstreamStatus"], 401);
        let page = include_str!("../../../docs/operations.md");
        let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        let check = &form["checks"][1];
        for key in [keys(&form), keys(check), keys(&check["findings"][0])].concat() {
            assert!(page.contains(&format!("`{key}`")), "docs/operations.md says nothing of {key}");
        }
    }
}
