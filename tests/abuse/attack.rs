//! The attackers: processes of their own with the lowest priority, so that what is measured meanwhile is what the
//! service makes of the attack, and not what the attack takes of a machine that both share.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::target::Target;
use crate::{bodies, documents, flood, fuzz, slow};

/// How an attacker's process knows what to attack and how.
const TARGET: &str = "ABUSE_TARGET";
const ATTACK: &str = "ABUSE_ATTACK";

/// One kind of abuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attack {
    Documents,
    Bodies,
    Introspections,
    Random,
    Slow,
}

impl Attack {
    /// Those that end by themselves.
    pub const ALL: [Self; 4] = [Self::Documents, Self::Bodies, Self::Introspections, Self::Random];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Documents => "hostile documents",
            Self::Bodies => "hostile bodies",
            Self::Introspections => "a flood of introspections",
            Self::Random => "random requests",
            Self::Slow => "slow clients",
        }
    }

    async fn run(self, target: &Target) {
        match self {
            Self::Documents => documents::send(target).await,
            Self::Bodies => bodies::send(target).await,
            Self::Introspections => flood::introspect(target, amount(200, 40)).await,
            Self::Random => fuzz::send(target, amount(10_000, 2_000)).await,
            Self::Slow => slow::hold_open(target).await,
        }
    }
}

/// How much of what takes long is sent: less to a debug build, whose answers take ten times as long.
fn amount(release: usize, debug: usize) -> usize {
    if std::env::var("GATEWAY_BINARY").is_ok() { release } else { debug }
}

/// An attacker at work, ended when dropped.
pub struct Attacker {
    attack: Attack,
    process: Child,
}

impl Attacker {
    /// Begins `attack` on `url`, in a process of this same program.
    pub fn start(attack: Attack, url: &str) -> Self {
        let process = Command::new("nice")
            .args(["-n", "19"])
            .arg(std::env::current_exe().unwrap())
            .args(["attack::the_attacker", "--exact", "--ignored", "--nocapture", "--test-threads=1"])
            .env(TARGET, url)
            .env(ATTACK, attack.name())
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        Self { attack, process }
    }

    /// Waits until it has sent everything; every answer was one that it may get.
    pub async fn end(mut self) {
        let status = loop {
            match self.process.try_wait().unwrap() {
                Some(status) => break status,
                None => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        };
        assert!(status.success(), "{}: see above", self.attack.name());
    }
}

impl Drop for Attacker {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What an attacker's process does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "only against the service that the other test starts"]
async fn the_attacker() {
    let (url, name) = (std::env::var(TARGET).unwrap(), std::env::var(ATTACK).unwrap());
    let attack = Attack::ALL.into_iter().chain([Attack::Slow]).find(|attack| attack.name() == name);
    let target = Target::new(&url);
    attack.unwrap().run(&target).await;
    println!("{name}: {} requests", target.tally());
}
