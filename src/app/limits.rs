//! What clients may ask: from the configuration to the limits of GraphQL and HTTP.

use std::path::PathBuf;
use std::sync::Arc;

use super::AppError;
use crate::config::{Config, TrustMode};
use crate::domain::spacing::Spacing;
use crate::graphql::{GraphqlService, Limits, ManifestFault, TrustedDocuments};
use crate::http::{AllowedOrigins, DocumentsConfig, GraphqlConfig, LiveConfig, Trust};

/// The envelope of an operation in a message of a WebSocket, in bytes.
const ENVELOPE_BYTES: usize = 2 * 1024;

/// Operations of a caller in a second, where access control tells callers apart and nothing else is set.
const OPERATIONS_PER_SECOND: u32 = 100;

/// The limits of each operation.
pub(super) fn of_operations(config: &Config) -> Limits {
    let limits = &config.limits;
    Limits {
        text_bytes_max: limits.query_bytes,
        tokens_max: limits.tokens,
        depth_max: limits.depth,
        selections_max: limits.selections,
        aliases_max: limits.aliases,
        root_fields_max: limits.root_fields,
        directives_max: limits.directives,
        complexity_max: limits.complexity,
        page_size_max: limits.page_size,
        time_max: limits.operation_time,
        introspection: limits.introspection,
        ..Limits::default()
    }
}

/// What `/graphql` takes of its clients. Reads the manifest of trusted documents, where there is one, and holds it
/// against `service`.
pub(super) async fn of_clients(config: &Config, service: &GraphqlService) -> Result<GraphqlConfig, AppError> {
    let limits = &config.limits;
    let spacing = |per_second| Spacing::per_second(per_second, limits.operations_burst);
    let standard = GraphqlConfig::default();
    Ok(GraphqlConfig {
        body_bytes_max: limits.body_bytes,
        operations: Some(spacing(limits.operations_per_second.unwrap_or(OPERATIONS_PER_SECOND))),
        operations_of_everybody: limits.operations_per_second.map(spacing),
        documents: documents(config, service).await?,
        origins: AllowedOrigins::new(config.clients.cors_origins.iter().map(String::as_str)),
        introspection: limits.introspection,
        live: LiveConfig {
            websockets_max: limits.websockets,
            event_streams_max: limits.event_streams,
            message_bytes_max: limits.body_bytes + ENVELOPE_BYTES,
            idle_timeout: limits.websocket_idle,
            ..standard.live
        },
        ..standard
    })
}

async fn documents(config: &Config, service: &GraphqlService) -> Result<DocumentsConfig, AppError> {
    let clients = &config.clients;
    let trusted = match &clients.trusted_documents {
        Some(path) => trusted_documents(path.into(), service).await?,
        None => TrustedDocuments::default(),
    };
    Ok(DocumentsConfig {
        trusted: Arc::new(trusted),
        trust: match clients.trust {
            TrustMode::Off => Trust::Off,
            TrustMode::Log => Trust::Log,
            TrustMode::Enforce => Trust::Enforce,
        },
        exempt: clients.trust_exempt,
        persisted_bytes_max: clients.persisted_query_bytes,
    })
}

async fn trusted_documents(path: PathBuf, service: &GraphqlService) -> Result<TrustedDocuments, AppError> {
    let refused = |faults: Vec<ManifestFault>| {
        let faults: Vec<String> = faults.iter().map(|fault| format!("\n- {fault}")).collect();
        AppError::TrustedDocuments { path: path.clone(), faults: faults.concat() }
    };
    let manifest = std::fs::read_to_string(&path)
        .map_err(|error| refused(vec![ManifestFault::Shape(format!("it cannot be read: {error}"))]))?;
    let documents = TrustedDocuments::read(&manifest, service).await.map_err(refused)?;
    tracing::info!(documents = documents.len(), path = %path.display(), "trusted documents read");
    Ok(documents)
}
