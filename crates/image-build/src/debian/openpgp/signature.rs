//! Signature packets of version 4 over text (RFC 9580, section 5.2).

use super::SignatureError;
use super::packet::{Packet, Reader, SIGNATURE};

const VERSION: u8 = 4;
const TEXT: u8 = 0x01;

pub(super) const RSA: u8 = 1;
/// Ed25519 as it was first written.
pub(super) const EDDSA: u8 = 22;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

pub(super) struct Signature {
    pub(super) hash: Hash,
    pub(super) proof: Proof,
    /// What is hashed behind the text.
    pub(super) trailer: Vec<u8>,
}

pub(super) enum Proof {
    Rsa(Vec<u8>),
    Ed25519([u8; 64]),
}

impl Signature {
    /// None for packets and signatures of kinds that count for nothing here.
    pub(super) fn parse(packet: &Packet<'_>) -> Result<Option<Self>, SignatureError> {
        let mut from = Reader(packet.body);
        if packet.tag != SIGNATURE || from.byte()? != VERSION {
            return Ok(None);
        }
        let (kind, algorithm, hash) = (from.byte()?, from.byte()?, from.byte()?);
        let hash = match hash {
            8 => Hash::Sha256,
            9 => Hash::Sha384,
            10 => Hash::Sha512,
            // SHA-1 and older prove nothing any more
            _ => return Ok(None),
        };
        if kind != TEXT {
            return Ok(None);
        }
        let hashed = from.number(2)?;
        from.take(hashed)?;
        let unhashed = from.number(2)?;
        from.take(unhashed)?;
        // The hash's first two bytes: a hint for impatient readers
        from.take(2)?;
        let Some(proof) = Proof::parse(algorithm, &mut from)? else { return Ok(None) };
        Ok(Some(Self { hash, proof, trailer: trailer(&packet.body[..6 + hashed]) }))
    }
}

impl Proof {
    fn parse(algorithm: u8, from: &mut Reader<'_>) -> Result<Option<Self>, SignatureError> {
        match algorithm {
            RSA => Ok(Some(Self::Rsa(from.integer()?.to_vec()))),
            EDDSA => {
                let mut both = [0; 64];
                for half in both.chunks_exact_mut(32) {
                    let integer = from.integer()?;
                    let start = 32_usize.checked_sub(integer.len()).ok_or(SignatureError::Damaged("a number"))?;
                    half[start..].copy_from_slice(integer);
                }
                Ok(Some(Self::Ed25519(both)))
            }
            _ => Ok(None),
        }
    }
}

/// The packet up to its hashed part, then the version, 0xFF and that part's length.
fn trailer(start: &[u8]) -> Vec<u8> {
    let length = u32::try_from(start.len()).unwrap_or(u32::MAX).to_be_bytes();
    [start, &[VERSION, 0xFF], &length].concat()
}
