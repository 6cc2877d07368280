//! Public keys (RFC 9580, section 5.5) and what they can prove.

use std::fmt::Write as _;

use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA384, SHA512, digest};
use ring::signature::{
    ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RsaPublicKeyComponents, UnparsedPublicKey,
};

use super::SignatureError;
use super::packet::{self, PUBLIC_KEY, PUBLIC_SUBKEY, Reader};
use super::signature::{EDDSA, Hash, Proof, RSA, Signature};

/// 1.3.6.1.4.1.11591.15.1: the curve of Ed25519.
const ED25519_CURVE: [u8; 9] = [0x2B, 0x06, 0x01, 0x04, 0x01, 0xDA, 0x47, 0x0F, 0x01];

/// Keys that are trusted, all alike.
#[derive(Debug, Clone)]
pub struct Keyring(Vec<Key>);

#[derive(Debug, Clone)]
pub(super) struct Key {
    fingerprint: String,
    material: Material,
}

#[derive(Debug, Clone)]
enum Material {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    Ed25519([u8; 32]),
}

impl Keyring {
    /// Reads keys without armour, as Debian ships them.
    pub fn parse(bytes: &[u8]) -> Result<Self, SignatureError> {
        let mut keys = Vec::new();
        for packet in packet::read(bytes)? {
            if matches!(packet.tag, PUBLIC_KEY | PUBLIC_SUBKEY) {
                keys.extend(Key::parse(packet.body)?);
            }
        }
        if keys.is_empty() { Err(SignatureError::NoKeys) } else { Ok(Self(keys)) }
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &Key> {
        self.0.iter()
    }
}

impl Key {
    fn parse(body: &[u8]) -> Result<Option<Self>, SignatureError> {
        let mut from = Reader(body);
        let version = from.byte()?;
        let _created = from.number(4)?;
        let material = match (version, from.byte()?) {
            (4, RSA) => Material::Rsa { n: from.integer()?.to_vec(), e: from.integer()?.to_vec() },
            (4, EDDSA) => {
                let length = usize::from(from.byte()?);
                if from.take(length)? != ED25519_CURVE {
                    return Ok(None);
                }
                // 0x40 says that the point is written in its own form
                let point = from.integer()?.strip_prefix(&[0x40]).and_then(|point| point.try_into().ok());
                Material::Ed25519(point.ok_or(SignatureError::Damaged("a key's point"))?)
            }
            _ => return Ok(None),
        };
        Ok(Some(Self { fingerprint: fingerprint(body)?, material }))
    }

    pub(super) fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Whether this key made the signature over the text.
    pub(super) fn made(&self, signature: &Signature, text: &[u8]) -> bool {
        let signed = [text, &signature.trailer].concat();
        match (&self.material, &signature.proof) {
            (Material::Rsa { n, e }, Proof::Rsa(proof)) => {
                let parameters = match signature.hash {
                    Hash::Sha256 => &RSA_PKCS1_2048_8192_SHA256,
                    Hash::Sha384 => &RSA_PKCS1_2048_8192_SHA384,
                    Hash::Sha512 => &RSA_PKCS1_2048_8192_SHA512,
                };
                // As long as the modulus: the integer was written without leading zeros
                let mut padded = vec![0; n.len().saturating_sub(proof.len())];
                padded.extend_from_slice(proof);
                RsaPublicKeyComponents { n, e }.verify(parameters, &signed, &padded).is_ok()
            }
            (Material::Ed25519(point), Proof::Ed25519(proof)) => {
                let hash = match signature.hash {
                    Hash::Sha256 => &SHA256,
                    Hash::Sha384 => &SHA384,
                    Hash::Sha512 => &SHA512,
                };
                // OpenPGP signs the hash, not the text
                UnparsedPublicKey::new(&ED25519, point).verify(digest(hash, &signed).as_ref(), proof).is_ok()
            }
            _ => false,
        }
    }
}

/// What people compare keys by; it plays no part in trust.
fn fingerprint(body: &[u8]) -> Result<String, SignatureError> {
    let length = u16::try_from(body.len()).map_err(|_| SignatureError::Damaged("a key that is too long"))?;
    let framed = [&[0x99], length.to_be_bytes().as_slice(), body].concat();
    let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, &framed);
    Ok(hash.as_ref().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02X}");
        text
    }))
}
