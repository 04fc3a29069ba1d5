//! The service as a process of its own: what only a real process shows (that it lives on, how much
//! memory it takes) is tested on it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use tempfile::TempDir;
use upstream_simulator::Simulator;

/// What a process of a test is given where the test says nothing else.
const SETTINGS: &[(&str, &str)] = &[("REFRESH_WAIT_SECONDS", "600"), ("REVENUE_ACCOUNT", "3400")];

/// A running `invoice-gateway`, ended when dropped.
pub struct GatewayProcess {
    child: Child,
    url: String,
    lines: Arc<Mutex<String>>,
    /// Ends when nobody can write to the log any more.
    reader: Option<JoinHandle<()>>,
}

impl GatewayProcess {
    /// `demo` over a company that does not change.
    pub fn demo(invoices: usize) -> Self {
        let invoices = invoices.to_string();
        Self::start(
            Command::new(binary())
                .args(["demo", "--change-seconds", "0", "--invoices", &invoices])
                .env("LISTEN_ADDR", "127.0.0.1:0"),
        )
    }

    /// `serve` over a simulator of the test's, with its database in `folder`.
    pub fn serve(simulator: &Simulator, folder: &TempDir) -> Self {
        Self::serve_by(&mut Command::new(binary()), simulator, folder.path(), SETTINGS)
    }

    /// The same under a `tracer` that stays beside it: the process is this one's child all the same.
    pub fn traced(tracer: &mut Command, simulator: &Simulator, folder: &TempDir) -> Self {
        Self::serve_by(tracer.arg(binary()), simulator, folder.path(), SETTINGS)
    }

    /// The same with settings of the test's.
    pub fn serve_with(simulator: &Simulator, folder: &Path, settings: &[(&str, &str)]) -> Self {
        Self::serve_by(&mut Command::new(binary()), simulator, folder, settings)
    }

    fn serve_by(
        command: &mut Command,
        simulator: &Simulator,
        folder: &Path,
        settings: &[(&str, &str)],
    ) -> Self {
        let database = format!("sqlite:{}", folder.join("gateway.db").display());
        Self::start(
            command
                .args(["serve", "--no-auth"])
                .env("LISTEN_ADDR", "127.0.0.1:0")
                .env("DATABASE_URL", database)
                .envs(simulator.environment())
                .envs(settings.iter().copied()),
        )
    }

    /// Ends it, and waits until its tracer has ended as well.
    pub fn end(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.reader.take().unwrap().join().unwrap();
    }

    fn start(command: &mut Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut lines = String::new();
        let url = loop {
            let start = lines.len();
            assert_ne!(log.read_line(&mut lines).unwrap(), 0, "it ended before it served:\n{lines}");
            let line = lines[start..].trim_end();
            if let Some(at) = line.ends_with("/graphiql").then(|| line.find("http://")).flatten() {
                break line[at..].trim_end_matches("/graphiql").to_owned();
            }
        };
        let lines = Arc::new(Mutex::new(lines));
        // The pipe must be read on, or the process waits for it.
        let reader = std::thread::spawn({
            let lines = Arc::clone(&lines);
            move || {
                let mut line = String::new();
                while log.read_line(&mut line).is_ok_and(|bytes| bytes > 0) {
                    lines.lock().unwrap().push_str(&line);
                    line.clear();
                }
            }
        });
        Self { child, url, lines, reader: Some(reader) }
    }

    /// Sends it a signal, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// Waits for its end, and for the last line of its log.
    pub fn wait(&mut self) -> ExitStatus {
        let status = self.child.wait().unwrap();
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        status
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        self.lines.lock().unwrap().clone()
    }

    /// Its base URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether it has not ended.
    pub fn is_alive(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// The most memory it has held so far, in bytes (`VmHWM`; Linux only).
    pub fn peak_memory_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }
}

/// Runs a command to its end over a simulator, with its database in `folder`.
pub fn run(
    arguments: &[&str],
    simulator: &Simulator,
    folder: impl AsRef<Path>,
    settings: &[(&str, &str)],
) -> Output {
    let database = format!("sqlite:{}", folder.as_ref().join("gateway.db").display());
    Command::new(binary())
        .args(arguments)
        .env("DATABASE_URL", database)
        .envs(simulator.environment())
        .envs(settings.iter().copied())
        .output()
        .unwrap()
}

/// The binary that `GATEWAY_BINARY` names (CI: the release build), else the one built with the tests.
pub fn binary() -> String {
    std::env::var("GATEWAY_BINARY").unwrap_or_else(|_| env!("CARGO_BIN_EXE_invoice-gateway").to_owned())
}

impl Drop for GatewayProcess {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
