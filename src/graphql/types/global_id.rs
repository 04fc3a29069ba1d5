//! Global ids, by Relay's specification of object identification:
//! <https://relay.dev/graphql/objectidentification.htm>.

use std::fmt;

use base64::Engine;
use base64::display::Base64Display;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{Batch, BexioInvoice, Delivery, Invoice, PaymentSyncRun};
use crate::domain::delivery::DeliveryId;
use crate::domain::payment::run::SyncRunId;
use crate::domain::{BatchId, BexioInvoiceId, PsohubInvoiceId};
use crate::graphql::output::Projected;
use crate::graphql::scalars::IdInput;

/// Longest text that is taken for a global id, in bytes.
const GLOBAL_ID_BYTES_MAX: usize = 128;

/// What names one object of the gateway: base64url of `Type:id` outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::graphql) enum GlobalId {
    /// An [`Invoice`].
    Invoice(PsohubInvoiceId),
    /// A [`BexioInvoice`].
    BexioInvoice(BexioInvoiceId),
    /// A [`Delivery`].
    Delivery(DeliveryId),
    /// A [`Batch`].
    Batch(BatchId),
    /// A [`PaymentSyncRun`].
    SyncRun(SyncRunId),
}

impl fmt::Display for GlobalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, id) = match self {
            Self::Invoice(id) => (Invoice::NAME, id.get()),
            Self::BexioInvoice(id) => (BexioInvoice::NAME, id.get()),
            Self::Delivery(id) => (Delivery::NAME, id.get()),
            Self::Batch(id) => (Batch::NAME, id.get()),
            Self::SyncRun(id) => (PaymentSyncRun::NAME, id.get()),
        };
        let mut plain = [0; 48];
        let length = {
            use std::io::Write as _;
            let mut rest = &mut plain[..];
            write!(rest, "{name}:{id}").map_err(|_| fmt::Error)?;
            48 - rest.len()
        };
        Base64Display::new(&plain[..length], &URL_SAFE_NO_PAD).fmt(f)
    }
}

impl GlobalId {
    /// Reads an id that this service gave out, or says why it is none.
    pub(in crate::graphql) fn of(id: &IdInput) -> Result<Self, String> {
        let text = id.text()?;
        Self::read(text).ok_or_else(|| {
            let shown: String = text.chars().take(40).collect();
            format!(
                "'{shown}' is not an id of this service: pass on the field 'id' of an object unchanged. To look an \
                 invoice up by PSOhub's or Bexio's id, use invoice(by: ..)"
            )
        })
    }

    fn read(text: &str) -> Option<Self> {
        if text.len() > GLOBAL_ID_BYTES_MAX {
            return None;
        }
        let plain = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let (name, id) = plain.split_once(':')?;
        match name {
            Invoice::NAME => Some(Self::Invoice(id.parse().ok()?)),
            BexioInvoice::NAME => Some(Self::BexioInvoice(id.parse().ok()?)),
            Delivery::NAME => DeliveryId::new(id.parse().ok()?).map(Self::Delivery),
            Batch::NAME => BatchId::new(id.parse().ok()?).map(Self::Batch),
            PaymentSyncRun::NAME => SyncRunId::new(id.parse().ok()?).map(Self::SyncRun),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_comes_back_as_what_it_was() {
        for id in [
            GlobalId::Invoice(PsohubInvoiceId::new(41_939_771_881_672_249).unwrap()),
            GlobalId::Invoice(PsohubInvoiceId::new(i64::MAX).unwrap()),
            GlobalId::BexioInvoice(BexioInvoiceId::new(1).unwrap()),
            GlobalId::Delivery(DeliveryId::new(i64::MAX).unwrap()),
            GlobalId::Batch(BatchId::new(7).unwrap()),
            GlobalId::SyncRun(SyncRunId::new(i64::MAX).unwrap()),
        ] {
            assert_eq!(GlobalId::read(&id.to_string()), Some(id));
        }
    }

    #[test]
    fn a_text_that_was_never_given_out_is_refused() {
        let encoded = |plain: &str| URL_SAFE_NO_PAD.encode(plain);
        for text in [
            "",
            "41939771881672249",
            "%%%",
            &encoded("Invoice:x"),
            &encoded("Customer:1"),
            &encoded("Batch:0"),
            &"A".repeat(9000),
        ] {
            assert_eq!(GlobalId::read(text), None, "{text:?}");
        }
    }
}
