//! Which Bexio invoice stands for which PSOhub invoice. Pure.
//!
//! Three witnesses, the most trusted first: our own record of the pair, Bexio's `api_reference`
//! (which only software sets), and PSOhub's external id where its value is known. Several Bexio
//! invoices may claim one PSOhub invoice; one is chosen by a fixed rule and the others are named.

use std::collections::HashMap;
use std::sync::Arc;

use super::LinkOrigin;
use super::external_ids::ExternalIds;
use super::holdings::{BexioRows, PsohubRows};
use crate::domain::{AccountingInvoice, AccountingStatus, BexioInvoiceId, PsohubInvoiceId};

/// The Bexio invoice chosen for a PSOhub invoice, and those that were not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tie {
    pub(super) bexio: Arc<AccountingInvoice>,
    pub(super) origin: LinkOrigin,
    pub(super) duplicates: Box<[BexioInvoiceId]>,
}

/// Every pair that the witnesses name.
pub(super) fn tie(
    psohub: &PsohubRows,
    bexio: &BexioRows,
    recorded: &HashMap<PsohubInvoiceId, BexioInvoiceId>,
    external_ids: &ExternalIds,
) -> HashMap<PsohubInvoiceId, Tie> {
    let mut claims: HashMap<PsohubInvoiceId, Vec<(LinkOrigin, &Arc<AccountingInvoice>)>> = HashMap::new();
    for (id, bexio_id) in recorded {
        if let Some(invoice) = bexio.get(bexio_id) {
            claims.entry(*id).or_default().push((LinkOrigin::Recorded, invoice));
        }
    }
    for invoice in bexio.shown() {
        if let Some(id) = invoice.psohub_id().filter(|id| psohub.get(id).is_some()) {
            claims.entry(id).or_default().push((LinkOrigin::ApiReference, invoice));
        }
    }
    claim_by_external_id(psohub, bexio, external_ids, &mut claims);
    claims.into_iter().filter_map(|(id, claims)| Some((id, choose(claims)?))).collect()
}

fn claim_by_external_id<'a>(
    psohub: &PsohubRows,
    bexio: &'a BexioRows,
    external_ids: &ExternalIds,
    claims: &mut HashMap<PsohubInvoiceId, Vec<(LinkOrigin, &'a Arc<AccountingInvoice>)>>,
) {
    let named: Vec<_> = psohub
        .shown()
        .filter_map(|invoice| Some((invoice.id, external_ids.value_of(invoice)?.trim())))
        .collect();
    if named.is_empty() {
        return;
    }
    let by_number: HashMap<&str, &Arc<AccountingInvoice>> =
        bexio.shown().map(|invoice| (&*invoice.document_number, invoice)).collect();
    for (id, external_id) in named {
        let by_id = || bexio.get(&external_id.parse::<BexioInvoiceId>().ok()?);
        // A Bexio invoice whose reference names another PSOhub invoice is not this one's.
        let found = by_number
            .get(external_id)
            .copied()
            .or_else(by_id)
            .filter(|invoice| invoice.psohub_id().is_none_or(|other| other == id));
        if let Some(invoice) = found {
            claims.entry(id).or_default().push((LinkOrigin::ExternalId, invoice));
        }
    }
}

/// Chooses by witness, then what is booked over what is cancelled or a draft, then the oldest.
fn choose(mut claims: Vec<(LinkOrigin, &Arc<AccountingInvoice>)>) -> Option<Tie> {
    claims.sort_by_key(|(origin, invoice)| (*origin as u8, rank(invoice.status), invoice.id));
    let &(origin, chosen) = claims.first()?;
    let mut duplicates: Vec<_> =
        claims.iter().map(|(_, invoice)| invoice.id).filter(|id| *id != chosen.id).collect();
    duplicates.sort_unstable();
    duplicates.dedup();
    Some(Tie { bexio: Arc::clone(chosen), origin, duplicates: duplicates.into() })
}

const fn rank(status: AccountingStatus) -> u8 {
    match status {
        AccountingStatus::Cancelled => 2,
        AccountingStatus::Draft => 1,
        _ => 0,
    }
}
