//! The configuration below the environment: a file, and files of secrets.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::file::key_of;
use super::layers::is_pointer;
use super::tests::with_companions;
use super::*;

fn load(text: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let mut map: HashMap<&str, &str> = HashMap::from([("HOME", "/home/ada"), ("LOCALAPPDATA", "C:\\ada")]);
    map.extend(variables.iter().copied());
    let get = |name: &str| map.get(name).map(|value| (*value).to_owned());
    Config::load(get, Some(&ConfigFile::parse("gateway.toml", text)))
}

fn sentences(text: &str, variables: &[(&str, &str)]) -> Vec<String> {
    load(text, variables).expect_err("a fault").sentences()
}

#[test]
fn every_setting_has_a_key_and_the_environment_goes_before_it() {
    for setting in SETTINGS {
        let example = setting.example.replace('…', "");
        let variables = with_companions(&[(setting.name, &example)]);
        let lines = variables.iter().map(|(name, value)| format!("{} = {value:?}", key_of(name)));
        let line = lines.collect::<Vec<_>>().join("\n");
        let by_file = format!("{:?}", load(&line, &[]).unwrap_or_else(|error| panic!("{error}")));
        let by_variable = format!("{:?}", load("", &variables).unwrap());
        assert_eq!(by_file, by_variable, "{line}");
    }
    let text = "listen_addr = \"0.0.0.0:1\"\nlease_seconds = 9";
    let config = load(text, &[("LISTEN_ADDR", "127.0.0.1:2"), ("LEASE_SECONDS", " ")]).unwrap();
    assert_eq!((config.listen_addr.port(), config.lease), (2, Duration::from_secs(9)));
}

#[test]
fn keys_can_stand_in_tables_and_values_are_what_is_written() {
    let text = "
        [psohub]
        max_age_seconds = 0.123456789
        oauth = 'no'
        [bexio]
        base_url = 'http://127.0.0.1:9002'
        client.id = 'app'
        [sending]
    ";
    assert_eq!(sentences(text, &[]), ["gateway.toml:4: psohub_oauth is no setting"]);
    let config = load(&text.replace("oauth = 'no'", ""), &[]).unwrap();
    assert_eq!(config.psohub.max_age, Duration::from_nanos(123_456_789));
    assert_eq!(config.bexio.base_url, "http://127.0.0.1:9002");
    let config = load("email_attach_pdf = false\npayment_type = 4\nlease_seconds = 1_0.50", &[]).unwrap();
    assert!(!config.sending.email_attach_pdf);
    assert_eq!((config.sending.payment_type, config.lease), (Some(4), Duration::from_millis(10_500)));
}

#[test]
fn all_faults_are_listed_at_once_each_with_its_place() {
    let text = "lease_seconds = 'half a minute'\nbexio_bse_url = 'x'\n[log]\nformat = 'xml'\n\
                [bexio]\nscopes = ['a', 'b']\nclient_id = 2026-01-01\n[lease]\nseconds = 3\n[jwt]\nissuer = 'i'";
    assert_eq!(
        sentences(text, &[("LISTEN_ADDR", "8080"), ("BASE_CURRENCY", "Franken")]),
        [
            "gateway.toml:2: bexio_bse_url is no setting; did you mean bexio_base_url?",
            "gateway.toml:6: bexio_scopes is a list: expected a text, a number, true or false",
            "gateway.toml:7: bexio_client_id is a date: expected a text, a number, true or false",
            "gateway.toml:9: lease_seconds stands in line 1 already",
            "environment variable LISTEN_ADDR is \"8080\": expected an address with a port, such as 127.0.0.1:8080",
            "gateway.toml:11: jwt_issuer: expected JWT_AUDIENCE and JWT_JWKS_URL beside it: set all three or none",
            "environment variable BASE_CURRENCY is \"Franken\": expected the three letters of an ISO 4217 currency, \
             such as CHF",
            "gateway.toml:4: log_format is \"xml\": expected pretty or json",
        ]
    );
    let seconds = sentences("lease_seconds = 0", &[]);
    assert_eq!(
        seconds,
        ["gateway.toml:1: lease_seconds is \"0\": expected seconds from 0.1 to 315360000, such as 30 or 2.5"]
    );
}

#[test]
fn what_is_no_toml_is_told_with_its_line_and_without_its_text() {
    let error = load("listen_addr = \"127.0.0.1:1\"\nbexio_access_token = canary-4711\n", &[]).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("gateway.toml:2: "), "{text}");
    assert!(!format!("{text} {error:?}").contains("canary"), "{text}");
}

#[test]
fn a_file_that_is_not_there_is_a_fault() {
    let error = Config::load(|_| Some("x".to_owned()), Some(&ConfigFile::read(Path::new("/no/such.toml"))));
    let sentences = error.unwrap_err().sentences();
    assert!(sentences[0].starts_with("/no/such.toml: cannot be read: "), "{sentences:?}");
}

#[test]
fn a_secret_can_stand_in_a_file_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    std::fs::write(&path, "canary-4711\n").unwrap();
    let path = path.to_str().unwrap();
    let token = |config: Config| config.bexio.access_token.unwrap().expose_secret().to_owned();
    for setting in SETTINGS.iter().filter(|setting| setting.secret) {
        assert!(is_pointer(&format!("{}_FILE", setting.name)));
    }
    assert_eq!(token(load("", &[("BEXIO_ACCESS_TOKEN_FILE", path)]).unwrap()), "canary-4711");
    let line = format!("bexio_access_token_file = {path:?}");
    assert_eq!(token(load(&line, &[]).unwrap()), "canary-4711");
    assert_eq!(token(load(&line, &[("BEXIO_ACCESS_TOKEN", "other")]).unwrap()), "other");

    let both = [("BEXIO_ACCESS_TOKEN_FILE", path), ("BEXIO_ACCESS_TOKEN", "canary-4711")];
    let expected = "environment variable BEXIO_ACCESS_TOKEN_FILE: expected BEXIO_ACCESS_TOKEN or \
                    BEXIO_ACCESS_TOKEN_FILE, not both";
    assert_eq!(sentences("", &both), [expected]);
    let missing = sentences("secrets_key_file = '/no/such'", &[]);
    assert!(
        missing[0].starts_with("gateway.toml:1: secrets_key_file: expected a file with the secret alone")
    );
    std::fs::write(path, "two words\n").unwrap();
    let wrong = sentences("", &[("BEXIO_ACCESS_TOKEN_FILE", path)]);
    assert!(
        wrong[0].starts_with("environment variable BEXIO_ACCESS_TOKEN_FILE: expected a token"),
        "{wrong:?}"
    );
    assert!(load("lease_seconds_file = '/x'", &[]).is_err());
}

#[test]
#[cfg(unix)]
fn a_file_with_secrets_that_everybody_may_read_is_warned_about() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gateway.toml");
    std::fs::write(&path, "bexio_access_token = 'canary-4711'\ndatabase_url = 'sqlite:x.db'").unwrap();
    let warnings = |mode| {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let get = |name: &str| (name == "HOME").then(|| "/home/ada".to_owned());
        Config::load(get, Some(&ConfigFile::read(&path))).unwrap().warnings()
    };
    assert_eq!(warnings(0o600), Vec::<String>::new());
    assert_eq!(warnings(0o640), Vec::<String>::new());
    let open = warnings(0o644);
    assert!(open.len() == 1 && open[0].contains("holds secrets (bexio_access_token)"), "{open:?}");
    assert!(!open[0].contains("canary"));
}

const EXAMPLE: &str = include_str!("../../docs/invoice-gateway.example.toml");

/// The example with everything that is commented out taken in.
fn with_everything() -> String {
    let mut text = String::new();
    for line in EXAMPLE.lines() {
        let _ = writeln!(text, "{}", line.strip_prefix("#: ").unwrap_or(line));
    }
    text
}

#[test]
fn the_example_can_be_used_and_holds_every_setting() {
    load(EXAMPLE, &[]).unwrap();
    let text = with_everything();
    let read = ConfigFile::parse("example", &text);
    assert_eq!(read.faults, []);
    let missing: Vec<_> = SETTINGS.iter().filter(|setting| read.get(setting.name).is_none()).collect();
    let mut lines = String::new();
    for setting in missing {
        let _ =
            writeln!(lines, "\n# {}\n#: {} = {:?}", setting.meaning, key_of(setting.name), setting.example);
    }
    assert!(lines.is_empty(), "docs/invoice-gateway.example.toml lacks:\n{lines}");
    load(&text, &[]).unwrap();
}
