//! What is logged, and how a line looks.

use super::log_filter;
use super::reader::Reader;
use super::setting::{Setting, setting};

/// The rows of the table on the log.
pub(super) const SETTINGS: &[Setting] = &[
    setting(
        "LOG",
        Some("info,tokio_cron_scheduler=warn"),
        "What is logged: `error`, `warn`, `info`, `debug` or `trace`, also by target as `target=level`, separated by commas.",
        "info,invoice_gateway::book=debug",
    ),
    setting(
        "LOG_FORMAT",
        Some("pretty"),
        "`pretty` for people, `json` for machines: one object a line.",
        "json",
    ),
];

/// Logging.
#[derive(Debug, Clone)]
pub struct LogConfig {
    /// `LOG`, known to be a valid filter.
    pub filter: String,
    /// `LOG_FORMAT`.
    pub format: LogFormat,
}

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

impl LogConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let filter = reader.required("LOG", log_filter::parse);
        let format = reader.required("LOG_FORMAT", |value| match value {
            "pretty" => Ok(LogFormat::Pretty),
            "json" => Ok(LogFormat::Json),
            _ => Err("pretty or json".to_owned()),
        });
        Some(Self { filter: filter?, format: format? })
    }
}
