//! The accept loop: HTTP/1.1 and HTTP/2 (prior knowledge) with a limit on everything.
//!
//! `axum::serve` has no time-out for headers, bodies, idle connections or readers that stop
//! reading, and ends on the first accept error of the wrong kind; this loop has and does not. It
//! knows connections only: what a request means is the service's business.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper::service::Service;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::connection::{self, ServerHandle};

/// Whatever a body may fail with.
pub(super) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Every period and limit of the accept loop.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// A request's head must be complete this long after the connection began waiting for it, so
    /// this is also how long an HTTP/1.1 connection may stay idle between two requests.
    pub header_read_timeout: Duration,
    /// A connection without a request for this long is closed (this binds HTTP/2).
    pub idle_timeout: Duration,
    /// A peer that takes nothing of an answer for this long is cut off.
    pub write_stall_timeout: Duration,
    /// How long requests in flight may go on after a shutdown was asked for.
    pub shutdown_grace: Duration,
    /// Connections at a time; further ones wait in the kernel's backlog.
    pub max_connections: usize,
    /// Most bytes of a request's head (431 above) and of one read.
    pub max_header_bytes: usize,
    /// Most streams an HTTP/2 peer may have open at a time.
    pub max_concurrent_streams: u32,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            header_read_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(75),
            write_stall_timeout: Duration::from_secs(30),
            shutdown_grace: Duration::from_secs(20),
            max_connections: 1024,
            max_header_bytes: 64 * 1024,
            max_concurrent_streams: 128,
        }
    }
}

/// Where connections come from; a trait so that tests can make `accept` fail.
pub(super) trait Accept: Send {
    /// The next connection.
    fn accept(&mut self) -> impl Future<Output = io::Result<TcpStream>> + Send;
}

impl Accept for TcpListener {
    async fn accept(&mut self) -> io::Result<TcpStream> {
        TcpListener::accept(self).await.map(|(stream, _)| stream)
    }
}

/// Serves `service` on `listener` until `shutdown` is cancelled; returns when every connection is
/// closed, at the latest [`ServerConfig::shutdown_grace`] after that.
pub async fn serve<S, B>(listener: TcpListener, service: S, config: ServerConfig, shutdown: CancellationToken)
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + Unpin + 'static,
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    run(listener, service, config, shutdown).await;
}

pub(super) async fn run<A, S, B>(
    mut listener: A,
    service: S,
    config: ServerConfig,
    shutdown: CancellationToken,
) where
    A: Accept,
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + Unpin + 'static,
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let builder = Arc::new(protocol(&config));
    let places = Arc::new(Semaphore::new(config.max_connections));
    let connections = TaskTracker::new();
    let force = CancellationToken::new();
    loop {
        let next = async {
            // Never closed, so this cannot fail; without a place there is nothing to accept for.
            let place = Arc::clone(&places).acquire_owned().await.ok();
            (place, accept_patiently(&mut listener).await)
        };
        let (place, stream) = tokio::select! {
            () = shutdown.cancelled() => break,
            next = next => next,
        };
        let server =
            ServerHandle { stop: shutdown.clone(), force: force.clone(), tasks: connections.clone() };
        let (builder, service, config) = (Arc::clone(&builder), service.clone(), config.clone());
        connections.spawn(async move {
            connection::drive(stream, &builder, service, &config, server).await;
            drop(place);
        });
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(config.shutdown_grace, connections.wait()).await.is_err() {
        tracing::warn!(connections = connections.len(), "shutdown grace is over: closing what is left");
        force.cancel();
        connections.wait().await;
    }
}

/// The next connection, whatever `accept` says in between. A peer that went away costs nothing; a
/// machine without file descriptors or memory is asked again after a pause, not in a spin.
async fn accept_patiently<A: Accept>(listener: &mut A) -> TcpStream {
    let mut pause = Duration::from_millis(10);
    loop {
        match listener.accept().await {
            Ok(stream) => return stream,
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, pause_ms = pause.as_millis(), "cannot accept connections: trying again");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(1));
            }
        }
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused
    )
}

/// No `pipeline_flush`: with it hyper keeps the answers of a whole pipeline in memory before the first
/// byte is sent, however little the peer reads.
fn protocol(config: &ServerConfig) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(config.header_read_timeout)
        .max_buf_size(config.max_header_bytes.max(8192));
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(config.idle_timeout / 2)
        .keep_alive_timeout(config.header_read_timeout)
        .max_concurrent_streams(config.max_concurrent_streams)
        .max_header_list_size(u32::try_from(config.max_header_bytes).unwrap_or(u32::MAX));
    builder
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    /// Fails as scripted, then hands out connections.
    struct Flaky {
        faults: VecDeque<io::Error>,
        listener: TcpListener,
        calls: usize,
    }

    impl Accept for Flaky {
        async fn accept(&mut self) -> io::Result<TcpStream> {
            self.calls += 1;
            match self.faults.pop_front() {
                Some(fault) => Err(fault),
                None => self.listener.accept().await.map(|(stream, _)| stream),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn accept_errors_neither_end_the_loop_nor_spin_it() {
        const EMFILE: i32 = 24;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut faults: VecDeque<_> = (0..5).map(|_| io::Error::from_raw_os_error(EMFILE)).collect();
        faults.push_back(io::ErrorKind::ConnectionAborted.into());
        let mut flaky = Flaky { faults, listener, calls: 0 };
        let before = tokio::time::Instant::now();
        let client = tokio::spawn(TcpStream::connect(address));
        accept_patiently(&mut flaky).await;
        client.await.unwrap().unwrap();
        assert_eq!(flaky.calls, 7);
        // 10 + 20 + 40 + 80 + 160 ms of pauses, and none for the peer that went away.
        assert!(before.elapsed() >= Duration::from_millis(310), "{:?}", before.elapsed());
    }
}
