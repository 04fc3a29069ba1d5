//! The one table of settings: reading, defaults and documentation all come from it.
//!
//! Each subject has its rows where it is read; here they stand in the order of the documentation.

use super::setting::Setting;
use super::{
    bexio, clients, freshness, jwt, limits, log, observability, outage, psohub, sending, server, upstream,
};

const SUBJECTS: [&[Setting]; 13] = [
    server::SETTINGS,
    jwt::SETTINGS,
    psohub::SETTINGS,
    bexio::SETTINGS,
    freshness::SETTINGS,
    sending::SETTINGS,
    limits::SETTINGS,
    clients::SETTINGS,
    upstream::SETTINGS,
    outage::SETTINGS,
    server::PERIODS,
    log::SETTINGS,
    observability::SETTINGS,
];

/// Every setting, in the order of the documentation.
pub const SETTINGS: &[Setting] = &joined();

const fn count() -> usize {
    let (mut count, mut subject) = (0, 0);
    while subject < SUBJECTS.len() {
        count += SUBJECTS[subject].len();
        subject += 1;
    }
    count
}

/// The rows one after the other, joined when this is compiled.
const fn joined() -> [Setting; count()] {
    let mut rows = [SUBJECTS[0][0]; count()];
    let (mut at, mut subject) = (0, 0);
    while subject < SUBJECTS.len() {
        let mut row = 0;
        while row < SUBJECTS[subject].len() {
            rows[at] = SUBJECTS[subject][row];
            (at, row) = (at + 1, row + 1);
        }
        subject += 1;
    }
    rows
}

/// The setting of this name.
pub(super) fn find(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.name == name)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    fn table() -> String {
        let mut table = String::from("| variable | default | meaning | example |\n|---|---|---|---|\n");
        for Setting { name, default, meaning, example, secret } in SETTINGS {
            let default = default.map_or_else(|| "–".to_owned(), |default| format!("`{default}`"));
            let secret = if *secret { " Secret." } else { "" };
            let _ = writeln!(table, "| `{name}` | {default} | {meaning}{secret} | `{example}` |");
        }
        table
    }

    #[test]
    fn the_documentation_has_each_setting_as_it_is_here() {
        let page = include_str!("../../docs/configuration.md");
        let table = table();
        assert!(page.contains(&table), "docs/configuration.md must hold this table:\n{table}");
        let rows = page.lines().filter(|line| line.starts_with("| `")).count();
        assert_eq!(rows, SETTINGS.len(), "docs/configuration.md has rows of no setting");
    }

    #[test]
    fn a_name_stands_once_and_a_secret_has_no_default() {
        for (position, setting) in SETTINGS.iter().enumerate() {
            assert!(SETTINGS[..position].iter().all(|other| other.name != setting.name), "{}", setting.name);
            assert!(!(setting.secret && setting.default.is_some()), "{}", setting.name);
        }
    }
}
