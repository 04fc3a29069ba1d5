//! One connection from its first byte to its close.
//!
//! Closes what hyper alone would keep for ever: a peer that never completes a first request (also
//! half an HTTP/2 preface), an HTTP/2 connection without requests, and a peer that does not read.

use std::convert::Infallible;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper::service::Service;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::server::{BoxError, ServerConfig};
use super::stall::StallGuard;

/// What ends a connection from outside, and what waits for its end.
#[derive(Clone)]
pub(super) struct ServerHandle {
    /// Finish what is in flight, take nothing new.
    pub(super) stop: CancellationToken,
    /// Close now.
    pub(super) force: CancellationToken,
    /// The server ends when all of these have.
    pub(super) tasks: TaskTracker,
}

/// What an answer that outlives its request needs of its connection; every request carries it.
#[derive(Clone)]
pub(super) struct Lifeline(Arc<(ServerHandle, Arc<Activity>)>);

impl Lifeline {
    /// Of the server.
    pub(super) fn server(&self) -> &ServerHandle {
        &self.0.0
    }

    /// Keeps the connection from being taken for idle until it is dropped.
    pub(super) fn busy(&self) -> Running {
        let activity = Arc::clone(&self.0.1);
        activity.started.fetch_add(1, Ordering::Relaxed);
        Running(activity)
    }
}

/// Serves one connection until either side ends it.
pub(super) async fn drive<S, B>(
    stream: TcpStream,
    builder: &Builder<TokioExecutor>,
    service: S,
    config: &ServerConfig,
    server: ServerHandle,
) where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Send + 'static,
    S::Future: Send + Unpin + 'static,
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY could not be set");
    }
    let activity = Arc::new(Activity::default());
    let io = TokioIo::new(StallGuard::new(stream, config.write_stall_timeout));
    let lifeline = Lifeline(Arc::new((server.clone(), Arc::clone(&activity))));
    let counted = Counted { inner: service, lifeline };
    let mut connection = pin!(builder.serve_connection_with_upgrades(io, counted));
    let mut verdict = pin!(supervise(&activity, config, &server));
    let mut ending = false;
    loop {
        tokio::select! {
            biased;
            end = connection.as_mut() => {
                if let Err(error) = end {
                    tracing::debug!(%error, "connection ended early");
                }
                return;
            }
            verdict = verdict.as_mut(), if !ending => match verdict {
                Verdict::Finish => {
                    connection.as_mut().graceful_shutdown();
                    ending = true;
                }
                Verdict::Cut => return,
            },
            () = server.force.cancelled(), if ending => return,
        }
    }
}

/// How the connection is to end.
enum Verdict {
    Finish,
    Cut,
}

/// Resolves when the connection should end, for whichever reason comes first. One future, so that
/// a busy connection polls one thing beside itself.
async fn supervise(activity: &Activity, config: &ServerConfig, server: &ServerHandle) -> Verdict {
    let idle = async {
        tokio::time::sleep(config.header_read_timeout).await;
        let mut seen = activity.started.load(Ordering::Relaxed);
        if seen == 0 {
            return Verdict::Cut;
        }
        loop {
            tokio::time::sleep(config.idle_timeout).await;
            let now = activity.started.load(Ordering::Relaxed);
            if now == seen && now == activity.finished.load(Ordering::Relaxed) {
                return Verdict::Finish;
            }
            seen = now;
        }
    };
    tokio::select! {
        () = server.stop.cancelled() => Verdict::Finish,
        () = server.force.cancelled() => Verdict::Cut,
        verdict = idle => verdict,
    }
}

/// Requests of one connection, counted so that idleness shows without reading a clock.
#[derive(Debug, Default)]
pub(super) struct Activity {
    started: AtomicU64,
    finished: AtomicU64,
}

struct Counted<S> {
    inner: S,
    lifeline: Lifeline,
}

impl<S: Service<Request<Incoming>, Future: Unpin>> Service<Request<Incoming>> for Counted<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = CountedFuture<S::Future>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        let running = self.lifeline.busy();
        request.extensions_mut().insert(self.lifeline.clone());
        CountedFuture { inner: self.inner.call(request), _running: running }
    }
}

struct CountedFuture<F> {
    inner: F,
    _running: Running,
}

impl<F: Future + Unpin> Future for CountedFuture<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        Pin::new(&mut self.inner).poll(cx)
    }
}

/// Counts a request as finished also when its future is dropped half way.
pub(super) struct Running(Arc<Activity>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.finished.fetch_add(1, Ordering::Relaxed);
    }
}
