//! Clients that are slow on purpose: heads and bodies byte by byte, and answers that nobody reads.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::target::Target;

/// Connections of each kind.
const EACH: usize = 100;

/// What is sent of a head before the waiting begins.
const HEAD: &str = "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";

/// Opens them and goes on until the service has closed every one.
pub async fn hold_open(target: &Target) {
    let address = target.address();
    let mut open = JoinSet::new();
    for n in 0..EACH {
        let head = format!("{HEAD}x-n: {n}");
        open.spawn(drip(TcpStream::connect(address).await.unwrap(), head, "a"));
        let body = format!("{HEAD}content-length: 1000\r\n\r\n{{");
        open.spawn(drip(TcpStream::connect(address).await.unwrap(), body, " "));
        open.spawn(never_read(TcpStream::connect(address).await.unwrap()));
    }
    while let Some(ended) = open.join_next().await {
        ended.unwrap();
    }
}

/// Sends `start`, and then a byte each half second until the connection is closed.
async fn drip(stream: TcpStream, start: String, byte: &'static str) {
    let (mut reading, mut writing) = stream.into_split();
    let sending = async move {
        let mut next = start.as_bytes();
        while writing.write_all(next).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(500)).await;
            next = byte.as_bytes();
        }
    };
    let closed = async move {
        let mut answer = Vec::new();
        let _ = reading.read_to_end(&mut answer).await;
        answer
    };
    tokio::select! {
        () = sending => {}
        answer = closed => {
            let answer = String::from_utf8_lossy(&answer);
            assert!(answer.is_empty() || answer.contains(" 408 "), "a slow request was answered {answer}");
        }
    }
}

/// Asks for much, and reads nothing of it for a while.
async fn never_read(mut stream: TcpStream) {
    let query = r#"{"query":"{ invoices(first: 500) { nodes { number name customer { name } } } }"}"#;
    let request = format!("{HEAD}content-length: {}\r\n\r\n{query}", query.len());
    for _ in 0..20 {
        if stream.write_all(request.as_bytes()).await.is_err() {
            return;
        }
    }
    tokio::time::sleep(Duration::from_secs(5)).await;
}
