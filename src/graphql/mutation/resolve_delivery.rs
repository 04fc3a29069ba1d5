//! `resolveDelivery`.

use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

use super::refusal::{input, no_delivery, of_delivery, of_resolve, refused};
use super::send_invoice::bad_wait;
use super::{outcome, waiting_time};
use crate::book::DeliveryEntry;
use crate::domain::delivery::{Decision, DeliveryId};
use crate::graphql::inputs::ResolveDeliveryInput;
use crate::graphql::operation::OperationState;
use crate::graphql::types::{DeliveryDecision, GlobalId, Outcome, UserError, UserErrorCode};
use crate::services::deliveries::ResolveRequest;

/// Takes a person's decision.
pub(super) async fn run(
    operation: &OperationState,
    given: ResolveDeliveryInput,
) -> Outcome<Option<Arc<DeliveryEntry>>> {
    let id = match delivery_id(&given) {
        Ok(id) => id,
        Err(error) => return outcome(operation, None, vec![error]),
    };
    match resolve(operation, id, &given).await {
        Ok(entry) => {
            let errors = of_delivery(&entry, input(&["delivery"])).into_iter().collect();
            outcome(operation, Some(entry), errors)
        }
        Err(error) => {
            let outcome = outcome(operation, None, vec![error]);
            let held = outcome.snapshot.deliveries.by_id(id).cloned();
            Outcome { given: held, ..outcome }
        }
    }
}

async fn resolve(
    operation: &OperationState,
    delivery: DeliveryId,
    given: &ResolveDeliveryInput,
) -> Result<Arc<DeliveryEntry>, UserError> {
    let request = ResolveRequest {
        delivery,
        decision: decision(given)?,
        expected_version: u64::try_from(given.expected_version).unwrap_or_default(),
        by: (*operation.caller.name).into(),
        wait: waiting_time(operation, given.wait_seconds).ok_or_else(|| bad_wait(given.wait_seconds))?,
    };
    operation.deps.deliveries.resolve(request).await.map_err(|error| of_resolve(&error))
}

fn delivery_id(given: &ResolveDeliveryInput) -> Result<DeliveryId, UserError> {
    match GlobalId::of(&given.delivery) {
        Ok(GlobalId::Delivery(id)) => Ok(id),
        Ok(_) => Err(no_delivery()),
        Err(message) => {
            let hint = "Pass the id of a delivery on unchanged, as a string.";
            Err(refused(input(&["delivery"]), UserErrorCode::IdInvalid, message, hint))
        }
    }
}

/// The decision with what it names.
fn decision(given: &ResolveDeliveryInput) -> Result<Decision, UserError> {
    let plain = match given.decision {
        DeliveryDecision::ChooseContact => return named(given, Decision::ChooseContact),
        DeliveryDecision::UseExisting => return named(given, Decision::UseExisting),
        DeliveryDecision::MailArrived => Decision::MailArrived,
        DeliveryDecision::SendAgain => Decision::SendAgain,
        DeliveryDecision::Abandon => Decision::Abandon,
    };
    if given.bexio_id.is_some() {
        let hint = "Leave bexioId out; only CHOOSE_CONTACT and USE_EXISTING name something.";
        let what = "this decision names nothing in Bexio";
        return Err(refused(input(&["bexioId"]), UserErrorCode::ValueInvalid, what, hint));
    }
    Ok(plain)
}

fn named<T: FromStr<Err: Display>>(
    given: &ResolveDeliveryInput,
    decision: impl FnOnce(T) -> Decision,
) -> Result<Decision, UserError> {
    let field = input(&["bexioId"]);
    let Some(id) = &given.bexio_id else {
        let hint = "Give the bexioId of the contact or invoice that was chosen.";
        let what = "this decision needs a bexioId";
        return Err(refused(field, UserErrorCode::DecisionIncomplete, what, hint));
    };
    let hint = "Pass on the bexioId of one of the delivery's candidates, as a string.";
    id.parsed().map(decision).map_err(|message| refused(field, UserErrorCode::IdInvalid, message, hint))
}
