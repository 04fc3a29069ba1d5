//! The gateway's process as the player holds it: started, spoken to, watched, killed.

use std::collections::BTreeMap;
use std::fs;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command as Program};
use tokio::sync::oneshot;

use crate::protocol::{Answer, Command, Report, Request, Setup};

/// A running gateway.
pub struct Gateway {
    child: Child,
    stdin: ChildStdin,
    state: Arc<Mutex<State>>,
    last_id: u64,
}

/// What its output said so far.
#[derive(Default)]
struct State {
    url: Option<String>,
    /// Lines that the player has not looked at yet.
    said: Vec<String>,
    /// Its last words, when it died by itself.
    died: Option<String>,
    waiting: BTreeMap<u64, oneshot::Sender<Answer>>,
    /// Its output has ended: every sender that waited is gone.
    is_over: bool,
}

/// An answer that will come, unless the process dies first.
pub type Pending = oneshot::Receiver<Answer>;

/// How a process ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// By the tripwire, at this event.
    Aborted(String),
    /// By the player.
    Killed,
    /// Any other way: a panic, an exit.
    ByItself,
}

impl Gateway {
    /// Starts a gateway; it is ready when [`Self::is_ready`] says so.
    pub async fn start(setup: &Setup) -> Self {
        let program = std::env::current_exe().expect("this executable has a path");
        let mut child = Program::new(program)
            .arg("gateway")
            // The system's root certificates are a third of a start, and nothing here speaks TLS.
            .env("SSL_CERT_FILE", "/dev/null")
            .env_remove("SSL_CERT_DIR")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the gateway's process starts");
        let mut stdin = child.stdin.take().expect("its input is a pipe");
        let stdout = child.stdout.take().expect("its output is a pipe");
        let state = Arc::new(Mutex::new(State::default()));
        tokio::spawn(listen(BufReader::new(stdout).lines(), Arc::clone(&state)));
        // It may die before it has read this; then its output ends, which is noticed.
        let _ = stdin.write_all(&line(setup)).await;
        Self { child, stdin, state, last_id: 0 }
    }

    /// Whether it serves.
    pub fn is_ready(&self) -> bool {
        self.lock().url.is_some()
    }

    /// Asks for something; the answer comes when it comes.
    pub async fn ask(&mut self, command: Command) -> Pending {
        self.last_id += 1;
        let (sender, pending) = oneshot::channel();
        {
            let mut state = self.lock();
            if !state.is_over {
                state.waiting.insert(self.last_id, sender);
            }
        }
        let request = Request { id: self.last_id, command };
        // A dead process answers nothing, and the pending answer says so.
        let _ = self.stdin.write_all(&line(&request)).await;
        pending
    }

    /// What it said since the last time.
    pub fn take_said(&self) -> Vec<String> {
        std::mem::take(&mut self.lock().said)
    }

    /// How it ended, once it has.
    pub fn ended(&mut self) -> Option<End> {
        let status = self.child.try_wait().expect("a child can be waited for")?;
        // What it said last is in the pipe; the reader tells when all of it was read.
        let state = self.lock();
        state.is_over.then(|| end_of(status, state.died.clone()))
    }

    /// Kills it at once and waits until it is gone.
    pub async fn kill(&mut self) {
        let _ = self.child.kill().await;
    }

    /// What its threads did so far; `None` when one of them is at work, or where the system cannot tell.
    pub fn asleep(&self) -> Option<Threads> {
        let id = self.child.id()?;
        threads(id)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn end_of(status: ExitStatus, died: Option<String>) -> End {
    use std::os::unix::process::ExitStatusExt as _;
    match (status.signal(), died) {
        (Some(9), _) => End::Killed,
        (Some(6), Some(words)) => End::Aborted(words),
        _ => End::ByItself,
    }
}

fn line(message: &impl serde::Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(message).expect("a message is JSON");
    line.push(b'\n');
    line
}

async fn listen(mut lines: Lines<BufReader<ChildStdout>>, state: Arc<Mutex<State>>) {
    while let Ok(Some(line)) = lines.next_line().await {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        match serde_json::from_str::<Report>(&line) {
            Ok(Report::Ready { url }) => state.url = Some(url),
            Ok(Report::Event(words)) => state.said.push(words),
            Ok(Report::Dying(words)) => {
                state.said.push(format!("{words} <- the process aborts here"));
                state.died = Some(words);
            }
            Ok(Report::Answer { id, answer }) => {
                if let Some(sender) = state.waiting.remove(&id) {
                    // The player may not want it any more.
                    let _ = sender.send(answer);
                }
            }
            Err(_) => state.said.push(format!("printed: {line}")),
        }
    }
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    state.is_over = true;
    state.waiting.clear();
}

/// How often each thread of a process gave up the processor.
pub type Threads = BTreeMap<String, String>;

/// The threads of a process that is entirely asleep. Two equal answers mean that it slept in between.
fn threads(process: u32) -> Option<Threads> {
    let mut threads = Threads::new();
    for entry in fs::read_dir(format!("/proc/{process}/task")).ok()? {
        let name = entry.ok()?.file_name().into_string().ok()?;
        let status = fs::read_to_string(format!("/proc/{process}/task/{name}/status")).ok()?;
        let mut switches = String::new();
        for line in status.lines() {
            if let Some(state) = line.strip_prefix("State:")
                && !state.trim_start().starts_with('S')
            {
                return None;
            }
            if line.contains("ctxt_switches") {
                switches.push_str(line);
            }
        }
        threads.insert(name, switches);
    }
    Some(threads)
}
