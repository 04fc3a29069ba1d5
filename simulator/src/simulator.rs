//! The running simulator: three listeners over one world.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::bexio::{self, BexioOptions};
use crate::clock::SimClock;
use crate::control::{self, Control};
use crate::faults::{Observed, observe};
use crate::life::{Event, Life};
use crate::psohub::{self, PsohubOptions};
use crate::seed::{self, SeedOptions};
use crate::server::Server;
use crate::traffic::Upstream;
use crate::world::{SharedWorld, Urls, World};

/// How to start a simulator. The default is an empty world on free loopback ports in real time.
#[derive(Clone, Debug)]
pub struct SimulatorOptions {
    /// Where PSOhub listens.
    pub psohub_listen: SocketAddr,
    /// Where Bexio and its issuer listen.
    pub bexio_listen: SocketAddr,
    /// Where the control API listens.
    pub control_listen: SocketAddr,
    /// The clock of the world.
    pub clock: SimClock,
    /// What the world is filled with; `None` leaves it empty.
    pub seed: Option<SeedOptions>,
    /// How PSOhub behaves.
    pub psohub: PsohubOptions,
    /// How Bexio behaves.
    pub bexio: BexioOptions,
}

impl Default for SimulatorOptions {
    fn default() -> Self {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            psohub_listen: any,
            bexio_listen: any,
            control_listen: any,
            clock: SimClock::real(),
            seed: None,
            psohub: PsohubOptions::default(),
            bexio: BexioOptions::default(),
        }
    }
}

impl SimulatorOptions {
    /// A world of so many invoices.
    pub fn with_invoices(invoices: usize) -> Self {
        Self { seed: Some(SeedOptions { invoices, ..SeedOptions::default() }), ..Self::default() }
    }
}

/// A running simulator. Dropping it closes the listeners and their connections.
#[derive(Debug)]
pub struct Simulator {
    world: SharedWorld,
    parts: Arc<Parts>,
    control: Server,
    /// Ends what goes on in the background.
    stopped: DropGuard,
}

/// What the control API shares with the simulator besides the world.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) psohub: Server,
    pub(crate) bexio: Server,
    /// `None` until an empty world begins to live.
    life: Mutex<Option<Life>>,
}

impl Parts {
    /// One thing happens in the books.
    pub(crate) fn live_step(&self, world: &World) -> Event {
        let mut life = self.life.lock().unwrap_or_else(PoisonError::into_inner);
        life.get_or_insert_with(|| {
            let seed = SeedOptions { invoices: 0, ..SeedOptions::default() };
            Life::new(seed::fill_company(world, seed), seed.invoices)
        })
        .step(world)
    }
}

impl Simulator {
    /// Binds the listeners and serves. Fails when a port cannot be bound.
    pub async fn start(options: SimulatorOptions) -> io::Result<Self> {
        let psohub_listener = TcpListener::bind(options.psohub_listen).await?;
        let bexio_listener = TcpListener::bind(options.bexio_listen).await?;
        let control_listener = TcpListener::bind(options.control_listen).await?;
        let urls = Urls {
            psohub: url_of(&psohub_listener)?,
            bexio: url_of(&bexio_listener)?,
            control: url_of(&control_listener)?,
        };
        let world = Arc::new(World::new(options.clock, urls, options.psohub, options.bexio));
        let life = options.seed.map(|seed| Life::new(seed::fill_company(&world, seed), seed.invoices));
        let parts = Arc::new(Parts {
            psohub: Server::serve(psohub_listener, observed(psohub::router(), &world, Upstream::Psohub))?,
            bexio: Server::serve(bexio_listener, observed(bexio::router(), &world, Upstream::Bexio))?,
            life: Mutex::new(life),
        });
        let control = Control { world: world.clone(), parts: parts.clone() };
        let control = Server::serve(control_listener, control::router(control))?;
        Ok(Self { world, parts, control, stopped: CancellationToken::new().drop_guard() })
    }

    /// PSOhub's base URL, without a trailing slash.
    pub fn psohub_url(&self) -> &str {
        &self.world.urls.psohub
    }

    /// Bexio's base URL, without a trailing slash.
    pub fn bexio_url(&self) -> &str {
        &self.world.urls.bexio
    }

    /// Bexio's OAuth issuer.
    pub fn issuer_url(&self) -> String {
        format!("{}/realms/bexio", self.world.urls.bexio)
    }

    /// The environment variables that point a client of both upstreams here, with their values. An empty token is
    /// none: OAuth is then the only way in.
    pub fn environment(&self) -> [(&'static str, String); 5] {
        let psohub_token = self.world.psohub().options.access_token.clone();
        let bexio_token = self.world.bexio().options().access_token.clone();
        [
            ("PSOHUB_BASE_URL", self.psohub_url().to_owned()),
            ("PSOHUB_ACCESS_TOKEN", psohub_token),
            ("BEXIO_BASE_URL", self.bexio_url().to_owned()),
            ("BEXIO_ACCESS_TOKEN", bexio_token.unwrap_or_default()),
            ("BEXIO_ISSUER_URL", self.issuer_url()),
        ]
    }

    /// The control API's base URL, without a trailing slash.
    pub fn control_url(&self) -> &str {
        &self.world.urls.control
    }

    /// The state behind the listeners: everything that the control API does is a method of its parts.
    pub fn world(&self) -> &SharedWorld {
        &self.world
    }

    /// Closes PSOhub's listener and its live connections.
    pub async fn stop_psohub(&self) {
        self.parts.psohub.stop().await;
    }

    /// Listens for PSOhub again, on the same port.
    pub async fn start_psohub(&self) -> io::Result<()> {
        self.parts.psohub.start().await
    }

    /// Closes Bexio's listener and its live connections.
    pub async fn stop_bexio(&self) {
        self.parts.bexio.stop().await;
    }

    /// Listens for Bexio again, on the same port.
    pub async fn start_bexio(&self) -> io::Result<()> {
        self.parts.bexio.start().await
    }

    /// One thing happens in the books; what, follows from the seed.
    pub fn live_step(&self) -> Event {
        self.parts.live_step(&self.world)
    }

    /// From now on something happens in the books every `period`, until the simulator ends.
    pub fn live(&self, period: Duration) {
        let (world, parts) = (self.world.clone(), self.parts.clone());
        let stopped = self.stopped.token().clone();
        tokio::spawn(async move {
            while stopped.run_until_cancelled(tokio::time::sleep(period)).await.is_some() {
                let event = parts.live_step(&world);
                tracing::info!(?event, "something happened in the books");
            }
        });
    }

    /// Closes everything.
    pub async fn shutdown(self) {
        self.control.stop().await;
        self.parts.psohub.stop().await;
        self.parts.bexio.stop().await;
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        // A control call under way may hold the listeners a moment longer.
        self.parts.psohub.close();
        self.parts.bexio.close();
    }
}

/// An upstream's routes under the layer that logs calls and spoils them.
fn observed(router: Router<SharedWorld>, world: &SharedWorld, upstream: Upstream) -> Router {
    let observed = Observed { world: world.clone(), upstream };
    router.layer(from_fn_with_state(observed, observe)).with_state(world.clone())
}

fn url_of(listener: &TcpListener) -> io::Result<String> {
    Ok(format!("http://{}", listener.local_addr()?))
}
