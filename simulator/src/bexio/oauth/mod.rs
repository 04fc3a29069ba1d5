//! The OAuth issuer under `/realms/bexio`: a Keycloak realm with one client and one user.
//!
//! Vendor page: docs.bexio.com, "Authentication". Parameters are read from the body only, codes are used once,
//! refreshing rotates, a rotated token is refused. No id token is issued, so `certs` is an empty set.

mod authorize;
mod issuer;
mod pages;
mod token;

use axum::extract::{Form, FromRequest as _, Query, Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;

pub(crate) use issuer::Issuer;

use crate::world::SharedWorld;

/// Decoded parameters of a query or a form.
#[derive(Debug, Default)]
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// A parameter that is there and not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        value.filter(|value| !value.is_empty())
    }
}

/// Answers one request to the issuer.
pub(super) async fn handle(State(world): State<SharedWorld>, request: Request) -> Response {
    let issuer_url = format!("{}/realms/bexio", world.urls.bexio);
    let method = request.method().clone();
    let headers: HeaderMap = request.headers().clone();
    let path = request.uri().path().trim_start_matches("/realms/bexio/").trim_matches('/').to_owned();
    let query = Query::try_from_uri(request.uri()).map(|Query(pairs)| Parameters(pairs)).unwrap_or_default();
    if method == Method::GET {
        return match path.as_str() {
            ".well-known/openid-configuration" => pages::discovery(&issuer_url),
            "protocol/openid-connect/certs" => pages::certs(),
            "protocol/openid-connect/auth" => world.bexio().authorize(&query, &issuer_url),
            "protocol/openid-connect/userinfo" => world.bexio().userinfo(&headers),
            _ => pages::not_found(),
        };
    }
    // The query of a POST is not looked at: parameters travel in the body only.
    let form = match Form::<Vec<(String, String)>>::from_request(request, &()).await {
        Ok(Form(pairs)) => Parameters(pairs),
        Err(_) => Parameters::default(),
    };
    match (method, path.as_str()) {
        (Method::POST, "protocol/openid-connect/token") => world.bexio().token(&headers, &form),
        (Method::POST, "protocol/openid-connect/token/introspect") => {
            world.bexio().introspect(&headers, &form)
        }
        (Method::POST, "protocol/openid-connect/revoke") => world.bexio().revoke(&headers, &form),
        (Method::POST, "protocol/openid-connect/logout") => world.bexio().logout(&headers, &form),
        (Method::POST, "protocol/openid-connect/userinfo") => world.bexio().userinfo(&headers),
        (Method::POST, "protocol/openid-connect/auth") => world.bexio().authorize(&form, &issuer_url),
        _ => pages::status(StatusCode::NOT_FOUND),
    }
}
