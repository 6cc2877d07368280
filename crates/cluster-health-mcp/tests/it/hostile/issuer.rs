//! An OpenID Connect issuer on this machine, for as long as a test runs.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use cluster_health_mcp::http;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub(crate) const AUDIENCE: &str = "mcp-server";

pub(crate) struct Issuer {
    pub(crate) address: String,
    key: EcdsaKeyPair,
}

impl Issuer {
    fn unstarted() -> Self {
        let (random, algorithm) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        Self { address: String::new(), key: EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap() }
    }

    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let issuer = Self { address: address.clone(), ..Self::unstarted() };
        let point = issuer.key.public_key().as_ref();
        let (x, y) = (BASE64.encode(&point[1..33]), BASE64.encode(&point[33..]));
        let keys = json!({"keys": [{"kty": "EC", "crv": "P-256", "kid": "k", "x": x, "y": y}]}).to_string();
        let discovery = json!({"issuer": address, "jwks_uri": format!("{address}/keys")}).to_string();
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(move || std::future::ready(discovery.clone())))
            .route("/keys", get(move || std::future::ready(keys.clone())));
        tokio::spawn(http::serve(listener, router, None, CancellationToken::new(), CancellationToken::new()));
        issuer
    }

    pub(crate) fn token(&self, user: &str) -> String {
        self.sign(&json!({"iss": self.address, "aud": AUDIENCE, "sub": user, "exp": now() + 600}))
    }

    /// Has expired.
    pub(crate) fn stale(&self) -> String {
        self.sign(&json!({"iss": self.address, "aud": AUDIENCE, "sub": "ann", "exp": now() - 600}))
    }

    /// For another audience.
    pub(crate) fn for_others(&self) -> String {
        self.sign(&json!({"iss": self.address, "aud": "vault", "sub": "ann", "exp": now() + 600}))
    }

    fn sign(&self, claims: &Value) -> String {
        let header = BASE64.encode(r#"{"alg":"ES256","kid":"k"}"#);
        let text = format!("{header}.{}", BASE64.encode(claims.to_string()));
        let signature = self.key.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
        format!("{text}.{}", BASE64.encode(signature.as_ref()))
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}
