//! A setting: one row of the table that reading, defaults and documentation come from.

/// One setting: an environment variable of this name.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// The variable.
    pub name: &'static str,
    /// What holds when it is not set; `None` where there is nothing to fall back to.
    pub default: Option<&'static str>,
    /// What it sets, for an operator.
    pub meaning: &'static str,
    /// A value that one could set.
    pub example: &'static str,
    /// Whether its value must never be shown.
    pub secret: bool,
}

/// A row.
pub(super) const fn setting(
    name: &'static str,
    default: Option<&'static str>,
    meaning: &'static str,
    example: &'static str,
) -> Setting {
    Setting { name, default, meaning, example, secret: false }
}

/// A row whose value must never be shown.
pub(super) const fn secret(name: &'static str, meaning: &'static str, example: &'static str) -> Setting {
    Setting { name, default: None, meaning, example, secret: true }
}
