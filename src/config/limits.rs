//! What one operation, one caller and one connection may ask of the service.

use std::time::Duration;

use super::reader::Reader;
use super::setting::{Setting, setting};
use crate::domain::Role;

/// The rows of the table on limits.
pub(super) const SETTINGS: &[Setting] = &[
    setting(
        "LIMIT_BODY_BYTES",
        Some("65536"),
        "Longest body of a request to `/graphql`, in bytes.",
        "131072",
    ),
    setting("LIMIT_QUERY_BYTES", Some("16384"), "Longest text of an operation, in bytes.", "32768"),
    setting("LIMIT_TOKENS", Some("4000"), "Most words and signs in the text of an operation.", "8000"),
    setting("LIMIT_DEPTH", Some("15"), "How deep fields nest, fragments included.", "20"),
    setting(
        "LIMIT_SELECTIONS",
        Some("5000"),
        "Most selections of an operation when each fragment is put where it is spread.",
        "10000",
    ),
    setting("LIMIT_ALIASES", Some("30"), "Most fields that an operation renames.", "100"),
    setting("LIMIT_ROOT_FIELDS", Some("20"), "Most fields at the top of an operation.", "10"),
    setting("LIMIT_DIRECTIVES", Some("50"), "Most directives in the text of an operation.", "100"),
    setting(
        "LIMIT_COMPLEXITY",
        Some("100000"),
        "Most fields that the answer could have, counting each page as long as was asked for: docs/limits.md.",
        "200000",
    ),
    setting("LIMIT_PAGE_SIZE", Some("500"), "Longest page: 50 to 500.", "200"),
    setting(
        "OPERATION_SECONDS",
        Some("60"),
        "Longest time for a query. A mutation goes on; it is answered for this long and a minute.",
        "30",
    ),
    setting(
        "OPERATIONS_PER_SECOND",
        None,
        "How many operations each caller may send a second in the long run. Not set: 100 with access control; without it, where all requests are the same caller's, they are not counted.",
        "20",
    ),
    setting(
        "OPERATIONS_BURST",
        Some("500"),
        "How many operations a caller may send at once after a pause.",
        "100",
    ),
    setting("WEBSOCKETS_MAX", Some("2048"), "Most WebSockets that are open at a time.", "500"),
    setting(
        "WEBSOCKET_IDLE_SECONDS",
        Some("600"),
        "A WebSocket on which no operation runs for this long is closed.",
        "120",
    ),
    setting("EVENT_STREAMS_MAX", Some("512"), "Most event streams that are open at a time.", "100"),
    setting(
        "INTROSPECTION",
        Some("viewer"),
        "Who may ask for the schema: `viewer` (everybody), `operator`, `admin` or `off` (nobody).",
        "admin",
    ),
];

/// Limits of `/graphql`; docs/limits.md says what each is measured by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitsConfig {
    /// `LIMIT_BODY_BYTES`.
    pub body_bytes: usize,
    /// `LIMIT_QUERY_BYTES`.
    pub query_bytes: usize,
    /// `LIMIT_TOKENS`.
    pub tokens: usize,
    /// `LIMIT_DEPTH`.
    pub depth: usize,
    /// `LIMIT_SELECTIONS`.
    pub selections: usize,
    /// `LIMIT_ALIASES`.
    pub aliases: usize,
    /// `LIMIT_ROOT_FIELDS`.
    pub root_fields: usize,
    /// `LIMIT_DIRECTIVES`.
    pub directives: usize,
    /// `LIMIT_COMPLEXITY`.
    pub complexity: usize,
    /// `LIMIT_PAGE_SIZE`.
    pub page_size: usize,
    /// `OPERATION_SECONDS`.
    pub operation_time: Duration,
    /// `OPERATIONS_PER_SECOND`; `None` where it is not set.
    pub operations_per_second: Option<u32>,
    /// `OPERATIONS_BURST`.
    pub operations_burst: u32,
    /// `WEBSOCKETS_MAX`.
    pub websockets: usize,
    /// `WEBSOCKET_IDLE_SECONDS`.
    pub websocket_idle: Duration,
    /// `EVENT_STREAMS_MAX`.
    pub event_streams: usize,
    /// `INTROSPECTION`: the least role; `None` for nobody.
    pub introspection: Option<Role>,
}

impl LimitsConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let body_bytes = reader.number("LIMIT_BODY_BYTES", 1_024, 16 * 1_024 * 1_024);
        let query_bytes = reader.number("LIMIT_QUERY_BYTES", 256, 1_024 * 1_024);
        let tokens = reader.number("LIMIT_TOKENS", 50, 1_000_000);
        let depth = reader.number("LIMIT_DEPTH", 3, 64);
        let selections = reader.number("LIMIT_SELECTIONS", 10, 1_000_000);
        let aliases = reader.number("LIMIT_ALIASES", 0, 100_000);
        let root_fields = reader.number("LIMIT_ROOT_FIELDS", 1, 10_000);
        let directives = reader.number("LIMIT_DIRECTIVES", 0, 100_000);
        let complexity = reader.number("LIMIT_COMPLEXITY", 100, 1_000_000_000);
        let page_size = reader.number("LIMIT_PAGE_SIZE", 50, 500);
        let operation_time = reader.seconds("OPERATION_SECONDS");
        let operations_per_second = reader.optional_number("OPERATIONS_PER_SECOND", 1, 1_000_000);
        let operations_burst = reader.number("OPERATIONS_BURST", 1, 1_000_000);
        let websockets = reader.number("WEBSOCKETS_MAX", 0, 100_000);
        let websocket_idle = reader.seconds("WEBSOCKET_IDLE_SECONDS");
        let event_streams = reader.number("EVENT_STREAMS_MAX", 0, 100_000);
        let introspection = reader.required("INTROSPECTION", least_role);
        Some(Self {
            body_bytes: body_bytes?,
            query_bytes: query_bytes?,
            tokens: tokens?,
            depth: depth?,
            selections: selections?,
            aliases: aliases?,
            root_fields: root_fields?,
            directives: directives?,
            complexity: complexity?,
            page_size: page_size?,
            operation_time: operation_time?,
            operations_per_second,
            operations_burst: operations_burst?,
            websockets: websockets?,
            websocket_idle: websocket_idle?,
            event_streams: event_streams?,
            introspection: introspection?,
        })
    }
}

/// The least role that may do something: `viewer`, `operator`, `admin`, or `off` for nobody.
pub(super) fn least_role(value: &str) -> Result<Option<Role>, String> {
    match value {
        "viewer" => Ok(Some(Role::Viewer)),
        "operator" => Ok(Some(Role::Operator)),
        "admin" => Ok(Some(Role::Admin)),
        "off" => Ok(None),
        _ => Err("viewer, operator, admin or off".to_owned()),
    }
}
