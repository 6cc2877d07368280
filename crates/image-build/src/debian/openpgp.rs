//! Checks the signature of a clear-signed release file against a pinned keyring.
//!
//! The subset of OpenPGP that Debian's archive signs with: version 4 text signatures by RSA or Ed25519 keys, over
//! SHA-256 or stronger; the cryptography is ring's. A whole implementation is 144 crates, and no external checker is on
//! every machine (Debian 13 itself no longer installs gpgv). The keyring is part of the recipe and reviewed with it, so
//! keys need no web of trust: every key in it is trusted, no other is.

mod clear_text;
mod key;
mod packet;
mod signature;

pub use clear_text::ClearSigned;
pub use key::Keyring;

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SignatureError {
    #[error("it is not a clear-signed document")]
    NotSigned,
    #[error("its OpenPGP data is damaged: {0}")]
    Damaged(&'static str),
    #[error("no signature on it is by a trusted key: it was changed, or is signed by somebody else")]
    Untrusted,
    #[error("the keyring holds no key of a kind that is used: RSA or Ed25519")]
    NoKeys,
}

/// The text that was signed, and the fingerprint of the key it was signed with. Nothing outside the text is to be
/// believed.
pub fn verify<'a>(document: &'a str, keyring: &Keyring) -> Result<(ClearSigned<'a>, String), SignatureError> {
    let signed = ClearSigned::parse(document)?;
    let canonical = signed.canonical();
    for packet in packet::read(&signed.signature)? {
        let Some(signature) = signature::Signature::parse(&packet)? else { continue };
        if let Some(key) = keyring.keys().find(|key| key.made(&signature, &canonical)) {
            return Ok((signed, key.fingerprint().to_owned()));
        }
    }
    Err(SignatureError::Untrusted)
}
