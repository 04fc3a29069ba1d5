//! Where the database is when nobody says: a file in the platform's folder for application data.

use std::path::PathBuf;

const FOLDER: &str = "invoice-gateway";
const FILE: &str = "invoice-gateway.db";

/// The address of the default database; `None` where the platform's variables name no folder.
///
/// `system` is `std::env::consts::OS`; `get` reads the environment.
pub(super) fn database_url(system: &str, get: impl Fn(&str) -> Option<String>) -> Option<String> {
    let path = data_home(system, get)?.join(FOLDER).join(FILE);
    let path = path.to_str()?;
    // What has a meaning in an address; the rest of a path may stand as it is.
    Some(format!("sqlite:{}", path.replace('%', "%25").replace('?', "%3F").replace('#', "%23")))
}

fn data_home(system: &str, get: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let folder = |name: &str| get(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    match system {
        "windows" => folder("LOCALAPPDATA"),
        "macos" => Some(folder("HOME")?.join("Library/Application Support")),
        // https://specifications.freedesktop.org/basedir-spec: a relative path is to be ignored.
        _ => folder("XDG_DATA_HOME")
            .filter(|path| path.is_absolute())
            .or_else(|| Some(folder("HOME")?.join(".local/share"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(system: &str, variables: &[(&str, &str)]) -> Option<String> {
        database_url(system, |name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    #[cfg(unix)]
    fn each_platform_has_its_folder() {
        let home = ("HOME", "/home/ada");
        let in_home = "sqlite:/home/ada/.local/share/invoice-gateway/invoice-gateway.db";
        assert_eq!(url("linux", &[home]).as_deref(), Some(in_home));
        assert_eq!(url("linux", &[home, ("XDG_DATA_HOME", "relative")]).as_deref(), Some(in_home));
        assert_eq!(
            url("linux", &[home, ("XDG_DATA_HOME", "/srv/50%?")]).as_deref(),
            Some("sqlite:/srv/50%25%3F/invoice-gateway/invoice-gateway.db")
        );
        assert_eq!(
            url("macos", &[home]).as_deref(),
            Some("sqlite:/home/ada/Library/Application Support/invoice-gateway/invoice-gateway.db")
        );
        assert!(url("windows", &[("LOCALAPPDATA", r"C:\Users\ada")]).is_some());
        assert_eq!(url("linux", &[]), None);
        assert_eq!(url("windows", &[home]), None);
    }
}
