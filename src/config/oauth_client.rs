//! An app as an upstream registered it, and what it asks for: alike for both.

use secrecy::SecretString;

use super::reader::Reader;

/// An app as an upstream registered it.
#[derive(Debug, Clone)]
pub struct ClientConfig {
    id: Option<String>,
    secret: Option<SecretString>,
}

impl ClientConfig {
    /// Its id and its secret: one without the other is of no use.
    pub fn both(&self) -> Option<(&str, &SecretString)> {
        Some((self.id.as_deref()?, self.secret.as_ref()?))
    }

    pub(super) fn is_half_set(&self) -> bool {
        self.id.is_some() != self.secret.is_some()
    }

    pub(super) fn read(reader: &mut Reader<'_>, id: &'static str, secret: &'static str) -> Self {
        Self { id: reader.text(id), secret: reader.token(secret) }
    }
}

/// Words with blanks between.
pub(super) fn scopes(text: Option<String>) -> Vec<String> {
    text.unwrap_or_default().split_whitespace().map(str::to_owned).collect()
}
