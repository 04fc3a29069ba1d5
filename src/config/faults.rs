//! What is wrong with a configuration: all of it at once, and never the value of a secret.

use std::fmt;

use super::layers::Place;

/// One value that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The variable.
    pub name: &'static str,
    /// Where it was given.
    pub place: Place,
    /// Its value as given; `None` where it is missing, or must not be shown.
    pub value: Option<String>,
    /// What would be accepted.
    pub expected: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Nowhere => f.write_str(self.name)?,
            place => write!(f, "{place}")?,
        }
        match &self.value {
            Some(value) => write!(f, " is {value:?}: expected {}", self.expected),
            None => write!(f, ": expected {}", self.expected),
        }
    }
}

/// One thing that is wrong with the configuration file itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFault {
    /// The file, and a colon and the line where there is one.
    pub place: String,
    /// What is wrong there.
    pub problem: String,
}

impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.problem)
    }
}

/// Every fault of a configuration; one at least.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    /// Those of values, in the order of the documentation.
    pub faults: Vec<Fault>,
    /// Those of the file, in the order of its lines.
    pub file: Vec<FileFault>,
}

impl ConfigError {
    /// Each in a sentence.
    pub fn sentences(&self) -> Vec<String> {
        let file = self.file.iter().map(ToString::to_string);
        file.chain(self.faults.iter().map(ToString::to_string)).collect()
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration cannot be used; docs/configuration.md explains each setting")?;
        self.sentences().iter().try_for_each(|fault| write!(f, "\n- {fault}"))
    }
}
