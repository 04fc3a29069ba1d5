//! A page that does all that GraphiQL's must not: it asks another origin, runs a script that is no file, logs an
//! error and throws. It shows that the browser's complaints reach the tests.

use axum::Router;
use axum::response::IntoResponse;
use axum::routing::get;

const PAGE: &str = "<!doctype html><title>whole</title><link rel=icon href=data:,>\
    <img src='http://foreign.example/picture.png'><script>document.title = 'inline';</script>\
    <script src='/script.js'></script>";

const SCRIPT: &str = "document.title = 'broken'; console.error('wrong'); throw new Error('thrown');";

/// Serves it and returns its origin.
pub(super) async fn start() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let app = Router::new().route("/", get(page)).route("/script.js", get(script));
    tokio::spawn(async move { axum::serve(listener, app).await });
    origin
}

async fn page() -> impl IntoResponse {
    ([("content-type", "text/html"), ("content-security-policy", "default-src 'self'; img-src *")], PAGE)
}

async fn script() -> impl IntoResponse {
    ([("content-type", "text/javascript")], SCRIPT)
}
