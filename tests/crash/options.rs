//! How the check is run: arguments as Cargo hands them on, settings from the environment.

/// What Cargo's filters are compared with.
pub const TEST_NAME: &str = "crash_schedules";

/// Schedules of a plain `cargo test`.
const SCHEDULES_STANDARD: u64 = 100;

/// What this process is to do.
pub enum Mode {
    /// Be the gateway.
    Gateway,
    /// Play schedules.
    Play,
    /// Say what tests there are.
    List,
    /// A filter asked for other tests.
    PassOver,
}

/// What the arguments ask for.
pub fn mode(arguments: &[String]) -> Mode {
    if arguments.first().is_some_and(|argument| argument == "gateway") {
        return Mode::Gateway;
    }
    if arguments.iter().any(|argument| argument == "--list") {
        return Mode::List;
    }
    let mut filters = arguments.iter().filter(|argument| !argument.starts_with('-')).peekable();
    if filters.peek().is_some() && !filters.any(|filter| TEST_NAME.contains(filter.as_str())) {
        return Mode::PassOver;
    }
    Mode::Play
}

/// Which schedules, and how many at once.
pub struct Options {
    /// The first seed.
    pub first: u64,
    /// How many schedules, one for each seed.
    pub count: u64,
    /// Schedules at once.
    pub jobs: usize,
    /// Whether to print every step of every schedule.
    pub trace: bool,
    /// Stop after so many violations.
    pub violations_max: u64,
}

impl Options {
    /// `CRASH_SEED` replays one; `CRASH_SCHEDULES` and `CRASH_FIRST` choose how many from where;
    /// `CRASH_JOBS` how many at once; `CRASH_VIOLATIONS` when to stop.
    pub fn from_environment() -> Self {
        let seed = number("CRASH_SEED");
        Self {
            first: seed.or_else(|| number("CRASH_FIRST")).unwrap_or(1),
            count: if seed.is_some() { 1 } else { number("CRASH_SCHEDULES").unwrap_or(SCHEDULES_STANDARD) },
            jobs: number("CRASH_JOBS")
                .and_then(|jobs| usize::try_from(jobs).ok())
                .unwrap_or_else(jobs)
                .max(1),
            trace: seed.is_some(),
            violations_max: number("CRASH_VIOLATIONS").unwrap_or(3),
        }
    }
}

/// A schedule mostly waits for the other process: more than one for each core.
fn jobs() -> usize {
    3 * std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok().filter(|text| !text.is_empty())?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is '{text}', which is no whole number from 0")))
}
