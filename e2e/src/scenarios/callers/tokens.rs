//! Tokens that a cluster has to refuse, made from one that it takes.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use serde_json::{Value, json};

/// The same account, rightly signed, but of yesterday.
pub(super) fn expired(good: &str, key: &Path) -> Result<String> {
    let mut claims = claims(good)?;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_secs();
    for (name, ago) in [("iat", 90_000), ("nbf", 90_000), ("exp", 3_600)] {
        claims[name] = json!(now - ago);
    }
    let header = URL_SAFE_NO_PAD.encode(json!({"alg": "ES256"}).to_string());
    let text = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
    let pem = std::fs::read_to_string(key).context("read the key of accounts")?;
    let document = rcgen::KeyPair::from_pem(&pem)?.serialize_der();
    let random = SystemRandom::new();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &document, &random);
    let signature = pair.ok().and_then(|pair| pair.sign(&random, text.as_bytes()).ok()).context("sign a token")?;
    Ok(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref())))
}

/// Another account's name under the same signature.
pub(super) fn tampered(good: &str) -> Result<String> {
    let mut claims = claims(good)?;
    claims["sub"] = json!("system:serviceaccount:kube-system:default");
    let parts: Vec<&str> = good.split('.').collect();
    ensure!(parts.len() == 3, "not a JSON Web Token");
    Ok(format!("{}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode(claims.to_string()), parts[2]))
}

fn claims(token: &str) -> Result<Value> {
    let claims = token.split('.').nth(1).context("the claims of a token")?;
    Ok(serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims)?)?)
}
