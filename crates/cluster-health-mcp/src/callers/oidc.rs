//! Callers by JSON Web Tokens of one OpenID Connect issuer, checked here: signature, issuer, audience and times.
//!
//! The algorithm is the key's, never the token's choice; keys come from the issuer alone.

mod claims;
mod issuer;
mod keys;
mod verifier;

use std::path::PathBuf;

use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
use serde_json::{Map, Value};

use self::claims::Names;
use self::issuer::Issuer;
use self::keys::Keys;
use super::bearer::Bearer;
use super::{Denied, Identity};

/// Clocks of issuer and server may differ by this much, in seconds.
const SKEW: u64 = 30;

#[derive(Debug, Clone)]
pub struct OidcOptions {
    /// As it calls itself; `https`, or `http` on this machine.
    pub issuer: String,
    /// What tokens for this server name as their audience; one of them is enough, none is a mistake.
    pub audiences: Vec<String>,
    pub username_claim: String,
    /// Put before user names; the issuer and `#` when it is not set, nothing when it is `-`.
    pub username_prefix: Option<String>,
    pub groups_claim: String,
    pub groups_prefix: String,
    /// Certificate authorities to trust for the issuer instead of the system's.
    pub ca_file: Option<PathBuf>,
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadIssuer {
    #[error("MCP_OIDC_ISSUER (--oidc-issuer) has the value {0:?}, which is not accepted: an https:// address is")]
    Address(String),
    #[error(
        "with --auth oidc, MCP_OIDC_ISSUER (--oidc-issuer) and MCP_OIDC_AUDIENCES (--oidc-audiences) have to be set"
    )]
    Missing,
}

pub struct Oidc {
    issuer: String,
    audiences: Vec<String>,
    names: Names,
    keys: Keys,
}

impl Oidc {
    pub fn new(options: OidcOptions) -> Result<Self, BadIssuer> {
        if options.audiences.is_empty() || options.issuer.is_empty() {
            return Err(BadIssuer::Missing);
        }
        verifier::install();
        let names = Names::new(&options);
        let OidcOptions { issuer, audiences, ca_file, .. } = options;
        let keys = Keys::of(Issuer::new(&issuer, ca_file).ok_or_else(|| BadIssuer::Address(issuer.clone()))?);
        Ok(Self { issuer, audiences, names, keys })
    }

    pub(super) fn issuer(&self) -> &str {
        &self.issuer
    }

    pub(super) async fn who(&self, bearer: &Bearer) -> Result<Identity, Denied> {
        let token = bearer.token();
        let header = decode_header(token).map_err(|_| bad("it is no signed JSON Web Token"))?;
        let key = self.keys.find(header.kid.as_deref(), header.alg).await?;
        let claims = self.checked(token, &key, header.alg)?;
        self.names.of(&claims)
    }

    fn checked(
        &self,
        token: &str,
        key: &DecodingKey,
        algorithm: jsonwebtoken::Algorithm,
    ) -> Result<Map<String, Value>, Denied> {
        let mut validation = Validation::new(algorithm);
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&self.audiences);
        validation.validate_nbf = true;
        validation.leeway = SKEW;
        use jsonwebtoken::errors::ErrorKind;
        decode(token, key, &validation).map(|data| data.claims).map_err(|error| match error.kind() {
            ErrorKind::ExpiredSignature => bad("it has expired"),
            ErrorKind::ImmatureSignature => bad("it is not valid yet"),
            ErrorKind::InvalidAudience => bad("it is for somebody else than this server"),
            ErrorKind::InvalidIssuer => bad("it comes from another issuer"),
            ErrorKind::MissingRequiredClaim(_) => bad("it lacks an end, an issuer or an audience"),
            _ => bad("its signature is not the issuer's"),
        })
    }
}

fn bad(words: &str) -> Denied {
    Denied::BadToken(words.to_owned())
}

#[cfg(test)]
mod tests;
