//! `demo`: a simulated company and the gateway over it, in one process, with nothing to configure
//! and nothing left behind.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use upstream_simulator::seed::SeedOptions;
use upstream_simulator::{Simulator, SimulatorOptions};

use super::commands::listen;
use super::{App, AppError, DemoOptions};
use crate::config::Config;
use crate::domain::SystemClock;
use crate::telemetry;

/// What `demo` sets where the environment does not: data that is seen to change while one watches, and
/// invoices that can be sent.
const DEMO_SETTINGS: [(&str, &str); 7] = [
    ("REVENUE_ACCOUNT", "3400"),
    // Export: Bexio has several taxes of 0 %.
    ("ZERO_TAX_CODE", "UEX"),
    ("PSOHUB_MAX_AGE_SECONDS", "5"),
    ("BEXIO_MAX_AGE_SECONDS", "5"),
    ("PSOHUB_REFRESH_SECONDS", "10"),
    ("BEXIO_REFRESH_SECONDS", "10"),
    ("LOG", "warn,invoice_gateway=info,invoice_gateway::transport=warn"),
];

/// Size of each PDF that the simulated PSOhub sends along: that of a real page with a logo.
const PDF_BYTES: usize = 60 * 1024;

/// Runs until `stop`.
pub(super) async fn run(options: DemoOptions, stop: CancellationToken) -> Result<(), AppError> {
    let company = SeedOptions { invoices: options.invoices, seed: options.seed };
    let mut simulated = SimulatorOptions { seed: Some(company), ..SimulatorOptions::default() };
    simulated.psohub.pdf_size_bytes_min = PDF_BYTES;
    let simulator = Simulator::start(simulated).await.map_err(AppError::Simulator)?;
    let folder = DemoFolder::new()?;
    let config = Config::from_env_map(|name| setting(name, &simulator, &folder))?;
    telemetry::init(&config.log, &config.observability.otel)?;
    let listener = listen(config.listen_addr).await?;
    let app = App::build(&config, Arc::new(SystemClock::new())).await?.open_to_everybody();
    if options.change_seconds > 0 {
        simulator.live(Duration::from_secs(options.change_seconds));
    }
    tracing::info!(
        "a simulated company with {} invoices; open http://{}/graphiql",
        options.invoices,
        listener.local_addr()?
    );
    app.run(listener, stop).await;
    simulator.shutdown().await;
    Ok(())
}

/// The simulator's addresses and tokens always; of the rest, the environment first.
fn setting(name: &str, simulator: &Simulator, folder: &DemoFolder) -> Option<String> {
    if let Some((_, value)) = simulator.environment().into_iter().find(|(variable, _)| *variable == name) {
        return Some(value);
    }
    match name {
        "DATABASE_URL" => Some(folder.database_url()),
        _ => std::env::var(name).ok().filter(|value| !value.is_empty()).or_else(|| {
            let (_, value) = DEMO_SETTINGS.iter().find(|(setting, _)| *setting == name)?;
            Some((*value).to_owned())
        }),
    }
}

/// A folder of its own for the demo's database, removed at the end: what the simulated company
/// "was" must not meet the next one.
struct DemoFolder(std::path::PathBuf);

impl DemoFolder {
    fn new() -> Result<Self, AppError> {
        let name = format!("invoice-gateway-demo-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        // Of a process with this number that was killed.
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    fn database_url(&self) -> String {
        format!("sqlite:{}", self.0.join("demo.db").display())
    }
}

impl Drop for DemoFolder {
    fn drop(&mut self) {
        // It lies in the system's folder for such things: what cannot be removed is removed there.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
