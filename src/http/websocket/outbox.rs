//! What waits to be written to a socket.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::ready;

use bytes::Bytes;
use futures_util::Sink;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

/// Longest frame that is written. Longer messages are cut into several: the socket's buffer keeps the size
/// of the longest frame it has ever held.
const FRAME_BYTES_MAX: usize = 16 * 1024;

/// Frames in the order in which they are written.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    frames: VecDeque<Message>,
    /// Whether the last frame is still in the socket's buffer.
    unflushed: bool,
}

impl Outbox {
    /// Whether the operating system has taken everything.
    pub(super) fn is_idle(&self) -> bool {
        self.frames.is_empty() && !self.unflushed
    }

    /// How many frames wait.
    pub(super) fn len(&self) -> usize {
        self.frames.len()
    }

    /// Puts in a text, which is JSON and so valid UTF-8.
    pub(super) fn text(&mut self, text: Vec<u8>) {
        let mut rest = Bytes::from(text);
        let mut kind = Data::Text;
        loop {
            let frame = rest.split_to(rest.len().min(FRAME_BYTES_MAX));
            let is_last = rest.is_empty();
            self.frames.push_back(Message::Frame(Frame::message(frame, OpCode::Data(kind), is_last)));
            kind = Data::Continue;
            if is_last {
                return;
            }
        }
    }

    /// Puts in a ping.
    pub(super) fn ping(&mut self) {
        self.frames.push_back(Message::Ping(Bytes::new()));
    }

    /// Writes everything. May be dropped half way and called again.
    pub(super) async fn write<S: Sink<Message> + Unpin>(&mut self, socket: &mut S) -> Result<(), S::Error> {
        poll_fn(|context| {
            let mut socket = Pin::new(&mut *socket);
            while !self.frames.is_empty() {
                ready!(socket.as_mut().poll_ready(context))?;
                if let Some(frame) = self.frames.pop_front() {
                    self.unflushed = true;
                    socket.as_mut().start_send(frame)?;
                }
            }
            ready!(socket.as_mut().poll_flush(context))?;
            self.unflushed = false;
            std::task::Poll::Ready(Ok(()))
        })
        .await
    }
}
