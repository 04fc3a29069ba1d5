//! An issuer of tokens: it signs what a test wants and publishes its keys over HTTP.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use invoice_gateway::domain::Clock as _;
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use serde_json::{Value, json};

use crate::support::app::{TestApp, TestOptions};

pub(super) const AUDIENCE: &str = "invoice-gateway";
pub(super) const ISSUER: &str = "https://id.example/realms/company";

/// A key that tokens are signed with.
pub(super) enum SigningKey {
    Rsa(Box<RsaKeyPair>),
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl SigningKey {
    /// The key of the fixture: making one takes seconds. It guards nothing.
    pub(super) fn rsa() -> Self {
        let text = include_str!("../../fixtures/rsa_signing_key.der.base64").replace('\n', "");
        Self::Rsa(Box::new(RsaKeyPair::from_pkcs8(&STANDARD.decode(text).unwrap()).unwrap()))
    }

    pub(super) fn ecdsa() -> Self {
        let (random, kind) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(kind, &random).unwrap();
        Self::Ecdsa(EcdsaKeyPair::from_pkcs8(kind, pkcs8.as_ref(), &random).unwrap())
    }

    pub(super) fn ed25519() -> Self {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Self::Ed25519(Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap())
    }

    pub(super) fn algorithm(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "RS256",
            Self::Ecdsa(_) => "ES256",
            Self::Ed25519(_) => "EdDSA",
        }
    }

    /// The public half as it is published.
    pub(super) fn jwk(&self, id: &str) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match self {
            Self::Rsa(pair) => {
                let public = PublicKeyComponents::<Vec<u8>>::from(pair.public());
                json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": id, "n": text(&public.n),
                    "e": text(&public.e)})
            }
            Self::Ecdsa(pair) => {
                // Uncompressed: 4, x, y.
                let point = &pair.public_key().as_ref()[1..];
                json!({"kty": "EC", "crv": "P-256", "use": "sig", "kid": id, "x": text(&point[..32]),
                    "y": text(&point[32..])})
            }
            Self::Ed25519(pair) => {
                json!({"kty": "OKP", "crv": "Ed25519", "kid": id, "x": text(pair.public_key().as_ref())})
            }
        }
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).unwrap();
                signature
            }
            Self::Ecdsa(pair) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
            Self::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }

    /// A token with this header and these claims, signed with this key whatever the header says.
    pub(super) fn token_with(&self, header: &Value, claims: &Value) -> String {
        let signed = signed_part(header, claims);
        let signature = URL_SAFE_NO_PAD.encode(self.sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    }

    pub(super) fn token(&self, id: &str, claims: &Value) -> String {
        self.token_with(&json!({"alg": self.algorithm(), "typ": "JWT", "kid": id}), claims)
    }
}

/// What is signed of a token.
pub(super) fn signed_part(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(header), part(claims))
}

/// The issuer's server.
pub(super) struct Issuer {
    pub(super) url: String,
    published: Arc<Published>,
}

#[derive(Default)]
struct Published {
    keys: Mutex<Option<Value>>,
    reads: AtomicU64,
}

impl Issuer {
    pub(super) async fn start(keys: &[Value]) -> Self {
        let published = Arc::new(Published::default());
        let router = Router::new().route("/keys", get(serve)).with_state(Arc::clone(&published));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/keys", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let issuer = Self { url, published };
        issuer.publish(keys);
        issuer
    }

    pub(super) fn publish(&self, keys: &[Value]) {
        *self.published.keys.lock().unwrap() = Some(json!({ "keys": keys }));
    }

    /// From now on it fails.
    pub(super) fn fail(&self) {
        *self.published.keys.lock().unwrap() = None;
    }

    /// How often its keys were read.
    pub(super) fn reads(&self) -> u64 {
        self.published.reads.load(Ordering::SeqCst)
    }

    /// A service that takes its tokens.
    pub(super) async fn service(&self, settings: &[(&str, &str)]) -> TestApp {
        let options = TestOptions::company(1).guarded();
        let options =
            options.set("JWT_ISSUER", ISSUER).set("JWT_AUDIENCE", AUDIENCE).set("JWT_JWKS_URL", &self.url);
        settings.iter().fold(options, |options, (name, value)| options.set(name, *value)).start().await
    }
}

async fn serve(State(published): State<Arc<Published>>) -> (StatusCode, String) {
    published.reads.fetch_add(1, Ordering::SeqCst);
    match &*published.keys.lock().unwrap() {
        Some(keys) => (StatusCode::OK, keys.to_string()),
        None => (StatusCode::SERVICE_UNAVAILABLE, "away".to_owned()),
    }
}

/// Claims of a good token, with these changed; null takes one away.
pub(super) fn claims(app: &TestApp, changes: Value) -> Value {
    let now = app.clock().now().as_second();
    let mut claims = json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "eva", "iat": now, "nbf": now, "exp": now + 300,
        "roles": ["operator"],
    });
    let Value::Object(changes) = changes else { panic!("no object: {changes}") };
    for (name, value) in changes {
        claims[name.as_str()] = value;
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    claims
}
