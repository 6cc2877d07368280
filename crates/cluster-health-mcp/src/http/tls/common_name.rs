//! The common name of a certificate's subject. Reads no more of the form (DER, X.509) than leads there; whether the
//! certificate is good has been found out before.

/// `2.5.4.3`
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OBJECT: u8 = 0x06;
const VERSION: u8 = 0xa0;
/// Texts whose bytes are UTF-8: UTF8String, PrintableString, IA5String.
const TEXTS: [u8; 3] = [0x0c, 0x13, 0x16];

/// Nothing where there is none, or more than one: which of them was meant is not for us to say.
pub(super) fn common_name(certificate: &[u8]) -> Option<String> {
    let mut certificate = Der(Der(certificate).of(SEQUENCE)?);
    let mut body = Der(certificate.of(SEQUENCE)?);
    body.skip_if(VERSION);
    // Serial number, algorithm, issuer, validity
    for _ in 0..4 {
        body.next()?;
    }
    let mut subject = Der(body.of(SEQUENCE)?);
    let mut found = None;
    while !subject.0.is_empty() {
        let mut attributes = Der(subject.of(SET)?);
        while !attributes.0.is_empty() {
            let mut attribute = Der(attributes.of(SEQUENCE)?);
            if attribute.of(OBJECT)? != COMMON_NAME {
                continue;
            }
            let (tag, text) = attribute.next()?;
            let text = std::str::from_utf8(text).ok().filter(|text| TEXTS.contains(&tag) && !text.is_empty())?;
            if found.replace(text).is_some() {
                return None;
            }
        }
    }
    found.map(str::to_owned)
}

/// What is left to read.
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, mut rest) = rest.split_first()?;
        let mut length = usize::from(first & 0x7f);
        if first & 0x80 != 0 {
            // More than four bytes of length are no certificate
            let (bytes, after) = rest.split_at_checked(length).filter(|(bytes, _)| (1..=4).contains(&bytes.len()))?;
            length = bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
            rest = after;
        }
        let (value, after) = rest.split_at_checked(length)?;
        self.0 = after;
        Some((tag, value))
    }

    fn of(&mut self, wanted: u8) -> Option<&'a [u8]> {
        self.next().filter(|(tag, _)| *tag == wanted).map(|(_, value)| value)
    }

    fn skip_if(&mut self, tag: u8) {
        if self.0.first() == Some(&tag) {
            self.next();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};

    use super::*;

    fn certificate(names: &[(DnType, &str)]) -> Vec<u8> {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.distinguished_name = DistinguishedName::new();
        for (sort, name) in names {
            params.distinguished_name.push(sort.clone(), *name);
        }
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    #[test]
    fn the_only_common_name_is_read() {
        let named = [(DnType::OrganizationName, "acme"), (DnType::CommonName, "front-proxy")];
        assert_eq!(common_name(&certificate(&named)).as_deref(), Some("front-proxy"));
        let long = "n".repeat(300);
        assert_eq!(common_name(&certificate(&[(DnType::CommonName, &long)])).as_deref(), Some(&*long));
        assert_eq!(common_name(&certificate(&[(DnType::OrganizationName, "front-proxy")])), None);
        let own = DnType::CustomDnType(vec![2, 5, 4, 3]);
        let twice = [(DnType::CommonName, "front-proxy"), (own, "admin")];
        assert_eq!(common_name(&certificate(&twice)), None);
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_odd(bytes in proptest::collection::vec(any::<u8>(), 0..200), at in 0..600_usize) {
            common_name(&bytes);
            let mut spoilt = certificate(&[(DnType::CommonName, "front-proxy")]);
            let at = at % spoilt.len();
            let end = (at + bytes.len().min(4)).min(spoilt.len());
            spoilt.splice(at..end, bytes.into_iter().take(4));
            common_name(&spoilt);
        }
    }
}
