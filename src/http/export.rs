//! `/export/...csv`: lists as CSV, sent as they are made. docs/export.md says how to ask.
//!
//! What a table holds is `graphql`'s and `services`' business.

use axum::body::Body;
use axum::extract::{Extension, RawQuery, State};
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse, Response};
use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream;

use super::HttpState;
use super::content_disposition::attachment;
use super::fault::HttpFault;
use super::request::{decode, parameters};
use super::request_id::RequestId;
use super::router::refused;
use crate::graphql::{Caller, ExportList, ExportRequest, Fault, GraphqlService};
use crate::services::export::{CsvTable, Separator};

/// Where tables come from.
pub trait ExportSource: Send + Sync + 'static {
    /// The list that `request` asks for.
    fn export(&self, request: ExportRequest, caller: Caller) -> BoxFuture<'_, Result<CsvTable, Fault>>;
}

impl ExportSource for GraphqlService {
    fn export(&self, request: ExportRequest, caller: Caller) -> BoxFuture<'_, Result<CsvTable, Fault>> {
        self.export(request, caller).boxed()
    }
}

/// `/export/invoices.csv`
pub(super) async fn invoices(
    State(state): State<HttpState>,
    Extension(id): Extension<RequestId>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    answer(&state, ExportList::Invoices, query.as_deref(), &headers)
        .await
        .unwrap_or_else(|fault| refused(&fault, &id))
}

/// `/export/reconciliation.csv`
pub(super) async fn reconciliation(
    State(state): State<HttpState>,
    Extension(id): Extension<RequestId>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let answered = answer(&state, ExportList::Reconciliation, query.as_deref(), &headers).await;
    answered.unwrap_or_else(|fault| refused(&fault, &id))
}

async fn answer(
    state: &HttpState,
    list: ExportList,
    query: Option<&str>,
    headers: &HeaderMap,
) -> Result<Response, HttpFault> {
    let caller = state.access.of_request(headers).await?.caller;
    let request = asked(list, query.unwrap_or_default())?;
    let table = state.exports.export(request, caller).await?;
    let mut about = HeaderMap::new();
    about.insert(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present"));
    about.insert(CONTENT_DISPOSITION, attachment(&table.file_name));
    about.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let pieces = stream::iter(table.map(Ok::<_, std::convert::Infallible>));
    Ok((about, Body::from_stream(pieces)).into_response())
}

/// What the query component of the URL asks for. A parameter that is not known is refused: misspelt, it
/// would ask for everything.
fn asked(list: ExportList, query: &str) -> Result<ExportRequest, HttpFault> {
    let mut request = ExportRequest { list, ..ExportRequest::default() };
    for (name, value) in parameters(query) {
        let name = decode("a parameter's name", name)?;
        let (member, slot) = match (name.as_ref(), list) {
            ("filter", _) => ("filter", &mut request.filter),
            ("orderBy", ExportList::Invoices) => ("orderBy", &mut request.order_by),
            ("verdicts", ExportList::Reconciliation) => ("verdicts", &mut request.verdicts),
            ("separator", _) => {
                request.separator = separator(value)?;
                continue;
            }
            _ => return Err(HttpFault::UnknownParameter { name: shortened(&name) }),
        };
        if slot.replace(decode(member, value)?.into_owned()).is_some() {
            return Err(HttpFault::DuplicateMember { member });
        }
    }
    Ok(request)
}

fn separator(value: &str) -> Result<Separator, HttpFault> {
    match value {
        "comma" => Ok(Separator::Comma),
        "semicolon" => Ok(Separator::Semicolon),
        _ => Err(HttpFault::WrongType {
            member: "separator",
            expected: "'comma' or 'semicolon'",
            given: "another word",
        }),
    }
}

fn shortened(name: &str) -> String {
    name.chars().take(40).collect()
}
