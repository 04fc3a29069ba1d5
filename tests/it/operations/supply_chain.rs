//! What the program is made of.

use std::collections::BTreeSet;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn read(path: &str) -> String {
    std::fs::read_to_string(format!("{ROOT}/{path}")).unwrap()
}

/// Names and versions in `Cargo.lock`.
fn locked() -> Vec<(String, String)> {
    let lock = read("Cargo.lock");
    let value = |line: &str, key: &str| Some(line.strip_prefix(key)?.trim_matches('"').to_owned());
    let lines: Vec<_> = lock.lines().collect();
    let pairs =
        lines.windows(2).filter_map(|pair| Some((value(pair[0], "name = ")?, value(pair[1], "version = ")?)));
    pairs.collect()
}

#[test]
fn tls_is_rustls_alone() {
    let locked = locked();
    assert!(locked.iter().any(|(name, _)| name == "rustls"));
    for (name, _) in &locked {
        let other = ["openssl", "openssl-sys", "native-tls", "boring", "aws-lc-rs", "aws-lc-sys", "schannel"];
        let allowed = name == "schannel" && locked.iter().any(|(name, _)| name == "rustls-native-certs");
        assert!(allowed || !other.contains(&name.as_str()), "{name} is in Cargo.lock");
    }
}

#[test]
fn every_direct_dependency_has_its_reason() {
    let manifest = read("Cargo.toml");
    let section = manifest.split("\n[dependencies]\n").nth(1).unwrap().split("\n[").next().unwrap();
    let direct: BTreeSet<_> = section
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| Some(line.split(['=', '.', ' ']).next()?.trim()))
        .filter(|name| !name.is_empty())
        .collect();
    assert!(direct.len() > 30, "{direct:?}");
    let page = read("ARCHITECTURE.md");
    let table = page.split("## Dependencies, each with its reason").nth(1).unwrap();
    let rows: Vec<_> = table.lines().filter_map(|line| line.strip_prefix("| ")).collect();
    // `http-body(-util)` names two, `futures-util` one.
    let named = |name: &str| {
        rows.iter().filter_map(|row| row.split('|').next()).any(|names| {
            names.split([',', ' ']).any(|word| {
                word == name
                    || word.split_once("(-").is_some_and(|(base, rest)| {
                        name == base || name == format!("{base}-{}", rest.trim_end_matches(')'))
                    })
            })
        })
    };
    let missing: Vec<_> = direct.iter().filter(|name| !named(name)).collect();
    assert!(missing.is_empty(), "ARCHITECTURE.md gives no reason for {missing:?}");
}
