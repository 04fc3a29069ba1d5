//! How long a caller may go on without being asked again: what listens ends with its key or token.

use jiff::Timestamp;

use super::keys::KeySet;
use crate::domain::SharedClock;

/// How long what was presented is good.
#[derive(Clone)]
pub struct Tenure(Kind);

#[derive(Clone)]
enum Kind {
    Endless,
    Key { keys: KeySet, id: Box<str> },
    Until { end: Timestamp, clock: SharedClock },
}

impl Tenure {
    /// Of who was not asked.
    pub const fn endless() -> Self {
        Self(Kind::Endless)
    }

    /// As long as this key is good.
    pub(super) const fn of_key(keys: KeySet, id: Box<str>) -> Self {
        Self(Kind::Key { keys, id })
    }

    /// Until `end`.
    pub(super) const fn until(end: Timestamp, clock: SharedClock) -> Self {
        Self(Kind::Until { end, clock })
    }

    /// Waits for the end, if there is one.
    pub async fn ended(self) {
        match self.0 {
            Kind::Endless => std::future::pending().await,
            Kind::Key { keys, id } => keys.ended(&id).await,
            Kind::Until { end, clock } => {
                // The clock that sleeps is not the one that tells the time: somebody may have set that.
                while let Ok(left) = std::time::Duration::try_from(end.duration_since(clock.now())) {
                    if left.is_zero() {
                        return;
                    }
                    clock.sleep(left).await;
                }
            }
        }
    }
}
