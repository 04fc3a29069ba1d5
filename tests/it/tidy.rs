//! The shape of the code, kept by a test: dependencies point one way, and each outside world has
//! one module that may name it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What each module of the gateway may name of the crate. `domain` is the ground floor.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("trace", &[]),
    ("cpu_bound", &["trace"]),
    ("transport", &["domain", "trace"]),
    ("psohub", &["domain", "transport"]),
    ("bexio", &["domain", "transport"]),
    ("store", &["domain"]),
    ("book", &["domain", "store", "psohub", "bexio", "trace"]),
    ("services", &["domain", "transport", "psohub", "bexio", "store", "book", "trace"]),
    ("graphql", &["domain", "book", "services", "trace", "cpu_bound"]),
    ("jobs", &["domain", "services", "store"]),
    ("http", &["domain", "graphql", "services", "trace", "cpu_bound"]),
    ("config", &["domain"]),
    ("telemetry", &["config", "transport"]),
    (
        "app",
        &[
            "bexio",
            "book",
            "config",
            "domain",
            "graphql",
            "http",
            "jobs",
            "psohub",
            "services",
            "store",
            "telemetry",
            "transport",
        ],
    ),
    ("main", &["app"]),
];

/// Words that only some modules may write, with the reason.
const RESERVED: &[(&str, &[&str], &str)] = &[
    ("reqwest", &["transport"], "only transport sends HTTP"),
    ("opentelemetry", &["trace", "telemetry"], "only trace and telemetry know OpenTelemetry"),
    ("sqlx", &["store"], "only store holds SQL"),
    ("async_graphql", &["graphql", "http"], "only graphql and http know GraphQL"),
    ("axum", &["http", "app"], "only http knows HTTP"),
    ("SystemTime::now", &["domain"], "only domain::clock reads the time"),
    ("Instant::now", &["domain"], "only domain::clock reads the time"),
    ("Timestamp::now", &["domain"], "only domain::clock reads the time"),
    ("upstream_simulator", &["app"], "only `demo` runs the simulator"),
    ("std::env::var", &["app", "config"], "configuration is read in one place"),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The files of `src`, by the top module they belong to, without comments and test modules.
fn modules() -> BTreeMap<String, Vec<(PathBuf, String)>> {
    let source = root().join("src");
    let mut modules: BTreeMap<String, Vec<(PathBuf, String)>> = BTreeMap::new();
    for path in rust_files(&source) {
        let relative = path.strip_prefix(&source).unwrap();
        let top = relative.components().next().unwrap().as_os_str().to_str().unwrap();
        let module = top.trim_end_matches(".rs").to_owned();
        let is_test = relative.iter().any(|part| part == "tests")
            || relative.to_str().is_some_and(|path| path.ends_with("tests.rs"));
        if module != "lib" && !is_test {
            modules.entry(module).or_default().push((relative.to_owned(), code_of(&path)));
        }
    }
    modules
}

fn code_of(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let production = text.split("#[cfg(test)]").next().unwrap();
    let lines = production.lines().map(|line| line.split("//").next().unwrap());
    lines.collect::<Vec<_>>().join("\n")
}

/// Every `crate::x` and every `crate::{x, y}` that `code` writes; `main` says `invoice_gateway::x`.
fn crate_paths(code: &str) -> Vec<String> {
    let first_word =
        |text: &str| -> String { text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect() };
    let mut names = Vec::new();
    for path in ["crate::", "use invoice_gateway::"] {
        for (at, _) in code.match_indices(path) {
            let rest = &code[at + path.len()..];
            if let Some(group) = rest.strip_prefix('{') {
                let mut depth = 0usize;
                let mut item = String::new();
                for c in group.chars() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => names.push(first_word(std::mem::take(&mut item).trim())),
                        _ => {}
                    }
                    if depth == 0 && c != ',' {
                        item.push(c);
                    }
                }
                names.push(first_word(item.trim()));
            } else {
                names.push(first_word(rest));
            }
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

#[test]
fn dependencies_point_one_way() {
    let table: BTreeMap<_, _> = MAY_NAME.iter().copied().collect();
    let mut wrong = Vec::new();
    for (module, files) in modules() {
        let Some(allowed) = table.get(module.as_str()) else {
            wrong.push(format!("{module}: stands in no row of the table"));
            continue;
        };
        for (path, code) in files {
            for name in crate_paths(&code) {
                let is_module = table.contains_key(name.as_str());
                if is_module && name != module && !allowed.contains(&name.as_str()) {
                    wrong.push(format!("{}: {module} may not name {name}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_outside_world_has_one_door() {
    let mut wrong = Vec::new();
    for (module, files) in modules() {
        for (path, code) in files {
            for (word, allowed, reason) in RESERVED {
                if code.contains(word) && !allowed.contains(&module.as_str()) {
                    wrong.push(format!("{}: names {word}, but {reason}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_simulator_cannot_name_the_gateway() {
    let folder = root().join("simulator");
    for path in rust_files(&folder) {
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains("invoice_gateway"), "{} names the gateway", path.display());
    }
    assert!(!fs::read_to_string(folder.join("Cargo.toml")).unwrap().contains("invoice-gateway"));
}

#[test]
fn every_file_says_what_it_is() {
    for folder in ["src", "simulator/src", "tests"] {
        for path in rust_files(&root().join(folder)) {
            let text = fs::read_to_string(&path).unwrap();
            assert!(text.starts_with("//!"), "{} does not open with //!", path.display());
        }
    }
}

#[test]
fn amounts_are_never_floats() {
    for (module, files) in modules() {
        if !["domain", "psohub", "bexio", "book", "store"].contains(&module.as_str()) {
            continue;
        }
        for (path, code) in files {
            let float = code
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .find(|word| ["f32", "f64"].contains(word));
            assert_eq!(float, None, "{} names a float type", path.display());
        }
    }
}

#[test]
fn the_scanner_sees_what_it_must() {
    let paths = crate_paths("use crate::{book::{A, B}, store};\nlet x = crate::http::f(crate::domain::Y);");
    assert_eq!(paths, ["book", "store", "http", "domain"]);
}
