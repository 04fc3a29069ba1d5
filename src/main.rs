//! Arguments only: what each command does stands in [`invoice_gateway::app`].

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use invoice_gateway::app::{self, Access, DemoOptions, DoctorOptions, HealthQuestion, SyncOptions};

/// Small allocations are most of what a GraphQL answer costs; this allocator makes them a third cheaper.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// One GraphQL API over PSOhub invoices and their Bexio accounting status.
#[derive(Debug, Parser)]
#[command(version, about, arg_required_else_help = true)]
struct Arguments {
    /// TOML file with settings; variables of the environment go before it (docs/configuration.md).
    #[arg(long, global = true, value_name = "FILE", env = "INVOICE_GATEWAY_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves the API from PSOhub and Bexio, as the environment configures it (docs/configuration.md).
    Serve(ServeArguments),
    /// Serves the API over a simulated PSOhub and Bexio in this process: nothing to configure.
    Demo(DemoArguments),
    /// Checks the configuration, the database, the clock and both connections, and says what to do.
    Doctor(DoctorArguments),
    /// Asks the service on this machine whether it is well: for a container's health check. Exits with 0 or 1.
    Health(HealthArguments),
    /// Prints the GraphQL schema.
    Schema,
    /// Brings the database's schema up to date. `serve` does so by itself.
    Migrate,
    /// Runs the payment sync once: sets to Paid in PSOhub what Bexio calls paid. Exits with 0 when all went
    /// well, 3 when some invoices failed, 1 when the run did.
    Sync(SyncArguments),
    /// API keys of those who call the service.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Keys that tokens are encrypted with in the database (`SECRETS_KEY`).
    #[command(subcommand)]
    Secrets(SecretsCommand),
}

#[derive(Debug, Subcommand)]
enum SecretsCommand {
    /// Prints a new key. Changes nothing.
    NewKey,
    /// Encrypts everything anew with the first key of `SECRETS_KEY`, so that the others can be taken away.
    Rotate,
}

#[derive(Debug, Subcommand)]
enum KeysCommand {
    /// Makes a key and prints it, once.
    Add(AddKeyArguments),
    /// Shows every key with its role, when it was used last, and whether it is in use.
    List {
        /// Prints JSON, for scripts.
        #[arg(long)]
        json: bool,
    },
    /// Ends a key. Running services refuse it within 5 seconds.
    Revoke {
        /// The key's name, or its id.
        #[arg(value_name = "NAME|ID")]
        key: String,
    },
}

#[derive(Debug, Args)]
struct AddKeyArguments {
    /// What the key's holder may do: viewer reads; operator also sends, marks paid and runs the payment
    /// sync; admin also connects accounts and changes settings.
    #[arg(long)]
    role: app::Role,
    /// What the key's holder is called in records.
    #[arg(long)]
    name: String,
    /// After how many days the key ends.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=3650))]
    expires_in_days: Option<u32>,
}

#[derive(Debug, Args)]
struct ServeArguments {
    /// Says whether it would start, and changes nothing: configuration, database, keys. Exits with 0 or 1.
    #[arg(long)]
    check: bool,
    /// Serves everybody who can reach the address; accepted on a loopback address only.
    #[arg(long)]
    no_auth: bool,
}

#[derive(Debug, Args)]
struct HealthArguments {
    /// Asks whether it can serve (`/readyz`), and not only whether it answers (`/livez`).
    #[arg(long)]
    ready: bool,
}

#[derive(Debug, Args)]
struct DoctorArguments {
    /// Also creates a contact and a draft in Bexio and deletes them again.
    #[arg(long)]
    write: bool,
    /// Prints JSON, for scripts.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct SyncArguments {
    /// Shows what would be set to Paid and writes nothing to PSOhub.
    #[arg(long)]
    dry_run: bool,
    /// Prints the run as JSON, with each invoice that was set to Paid, failed, or is to be looked at.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct DemoArguments {
    /// How many PSOhub invoices the simulated company has.
    #[arg(long, default_value_t = 300)]
    invoices: usize,
    /// What the simulated company is made from: the same number makes the same company.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Seconds between two changes in the simulated company; 0 for none.
    #[arg(long, default_value_t = 5)]
    change_seconds: u64,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(file) = arguments.config {
        app::use_config_file(file);
    }
    let outcome = match arguments.command {
        Command::Sync(sync) => {
            return ended(app::sync(SyncOptions { dry_run: sync.dry_run, json: sync.json }));
        }
        Command::Serve(ServeArguments { check: true, no_auth }) => app::check(access(no_auth)),
        Command::Serve(serve) => app::serve(access(serve.no_auth)),
        Command::Demo(demo) => app::demo(DemoOptions {
            invoices: demo.invoices,
            seed: demo.seed,
            change_seconds: demo.change_seconds,
        }),
        Command::Doctor(doctor) => return examine(&doctor),
        Command::Health(HealthArguments { ready: true }) => app::health(HealthQuestion::Ready),
        Command::Health(_) => app::health(HealthQuestion::Live),
        Command::Schema => app::print_schema(),
        Command::Migrate => app::migrate(),
        Command::Keys(KeysCommand::Add(AddKeyArguments { role, name, expires_in_days })) => {
            app::add_key(app::NewKey { name, role, expires_in_days })
        }
        Command::Keys(KeysCommand::List { json }) => app::list_keys(json),
        Command::Keys(KeysCommand::Revoke { key }) => app::revoke_key(key),
        Command::Secrets(SecretsCommand::NewKey) => app::new_secrets_key(),
        Command::Secrets(SecretsCommand::Rotate) => app::rotate_secrets(),
    };
    ended(outcome.map(|()| ExitCode::SUCCESS))
}

const fn access(no_auth: bool) -> Access {
    if no_auth { Access::EverybodyOnLoopback } else { Access::Configured }
}

fn ended(outcome: Result<ExitCode, Box<dyn Error>>) -> ExitCode {
    outcome.unwrap_or_else(|error| {
        app::report(&*error);
        ExitCode::FAILURE
    })
}

/// The doctor's exit code says what it found; 3 says that it could not run.
fn examine(arguments: &DoctorArguments) -> ExitCode {
    let DoctorArguments { write, json } = *arguments;
    app::doctor(DoctorOptions { write, json }).unwrap_or_else(|error| {
        app::report(&*error);
        ExitCode::from(3)
    })
}
