//! A tracing layer in the gateway's process: it tells the player every step of a delivery and aborts the
//! process at the chosen one. Production code emits these events anyway; nothing in it knows of this.

use std::fmt::{Debug, Write as _};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use crate::gateway::say;
use crate::protocol::{Report, Tripwire};

/// What production code emits around every commit and every call of a delivery.
const TARGET: &str = "invoice_gateway::delivery";

/// Whether the tripwire is still set. The layer belongs to the process, and so does this.
static ARMED: AtomicBool = AtomicBool::new(false);

/// The layer.
pub struct TripwireLayer {
    tripwire: Option<Tripwire>,
    seen: AtomicU64,
}

impl TripwireLayer {
    /// A layer that dies where `tripwire` says.
    pub fn new(tripwire: Option<Tripwire>) -> Self {
        ARMED.store(tripwire.is_some(), Ordering::SeqCst);
        Self { tripwire, seen: AtomicU64::new(0) }
    }

    fn trips(&self, message: &str) -> bool {
        let Some(tripwire) = &self.tripwire else { return false };
        if tripwire.event.as_deref().is_some_and(|event| event != message) {
            return false;
        }
        let count = self.seen.fetch_add(1, Ordering::SeqCst) + 1;
        count == tripwire.nth && ARMED.load(Ordering::SeqCst)
    }
}

/// The process dies no more by itself.
pub fn disarm() {
    ARMED.store(false, Ordering::SeqCst);
}

impl<S: Subscriber> Layer<S> for TripwireLayer {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        if event.metadata().target() != TARGET {
            return;
        }
        let mut words = Words::default();
        event.record(&mut words);
        let trips = self.trips(&words.message);
        let line = format!("{}{}", words.message, words.fields);
        if trips {
            say(&Report::Dying(line));
            // As a power cut would: no destructor, no flush, no goodbye.
            std::process::abort();
        }
        say(&Report::Event(line));
    }
}

#[derive(Default)]
struct Words {
    message: String,
    fields: String,
}

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            self.message = format!("{value:?}");
        } else {
            let _ = write!(self.fields, " {}={value:?}", field.name());
        }
    }
}
