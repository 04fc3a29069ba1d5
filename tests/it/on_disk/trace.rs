//! What `strace -f -y` wrote, read: writes to SQLite's log, their syncs, and requests to upstreams.
//!
//! A line is written when a system call begins and when it ends, before its thread goes on. So the end
//! of a sync stands above the request of whoever waited for it, on whichever thread.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// What is traced: writes to files, their syncs, and the writes by which requests leave.
const TRACED: &str = "trace=fsync,fdatasync,pwrite64,pwritev,pwritev2,\
                      write,writev,sendto,sendmsg,sendmmsg";

/// As much of a write as a page of the log has, so that an announcement is found in it.
const BYTES_SHOWN: &str = "4200";

/// Traces the command whose words follow into `output`, from beside it (`-D`).
pub(super) fn strace(output: &Path) -> Command {
    let mut strace = Command::new("strace");
    strace.args(["-D", "-f", "-y", "--seccomp-bpf", "-s", BYTES_SHOWN, "-e", TRACED, "-o"]).arg(output);
    strace
}

/// Whether there is a strace, which only a developer's machine may lack.
pub(super) fn is_possible() -> bool {
    let is_installed = Command::new("strace").arg("--version").output().is_ok();
    if !is_installed {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "CI must trace system calls: install strace");
        eprintln!("SKIPPED: no strace (apt install strace)");
    }
    is_installed
}

/// A request that changes something upstream.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    /// Method and path.
    pub(super) line: String,
    /// What a delivery calls it.
    pub(super) call: &'static str,
    /// Whether a page with its announcement was written to the log and synced before.
    pub(super) is_announced: bool,
}

/// By method and end of the path what a delivery calls a request. Searches change nothing.
const CALLS: [(&str, &str, &str); 8] = [
    ("POST", "/2.0/contact", "CreateContact"),
    ("POST", "/2.0/contact_relation", "CreateContact"),
    ("POST", "/2.0/kb_invoice", "CreateDraft"),
    ("POST", "/issue", "Issue"),
    ("POST", "/send", "SendMail"),
    ("PATCH", "/external", "WriteExternalId"),
    ("DELETE", "", "DeleteDraft"),
    ("POST", "/search", ""),
];

/// Every writing request of `trace`, in order.
pub(super) fn requests(trace: &str) -> Vec<Request> {
    let mut disk = Disk::default();
    let mut found = Vec::new();
    for line in trace.lines() {
        let (thread, call) = line.trim_start().split_once(' ').unwrap_or_default();
        let call = call.trim_start();
        disk.see(thread, call);
        if let Some((line, call)) = request(call).filter(|(_, call)| !call.is_empty()) {
            let before = found.iter().filter(|earlier: &&Request| earlier.call == call).count();
            found.push(Request { line, call, is_announced: disk.announcements(call) > before });
        }
    }
    found
}

/// The log as far as it would survive a loss of power.
#[derive(Default)]
struct Disk {
    written: Vec<String>,
    /// By thread, how much had been written when its sync began.
    syncing: Vec<(String, usize)>,
    synced: usize,
}

impl Disk {
    fn see(&mut self, thread: &str, call: &str) {
        let name = call.split('(').next().unwrap_or_default();
        let is_of_log = call.split_once('>').is_some_and(|(file, _)| file.ends_with("-wal"));
        if name.starts_with("pwrite") && is_of_log {
            self.written.push(call.to_owned());
        } else if matches!(name, "fsync" | "fdatasync") && is_of_log {
            self.syncing.push((thread.to_owned(), self.written.len()));
            if !call.ends_with("<unfinished ...>") {
                self.end_sync(thread, call);
            }
        } else if call.starts_with("<... fsync resumed>") || call.starts_with("<... fdatasync resumed>") {
            self.end_sync(thread, call);
        }
    }

    fn end_sync(&mut self, thread: &str, call: &str) {
        // A sync of another file was not begun here.
        let Some(at) = self.syncing.iter().position(|(syncing, _)| syncing == thread) else { return };
        let (_, written) = self.syncing.remove(at);
        if call.ends_with("= 0") {
            self.synced = self.synced.max(written);
        }
    }

    /// How many different announcements of `call` are among what was synced: a company's and a person's
    /// creation are two. In JSON, escaped by strace, a call is a word or an object with it as its name.
    fn announcements(&self, call: &str) -> usize {
        let synced = self.written[..self.synced].iter();
        let announced = synced.flat_map(|page| page.split(r#"\"Announced\":"#).skip(1));
        let of_call = announced.filter(|text| {
            text.trim_start_matches('{').strip_prefix(r#"\""#).is_some_and(|text| text.starts_with(call))
        });
        of_call.filter_map(|text| text.split('}').next()).collect::<BTreeSet<_>>().len()
    }
}

/// The request that a system call begins to send, and what a delivery calls it.
fn request(call: &str) -> Option<(String, &'static str)> {
    let start = call.split_once('"')?.1;
    let (line, _) = start.split_once(" HTTP/1.1")?;
    let (method, target) = line.split_once(' ')?;
    let path = target.split('?').next().unwrap_or_default();
    match method {
        "GET" | "HEAD" => None,
        _ => {
            let known = CALLS.iter().find(|(known, end, _)| *known == method && path.ends_with(end));
            Some((line.to_owned(), known.map_or("an unknown request", |(.., call)| *call)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str =
        r#"7 pwrite64(9</x/gateway.db-wal>, "..\"kind\":{\"Announced\":\"CreateDraft\"}..", 4096, 0) = 4096"#;
    const SYNC: &str = "7 fdatasync(9</x/gateway.db-wal>) = 0";
    const CREATE: &str = r#"8 sendto(15<socket:[1]>, "POST /2.0/kb_invoice HTTP/1.1\r\nhost", 9, 0) = 9"#;

    fn announced(lines: &[&str]) -> Vec<bool> {
        requests(&lines.join("\n")).iter().map(|request| request.is_announced).collect()
    }

    #[test]
    fn a_request_is_announced_by_a_page_that_was_synced_before() {
        assert_eq!(announced(&[PAGE, SYNC, CREATE]), [true]);
        for lines in [
            &[CREATE, PAGE, SYNC][..],
            &[PAGE, CREATE, SYNC],
            &[SYNC, PAGE, CREATE],
            &[PAGE, "7 fdatasync(9</x/gateway.db-wal>) = -1 EIO (Input/output error)", CREATE],
            &[PAGE, "7 fdatasync(9</x/gateway.db>) = 0", CREATE],
            &[&PAGE.replace("db-wal", "db"), SYNC, CREATE],
            &[&PAGE.replace("CreateDraft", "Issue"), SYNC, CREATE],
        ] {
            assert_eq!(announced(lines), [false], "{lines:#?}");
        }
    }

    #[test]
    fn each_of_two_requests_needs_an_announcement_of_its_own() {
        let page =
            |part: &str| PAGE.replace(r#"\"CreateDraft\""#, &format!(r#"{{\"CreateContact\":\"{part}\"}}"#));
        let create = CREATE.replace("kb_invoice", "contact");
        let (company, person) = (page("Company"), page("Person"));
        assert_eq!(announced(&[&company, SYNC, &create, &person, SYNC, &create]), [true, true]);
        // The first one's page is written again with the second's.
        assert_eq!(announced(&[&company, SYNC, &create, &company, SYNC, &create]), [true, false]);
    }

    #[test]
    fn a_sync_counts_from_its_end_for_what_was_written_at_its_beginning() {
        let begins = "7 fdatasync(9</x/gateway.db-wal> <unfinished ...>";
        let ends = "7 <... fdatasync resumed>) = 0";
        assert_eq!(announced(&[PAGE, begins, ends, CREATE]), [true]);
        assert_eq!(announced(&[PAGE, begins, CREATE, ends]), [false]);
        assert_eq!(announced(&[begins, PAGE, ends, CREATE]), [false]);
        assert_eq!(announced(&[PAGE, begins, &ends.replace('7', "8"), CREATE]), [false]);
    }

    #[test]
    fn writing_requests_are_known_by_their_path() {
        let line =
            |line: &str| format!("8 writev(15<socket:[1]>, [{{iov_base=\"{line} HTTP/1.1\\r\\n\"}}], 2) = 9");
        let calls = |request: &str| -> Vec<&str> {
            requests(&line(request)).iter().map(|request| request.call).collect()
        };
        assert_eq!(calls("POST /2.0/kb_invoice/7/issue"), ["Issue"]);
        assert_eq!(calls("PATCH /rest/psohubapi/v1/invoices/external?id=7"), ["WriteExternalId"]);
        assert_eq!(calls("DELETE /2.0/kb_invoice/7"), ["DeleteDraft"]);
        assert_eq!(calls("PUT /x"), ["an unknown request"]);
        assert_eq!(calls("POST /2.0/kb_invoice/search?limit=2"), [""; 0]);
        assert_eq!(calls("GET /2.0/kb_invoice/7"), [""; 0]);
    }
}
