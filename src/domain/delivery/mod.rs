//! Sending one invoice, as a state machine. Pure.

mod accept;
mod apply;
mod call;
mod event;
mod next_step;
mod reason;
mod record;
mod resolve;
mod state;
#[cfg(test)]
mod tests;
mod timing;
mod verify;

pub use accept::{ResumeError, accept, resume};
pub use apply::apply;
pub use call::{Call, ContactPart, Step};
pub use event::{Answer, ContactMatch, Event, Hit, InvoiceChange, Reading, Refusal, Rejected, Verdict};
pub use next_step::next_step;
pub use reason::{Difference, Failure, Halt, MailDoubt, Review};
pub use record::{
    Acceptance, ContactNeed, ContactTrack, Delivery, DeliveryId, DraftPromise, ExternalIdKind, Intent, Mail,
    Pin, Seen, Stage, Sweep, WriteBack,
};
pub use resolve::{Decision, ResolveError, resolve};
pub use state::{Reason, State};
pub use timing::{Retry, Timing, Trouble, TroubleKind};
pub use verify::{differences, is_within};
