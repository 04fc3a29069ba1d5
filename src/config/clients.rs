//! Which pages may use the service, and which documents its clients may send.

use super::limits::least_role;
use super::reader::Reader;
use super::setting::{Setting, setting};
use crate::domain::Role;

/// The rows of the table on pages and documents.
pub(super) const SETTINGS: &[Setting] = &[
    setting(
        "CORS_ORIGINS",
        None,
        "Origins whose pages may use the API beside its own, as browsers write them, separated by commas. Not set: none.",
        "https://finance.example,http://localhost:5173",
    ),
    setting(
        "TRUSTED_DOCUMENTS",
        None,
        "File of the documents that clients may name by their id: docs/trusted-documents.md. Each is held against the schema at the start.",
        "/etc/invoice-gateway/documents.json",
    ),
    setting(
        "TRUSTED_DOCUMENTS_MODE",
        Some("off"),
        "What becomes of documents that the file does not hold: `off` runs them, `log` runs them and names each in the log once, `enforce` refuses them.",
        "log",
    ),
    setting(
        "TRUSTED_DOCUMENTS_EXEMPT",
        Some("off"),
        "The least role whose callers may send any document in the mode `enforce`, for instance to use GraphiQL: `operator`, `admin`, or `off` for nobody's.",
        "admin",
    ),
    setting(
        "PERSISTED_QUERY_BYTES",
        Some("4194304"),
        "How many bytes of documents are kept that clients send with their hash (Automatic Persisted Queries). 0 switches that off.",
        "0",
    ),
];

/// Pages and documents of clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientsConfig {
    /// `CORS_ORIGINS`, each as browsers write it.
    pub cors_origins: Vec<String>,
    /// `TRUSTED_DOCUMENTS`: path of the manifest.
    pub trusted_documents: Option<String>,
    /// `TRUSTED_DOCUMENTS_MODE`.
    pub trust: TrustMode,
    /// `TRUSTED_DOCUMENTS_EXEMPT`: the least role that may send any document all the same; `None` for nobody.
    pub trust_exempt: Option<Role>,
    /// `PERSISTED_QUERY_BYTES`.
    pub persisted_query_bytes: u64,
}

/// What becomes of documents that the manifest does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrustMode {
    /// They run.
    Off,
    /// They run and are logged.
    Log,
    /// They are refused.
    Enforce,
}

impl ClientsConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let cors_origins = reader.optional("CORS_ORIGINS", origins);
        let trusted_documents = reader.text("TRUSTED_DOCUMENTS");
        let trust = reader.required("TRUSTED_DOCUMENTS_MODE", |value| match value {
            "off" => Ok(TrustMode::Off),
            "log" => Ok(TrustMode::Log),
            "enforce" => Ok(TrustMode::Enforce),
            _ => Err("off, log or enforce".to_owned()),
        });
        let trust_exempt = reader.required("TRUSTED_DOCUMENTS_EXEMPT", least_role);
        let persisted_query_bytes = reader.number("PERSISTED_QUERY_BYTES", 0, 1_024 * 1_024 * 1_024);
        Some(Self {
            cors_origins: cors_origins.unwrap_or_default(),
            trusted_documents,
            trust: trust?,
            trust_exempt: trust_exempt?,
            persisted_query_bytes: persisted_query_bytes?,
        })
    }

    /// What can be used but is probably not what was meant.
    pub(super) fn warning(&self) -> Option<String> {
        (self.trusted_documents.is_none() && self.trust != TrustMode::Off).then(|| {
            "TRUSTED_DOCUMENTS_MODE is set and TRUSTED_DOCUMENTS is not: no document is trusted".to_owned()
        })
    }
}

/// Origins as browsers write them: scheme, host, and a port that is not the scheme's own.
fn origins(value: &str) -> Result<Vec<String>, String> {
    let listed = value.split([',', ' ']).filter(|origin| !origin.is_empty());
    listed
        .map(|origin| is_origin(origin).then(|| origin.to_owned()))
        .collect::<Option<_>>()
        .ok_or_else(|| {
            "origins such as https://finance.example or http://localhost:5173, separated by commas: no path, no slash \
             at the end, no *"
                .to_owned()
        })
}

fn is_origin(text: &str) -> bool {
    let Some((scheme, authority)) = text.split_once("://") else { return false };
    let default_port = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => return false,
    };
    let is_plain =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "-.:[]_".contains(letter);
    let has_host =
        authority.parse::<http::uri::Authority>().is_ok_and(|authority| !authority.host().is_empty());
    has_host && authority.chars().all(is_plain) && !authority.ends_with(default_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_taken_as_browsers_write_them() {
        let listed = origins("https://finance.example,http://localhost:5173, http://[::1]:3000").unwrap();
        assert_eq!(listed, ["https://finance.example", "http://localhost:5173", "http://[::1]:3000"]);
        for wrong in [
            "*",
            "https://*.example",
            "finance.example",
            "https://finance.example/",
            "https://finance.example/app",
            "https://Finance.example",
            "https://finance.example:443",
            "http://finance.example:80",
            "https://",
            "https://user@finance.example",
            "ftp://finance.example",
            "null",
            "https://a.example;https://b.example",
        ] {
            assert!(origins(wrong).is_err(), "{wrong}");
        }
    }
}
