//! `health`: asks the service on this machine how it is, for a container's health check: an image of its own need
//! not hold another program for that.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;

use super::AppError;
use super::commands::{block_on, config_file};
use crate::config::Config;
use crate::transport::PlainSender;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HealthQuestion {
    /// Whether it answers.
    Live,
    /// Whether it can serve.
    Ready,
}

/// `health`.
///
/// # Errors
/// [`AppError::Unhealthy`], with what it said.
pub fn health(question: HealthQuestion) -> Result<(), Box<dyn std::error::Error>> {
    block_on(async move {
        let config = Config::from_env(config_file())?;
        let asked = reachable(config.observability.metrics_addr.unwrap_or(config.listen_addr));
        let path = match question {
            HealthQuestion::Live => "livez",
            HealthQuestion::Ready => "readyz",
        };
        let url = format!("http://{asked}/{path}");
        let unhealthy = |reason: String| AppError::Unhealthy { url: url.clone(), reason };
        let request =
            http::Request::get(&url).body(Bytes::new()).map_err(|error| unhealthy(error.to_string()))?;
        let sender = PlainSender::new(PATIENCE).map_err(|error| unhealthy(error.to_string()))?;
        let answer = sender.send(request).await.map_err(|error| unhealthy(error.to_string()))?;
        if answer.status().is_success() {
            return Ok(());
        }
        Err(unhealthy(format!("{} {}", answer.status(), String::from_utf8_lossy(answer.body()))))
    })
}

/// Where this machine reaches what listens everywhere.
const fn reachable(addr: SocketAddr) -> SocketAddr {
    let ip = match addr.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, addr.port())
}
