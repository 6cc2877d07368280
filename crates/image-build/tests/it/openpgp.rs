//! Signs documents as Debian's archive does, with keys made for a test.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use image_build::debian::openpgp::{self, Keyring, SignatureError};
use ring::digest::{SHA256, digest};
use ring::signature::{Ed25519KeyPair, KeyPair as _};

const CURVE: [u8; 9] = [0x2B, 0x06, 0x01, 0x04, 0x01, 0xDA, 0x47, 0x0F, 0x01];
const ED25519: u8 = 22;
const OVER_SHA256: u8 = 8;
const OVER_SHA1: u8 = 2;

pub(crate) struct Key(Ed25519KeyPair);

impl Key {
    pub(crate) fn new(seed: u8) -> Self {
        Self(Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap())
    }

    /// As a keyring of one key.
    pub(crate) fn public(&self) -> Vec<u8> {
        let point = [&[0x40], self.0.public_key().as_ref()].concat();
        let body = [&[4, 0, 0, 0, 0, ED25519, 9], CURVE.as_slice(), &integer(&point)].concat();
        packet(6, &body)
    }

    pub(crate) fn sign(&self, text: &str) -> String {
        self.sign_over(text, OVER_SHA256)
    }

    fn sign_over(&self, text: &str, hash: u8) -> String {
        let canonical = text.lines().map(str::trim_end).collect::<Vec<_>>().join("\r\n");
        let created = [5, 2, 0, 0, 0, 1];
        let start = [&[4, 1, ED25519, hash, 0, 6], created.as_slice()].concat();
        let length = u32::try_from(start.len()).unwrap().to_be_bytes();
        let signed = [canonical.as_bytes(), &start, &[4, 0xFF], &length].concat();
        let hashed = digest(&SHA256, &signed);
        let proof = self.0.sign(hashed.as_ref());
        let (r, s) = proof.as_ref().split_at(32);
        let body = [start.as_slice(), &[0, 0], &hashed.as_ref()[..2], &integer(r), &integer(s)].concat();
        let armoured = STANDARD.encode(packet(2, &body));
        format!(
            "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n{text}-----BEGIN PGP SIGNATURE-----\n\n{armoured}\n=AAAA\n-----END PGP SIGNATURE-----\n"
        )
    }
}

fn integer(bytes: &[u8]) -> Vec<u8> {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let bytes = &bytes[zeros..];
    let bits = bytes.first().map_or(0, |first| bytes.len() * 8 - first.leading_zeros() as usize);
    [&u16::try_from(bits).unwrap().to_be_bytes(), bytes].concat()
}

fn packet(tag: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    [&[0xC0 | tag, 255], length.as_slice(), body].concat()
}

const TEXT: &str = "Codename: trixie  \nSHA256:\n 00 1 main/x\n";

fn verify(document: &str, keyring: &[u8]) -> Result<String, SignatureError> {
    openpgp::verify(document, &Keyring::parse(keyring)?).map(|(signed, _)| signed.text())
}

#[test]
fn what_a_trusted_key_signed_is_believed() {
    let both = [Key::new(1).public(), Key::new(2).public()].concat();
    assert_eq!(verify(&Key::new(2).sign(TEXT), &both).as_deref(), Ok(TEXT));
}

#[test]
fn what_was_changed_or_signed_by_others_is_not() {
    let (ours, document) = (Key::new(1).public(), Key::new(1).sign(TEXT));
    assert_eq!(verify(&document.replace("00 1", "00 2"), &ours), Err(SignatureError::Untrusted));
    assert_eq!(verify(&Key::new(3).sign(TEXT), &ours), Err(SignatureError::Untrusted));
    assert_eq!(verify(TEXT, &ours), Err(SignatureError::NotSigned));
    assert_eq!(verify("-----BEGIN PGP SIGNED MESSAGE-----\n\ntext\n", &ours), Err(SignatureError::NotSigned));
    // A hash that can be forged proves nothing, whatever it is said to be over
    assert_eq!(verify(&Key::new(1).sign_over(TEXT, OVER_SHA1), &ours), Err(SignatureError::Untrusted));
}

#[test]
fn text_outside_of_what_was_signed_is_not_believed() {
    let document = Key::new(1).sign(TEXT);
    let (ours, with_more) = (Key::new(1).public(), format!("{document}Codename: other\n"));
    assert_eq!(verify(&with_more, &ours).as_deref(), Ok(TEXT));
    assert_eq!(verify(&format!("Codename: other\n{document}"), &ours), Err(SignatureError::NotSigned));
}

#[test]
fn damaged_data_is_an_error_and_no_panic() {
    let (ours, document) = (Key::new(1).public(), Key::new(1).sign(TEXT));
    for length in 0..document.len() {
        let _ = verify(&document[..length], &ours);
    }
    for length in 0..ours.len() {
        assert!(verify(&document, &ours[..length]).is_err(), "{length}");
    }
    for at in 0..ours.len() {
        let mut damaged = ours.clone();
        damaged[at] ^= 0x20;
        // The key's time is part of nothing but its fingerprint
        assert!(verify(&document, &damaged).is_err() || (7..11).contains(&at), "{at}");
    }
}
