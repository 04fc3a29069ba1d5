//! The simulator as a program: PSOhub, Bexio and the control API on three ports of the loopback interface.

use std::net::SocketAddr;
use std::time::Duration;

use clap::Parser;
use upstream_simulator::seed::SeedOptions;
use upstream_simulator::{Simulator, SimulatorOptions};

/// Stands in for PSOhub and Bexio: stateful, seeded, with faults on demand.
///
/// Prints the environment variables that point a gateway at it, then serves until it is interrupted.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Where PSOhub listens.
    #[arg(long, default_value = "127.0.0.1:9101", value_name = "ADDRESS")]
    psohub_listen: SocketAddr,
    /// Where Bexio and its OAuth issuer listen.
    #[arg(long, default_value = "127.0.0.1:9102", value_name = "ADDRESS")]
    bexio_listen: SocketAddr,
    /// Where the control API listens. It is open to everybody who reaches it.
    #[arg(long, default_value = "127.0.0.1:9103", value_name = "ADDRESS")]
    control_listen: SocketAddr,
    /// Invoices in PSOhub at the start; 0 for an empty world.
    #[arg(long, default_value_t = 500, value_name = "COUNT")]
    invoices: usize,
    /// The same seed gives the same invoices on the same day.
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    seed: u64,
    /// Size of each invoice's PDF.
    #[arg(long, default_value_t = 40, value_name = "KIB")]
    pdf_kib: usize,
    /// Something happens in the books this often; 0 for never.
    #[arg(long, default_value_t = 0, value_name = "SECONDS")]
    live_seconds: u64,
    /// The bearer token that PSOhub accepts.
    #[arg(long, default_value = "psohub-simulator-token", value_name = "TOKEN")]
    psohub_token: String,
    /// The personal access token that Bexio accepts.
    #[arg(long, default_value = "bexio-token", value_name = "TOKEN")]
    bexio_token: String,
}

impl Arguments {
    fn options(&self) -> SimulatorOptions {
        let mut options = SimulatorOptions {
            psohub_listen: self.psohub_listen,
            bexio_listen: self.bexio_listen,
            control_listen: self.control_listen,
            seed: (self.invoices > 0).then_some(SeedOptions { invoices: self.invoices, seed: self.seed }),
            ..SimulatorOptions::default()
        };
        options.psohub.access_token.clone_from(&self.psohub_token);
        options.psohub.pdf_size_bytes_min = self.pdf_kib.saturating_mul(1024);
        options.bexio.access_token = Some(self.bexio_token.clone());
        options
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    tracing_subscriber::fmt().with_max_level(tracing::Level::WARN).with_writer(std::io::stderr).init();
    let arguments = Arguments::parse();
    let simulator = Simulator::start(arguments.options()).await?;
    if arguments.live_seconds > 0 {
        simulator.live(Duration::from_secs(arguments.live_seconds));
    }
    print_environment(&simulator, &arguments);
    tokio::signal::ctrl_c().await?;
    simulator.shutdown().await;
    Ok(())
}

/// As a shell reads it.
fn print_environment(simulator: &Simulator, arguments: &Arguments) {
    for (name, value) in simulator.environment() {
        println!("export {name}={value}");
    }
    println!(
        "# {} invoices; control API at {}; stop with Ctrl-C",
        arguments.invoices,
        simulator.control_url()
    );
}
