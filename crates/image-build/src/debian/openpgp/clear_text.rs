//! The cleartext signature framework (RFC 9580, section 7): a readable document with its signature below.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::SignatureError;

const START: &str = "-----BEGIN PGP SIGNED MESSAGE-----";
const SIGNATURE: &str = "-----BEGIN PGP SIGNATURE-----";
const END: &str = "-----END PGP SIGNATURE-----";

#[derive(Debug)]
pub struct ClearSigned<'a> {
    lines: Vec<&'a str>,
    /// Packets, without their armour.
    pub signature: Vec<u8>,
}

impl<'a> ClearSigned<'a> {
    pub fn parse(document: &'a str) -> Result<Self, SignatureError> {
        let mut all = document.lines();
        if all.next().map(str::trim_end) != Some(START) {
            return Err(SignatureError::NotSigned);
        }
        skip_headers(&mut all);
        let mut lines = Vec::new();
        loop {
            match all.next() {
                Some(line) if line.trim_end() == SIGNATURE => break,
                Some(line) => lines.push(line.strip_prefix("- ").unwrap_or(line)),
                None => return Err(SignatureError::NotSigned),
            }
        }
        skip_headers(&mut all);
        // A line that starts with `=` is the armour's checksum, which protects nothing
        let armoured: String =
            all.map(str::trim_end).take_while(|line| *line != END && !line.starts_with('=')).collect();
        let signature = STANDARD.decode(armoured).map_err(|_| SignatureError::Damaged("armour"))?;
        Ok(Self { lines, signature })
    }

    /// What was signed.
    pub fn text(&self) -> String {
        self.lines.iter().flat_map(|line| [line, "\n"]).collect()
    }

    /// What signatures are made over: no blanks at line ends, CRLF between lines and none at the end.
    pub(super) fn canonical(&self) -> Vec<u8> {
        let trimmed: Vec<_> = self.lines.iter().map(|line| line.trim_end_matches([' ', '\t', '\r'])).collect();
        trimmed.join("\r\n").into_bytes()
    }
}

fn skip_headers<'a>(lines: &mut impl Iterator<Item = &'a str>) {
    lines.find(|line| line.trim_end().is_empty());
}
