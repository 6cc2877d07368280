//! Signatures are checked with ring, which is here for TLS already; the token library's own choices would bring a second
//! set of the same algorithms. Nothing is ever signed.

use jsonwebtoken::crypto::{CryptoProvider, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result};
use jsonwebtoken::signature::{Error, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind};
use ring::signature::{self, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm};

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |_, _| Err(ErrorKind::InvalidAlgorithm.into()),
    verifier_factory: verifier,
    // For thumbprints and for keys made from secrets, neither of which is asked for
    key_utils: KeyUtils::new_unimplemented(),
};

/// Once a process; a second time changes nothing.
pub(super) fn install() {
    let _ = PROVIDER.install_default();
}

struct WithRing {
    algorithm: Algorithm,
    means: Means,
    key: DecodingKey,
}

#[derive(Clone, Copy)]
enum Means {
    Rsa(&'static RsaParameters),
    Ec(&'static dyn VerificationAlgorithm),
}

fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    let means = match algorithm {
        Algorithm::RS256 => Means::Rsa(&signature::RSA_PKCS1_2048_8192_SHA256),
        Algorithm::RS384 => Means::Rsa(&signature::RSA_PKCS1_2048_8192_SHA384),
        Algorithm::RS512 => Means::Rsa(&signature::RSA_PKCS1_2048_8192_SHA512),
        Algorithm::PS256 => Means::Rsa(&signature::RSA_PSS_2048_8192_SHA256),
        Algorithm::PS384 => Means::Rsa(&signature::RSA_PSS_2048_8192_SHA384),
        Algorithm::PS512 => Means::Rsa(&signature::RSA_PSS_2048_8192_SHA512),
        Algorithm::ES256 => Means::Ec(&signature::ECDSA_P256_SHA256_FIXED),
        Algorithm::ES384 => Means::Ec(&signature::ECDSA_P384_SHA384_FIXED),
        _ => return Err(ErrorKind::InvalidAlgorithm.into()),
    };
    Ok(Box::new(WithRing { algorithm: *algorithm, means, key: key.clone() }))
}

impl JwtVerifier for WithRing {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

impl Verifier<Vec<u8>> for WithRing {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> std::result::Result<(), Error> {
        let checked = match (self.means, self.key.kind()) {
            (Means::Rsa(means), DecodingKeyKind::RsaModulusExponent { n, e }) => {
                let n = n.strip_prefix(&[0]).unwrap_or(n);
                RsaPublicKeyComponents { n, e }.verify(means, message, signature)
            }
            (Means::Ec(means), DecodingKeyKind::SecretOrDer(point)) => {
                UnparsedPublicKey::new(means, point).verify(message, signature)
            }
            _ => return Err(Error::new()),
        };
        checked.map_err(|_| Error::new())
    }
}
