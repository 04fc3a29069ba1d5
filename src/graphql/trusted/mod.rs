//! Documents that the operator trusts: a manifest, read and held against the schema at start.
//!
//! Manifests are what the build of a client writes: one object of ids and texts (Relay's `persistConfig`, the
//! `persistedDocuments` of GraphQL Code Generator), or Apollo's `persisted-query-manifest.json`.

mod check;
mod hash;
mod manifest;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

pub use hash::DocumentHash;

use super::service::GraphqlService;

/// Documents by their ids and by their hashes.
#[derive(Clone, Default)]
pub struct TrustedDocuments {
    by_id: HashMap<Box<str>, Arc<str>>,
    by_hash: HashMap<DocumentHash, Arc<str>>,
}

impl fmt::Debug for TrustedDocuments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrustedDocuments").field("documents", &self.by_id.len()).finish_non_exhaustive()
    }
}

/// What is wrong with a document of a manifest, or with the manifest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestFault {
    /// It is no manifest.
    #[error("it is no manifest: {0}")]
    Shape(String),
    /// One document cannot be used.
    #[error("{name}: {reason}")]
    Document {
        /// The name of its operation, and its id.
        name: String,
        /// What is wrong, and where in the document.
        reason: String,
    },
}

impl TrustedDocuments {
    /// Reads `manifest`, and holds each document against the schema and the limits of `service`.
    ///
    /// # Errors
    /// Everything that is wrong, each with the document's name.
    pub async fn read(manifest: &str, service: &GraphqlService) -> Result<Self, Vec<ManifestFault>> {
        let entries = manifest::entries(manifest).map_err(|reason| vec![ManifestFault::Shape(reason)])?;
        let checker = check::Checker::new(service);
        let (mut documents, mut faults) = (Self::default(), Vec::new());
        for (id, text) in entries {
            let id = id.strip_prefix("sha256:").unwrap_or(&id);
            let hash = DocumentHash::of(&text);
            let mut problems = checker.problems_of(&text).await;
            if DocumentHash::parse(id).is_some_and(|named| named != hash) {
                problems.push(format!("its id is a SHA-256, and its text has another one: {hash}"));
            }
            let name =
                || format!("{} ({id})", manifest::name_of(&text).unwrap_or("an operation without a name"));
            faults
                .extend(problems.into_iter().map(|reason| ManifestFault::Document { name: name(), reason }));
            let text: Arc<str> = text.into();
            documents.by_id.insert(id.into(), Arc::clone(&text));
            documents.by_hash.insert(hash, text);
        }
        if faults.is_empty() { Ok(documents) } else { Err(faults) }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// The text of the document with this id, or with the hash that stands behind `sha256:`.
    pub fn by_id(&self, id: &str) -> Option<&Arc<str>> {
        let bare = id.strip_prefix("sha256:");
        let by_hash = || self.by_hash(&DocumentHash::parse(bare?)?);
        self.by_id.get(bare.unwrap_or(id)).or_else(by_hash)
    }

    /// The text with this hash.
    pub fn by_hash(&self, hash: &DocumentHash) -> Option<&Arc<str>> {
        self.by_hash.get(hash)
    }
}
