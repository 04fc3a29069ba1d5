//! The clients of both upstreams, and what tests their connections.

use std::sync::Arc;

use super::AppError;
use super::periods::timing;
use crate::bexio::{self, BexioClient};
use crate::config::Config;
use crate::domain::SharedClock;
use crate::psohub::PsohubClient;
use crate::services::settings::SettingsService;
use crate::services::{ConnectionTestParts, ConnectionTester};
use crate::store::Store;
use crate::transport::{CallMetrics, TokenHeader, TokenSource, Transport, TransportConfig};

pub(super) fn psohub_client(
    config: &Config,
    token: Arc<dyn TokenSource>,
    clock: &SharedClock,
    calls: &CallMetrics,
) -> Result<PsohubClient, AppError> {
    let (name, scheme) = &config.psohub.oauth.token_header;
    let bounds = TransportConfig {
        stream_timeout: config.psohub.list_timeout,
        token_header: TokenHeader::named(name, scheme).unwrap_or_default(),
        metrics: calls.clone(),
        ..bounded(TransportConfig::new("PSOhub"), config)
    };
    let transport = Transport::new(bounds, Arc::clone(clock))?;
    let currency = config.psohub.base_currency;
    Ok(PsohubClient::new(&config.psohub.base_url, token, transport, currency)?)
}

pub(super) fn bexio_client(
    config: &Config,
    token: Arc<dyn TokenSource>,
    clock: &SharedClock,
    calls: &CallMetrics,
) -> Result<BexioClient, AppError> {
    let bounds = TransportConfig { metrics: calls.clone(), ..bounded(bexio::transport_config(), config) };
    let transport = Transport::new(bounds, Arc::clone(clock))?;
    Ok(BexioClient::new(&config.bexio.base_url, token, transport)?)
}

pub(super) fn bounded(mut bounds: TransportConfig, config: &Config) -> TransportConfig {
    bounds.connect_timeout = config.upstream.connect_timeout;
    bounds.read_timeout = config.upstream.read_timeout;
    bounds.total_timeout = config.upstream.total_timeout;
    bounds.retry.base = config.upstream.retry_base;
    bounds.concurrency_max = config.outage.concurrency;
    bounds.reserved = config.outage.concurrency_reserved;
    bounds.circuit.failures_max = config.outage.breaker_failures;
    bounds.circuit.open_for = config.outage.breaker_open;
    bounds
}

/// Tests of the two connections, which the service and the doctor make alike.
pub(super) fn connection_tester(
    config: &Config,
    store: Option<Store>,
    settings: SettingsService,
    psohub: &PsohubClient,
    bexio: &BexioClient,
    clock: &SharedClock,
) -> ConnectionTester {
    ConnectionTester::new(ConnectionTestParts {
        store,
        psohub: psohub.clone(),
        bexio: bexio.clone(),
        clock: Arc::clone(clock),
        settings,
        base_currency: config.psohub.base_currency,
        timing: timing(config),
    })
}
