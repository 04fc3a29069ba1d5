//! Where values come from: the environment, over files that its variables name, over the file.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::faults::Fault;
use super::file::ConfigFile;
use super::settings::{self, SETTINGS};

/// What a variable's name ends with where its value is the name of a file that holds the secret, as
/// Docker's secrets and systemd's credentials are handed over.
pub(super) const FILE_SUFFIX: &str = "_FILE";

/// Where a value was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Nowhere.
    Nowhere,
    /// In the environment variable of this name.
    Environment(String),
    /// In a line of the configuration file.
    File {
        /// The file as it was named.
        path: Arc<str>,
        /// From 1.
        line: usize,
        /// The key as it stands there.
        key: String,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nowhere => Ok(()),
            Self::Environment(name) => write!(f, "environment variable {name}"),
            Self::File { path, line, key } => write!(f, "{path}:{line}: {key}"),
        }
    }
}

/// A value and where it was given.
#[derive(Debug, Clone)]
pub(super) struct Given {
    pub(super) value: String,
    pub(super) place: Place,
}

/// Values by name of the setting.
pub(super) struct Layers<'a> {
    environment: &'a dyn Fn(&str) -> Option<String>,
    file: Option<&'a ConfigFile>,
    /// Secrets that stand in files of their own.
    secrets: HashMap<&'static str, Given>,
    faults: Vec<Fault>,
}

impl<'a> Layers<'a> {
    /// Reads the files that hold secrets; what cannot be read is among the faults.
    pub(super) fn new(environment: &'a dyn Fn(&str) -> Option<String>, file: Option<&'a ConfigFile>) -> Self {
        let mut layers = Self { environment, file, secrets: HashMap::new(), faults: Vec::new() };
        for setting in SETTINGS.iter().filter(|setting| setting.secret) {
            layers.read_secret(setting.name);
        }
        layers
    }

    /// The value of a setting; an empty one counts as not given.
    pub(super) fn get(&self, name: &str) -> Option<Given> {
        self.variable(name)
            .or_else(|| self.secrets.get(name).cloned())
            .or_else(|| self.file?.get(name).cloned())
            .filter(|given| !given.value.is_empty())
    }

    /// What was wrong with files of secrets, once.
    pub(super) fn take_faults(&mut self) -> Vec<Fault> {
        std::mem::take(&mut self.faults)
    }

    /// From the environment, or from the configuration file, which can name such a file as well.
    fn read_secret(&mut self, name: &'static str) {
        let pointer = format!("{name}{FILE_SUFFIX}");
        let by_variable = self.variable(&pointer);
        if let Some(given) = &by_variable
            && self.variable(name).is_some()
        {
            let expected = format!("{name} or {pointer}, not both");
            return self.fault(name, given.place.clone(), expected);
        }
        let by_file = || self.file.and_then(|file| file.get(&pointer)).cloned();
        let Some(Given { value: path, place }) = by_variable.or_else(by_file) else { return };
        match read_one(Path::new(&path)) {
            Ok(value) => drop(self.secrets.insert(name, Given { value, place })),
            Err(problem) => {
                self.fault(name, place, format!("a file with the secret alone; {path}: {problem}"));
            }
        }
    }

    fn variable(&self, name: &str) -> Option<Given> {
        let value = (self.environment)(name)?.trim().to_owned();
        (!value.is_empty()).then(|| Given { value, place: Place::Environment(name.to_owned()) })
    }

    fn fault(&mut self, name: &'static str, place: Place, expected: String) {
        self.faults.push(Fault { name, place, value: None, expected });
    }
}

/// Whether a name is that of a file with a secret.
pub(super) fn is_pointer(name: &str) -> bool {
    let setting = name.strip_suffix(FILE_SUFFIX).and_then(settings::find);
    setting.is_some_and(|setting| setting.secret)
}

/// Longest secret in bytes.
const SECRET_BYTES_MAX: u64 = 64 * 1024;

fn read_one(path: &Path) -> Result<String, String> {
    let length = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if length > SECRET_BYTES_MAX {
        return Err(format!("it has {length} bytes"));
    }
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let secret = text.trim();
    if secret.is_empty() { Err("it is empty".to_owned()) } else { Ok(secret.to_owned()) }
}
