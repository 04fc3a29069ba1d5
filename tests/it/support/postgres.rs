//! PostgreSQL for tests: one throw-away cluster a run from Debian's binaries, a database a test.
//!
//! A shell owns the cluster and waits for its standard input to end, which happens when this
//! process ends, however it ends: it then stops the server and removes the folder. Sockets only,
//! in that folder, so nothing that an earlier run left can be in the way.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Started by the first test that asks; its supervisor holds it until the process ends.
static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();

struct Cluster {
    /// Where the socket is.
    folder: String,
    databases: AtomicU32,
    /// Waits for its standard input to end; never written to, never dropped.
    _supervisor: Child,
}

/// Standard input must stay open for as long as the cluster is wanted; `$1` is the binaries'
/// folder. Prints the cluster's folder when it is ready, or what went wrong.
const SUPERVISOR: &str = r#"
set -e
trap '' INT TERM HUP PIPE
umask 077
dir=$(mktemp -d /tmp/invoice-gateway-pg.XXXXXX)
stop() {
    "$1/pg_ctl" -D "$dir/data" -m immediate -s stop >/dev/null 2>&1 || true
    rm -rf "$dir"
}
trap 'stop "$1"' EXIT
fail() { cat "$dir/log"; exit 1; }
"$1/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >"$dir/log" 2>&1 || fail
"$1/pg_ctl" -D "$dir/data" -w -t 60 -s -l "$dir/log" start -o "\
 -c listen_addresses='' -c unix_socket_directories='$dir' -c max_connections=200\
 -c fsync=off -c full_page_writes=off -c shared_buffers=64MB" >/dev/null 2>&1 || fail
echo "ready $dir"
cat >/dev/null
"#;

/// The address of a new, empty database; `None` where PostgreSQL is not installed, which only a
/// developer's machine may lack.
pub(crate) async fn database_url() -> Option<String> {
    // Waiting for the first start blocks a thread of the test that asked, and no other.
    let cluster = tokio::task::spawn_blocking(|| CLUSTER.get_or_init(start)).await.unwrap().as_ref()?;
    let name = format!("test_{}", cluster.databases.fetch_add(1, Ordering::Relaxed));
    let mut admin = connect(&cluster.url("postgres")).await;
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut admin).await.unwrap();
    Some(cluster.url(&name))
}

/// A connection beside the store's, to look at what it did.
pub(crate) async fn connect(url: &str) -> sqlx::PgConnection {
    <sqlx::PgConnection as sqlx::Connection>::connect(url).await.unwrap()
}

impl Cluster {
    fn url(&self, database: &str) -> String {
        format!("postgres://postgres@localhost/{database}?host={}", self.folder)
    }
}

fn start() -> Option<Cluster> {
    let Some(binaries) = newest_binaries() else {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "CI must test on PostgreSQL: install it");
        eprintln!("SKIPPED on PostgreSQL: no /usr/lib/postgresql/*/bin/initdb (apt install postgresql)");
        return None;
    };
    let mut child = supervisor()
        .arg(&binaries)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // Whoever reads this process's output must not wait for the server to stop.
        .stderr(Stdio::null())
        .current_dir("/")
        .spawn()
        .unwrap();
    let mut said = String::new();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    while output.read_line(&mut said).unwrap() > 0 {
        if let Some(folder) = said.lines().last().and_then(|line| line.strip_prefix("ready ")) {
            return Some(Cluster {
                folder: folder.to_owned(),
                databases: AtomicU32::new(0),
                _supervisor: child,
            });
        }
    }
    child.wait().unwrap();
    panic!("PostgreSQL did not start:\n{said}")
}

/// PostgreSQL refuses to run as root: then its own user runs it.
fn supervisor() -> Command {
    let user = Command::new("id").arg("-u").output().unwrap().stdout;
    let mut command = if user.trim_ascii() == b"0" {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "sh"]);
        command
    } else {
        Command::new("sh")
    };
    command.args(["-c", SUPERVISOR, "sh"]);
    command
}

fn newest_binaries() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    versions
        .filter_map(|version| Some(version.ok()?.path().join("bin")))
        .filter(|folder| folder.join("initdb").exists())
        .max_by_key(|folder| {
            let version =
                folder.parent().and_then(|version| version.file_name()?.to_str()?.parse::<u32>().ok());
            version.unwrap_or_default()
        })
}
