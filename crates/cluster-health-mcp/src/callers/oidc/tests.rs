use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::json;
use tokio::net::TcpListener;

use super::*;

const AUDIENCE: &str = "mcp-server";

/// An issuer on this machine, with one key at a time.
struct Provider {
    address: String,
    key: EcdsaKeyPair,
    id: &'static str,
    published: Arc<Mutex<Value>>,
    fetched: Arc<AtomicUsize>,
}

fn new_key() -> EcdsaKeyPair {
    let random = SystemRandom::new();
    let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap()
}

fn published(key: &EcdsaKeyPair, id: &str) -> Value {
    let point = key.public_key().as_ref();
    let (x, y) = (BASE64.encode(&point[1..33]), BASE64.encode(&point[33..]));
    json!({"keys": [{"kty": "EC", "crv": "P-256", "use": "sig", "kid": id, "x": x, "y": y}]})
}

impl Provider {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (key, id) = (new_key(), "first");
        let keys = Arc::new(Mutex::new(published(&key, id)));
        let fetched = Arc::new(AtomicUsize::new(0));
        let discovery = json!({"issuer": address, "jwks_uri": format!("{address}/keys")}).to_string();
        let (told, count) = (keys.clone(), fetched.clone());
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(move || std::future::ready(discovery.clone())))
            .route(
                "/keys",
                get(move || {
                    count.fetch_add(1, Ordering::SeqCst);
                    std::future::ready(told.lock().unwrap().to_string())
                }),
            );
        let (stop, end) = (tokio_util::sync::CancellationToken::new(), tokio_util::sync::CancellationToken::new());
        tokio::spawn(crate::http::serve(listener, router, None, stop, end));
        Self { address, key, id, published: keys, fetched }
    }

    fn oidc(&self) -> Oidc {
        Oidc::new(OidcOptions {
            issuer: self.address.clone(),
            audiences: vec![AUDIENCE.to_owned()],
            username_claim: "sub".to_owned(),
            username_prefix: Some("oidc:".to_owned()),
            groups_claim: "groups".to_owned(),
            groups_prefix: String::new(),
            ca_file: None,
        })
        .unwrap()
    }

    fn rotate(&mut self) {
        (self.key, self.id) = (new_key(), "second");
        *self.published.lock().unwrap() = published(&self.key, self.id);
    }

    fn claims(&self) -> Value {
        json!({"iss": self.address, "aud": AUDIENCE, "sub": "ann", "exp": now() + 60, "groups": ["devs", "system:masters"]})
    }

    fn sign(&self, claims: &Value) -> String {
        self.sign_as(&json!({"alg": "ES256", "kid": self.id}), claims)
    }

    fn sign_as(&self, header: &Value, claims: &Value) -> String {
        let text = format!("{}.{}", BASE64.encode(header.to_string()), BASE64.encode(claims.to_string()));
        let signature = self.key.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
        format!("{text}.{}", BASE64.encode(signature.as_ref()))
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

async fn who(oidc: &Oidc, token: &str) -> Result<Identity, Denied> {
    oidc.who(&Bearer::new(token)?).await
}

fn changed(claims: &Value, name: &str, value: Value) -> Value {
    let mut claims = claims.clone();
    claims[name] = value;
    claims
}

#[tokio::test]
async fn a_token_of_the_issuer_for_this_server_is_taken() {
    let provider = Provider::start().await;
    let oidc = provider.oidc();
    let ann = who(&oidc, &provider.sign(&provider.claims())).await.unwrap();
    assert_eq!(ann.user, "oidc:ann");
    // No issuer gives away the cluster's own groups
    assert_eq!(ann.groups, ["devs", "system:authenticated"]);
    let both = changed(&provider.claims(), "aud", json!(["other", AUDIENCE]));
    who(&oidc, &provider.sign(&both)).await.unwrap();
    assert_eq!(provider.fetched.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn everything_else_is_refused() {
    let provider = Provider::start().await;
    let oidc = provider.oidc();
    let claims = provider.claims();
    for (name, value) in [
        ("aud", json!("other")),
        ("aud", json!([])),
        ("aud", Value::Null),
        ("iss", json!("https://other.example")),
        ("iss", Value::Null),
        ("exp", json!(now() - 120)),
        ("exp", json!("never")),
        ("exp", Value::Null),
        ("nbf", json!(now() + 3600)),
        ("nbf", json!("tomorrow")),
        ("sub", json!("")),
        ("sub", json!(7)),
        ("sub", Value::Null),
    ] {
        let token = provider.sign(&changed(&claims, name, value.clone()));
        let denied = who(&oidc, &token).await;
        assert!(matches!(denied, Err(Denied::BadToken(_))), "{name} = {value}: {denied:?}");
    }
    let good = provider.sign(&claims);
    let (head, _) = good.rsplit_once('.').unwrap();
    let none = format!("{}.{}.", BASE64.encode(r#"{"alg":"none"}"#), BASE64.encode(claims.to_string()));
    let forged = Provider { address: provider.address.clone(), ..Provider::start().await };
    for token in [
        "sha256~opaque",
        "a.b.c",
        none.as_str(),
        &format!("{head}."),
        &format!("{head}.AAAA"),
        &provider.sign_as(&json!({"alg": "HS256", "kid": "first"}), &claims),
        &provider.sign_as(&json!({"alg": "ES384", "kid": "first"}), &claims),
        &provider.sign_as(&json!({"alg": "RS256", "kid": "first"}), &claims),
        &provider.sign_as(&json!({"alg": "ES256", "kid": "unknown"}), &claims),
        &forged.sign(&claims),
    ] {
        let denied = who(&oidc, token).await;
        assert!(matches!(denied, Err(Denied::BadToken(_))), "{token}: {denied:?}");
    }
}

#[tokio::test]
async fn clocks_may_differ_a_little() {
    let provider = Provider::start().await;
    let oidc = provider.oidc();
    let claims = provider.claims();
    who(&oidc, &provider.sign(&changed(&claims, "exp", json!(now() - SKEW / 2)))).await.unwrap();
    who(&oidc, &provider.sign(&changed(&claims, "nbf", json!(now() + SKEW / 2)))).await.unwrap();
}

#[tokio::test]
async fn unknown_keys_are_not_a_way_to_make_the_server_ask_the_issuer() {
    let mut provider = Provider::start().await;
    let oidc = provider.oidc();
    let old = provider.sign(&provider.claims());
    who(&oidc, &old).await.unwrap();
    provider.rotate();
    let new = provider.sign(&provider.claims());
    // Within the shortest time between two fetches
    for _ in 0..20 {
        assert!(matches!(who(&oidc, &new).await, Err(Denied::BadToken(_))));
    }
    assert_eq!(provider.fetched.load(Ordering::SeqCst), 1);
    oidc.keys.forget_when_asked().await;
    assert_eq!(who(&oidc, &new).await.unwrap().user, "oidc:ann");
    assert!(matches!(who(&oidc, &old).await, Err(Denied::BadToken(_))), "a key that was withdrawn still counts");
    assert_eq!(provider.fetched.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn without_an_issuer_nobody_is_let_in() {
    let provider = Provider::start().await;
    let token = provider.sign(&provider.claims());
    let away = Oidc::new(OidcOptions { issuer: "http://127.0.0.1:1".to_owned(), ..options() }).unwrap();
    assert!(matches!(who(&away, &token).await, Err(Denied::Away(_))));
    let missing = Oidc::new(OidcOptions { audiences: Vec::new(), ..options() });
    assert_eq!(missing.err(), Some(BadIssuer::Missing));
    let plain = Oidc::new(OidcOptions { issuer: "http://issuer.example".to_owned(), ..options() });
    assert!(matches!(plain.err(), Some(BadIssuer::Address(_))));
}

#[test]
fn names_follow_the_rules_of_api_servers() {
    let named = |options: OidcOptions, claims: Value| Names::new(&options).of(claims.as_object().unwrap());
    let ann = named(OidcOptions { username_prefix: None, ..options() }, json!({"sub": "ann"})).unwrap();
    assert_eq!(ann.user, "https://issuer.example#ann");
    let email = OidcOptions { username_claim: "email".to_owned(), username_prefix: None, ..options() };
    let verified = json!({"email": "ann@example.com", "email_verified": true});
    assert_eq!(named(email.clone(), verified).unwrap().user, "ann@example.com");
    assert!(named(email, json!({"email": "ann@example.com", "email_verified": false})).is_err());
    let bare = OidcOptions { username_prefix: Some("-".to_owned()), ..options() };
    assert_eq!(named(bare.clone(), json!({"sub": "ann"})).unwrap().user, "ann");
    assert!(named(bare, json!({"sub": "system:admin"})).is_err());
}

fn options() -> OidcOptions {
    OidcOptions {
        issuer: "https://issuer.example".to_owned(),
        audiences: vec![AUDIENCE.to_owned()],
        username_claim: "sub".to_owned(),
        username_prefix: Some("oidc:".to_owned()),
        groups_claim: "groups".to_owned(),
        groups_prefix: String::new(),
        ca_file: None,
    }
}
