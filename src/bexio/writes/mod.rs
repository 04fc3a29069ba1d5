//! The changes that sending an invoice makes in Bexio. Each is sent once and never repeated here: whoever
//! gets a [`WriteError`] learns first what happened.
//!
//! Bexio's actions carry no body, and none may be sent: a stray one was answered 415. A 2xx answer counts
//! only in the shape that was recorded; any other leaves the outcome unknown.

mod contact;
mod error;
mod invoice;
mod mail;
mod refused;

use serde::Serialize;

use super::client::BexioClient;
use super::error::BexioError;
use crate::transport::json::{self, FieldFault, Fields, Reader};
use crate::transport::{Answer, Call, Method, NotSent, Request, TransportError};

pub use error::WriteError;
pub use refused::refused_parts;

impl BexioClient {
    /// A change with a JSON body.
    async fn change(
        &self,
        path: &str,
        route: &'static str,
        body: &impl Serialize,
    ) -> Result<Answer, WriteError> {
        let body = serde_json::to_vec(body).map_err(|error| self.not_built(route, error.to_string()))?;
        self.write(Request::write(Method::POST, self.base.at(path), route, Some(body.into()))).await
    }

    /// A change without a body that Bexio answers with `{"success":true}`.
    async fn act(&self, method: Method, path: &str, route: &'static str) -> Result<(), WriteError> {
        let answer = self.write(Request::write(method, self.base.at(path), route, None)).await?;
        self.confirmed(&answer)
    }

    async fn write(&self, request: Request) -> Result<Answer, WriteError> {
        self.transport.fetch(&request, &*self.token).await.map_err(WriteError::from)
    }

    /// `{"success":true}`; one author saw a 204 without a body instead.
    fn confirmed(&self, answer: &Answer) -> Result<(), WriteError> {
        if answer.status == 204 {
            return Ok(());
        }
        self.answered(answer, |fields, _| {
            let success = Reader::required("success", fields.value(&["success"]), json::bool_of)?;
            if success { Ok(()) } else { Err(FieldFault::new("success", "it is false")) }
        })
    }

    /// Reads a 2xx answer. Where it cannot be read, the change may have been made all the same.
    fn answered<T>(
        &self,
        answer: &Answer,
        decode: impl FnOnce(&mut Fields<'_>, &mut Reader) -> Result<T, FieldFault>,
    ) -> Result<T, WriteError> {
        self.object(answer, decode)
            .map_err(|error: BexioError| WriteError::OutcomeUnknown { why: error.to_string() })
    }

    /// What cannot be sent as it is.
    fn not_built(&self, route: &'static str, why: String) -> WriteError {
        let call = Call { upstream: self.transport.upstream(), route };
        WriteError::NotSent(TransportError::NotSent { call, reason: NotSent::Invalid(why) })
    }
}
