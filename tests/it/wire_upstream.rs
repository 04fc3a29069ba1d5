//! An upstream that misbehaves on purpose, byte by byte, and keeps what it was sent.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the upstream does with a request.
pub(crate) enum Reply {
    /// Sends these bytes and keeps the connection.
    Bytes(Vec<u8>),
    /// Sends these bytes and closes the connection.
    Last(Vec<u8>),
    /// Sends these bytes, and each further piece after a pause; then closes.
    Slow(Vec<u8>, Duration, Vec<Vec<u8>>),
    /// Never answers.
    Hang,
    /// Closes the connection without a byte.
    Drop,
}

/// An answer with a length.
pub(crate) fn answer(status: u16, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n{headers}\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// A 200 with JSON.
pub(crate) fn ok(json: impl AsRef<[u8]>) -> Reply {
    Reply::Bytes(answer(200, "content-type: application/json\r\n", json))
}

/// A status with a JSON body.
pub(crate) fn refused(status: u16, json: &str) -> Reply {
    Reply::Bytes(answer(status, "content-type: application/json\r\n", json))
}

#[derive(Default)]
struct Seen {
    requests: Mutex<Vec<String>>,
    connections: AtomicUsize,
    in_flight: AtomicUsize,
    in_flight_max: AtomicUsize,
}

/// The upstream. It ends with the test's runtime.
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    seen: Arc<Seen>,
}

impl Upstream {
    /// Starts one; `script` gets the number of the request, from 0, and its text.
    pub(crate) async fn start(script: impl Fn(usize, &str) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Seen::default());
        let (script, shared) = (Arc::new(script), Arc::clone(&seen));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                shared.connections.fetch_add(1, Ordering::SeqCst);
                let (script, seen) = (Arc::clone(&script), Arc::clone(&shared));
                tokio::spawn(async move { serve(stream, &*script, &seen).await });
            }
        });
        Self { address, seen }
    }

    /// One that answers everything with `json`.
    pub(crate) async fn answering(json: &'static str) -> Self {
        Self::start(move |_, _| ok(json)).await
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests so far: head and body.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.seen.requests.lock().unwrap().clone()
    }

    /// The first lines of the requests so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        let line = |request: &String| request.lines().next().unwrap().replace(" HTTP/1.1", "");
        self.requests().iter().map(line).collect()
    }

    pub(crate) fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn in_flight_max(&self) -> usize {
        self.seen.in_flight_max.load(Ordering::SeqCst)
    }
}

async fn serve(mut stream: TcpStream, script: &(dyn Fn(usize, &str) -> Reply + Send + Sync), seen: &Seen) {
    while let Some(request) = read_request(&mut stream).await {
        let number = {
            let mut requests = seen.requests.lock().unwrap();
            requests.push(request.clone());
            requests.len() - 1
        };
        let in_flight = seen.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
        seen.in_flight_max.fetch_max(in_flight, Ordering::SeqCst);
        let reply = script(number, &request);
        let goes_on = matches!(reply, Reply::Bytes(_));
        match reply {
            Reply::Bytes(bytes) => {
                // Long enough for calls at the same time to meet here.
                tokio::time::sleep(Duration::from_millis(5)).await;
                seen.in_flight.fetch_sub(1, Ordering::SeqCst);
                let _ = stream.write_all(&bytes).await;
            }
            Reply::Last(bytes) => {
                let _ = stream.write_all(&bytes).await;
                let _ = stream.shutdown().await;
            }
            Reply::Slow(first, pause, pieces) => {
                let _ = stream.write_all(&first).await;
                for piece in pieces {
                    tokio::time::sleep(pause).await;
                    if stream.write_all(&piece).await.is_err() {
                        break;
                    }
                }
            }
            Reply::Hang => std::future::pending().await,
            Reply::Drop => {}
        }
        if !goes_on {
            seen.in_flight.fetch_sub(1, Ordering::SeqCst);
            return;
        }
    }
}

/// One request with its body, `None` when the client is gone.
async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.map_or(0, |length| length.parse().unwrap());
            if body.len() >= length {
                return Some(text);
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}
