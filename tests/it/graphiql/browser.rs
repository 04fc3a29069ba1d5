//! A real headless Chromium, driven over the DevTools protocol, that keeps what went wrong in the page.
//!
//! The protocol is spoken through the process's own pipes (`--remote-debugging-pipe`), so it needs neither a
//! port nor a WebSocket. No name resolves in it but the loopback address: a page that needs the network fails.
//! Protocol: <https://chromedevtools.github.io/devtools-protocol/>.

use std::collections::HashMap;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::{mpsc, oneshot};

/// Generous: a slow machine with every core busy still starts a browser within it.
const PATIENCE: Duration = Duration::from_mins(1);

const POLL: Duration = Duration::from_millis(30);

/// How long a picture has to stay the same to be one.
const STILL: Duration = Duration::from_millis(400);

const FLAGS: [&str; 17] = [
    "--headless",
    "--remote-debugging-pipe",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--metrics-recording-only",
    "--no-default-browser-check",
    "--no-first-run",
    "--password-store=basic",
    "--hide-scrollbars",
    "--lang=en-US",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

/// The browser's program: `CHROMIUM`, or where Debian puts it.
///
/// None when there is none, and then the caller's test shows nothing; where `CI` is `true` that is a failure.
pub(crate) fn program() -> Option<String> {
    let program = std::env::var("CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_owned());
    if std::path::Path::new(&program).exists() {
        return Some(program);
    }
    let reason = format!("no browser at {program}: install chromium, or name one in CHROMIUM");
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{reason}");
    eprintln!("skipped: {reason}");
    None
}

/// One page of one browser with a profile of its own.
pub(crate) struct Page {
    process: Child,
    connection: Connection,
    session: String,
    _profile: tempfile::TempDir,
}

impl Page {
    /// Starts the browser with an empty page of the size of the README's picture.
    pub(crate) async fn open(program: &str) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let mut process = start(program, profile.path());
        let connection = Connection::over(&mut process);
        let target = connection.call(None, "Target.createTarget", json!({ "url": "about:blank" })).await;
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let attached = connection.call(None, "Target.attachToTarget", attach).await;
        let session = attached["sessionId"].as_str().unwrap().to_owned();
        let page = Self { process, connection, session, _profile: profile };
        for domain in ["Page", "Runtime", "Log", "Network", "Audits"] {
            page.call(&format!("{domain}.enable"), json!({})).await;
        }
        let workers = json!({ "autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true });
        page.call("Target.setAutoAttach", workers).await;
        let size = json!({ "width": 1400, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        page.call("Emulation.setDeviceMetricsOverride", size).await;
        page
    }

    pub(crate) async fn go(&self, url: &str) {
        let answer = self.call("Page.navigate", json!({ "url": url })).await;
        assert_eq!(answer.get("errorText"), None, "{url}");
    }

    /// What the system is said to prefer: `dark` or `light`.
    pub(crate) async fn prefer_colors(&self, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.call("Emulation.setEmulatedMedia", json!({ "features": features })).await;
    }

    /// The value of a JavaScript expression; a promise is awaited.
    pub(crate) async fn evaluate(&self, expression: &str) -> Value {
        let request = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let mut answer = self.call("Runtime.evaluate", request).await;
        assert_eq!(answer.get("exceptionDetails"), None, "{expression}");
        answer["result"]["value"].take()
    }

    /// Waits until the expression is truthy and returns its value.
    ///
    /// Asks again and again from here: a navigation would end a script that waits inside the page.
    pub(crate) async fn until(&self, expression: &str) -> Value {
        let guarded = format!("(() => {{ try {{ return {expression}; }} catch {{ return null; }} }})()");
        let ask = async {
            loop {
                let value = self.evaluate(&guarded).await;
                if !matches!(value, Value::Null | Value::Bool(false))
                    && value != json!("")
                    && value != json!(0)
                {
                    return value;
                }
                tokio::time::sleep(POLL).await;
            }
        };
        let Ok(value) = tokio::time::timeout(PATIENCE, ask).await else {
            let text = self.evaluate("document.body?.innerText").await;
            panic!("never true: {expression}\ncomplaints: {:#?}\npage: {text}", self.complaints(""));
        };
        value
    }

    /// A click with the mouse in the middle of the first element that the CSS selector finds, once it stands
    /// still: tabs slide to their places, and a click on the way would meet another.
    pub(crate) async fn click(&self, selector: &str) {
        let place = format!(
            "(async () => {{ \
             const middle = () => {{ \
               const box = document.querySelector({selector:?})?.getBoundingClientRect(); \
               return box?.width ? [box.x + box.width / 2, box.y + box.height / 2] : null; }}; \
             const before = middle(); \
             for (let frame = 0; frame < 3; frame += 1) await new Promise(requestAnimationFrame); \
             const after = middle(); \
             const there = after && document.elementFromPoint(...after)?.closest({selector:?}); \
             return there && String(before) === String(after) ? after : null; }})()"
        );
        let at = self.until(&place).await;
        for (kind, buttons) in [("mouseMoved", 0), ("mousePressed", 1), ("mouseReleased", 0)] {
            let button = if kind == "mouseMoved" { "none" } else { "left" };
            let event = json!({ "type": kind, "x": at[0], "y": at[1], "button": button, "buttons": buttons, "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", event).await;
        }
    }

    /// Writes where the focus is, as pasting does.
    pub(crate) async fn paste(&self, text: &str) {
        self.call("Input.insertText", json!({ "text": text })).await;
    }

    /// Presses a key of the keyboard: `Tab` or `Enter`.
    pub(crate) async fn press(&self, name: &str) {
        let (code, text) = match name {
            "Tab" => (9, ""),
            "Enter" => (13, "\r"),
            other => panic!("no such key: {other}"),
        };
        for kind in ["keyDown", "keyUp"] {
            let event = json!({ "type": kind, "key": name, "code": name, "windowsVirtualKeyCode": code, "text": text });
            self.call("Input.dispatchKeyEvent", event).await;
        }
    }

    /// From now on no page runs a script of its own.
    pub(crate) async fn without_scripts(&self) {
        self.call("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await;
    }

    /// What assistive technology is told of: role and name of everything that has both, in the page's order.
    pub(crate) async fn accessible(&self) -> Vec<(String, String)> {
        let tree = self.call("Accessibility.getFullAXTree", json!({})).await;
        let text = |node: &Value, part: &str| node[part]["value"].as_str().unwrap_or_default().to_owned();
        let nodes = tree["nodes"].as_array().unwrap().iter().filter(|node| node["ignored"] != true);
        let named = nodes.map(|node| (text(node, "role"), text(node, "name")));
        named.filter(|(_, name)| !name.is_empty()).collect()
    }

    /// The page as it is seen, as a PNG file, once it does not change any more: editors colour words later than
    /// they show them.
    pub(crate) async fn screenshot(&self) -> Vec<u8> {
        use base64::Engine as _;
        let mut last = String::new();
        loop {
            let answer = self.call("Page.captureScreenshot", json!({ "format": "png" })).await;
            let picture = answer["data"].as_str().unwrap();
            if picture == last {
                return base64::engine::general_purpose::STANDARD.decode(picture).unwrap();
            }
            picture.clone_into(&mut last);
            tokio::time::sleep(STILL).await;
        }
    }

    /// Everything that went wrong since the start: requests to another origin than this one, requests that
    /// failed, breaches of the content security policy, errors on the console, uncaught exceptions.
    pub(crate) fn complaints(&self, origin: &str) -> Vec<String> {
        let events = self.connection.events.lock().unwrap();
        events.iter().filter_map(|event| complaint(event, origin)).collect()
    }

    /// Waits for a complaint that begins like this: the browser reports some a little later.
    pub(crate) async fn until_complaint(&self, origin: &str, start: &str) {
        let ask = async {
            while !self.complaints(origin).iter().any(|complaint| complaint.starts_with(start)) {
                tokio::time::sleep(POLL).await;
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, ask).await;
        assert!(in_time.is_ok(), "no \"{start}\" among {:#?}", self.complaints(origin));
    }

    /// The addresses of everything that the page and its workers asked for.
    pub(crate) fn requests(&self) -> Vec<String> {
        let events = self.connection.events.lock().unwrap();
        events.iter().filter_map(|event| requested(event).map(str::to_owned)).collect()
    }

    /// What the page sent under this header, of the requests to addresses that end like this.
    pub(crate) fn headers_sent(&self, url_end: &str, name: &str) -> Vec<String> {
        let events = self.connection.events.lock().unwrap();
        let requests =
            events.iter().filter(|event| requested(event).is_some_and(|url| url.ends_with(url_end)));
        let values = requests.map(|event| &event["params"]["request"]["headers"][name]);
        values.filter_map(|value| value.as_str().map(str::to_owned)).collect()
    }

    /// Waits until the page has the head of an event stream.
    pub(crate) async fn until_event_stream(&self) {
        let is_stream = |event: &Value| {
            event["method"] == "Network.responseReceived"
                && event["params"]["response"]["mimeType"] == "text/event-stream"
        };
        let ask = async {
            while !self.connection.events.lock().unwrap().iter().any(is_stream) {
                tokio::time::sleep(POLL).await;
            }
        };
        assert!(tokio::time::timeout(PATIENCE, ask).await.is_ok(), "no event stream: {:#?}", self.requests());
    }

    /// Ends the browser and waits for it, so that nothing of it is left.
    pub(crate) async fn close(mut self) {
        self.connection.send(None, "Browser.close", &json!({}), NO_ANSWER);
        tokio::time::timeout(PATIENCE, self.process.wait()).await.expect("the browser ends").unwrap();
    }

    async fn call(&self, method: &str, parameters: Value) -> Value {
        self.connection.call(Some(&self.session), method, parameters).await
    }
}

fn complaint(event: &Value, origin: &str) -> Option<String> {
    let parameters = &event["params"];
    match event["method"].as_str()? {
        "Network.requestWillBeSent" => {
            let url = requested(event)?;
            let own = url.strip_prefix(origin).is_some_and(|path| path.starts_with('/'));
            (!own && !url.starts_with("data:") && !url.starts_with("about:"))
                .then(|| format!("foreign request: {url}"))
        }
        "Network.loadingFailed" if parameters["canceled"] != true => {
            Some(format!("failed request: {parameters}"))
        }
        "Network.responseReceived" if parameters["response"]["status"].as_u64() >= Some(400) => {
            Some(format!("refused request: {}", parameters["response"]["url"]))
        }
        "Audits.issueAdded" if parameters["issue"]["code"] == "ContentSecurityPolicyIssue" => {
            Some(format!("breach of the policy: {}", parameters["issue"]["details"]))
        }
        "Log.entryAdded" if parameters["entry"]["level"] == "error" => {
            Some(format!("browser's log: {}", parameters["entry"]["text"]))
        }
        "Runtime.consoleAPICalled" if parameters["type"] == "error" || parameters["type"] == "assert" => {
            Some(format!("console: {}", parameters["args"]))
        }
        "Runtime.exceptionThrown" => Some(format!("exception: {}", parameters["exceptionDetails"])),
        _ => None,
    }
}

fn requested(event: &Value) -> Option<&str> {
    if event["method"] != "Network.requestWillBeSent" {
        return None;
    }
    event["params"]["request"]["url"].as_str()
}

/// The shell gives the browser our pipes under the numbers it wants them, 3 and 4.
fn start(program: &str, profile: &std::path::Path) -> Child {
    Command::new("sh")
        .args(["-c", "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1", program])
        .args(FLAGS)
        .arg(format!("--user-data-dir={}", profile.display()))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

/// Of a message whose answer nobody waits for.
const NO_ANSWER: u64 = 0;

type Answers = Arc<Mutex<HashMap<u64, oneshot::Sender<Value>>>>;

/// Messages out, answers to whom they belong, events kept.
struct Connection {
    outgoing: mpsc::UnboundedSender<Vec<u8>>,
    answers: Answers,
    events: Arc<Mutex<Vec<Value>>>,
    last_id: Mutex<u64>,
}

impl Connection {
    fn over(process: &mut Child) -> Self {
        let mut input = process.stdin.take().unwrap();
        let output = process.stdout.take().unwrap();
        let (outgoing, mut queue) = mpsc::unbounded_channel::<Vec<u8>>();
        tokio::spawn(async move {
            while let Some(message) = queue.recv().await {
                if input.write_all(&message).await.is_err() {
                    return;
                }
            }
        });
        let connection =
            Self { outgoing, answers: Answers::default(), events: Arc::default(), last_id: Mutex::new(0) };
        tokio::spawn(read(
            output,
            Arc::clone(&connection.answers),
            Arc::clone(&connection.events),
            connection.outgoing.clone(),
        ));
        connection
    }

    async fn call(&self, session: Option<&str>, method: &str, parameters: Value) -> Value {
        let (answer, receiver) = oneshot::channel();
        let id = {
            let mut last = self.last_id.lock().unwrap();
            *last += 1;
            *last
        };
        self.answers.lock().unwrap().insert(id, answer);
        self.send(session, method, &parameters, id);
        let answer = tokio::time::timeout(PATIENCE, receiver).await;
        let answer = answer.unwrap_or_else(|_| panic!("{method}: no answer from the browser"));
        let mut answer = answer.unwrap_or_else(|_| panic!("{method}: the browser went away"));
        assert_eq!(answer.get("error"), None, "{method}");
        answer["result"].take()
    }

    fn send(&self, session: Option<&str>, method: &str, parameters: &Value, id: u64) {
        // Only a browser that has gone takes no message, and then no answer comes either.
        let _ = self.outgoing.send(message(session, method, parameters, id));
    }
}

fn message(session: Option<&str>, method: &str, parameters: &Value, id: u64) -> Vec<u8> {
    let mut message = json!({ "id": id, "method": method, "params": parameters });
    if let Some(session) = session {
        message["sessionId"] = json!(session);
    }
    let mut bytes = serde_json::to_vec(&message).unwrap();
    bytes.push(0);
    bytes
}

async fn read(
    output: ChildStdout,
    answers: Answers,
    events: Arc<Mutex<Vec<Value>>>,
    outgoing: mpsc::UnboundedSender<Vec<u8>>,
) {
    let mut output = BufReader::new(output);
    let mut buffer = Vec::new();
    while let Ok(1..) = output.read_until(0, &mut buffer).await {
        buffer.pop();
        let message: Value = serde_json::from_slice(&buffer).unwrap();
        buffer.clear();
        if let Some(waiting) = message["id"].as_u64().and_then(|id| answers.lock().unwrap().remove(&id)) {
            // The caller may have given up.
            let _ = waiting.send(message);
        } else if message["method"] == "Target.attachedToTarget" {
            watch_worker(&message["params"], &outgoing);
        } else if message["method"].is_string() {
            events.lock().unwrap().push(message);
        }
    }
    answers.lock().unwrap().clear();
}

/// A worker waits until it is watched: what it asks for first would be missed otherwise.
fn watch_worker(attached: &Value, outgoing: &mpsc::UnboundedSender<Vec<u8>>) {
    let session = attached["sessionId"].as_str();
    for method in ["Network.enable", "Runtime.enable", "Log.enable", "Runtime.runIfWaitingForDebugger"] {
        let _ = outgoing.send(message(session, method, &json!({}), NO_ANSWER));
    }
}
