//! One listener with its own accept loop: HTTP/1.1 and HTTP/2 with prior knowledge, no TLS.
//!
//! `axum::serve` cannot close a live connection from outside; an outage and a dropped answer need exactly that, so
//! each connection carries a token ([`Connection`]) that closes its socket at once.

use std::io;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

/// A half-sent request is given up, and an idle connection closed, after this long: beyond what clients keep in
/// their pools, so that no test meets a connection that is just being closed.
const HEADER_READ_TIMEOUT: Duration = Duration::from_mins(5);

/// The TCP connection that a request came on; in each request's extensions.
#[derive(Clone, Debug)]
pub struct Connection {
    closed: CancellationToken,
}

impl Connection {
    /// Closes the TCP connection at once, whatever is still to be sent.
    pub fn close(&self) {
        self.closed.cancel();
    }
}

/// A listener that can be stopped with its live connections, and started again on the same port.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    router: Router,
    running: Mutex<Option<Running>>,
}

#[derive(Debug)]
struct Running {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Server {
    /// Serves `router` on a listener that is bound already.
    pub fn serve(listener: TcpListener, router: Router) -> io::Result<Self> {
        let server = Self { address: listener.local_addr()?, router, running: Mutex::new(None) };
        server.accept_from(listener);
        Ok(server)
    }

    /// Listens again on the same port; nothing happens when it already does.
    pub async fn start(&self) -> io::Result<()> {
        if self.running().is_some() {
            return Ok(());
        }
        self.accept_from(TcpListener::bind(self.address).await?);
        Ok(())
    }

    /// Closes the listener and every live connection; returns when the port refuses connections.
    pub async fn stop(&self) {
        let Some(running) = self.running().take() else { return };
        running.stop.cancel();
        if let Err(error) = running.task.await {
            tracing::error!(%error, address = %self.address, "the accept loop ended badly");
        }
    }

    /// Like [`Server::stop`], without waiting for it.
    pub fn close(&self) {
        if let Some(running) = self.running().take() {
            running.stop.cancel();
        }
    }

    fn accept_from(&self, listener: TcpListener) {
        let stop = CancellationToken::new();
        let task = tokio::spawn(accept(listener, self.router.clone(), stop.clone()));
        *self.running() = Some(Running { stop, task });
    }

    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.close();
    }
}

async fn accept(listener: TcpListener, router: Router, stop: CancellationToken) {
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _peer)) => {
                connections.spawn(serve_connection(stream, router.clone(), stop.child_token()));
            }
            Err(error) => {
                // Out of file descriptors, mostly: give the others time to go.
                tracing::warn!(%error, "accept failed");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

async fn serve_connection(stream: TcpStream, router: Router, closed: CancellationToken) {
    // Small answers must not wait for the acknowledgement of the one before.
    let _ = stream.set_nodelay(true);
    let connection = Connection { closed: closed.clone() };
    let service = hyper::service::service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let mut request: Request = request.map(Body::new);
        request.extensions_mut().insert(connection.clone());
        router.clone().oneshot(request)
    });
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_READ_TIMEOUT);
    builder.http2().timer(TokioTimer::new());
    tokio::select! {
        () = closed.cancelled() => {}
        // A client that goes away is no news.
        _ = builder.serve_connection(TokioIo::new(stream), service) => {}
    }
}
