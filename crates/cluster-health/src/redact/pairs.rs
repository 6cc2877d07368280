//! A name that announces a secret, and what follows it: `password=…`, `"token": "…"`, `--client-secret …`,
//! `Authorization: Bearer …`.

use std::ops::Range;

use super::MARK;
use crate::byte_set::ByteSet;

/// What a name ends with when its value is a secret, in lower case and without `-`, `_` and `.`.
const NAMES: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "pass",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "secretkey",
    "privatekey",
    "signingkey",
    "encryptionkey",
    "accountkey",
    "sharedkey",
    "secretaccesskey",
    "credential",
    "credentials",
    "authorization",
    "auth",
    "cookie",
    "sessionid",
    "sastoken",
    "signature",
    "sig",
    "htpasswd",
];

/// Whatever follows these is a secret, even a plain word.
const ALWAYS: &[&str] = &["password", "passwd", "passphrase", "pwd", "authorization", "htpasswd", "cookie"];

/// Longer names are not looked at.
const NAME_MAX: usize = 64;

/// `has_flags` when there are two dashes somewhere: most text has spaces and none of what is looked for before them.
pub(super) fn find(text: &str, has_flags: bool, secrets: &mut Vec<Range<usize>>) {
    let bytes = text.as_bytes();
    let mut next = 0;
    while let Some(ahead) = bytes[next..].iter().position(|byte| matches!(byte, b'=' | b':' | b' ')) {
        let (at, byte) = (next + ahead, bytes[next + ahead]);
        next = at + 1;
        let name = match byte {
            b'=' | b':' => name_before(text, at),
            b' ' if may_end_scheme(text, at) && is_scheme(word_before(text, at)) => {
                let value = value(text, at + 1);
                if looks_random(&text[value.clone()]) {
                    secrets.push(value);
                }
                None
            }
            b' ' if has_flags => flag_before(text, at),
            _ => None,
        };
        let Some(name) = name.filter(Name::is_of_secret) else { continue };
        let value = value(text, at + 1);
        let in_json = name.quoted && text[..value.start].ends_with(['"', '\'']);
        if name.announces(&text[value.clone()], byte == b':' && !in_json) {
            secrets.push(value);
        }
    }
}

/// What [`NAMES`] end with.
static LAST: ByteSet = {
    let (mut letters, mut at) = (ByteSet::NONE, 0);
    while at < NAMES.len() {
        if let Some(last) = NAMES[at].as_bytes().last() {
            letters = letters.and(&[*last]);
        }
        at += 1;
    }
    letters
};

struct Name<'a> {
    word: &'a str,
    quoted: bool,
}

impl Name<'_> {
    fn is_of_secret(&self) -> bool {
        self.ends_with(NAMES)
    }

    /// `secret: not found` is prose, `token: a8f…` is not.
    fn announces(&self, value: &str, in_prose: bool) -> bool {
        !value.is_empty() && (!in_prose || self.ends_with(ALWAYS) || looks_random(value))
    }

    fn ends_with(&self, names: &[&str]) -> bool {
        let last = self.word.bytes().rev().find(u8::is_ascii_alphanumeric);
        if !last.is_some_and(|last| LAST.has(last.to_ascii_lowercase())) {
            return false;
        }
        let is_end = |name: &&str| {
            let mut letters = self.word.bytes().rev().filter(u8::is_ascii_alphanumeric);
            name.bytes().rev().all(|byte| letters.next().is_some_and(|letter| letter.to_ascii_lowercase() == byte))
        };
        names.iter().any(is_end)
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

/// The name that ends right before `at`, past spaces, quotes and their escapes.
fn name_before(text: &str, at: usize) -> Option<Name<'_>> {
    let bytes = text.as_bytes();
    let mut end = at;
    let mut quoted = false;
    while end > 0 && matches!(bytes[end - 1], b' ' | b'"' | b'\'' | b'\\') {
        quoted |= bytes[end - 1] != b' ';
        end -= 1;
    }
    let start = (end.saturating_sub(NAME_MAX)..end).rev().take_while(|&i| is_name(bytes[i])).last()?;
    Some(Name { word: &text[start..end], quoted })
}

/// `--client-secret` right before the space at `at`.
fn flag_before(text: &str, at: usize) -> Option<Name<'_>> {
    let bytes = text.as_bytes();
    if !bytes[..at].last().is_some_and(u8::is_ascii_alphanumeric) {
        return None;
    }
    let name = name_before(text, at)?;
    name.word.contains("--").then_some(name)
}

/// What follows a name: to the closing quote when it is quoted, else to the next space or separator, and never past what
/// was redacted before. A scheme's name before a credential belongs to it.
fn value(text: &str, from: usize) -> Range<usize> {
    let bytes = text.as_bytes();
    let skip = |mut at: usize, what: &[u8]| {
        while at < bytes.len() && what.contains(&bytes[at]) {
            at += 1;
        }
        at
    };
    let opening = skip(from, b" ");
    let start = skip(opening, b"\\\"'");
    let quote = (start > opening).then(|| bytes[start - 1]);
    let is_end = |c: char| match quote {
        Some(quote) => c == char::from(quote) || c == '\\' || c == '\n',
        None => c.is_whitespace() || ",;&\"'`)}]".contains(c),
    };
    let end_from = |at: usize| at + text[at..].find(is_end).unwrap_or(text.len() - at);
    let mut end = end_from(start);
    if quote.is_none() && is_scheme(&text[start..end]) {
        end = end_from(skip(end, b" "));
    }
    // The mark's own end may be a separator
    let mark = MARK.trim_end_matches(')');
    text[start..end].find(mark).map_or(start..end, |at| start..start + at)
}

/// The letters right before `at`, enough to know a scheme by.
fn word_before(text: &str, at: usize) -> &str {
    let bytes = text.as_bytes();
    let start = (at.saturating_sub(12)..at).rev().take_while(|&i| bytes[i].is_ascii_alphabetic()).last().unwrap_or(at);
    &text[start..at]
}

/// The last letters of the schemes.
fn may_end_scheme(text: &str, at: usize) -> bool {
    text.as_bytes()[..at].last().is_some_and(|letter| matches!(letter.to_ascii_lowercase(), b'r' | b'c' | b't' | b'e'))
}

fn is_scheme(word: &str) -> bool {
    ["bearer", "basic", "digest", "negotiate"].iter().any(|scheme| word.eq_ignore_ascii_case(scheme))
}

/// Eight characters or more that are not just a word: with a digit, mixed case within, or a sign of base64.
fn looks_random(value: &str) -> bool {
    let inner_upper =
        || value.chars().skip(1).any(|c| c.is_ascii_uppercase()) && value.chars().any(|c| c.is_ascii_lowercase());
    value.len() >= 8 && (value.bytes().any(|b| b.is_ascii_digit() || matches!(b, b'+' | b'=' | b'~')) || inner_upper())
}
