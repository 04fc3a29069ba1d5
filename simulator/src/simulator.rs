//! The running simulator: three listeners over one world.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use tokio::net::TcpListener;

use crate::bexio::{self, BexioOptions};
use crate::clock::SimClock;
use crate::faults::{Observed, observe};
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

/// A running simulator. Dropping it closes the listeners and their connections.
#[derive(Debug)]
pub struct Simulator {
    world: SharedWorld,
    psohub: Arc<Server>,
    bexio: Arc<Server>,
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
        if let Some(seed) = options.seed {
            seed::fill(&world, seed);
        }
        let psohub = Server::serve(psohub_listener, observed(psohub::router(), &world, Upstream::Psohub))?;
        let bexio = Server::serve(bexio_listener, observed(bexio::router(), &world, Upstream::Bexio))?;
        Ok(Self { world, psohub: Arc::new(psohub), bexio: Arc::new(bexio) })
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

    /// The control API's base URL, without a trailing slash.
    pub fn control_url(&self) -> &str {
        &self.world.urls.control
    }

    /// The state behind the listeners.
    pub fn world(&self) -> &SharedWorld {
        &self.world
    }

    /// Closes PSOhub's listener and its live connections.
    pub async fn stop_psohub(&self) {
        self.psohub.stop().await;
    }

    /// Listens for PSOhub again, on the same port.
    pub async fn start_psohub(&self) -> io::Result<()> {
        self.psohub.start().await
    }

    /// Closes Bexio's listener and its live connections.
    pub async fn stop_bexio(&self) {
        self.bexio.stop().await;
    }

    /// Listens for Bexio again, on the same port.
    pub async fn start_bexio(&self) -> io::Result<()> {
        self.bexio.start().await
    }

    /// Closes everything.
    pub async fn shutdown(self) {
        self.psohub.stop().await;
        self.bexio.stop().await;
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
