//! What the system says of this process (Linux), by the names that Prometheus' own libraries use, and which build it is.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use jiff::Timestamp;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use super::timestamp;
use crate::http::METRICS_PREFIX;

/// The process as it is now.
pub(super) fn registry(started_at: Timestamp) -> Registry {
    let mut registry = Registry::default();
    let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
    registry.register(format!("{METRICS_PREFIX}_build"), "The build that runs", version);
    let started = Gauge::<f64, AtomicU64>::default();
    started.set(timestamp(started_at));
    registry.register("process_start_time_seconds", "When the service started", started);
    let counts = [
        ("process_resident_memory_bytes", "Memory that is held", resident_bytes()),
        ("process_open_fds", "File descriptors that are open", open_files()),
    ];
    for (name, help, value) in counts {
        let Some(value) = value else { continue };
        let gauge: Gauge = Gauge::default();
        gauge.set(value);
        registry.register(name, help, gauge);
    }
    if let Some(used) = cpu_time() {
        let counter = Counter::<f64, AtomicU64>::default();
        counter.inc_by(used.as_secs_f64());
        registry.register("process_cpu_seconds", "Processor time that was used", counter);
    }
    registry
}

fn resident_bytes() -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse::<i64>().ok()?.checked_mul(1024)
}

fn open_files() -> Option<i64> {
    i64::try_from(std::fs::read_dir("/proc/self/fd").ok()?.count()).ok()
}

/// Fields 14 and 15 of <https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>, in hundredths of a second.
fn cpu_time() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let (_, after_name) = stat.rsplit_once(") ")?;
    let mut ticks = after_name.split(' ').skip(11).take(2).map(str::parse::<u64>);
    let ticks = ticks.next()?.ok()?.checked_add(ticks.next()?.ok()?)?;
    Some(Duration::from_millis(ticks.checked_mul(10)?))
}
