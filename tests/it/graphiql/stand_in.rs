//! A server with GraphiQL and a schema of its own, as far as the first example needs it.
//! It goes when the tests' own gateway can be started.

use async_graphql::{EmptyMutation, EmptySubscription, Enum, InputObject, Object, Schema, SimpleObject};
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::post;

pub(super) struct StandIn {
    url: String,
}

impl StandIn {
    pub(super) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let schema = Schema::build(Query, EmptyMutation, EmptySubscription).finish();
        let app =
            invoice_gateway::http::graphiql::router().route("/graphql", post(graphql)).with_state(schema);
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url }
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }
}

type ExampleSchema = Schema<Query, EmptyMutation, EmptySubscription>;

async fn graphql(State(schema): State<ExampleSchema>, body: String) -> impl IntoResponse {
    let request: async_graphql::Request = serde_json::from_str(&body).unwrap();
    let answer = serde_json::to_string(&schema.execute(request).await).unwrap();
    ([("content-type", "application/graphql-response+json")], answer)
}

#[derive(Clone, Copy, PartialEq, Eq, Enum)]
enum Status {
    Approved,
    Sent,
}

#[derive(InputObject)]
struct InvoiceFilter {
    status: Option<Vec<Status>>,
}

#[derive(SimpleObject)]
struct Invoices {
    total_count: i32,
    nodes: Vec<Invoice>,
}

#[derive(SimpleObject)]
struct Invoice {
    number: String,
    name: String,
    status: Status,
    customer: Customer,
    total_inc_vat: Money,
    due_date: String,
    bexio: Option<Bexio>,
}

#[derive(SimpleObject)]
struct Customer {
    name: String,
}

#[derive(SimpleObject)]
struct Money {
    amount: String,
    currency: String,
}

#[derive(SimpleObject)]
struct Bexio {
    document_number: String,
    status: String,
    received: Money,
    remaining: Money,
}

struct Query;

#[Object]
impl Query {
    /// The invoices of PSOhub, each with its Bexio side.
    async fn invoices(&self, first: i32, filter: Option<InvoiceFilter>) -> Invoices {
        let wanted = filter.and_then(|filter| filter.status).unwrap_or_default();
        let nodes: Vec<_> =
            (0..first.min(12)).map(invoice).filter(|row| wanted.contains(&row.status)).collect();
        Invoices { total_count: i32::try_from(nodes.len()).unwrap(), nodes }
    }
}

fn invoice(index: i32) -> Invoice {
    let money = |amount: &str| Money { amount: amount.to_owned(), currency: "CHF".to_owned() };
    Invoice {
        number: format!("INV-2024-{}", 33 + index),
        name: "Website relaunch, March".to_owned(),
        status: if index % 3 == 0 { Status::Approved } else { Status::Sent },
        customer: Customer { name: "Müller & Söhne AG".to_owned() },
        total_inc_vat: money("1081.00"),
        due_date: "2024-05-30".to_owned(),
        bexio: (index % 3 != 0).then(|| Bexio {
            document_number: format!("RE-{:05}", 101 + index),
            status: "PARTIAL".to_owned(),
            received: money("500.00"),
            remaining: money("581.00"),
        }),
    }
}
