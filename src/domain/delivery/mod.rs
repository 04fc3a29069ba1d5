//! Sending one invoice, as a state machine. Pure: no call, no clock, no store.
//!
//! [`Delivery`] is the durable record of one send. The worker that executes it is a loop without an
//! opinion: load the record; [`next_step`]; if the call [writes](Call::writes), [`apply`]
//! [`Event::Announced`] and store that, on disk, before the first byte leaves; make the call; [`apply`]
//! [`Event::Answered`] and store it. Every store compares and sets [`Delivery::version`]; who loses
//! loads again, and offers the answer of a writing call once more to what is there now. People come in
//! by [`resolve`], a second `sendInvoice` by [`resume`].
//!
//! ## Why nothing is doubled
//! Bexio has no idempotency key, but **a draft is harmless**: creating may be repeated as long as exactly
//! one draft is *pinned* before anything irreversible happens.
//! - Before every create our `api_reference` is searched, and after a lost create only once that request
//!   can no longer be in flight ([`Timing::quiet`]). The pin is set by the version's compare-and-set; every
//!   other draft of ours is deleted by the sweep, which Bexio refuses for what is issued.
//! - Issuing names the pinned id and is refused on what is issued; whatever was not a clear yes is learned
//!   by reading.
//! - The e-mail is asked for at most once: only what surely did not leave ([`Verdict`]) is tried again.
//!   Bexio cannot be asked whether it did, so a person is.
//! - A draft whose deletion was ever asked for is never pinned: a lost deletion may still come.
//! - What people do meanwhile is noticed by reading before each irreversible step; a surprise stops it.
//!
//! ## States
//! What people see ([`State`]). `goes on to` leaves out what people decide; a test visits every reachable
//! record with every event and keeps this table true. While [`State::Email`] waits for its next try,
//! the external id is written.
//!
//! | state | calls | goes on to |
//! |---|---|---|
//! | Accepted | FindContact, FindOwn | Contact, Draft, Verify, Failed, NeedsReview |
//! | Contact | CreateContact, FindContact | Draft, Failed, NeedsReview |
//! | Draft | CreateDraft, FindLookalikes, FindOwn | Verify, Failed, NeedsReview |
//! | Verify | Read | Issue, Email, WriteBack, Failed, NeedsReview |
//! | Issue | Issue, Read | Verify, Email, WriteBack, Failed, NeedsReview |
//! | Email | Read, SendMail | WriteBack, Sweep, Done, Failed, NeedsReview, Abandoned |
//! | WriteBack | WriteExternalId | Sweep, Done, Failed, Abandoned |
//! | Sweep | DeleteDraft, FindOwn | Done, Failed, NeedsReview, Abandoned |
//! | Done | DeleteDraft, FindOwn | NeedsReview |
//! | Failed | DeleteDraft, FindOwn | NeedsReview |
//! | NeedsReview | DeleteDraft, FindOwn, WriteExternalId | Email, WriteBack, Sweep, Done, Failed |
//! | Discard | DeleteDraft, FindOwn, Read | Contact, Draft, WriteBack, Failed, NeedsReview, Abandoned |
//! | Abandoned | DeleteDraft, FindOwn | – |
//!
//! The calls of settled states are the look-out for drafts that were applied late, daily for a week where
//! a create was ever in doubt, and the write-back, which a doubtful e-mail does not hold up.
//!
//! ## What a person can decide
//! | asked | answers |
//! |---|---|
//! | the e-mail's fate | `MailArrived`, `SendAgain`, `Abandon` |
//! | which contact | `ChooseContact`, `SendAgain` (search again), or send again with a new plan |
//! | an invoice that exists, is gone or cancelled | `UseExisting`, `SendAgain` (look again), `Abandon` |
//! | a draft that departs from the plan | `SendAgain` (look again), `Abandon`, or send again with a new plan |
//! | a duplicate, a reverted or unknown status | `SendAgain` (look again), `Abandon` |
//! | a failure | send again ([`resume`]), `Abandon` |

mod accept;
mod acceptance;
mod apply;
mod call;
mod event;
mod log;
mod next_step;
mod reason;
mod record;
mod resolve;
mod state;
mod timing;
mod verify;

pub use accept::{ResumeError, accept, resume};
pub use acceptance::{Acceptance, ContactNeed, DraftPromise, ExternalIdKind};
pub use apply::apply;
pub use call::{Call, ContactPart, Step};
pub use event::{Answer, ContactMatch, Event, Hit, InvoiceChange, Reading, Refusal, Rejected, Verdict};
pub use log::{LogEntry, LogKind, Outcome};
pub use next_step::next_step;
pub use reason::{Difference, Failure, Halt, MailDoubt, Review};
pub use record::{ContactTrack, Delivery, DeliveryId, Intent, Mail, Pin, Seen, Stage, Sweep, WriteBack};
pub use resolve::{Decision, ResolveError, resolve};
pub use state::{Reason, State};
pub use timing::{Retry, Timing, Trouble, TroubleKind};
pub use verify::{differences, is_within};

#[cfg(test)]
mod tests;
