//! Requests that name their document instead of sending it: trusted documents by id, and Automatic Persisted Queries
//! in Apollo's shape.
//!
//! Whatever transport a request comes by, its text is found here, and nowhere else is it decided whether that text may
//! run. <https://www.apollographql.com/docs/apollo-server/performance/apq>

use std::sync::Arc;

use async_graphql::{Request, Value};
use moka::sync::Cache;

use super::request::Asking;
use crate::domain::name_in_logs;
use crate::graphql::{Caller, DocumentHash, ErrorCode, Fault, Role, TrustedDocuments};

/// Most different documents that the log names in the mode [`Trust::Log`].
const LOGGED_MAX: u64 = 1_000;

/// Longest text that is kept for a client, in bytes.
const KEPT_TEXT_BYTES_MAX: usize = 256 * 1024;

/// What becomes of documents that are not trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Trust {
    /// They run.
    #[default]
    Off,
    /// They run, and the log names each once.
    Log,
    /// They are refused.
    Enforce,
}

/// Which documents may run, and which may be named.
#[derive(Debug, Clone, Default)]
pub struct DocumentsConfig {
    /// The operator's documents.
    pub trusted: Arc<TrustedDocuments>,
    /// What becomes of others.
    pub trust: Trust,
    /// The least role whose callers may run any document all the same; `None`: nobody's.
    pub exempt: Option<Role>,
    /// How many bytes of documents that clients sent are kept to be named later; 0 keeps none.
    pub persisted_bytes_max: u64,
}

/// Finds the text of requests.
#[derive(Debug)]
pub(super) struct PersistedDocuments {
    config: DocumentsConfig,
    /// Texts that clients sent with their hash.
    kept: Cache<DocumentHash, Arc<str>>,
    logged: Cache<DocumentHash, ()>,
}

/// A request with its text.
#[derive(Debug)]
pub(super) struct Resolved {
    pub(super) request: Request,
    /// Whether the text was named and not sent.
    pub(super) was_named: bool,
}

impl PersistedDocuments {
    pub(super) fn new(config: DocumentsConfig) -> Self {
        /// What an entry costs beside its text, roughly.
        const ENTRY_BYTES: usize = 192;
        let weigh = |_: &DocumentHash, text: &Arc<str>| {
            u32::try_from(text.len().saturating_add(ENTRY_BYTES)).unwrap_or(u32::MAX)
        };
        let kept = Cache::builder().max_capacity(config.persisted_bytes_max).weigher(weigh).build();
        Self { config, kept, logged: Cache::new(LOGGED_MAX) }
    }

    /// The request with its text, if `caller` may run that.
    pub(super) fn resolve(&self, asking: Asking, caller: &Caller) -> Result<Resolved, Fault> {
        let Asking { mut request, has_text, document_id } = asking;
        let hash = persisted_hash(&request)?;
        let was_named = !has_text;
        if has_text {
            self.check_sent(&request, hash, caller)?;
        } else {
            let text = match (&document_id, hash) {
                (Some(id), _) => self.by_id(id, caller)?,
                (None, Some(hash)) => self.by_hash(hash, caller)?,
                // Whoever decodes a request sees to it that it has one of the three.
                (None, None) => return Err(not_found()),
            };
            request.query = text.to_string();
        }
        Ok(Resolved { request, was_named })
    }

    fn check_sent(
        &self,
        request: &Request,
        hash: Option<DocumentHash>,
        caller: &Caller,
    ) -> Result<(), Fault> {
        if self.config.trust == Trust::Off && hash.is_none() {
            return Ok(());
        }
        let text = request.query.as_str();
        let found = DocumentHash::of(text);
        if hash.is_some_and(|named| named != found) {
            return Err(Fault::new(
                ErrorCode::PersistedQueryHashMismatch,
                format!("'persistedQuery.sha256Hash' is not the SHA-256 of 'query', which is {found}."),
            ));
        }
        self.check_trusted(found, request.operation_name.as_deref(), caller)?;
        if hash.is_some() && self.keeps() && text.len() <= KEPT_TEXT_BYTES_MAX {
            self.kept.insert(found, text.into());
            // moka evicts in arrears: a crowd of new texts would be above the limit until then.
            self.kept.run_pending_tasks();
        }
        Ok(())
    }

    fn check_trusted(
        &self,
        hash: DocumentHash,
        operation: Option<&str>,
        caller: &Caller,
    ) -> Result<(), Fault> {
        if self.config.trust == Trust::Off || self.config.trusted.by_hash(&hash).is_some() {
            return Ok(());
        }
        if self.only_trusted(caller) {
            return Err(not_trusted());
        }
        if self.config.trust == Trust::Log && self.logged.get(&hash).is_none() {
            self.logged.insert(hash, ());
            let operation: String = operation.unwrap_or("without a name").chars().take(100).collect();
            tracing::warn!(document.hash = %hash, operation, caller = name_in_logs(&caller.name), "a document runs that is not trusted");
        }
        Ok(())
    }

    fn by_id(&self, id: &str, caller: &Caller) -> Result<Arc<str>, Fault> {
        if let Some(text) = self.config.trusted.by_id(id) {
            return Ok(Arc::clone(text));
        }
        if self.only_trusted(caller) {
            return Err(not_trusted());
        }
        // A `sha256:` id may name what a client has sent before as well.
        let hash = id.strip_prefix("sha256:").and_then(DocumentHash::parse);
        hash.and_then(|hash| self.kept.get(&hash)).ok_or_else(|| {
            Fault::new(
                ErrorCode::PersistedQueryNotFound,
                "No document has this 'documentId': send its text as 'query', or have the operator add it.",
            )
        })
    }

    fn by_hash(&self, hash: DocumentHash, caller: &Caller) -> Result<Arc<str>, Fault> {
        if let Some(text) = self.config.trusted.by_hash(&hash) {
            return Ok(Arc::clone(text));
        }
        if self.only_trusted(caller) {
            return Err(not_trusted());
        }
        if !self.keeps() {
            return Err(not_supported());
        }
        self.kept.get(&hash).ok_or_else(not_found)
    }

    fn only_trusted(&self, caller: &Caller) -> bool {
        self.config.trust == Trust::Enforce && self.config.exempt.is_none_or(|role| caller.role < role)
    }

    const fn keeps(&self) -> bool {
        self.config.persisted_bytes_max > 0
    }
}

/// The hash in `extensions.persistedQuery`, if there is one.
fn persisted_hash(request: &Request) -> Result<Option<DocumentHash>, Fault> {
    let Some(Value::Object(members)) = request.extensions.get("persistedQuery") else { return Ok(None) };
    if members.get("version") != Some(&Value::from(1)) {
        return Err(not_supported());
    }
    match members.get("sha256Hash") {
        Some(Value::String(hash)) => match DocumentHash::parse(hash) {
            Some(hash) => Ok(Some(hash)),
            None => Err(bad_hash()),
        },
        _ => Err(bad_hash()),
    }
}

fn bad_hash() -> Fault {
    Fault::bad_input("'extensions.persistedQuery.sha256Hash' must be the 64 hexadecimal digits of a SHA-256.")
}

/// Apollo's clients compare these words with no others beside them.
fn not_found() -> Fault {
    Fault::new(ErrorCode::PersistedQueryNotFound, "PersistedQueryNotFound")
}

fn not_supported() -> Fault {
    Fault::new(ErrorCode::PersistedQueryNotSupported, "PersistedQueryNotSupported")
}

fn not_trusted() -> Fault {
    Fault::new(
        ErrorCode::DocumentNotTrusted,
        "Only trusted documents are run here, and this is none: have the operator add it to the manifest.",
    )
}
