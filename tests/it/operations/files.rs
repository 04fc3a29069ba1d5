//! The files that an operator takes over: that each can be read, and that they agree with the program.

use std::process::Command;

use crate::support::process::binary;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn read(path: &str) -> String {
    std::fs::read_to_string(format!("{ROOT}/{path}")).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Words after `invoice-gateway` in lines of the documentation that are commands.
fn commands(page: &str) -> Vec<Vec<String>> {
    let lines = page.lines().filter_map(|line| line.strip_prefix("    "));
    let commands = lines.filter_map(|line| {
        let line = line.split(" #").next()?;
        let (before, words) = line.split_once("invoice-gateway ")?;
        before.is_empty().then(|| words.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    });
    commands.collect()
}

#[test]
fn commands_of_the_documentation_are_those_of_the_program() {
    let pages = ["docs/running.md", "docs/configuration.md", "docs/observability.md"];
    let mut seen = 0;
    for page in pages {
        for words in commands(&read(page)) {
            seen += 1;
            // Of a command line that is understood, `--help` shows the help.
            let known = words.iter().take_while(|word| !word.contains(['<', '>', '|', '$', '"', '…']));
            let output = Command::new(binary()).args(known).arg("--help").output().unwrap();
            assert!(
                output.status.success(),
                "{page}: {words:?}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
    }
    assert!(seen >= 8, "{seen} commands were found");
}

#[test]
fn the_unit_the_image_and_the_composition_start_what_there_is() {
    let unit = read("docs/systemd/invoice-gateway.service");
    for line in ["NoNewPrivileges=yes", "User=invoice-gateway", "ProtectSystem=strict", "KillSignal=SIGTERM"]
    {
        assert!(unit.lines().any(|given| given == line), "the unit lacks {line}");
    }
    let image = read("Dockerfile");
    assert!(image.contains("\nUSER ") && image.contains("\nHEALTHCHECK "), "{image}");
    let composition = read("compose.yaml");
    for line in ["read_only: true", "cap_drop: [ALL]", "image: postgres:"] {
        assert!(composition.contains(line), "compose.yaml lacks {line}");
    }
    for file in [&unit, &image, &composition] {
        for word in file.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
            let is_ours =
                ["PSOHUB_", "BEXIO_", "LISTEN_", "METRICS_", "SECRETS_", "DATABASE_", "SHUTDOWN_", "LOG_"]
                    .iter()
                    .any(|prefix| word.starts_with(prefix));
            let name = word.strip_suffix("_FILE").unwrap_or(word);
            let known = invoice_gateway::config::SETTINGS.iter().any(|setting| setting.name == name);
            assert!(!is_ours || known, "{word} is no setting");
        }
    }
}
