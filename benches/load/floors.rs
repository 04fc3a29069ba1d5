//! What the gateway is measured against: the same answer with less and less done for it.
//!
//! `load_floors bytes|serde|async-graphql ADDRESS GATEWAY`: takes the answer of the measured query from
//! the gateway at GATEWAY once, then gives it out at ADDRESS; see run.sh.
//! `bytes` is an axum handler that returns the answer's bytes, `serde` one that serialises the same
//! structs, `async-graphql` resolves them with derived objects and parses each request.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use async_graphql::{
    EmptyMutation, EmptySubscription, InputObject, InputValueError, InputValueResult, Object, Scalar,
    ScalarType, Schema, SimpleObject, Value,
};
use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Failure = Box<dyn std::error::Error>;

#[derive(Serialize, Deserialize)]
struct Answer {
    data: Data,
    #[serde(skip_serializing_if = "Option::is_none")]
    extensions: Option<Box<RawValue>>,
}

#[derive(Serialize, Deserialize)]
struct Data {
    invoices: Invoices,
}

#[derive(Serialize, Deserialize)]
struct Invoices {
    nodes: Vec<Invoice>,
}

#[derive(Serialize, Deserialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
struct Invoice {
    number: String,
    name: Option<String>,
    status: String,
    customer: Option<Customer>,
    total_inc_vat: Money,
    bexio: Option<Bexio>,
}

#[derive(Serialize, Deserialize, SimpleObject)]
struct Customer {
    name: String,
}

#[derive(Serialize, Deserialize, SimpleObject)]
struct Money {
    amount: String,
    currency: String,
}

#[derive(Serialize, Deserialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
struct Bexio {
    document_number: String,
    status: String,
    received: Amount,
    remaining: Amount,
}

#[derive(Serialize, Deserialize, SimpleObject)]
struct Amount {
    amount: String,
}

/// Takes the filter's figures without using them: every request has the same answer.
struct Decimal;

#[Scalar]
impl ScalarType for Decimal {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(_) => Ok(Self),
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::Null
    }
}

#[derive(InputObject)]
struct DecimalRange {
    #[graphql(name = "from")]
    _from: Option<Decimal>,
}

#[derive(InputObject)]
struct InvoiceFilter {
    #[graphql(name = "totalIncVat")]
    _total_inc_vat: Option<DecimalRange>,
}

struct Query(Invoices);

#[Object]
impl Query {
    async fn invoices(&self, first: usize, filter: Option<InvoiceFilter>) -> Page<'_> {
        let _ = filter;
        Page(self.0.nodes.get(..first).unwrap_or(&self.0.nodes))
    }
}

struct Page<'a>(&'a [Invoice]);

#[Object]
impl Page<'_> {
    async fn nodes(&self) -> &[Invoice] {
        self.0
    }
}

type Stock = Schema<Query, EmptyMutation, EmptySubscription>;

fn json(bytes: impl Into<Bytes>) -> Response {
    ([(CONTENT_TYPE, "application/json")], bytes.into()).into_response()
}

async fn bytes(State(answer): State<Bytes>, _body: Bytes) -> Response {
    json(answer)
}

async fn serialised(State(answer): State<Arc<Answer>>, _body: Bytes) -> Response {
    json(serde_json::to_vec(&*answer).unwrap_or_default())
}

async fn resolved(State(schema): State<Stock>, body: Bytes) -> Response {
    let Ok(request) = serde_json::from_slice::<async_graphql::Request>(&body) else {
        return axum::http::StatusCode::BAD_REQUEST.into_response();
    };
    json(serde_json::to_vec(&schema.execute(request).await).unwrap_or_default())
}

/// The gateway's answer to the query, asked once.
fn ask(gateway: &str) -> Result<String, Failure> {
    let body = include_str!("query.json").trim();
    let mut stream = TcpStream::connect(gateway)?;
    write!(
        stream,
        "POST /graphql HTTP/1.1\r\nhost: gateway\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or("the gateway sent no answer")?;
    if !head.starts_with("HTTP/1.1 200") || !body.starts_with("{\"data\":") {
        return Err(format!("the gateway answered: {answer}").into());
    }
    Ok(body.to_owned())
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [kind, address, gateway] = arguments.as_slice() else {
        println!("started by benches/load/run.sh");
        return Ok(());
    };
    let answer = ask(gateway)?;
    let parsed: Answer = serde_json::from_str(&answer)?;
    let router: Router = match kind.as_str() {
        "bytes" => Router::new().route("/graphql", post(bytes)).with_state(Bytes::from(answer)),
        "serde" => Router::new().route("/graphql", post(serialised)).with_state(Arc::new(parsed)),
        "async-graphql" => {
            let schema = Schema::new(Query(parsed.data.invoices), EmptyMutation, EmptySubscription);
            Router::new().route("/graphql", post(resolved)).with_state(schema)
        }
        other => return Err(format!("no floor is called {other}").into()),
    };
    let listener = tokio::net::TcpListener::bind(address).await?;
    let listener = axum::serve::ListenerExt::tap_io(listener, |stream| {
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, router).await?;
    Ok(())
}
