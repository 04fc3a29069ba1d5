//! Which Bexio invoice stands for which PSOhub invoice. Pure.
//!
//! Three witnesses, the most trusted first: our own record of the pair, Bexio's `api_reference`
//! (which only software sets), and PSOhub's external id where its value is known. Several Bexio
//! invoices may claim one PSOhub invoice; one is chosen by a fixed rule and the others are named.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
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

/// A Bexio invoice that claims a PSOhub invoice, by which witness.
type Claim<'a> = (LinkOrigin, &'a Arc<AccountingInvoice>);

/// Every pair that the witnesses name.
pub(super) struct Ties<'a> {
    /// One claim for each invoice; nearly none has more.
    claims: HashMap<PsohubInvoiceId, Claim<'a>>,
    /// All claims on those that have several.
    contested: HashMap<PsohubInvoiceId, Vec<Claim<'a>>>,
}

impl<'a> Ties<'a> {
    pub(super) fn of(
        psohub: &PsohubRows,
        bexio: &'a BexioRows,
        recorded: &HashMap<PsohubInvoiceId, BexioInvoiceId>,
        external_ids: &ExternalIds,
    ) -> Self {
        let mut ties = Self { claims: HashMap::with_capacity(bexio.told_len()), contested: HashMap::new() };
        for (id, bexio_id) in recorded {
            if let Some(invoice) = bexio.get(bexio_id) {
                ties.claim(*id, (LinkOrigin::Recorded, invoice));
            }
        }
        for invoice in bexio.shown() {
            if let Some(id) = invoice.psohub_id().filter(|id| psohub.get(id).is_some()) {
                ties.claim(id, (LinkOrigin::ApiReference, invoice));
            }
        }
        claim_by_external_id(psohub, bexio, external_ids, &mut ties);
        ties
    }

    fn claim(&mut self, id: PsohubInvoiceId, claim: Claim<'a>) {
        match self.claims.entry(id) {
            Entry::Vacant(vacant) => {
                vacant.insert(claim);
            }
            Entry::Occupied(first) => {
                self.contested.entry(id).or_insert_with(|| vec![*first.get()]).push(claim);
            }
        }
    }

    /// What stands for the invoice `id`.
    pub(super) fn tie(&self, id: PsohubInvoiceId) -> Option<Tie> {
        let &(origin, bexio) = self.claims.get(&id)?;
        match self.contested.get(&id) {
            Some(claims) => choose(claims.clone()),
            None => Some(Tie { bexio: Arc::clone(bexio), origin, duplicates: Box::default() }),
        }
    }
}

fn claim_by_external_id<'a>(
    psohub: &PsohubRows,
    bexio: &'a BexioRows,
    external_ids: &ExternalIds,
    ties: &mut Ties<'a>,
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
            ties.claim(id, (LinkOrigin::ExternalId, invoice));
        }
    }
}

/// Chooses by witness, then what is booked over what is cancelled or a draft, then the oldest.
fn choose(mut claims: Vec<Claim<'_>>) -> Option<Tie> {
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
