//! The configuration file: TOML whose keys are the settings' names in small letters.
//!
//! A key may stand plainly (`bexio_base_url = …`) or in a table that its name begins with (`[bexio]`, then
//! `base_url = …`): table and key are joined by `_`. So every setting has its key without being declared here.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::faults::FileFault;
use super::layers::{FILE_SUFFIX, Given, Place, is_pointer};
use super::settings;
use super::unknown;

/// Longest file in bytes.
const BYTES_MAX: u64 = 1024 * 1024;

/// What a configuration file says.
#[derive(Debug, Clone, Default)]
pub(super) struct ConfigFile {
    values: HashMap<String, Given>,
    /// What can be used and should not stay so, a sentence each.
    pub(super) warnings: Vec<String>,
    /// All that is wrong with it but the values of known settings, which are not judged here.
    pub(super) faults: Vec<FileFault>,
}

impl ConfigFile {
    /// Reads a file; what is wrong with it is among its faults.
    pub(super) fn read(path: &Path) -> Self {
        let shown = path.display().to_string();
        match text_of(path) {
            Ok(text) => {
                let mut file = Self::parse(&shown, &text);
                file.warn_of_readers(&shown, path);
                file
            }
            Err(problem) => {
                let fault = FileFault { place: shown, problem };
                Self { faults: vec![fault], ..Self::default() }
            }
        }
    }

    /// The same from text; `name` is how places call it.
    pub(super) fn parse(name: &str, text: &str) -> Self {
        let (table, errors) = DeTable::parse_recoverable(text);
        let mut reading = Reading { name: Arc::from(name), text, file: Self::default() };
        for error in errors {
            let at = error.span().map_or(0, |span| span.start);
            reading.fault(at, error.message().replace('\n', " "));
        }
        // What is left of a text that is no TOML would only bring faults that follow from the first.
        if reading.file.faults.is_empty() {
            reading.table("", table.get_ref());
        }
        reading.file.faults.sort_by_key(|fault| line_of_place(&fault.place));
        reading.file
    }

    /// The value of the setting of this name.
    pub(super) fn get(&self, name: &str) -> Option<&Given> {
        self.values.get(name)
    }

    /// A file that everybody on the machine may read is no place for a secret.
    fn warn_of_readers(&mut self, shown: &str, path: &Path) {
        let is_secret = |(name, given): &(&String, &Given)| {
            // The path of a file tells nothing.
            settings::find(name).is_some_and(|setting| setting.secret) && !given.value.starts_with("sqlite:")
        };
        let mut secrets: Vec<_> =
            self.values.iter().filter(is_secret).map(|(name, _)| key_of(name)).collect();
        secrets.sort();
        if !secrets.is_empty() && others_may_read(path) {
            self.warnings.push(format!(
                "{shown} holds secrets ({}) and every user of this machine may read it: chmod o= {shown}",
                secrets.join(", ")
            ));
        }
    }
}

/// The setting's name as it stands in the file.
pub(super) fn key_of(name: &str) -> String {
    name.to_ascii_lowercase()
}

struct Reading<'t> {
    name: Arc<str>,
    text: &'t str,
    file: ConfigFile,
}

impl Reading<'_> {
    fn table(&mut self, prefix: &str, table: &DeTable<'_>) {
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        for (key, value) in entries {
            let path = if prefix.is_empty() {
                key.get_ref().to_string()
            } else {
                format!("{prefix}_{}", key.get_ref())
            };
            match value.get_ref() {
                DeValue::Table(inner) => self.table(&path, inner),
                _ => self.value(&path, key.span().start, value),
            }
        }
    }

    fn value(&mut self, key: &str, at: usize, value: &Spanned<DeValue<'_>>) {
        let name = key.to_ascii_uppercase();
        if settings::find(&name).is_none() && !is_pointer(&name) {
            let meant = unknown::nearest(name.strip_suffix(FILE_SUFFIX).unwrap_or(&name)).map(key_of);
            let meant = meant.map(|meant| format!("; did you mean {meant}?")).unwrap_or_default();
            return self.fault(at, format!("{key} is no setting{meant}"));
        }
        let text = match text_of_value(value.get_ref()) {
            Ok(text) => text,
            Err(kind) => {
                return self.fault(at, format!("{key} is {kind}: expected a text, a number, true or false"));
            }
        };
        let place =
            Place::File { path: Arc::clone(&self.name), line: line_of(self.text, at), key: key.to_owned() };
        let given = Given { value: text.trim().to_owned(), place };
        if let Some(before) = self.file.values.insert(name, given) {
            let line = match before.place {
                Place::File { line, .. } => line,
                Place::Nowhere | Place::Environment(_) => 0,
            };
            self.fault(at, format!("{key} stands in line {line} already"));
        }
    }

    fn fault(&mut self, at: usize, problem: String) {
        let place = format!("{}:{}", self.name, line_of(self.text, at));
        self.file.faults.push(FileFault { place, problem });
    }
}

/// A number as it is written, digit by digit: `2.50` stays `2.50`.
fn text_of_value(value: &DeValue<'_>) -> Result<String, &'static str> {
    match value {
        DeValue::String(text) => Ok(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Ok(number.as_str().to_owned()),
        DeValue::Integer(_) => Err("a number that is not decimal"),
        DeValue::Float(number) => Ok(number.as_str().to_owned()),
        DeValue::Boolean(value) => Ok(value.to_string()),
        DeValue::Datetime(_) => Err("a date"),
        DeValue::Array(_) => Err("a list"),
        DeValue::Table(_) => Err("a table"),
    }
}

fn line_of(text: &str, at: usize) -> usize {
    1 + text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count()
}

fn line_of_place(place: &str) -> usize {
    place.rsplit(':').next().and_then(|line| line.parse().ok()).unwrap_or_default()
}

fn text_of(path: &Path) -> Result<String, String> {
    let length = std::fs::metadata(path).map_err(|error| format!("cannot be read: {error}"))?.len();
    if length > BYTES_MAX {
        return Err(format!("has {length} bytes: expected a TOML file of at most {BYTES_MAX}"));
    }
    std::fs::read_to_string(path).map_err(|error| format!("cannot be read: {error}"))
}

#[cfg(unix)]
fn others_may_read(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o007 != 0)
}

#[cfg(not(unix))]
fn others_may_read(_path: &Path) -> bool {
    false
}
