//! Single words that are secrets by their form: tokens with a known beginning, and long random ones.

use std::ops::Range;

use crate::byte_set::ByteSet;

/// Beginnings that issuers give their secrets, and how long such a word is at least.
const BEGINNINGS: &[(&str, usize)] = &[
    ("sha256~", 20),
    ("eyJ", 16),
    ("AKIA", 20),
    ("ASIA", 20),
    ("AIza", 35),
    ("ya29.", 20),
    ("ghp_", 20),
    ("gho_", 20),
    ("ghu_", 20),
    ("ghs_", 20),
    ("ghr_", 20),
    ("github_pat_", 20),
    ("glpat-", 20),
    ("glrt-", 20),
    ("xoxb-", 20),
    ("xoxa-", 20),
    ("xoxp-", 20),
    ("xoxr-", 20),
    ("xoxs-", 20),
    ("xapp-", 20),
    ("sk-", 23),
    ("sk_live_", 20),
    ("rk_live_", 20),
    ("npm_", 30),
    ("pypi-", 30),
    ("hvs.", 20),
    ("hvb.", 20),
    ("dop_v1_", 30),
    ("SG.", 30),
    ("AGE-SECRET-KEY-", 30),
];

/// A random word of base64 this long is a key or a blob; names and digests of clusters are lower case.
const RANDOM: usize = 32;

pub(super) fn find(text: &str, secrets: &mut Vec<Range<usize>>) {
    let bytes = text.as_bytes();
    let mut start = 0;
    while start < bytes.len() {
        let length = bytes[start..].iter().position(|byte| !OF_WORD.has(*byte)).unwrap_or(bytes.len() - start);
        let end = start + length;
        if length >= 16 && is_secret(&text[start..end]) {
            secrets.push(start..end);
        }
        start = end + 1;
    }
}

/// Every byte that can stand in a token; `/` too, since base64 has it.
static OF_WORD: ByteSet = ByteSet::LETTERS_AND_DIGITS.and(b"-_.~+/");

fn is_secret(word: &str) -> bool {
    // A path's last part may be a token, as in an address
    word.split('/').any(begins_as_token) || is_random(word)
}

/// What [`BEGINNINGS`] begin with.
static FIRST: ByteSet = {
    let (mut letters, mut at) = (ByteSet::NONE, 0);
    while at < BEGINNINGS.len() {
        if let Some(first) = BEGINNINGS[at].0.as_bytes().first() {
            letters = letters.and(&[*first]);
        }
        at += 1;
    }
    letters
};

fn begins_as_token(word: &str) -> bool {
    word.bytes().next().is_some_and(|first| FIRST.has(first))
        && BEGINNINGS.iter().any(|(beginning, length)| word.len() >= *length && word.starts_with(beginning))
}

/// Many upper and lower case letters and digits mixed, as no name of an object, path or version has them.
fn is_random(word: &str) -> bool {
    let parts = word.as_bytes().split(|byte| matches!(byte, b'.' | b'-' | b'/'));
    let longest = parts.map(<[u8]>::len).max().unwrap_or(0);
    // Most long words have no upper case
    longest >= RANDOM
        && word.bytes().filter(u8::is_ascii_uppercase).nth(2).is_some()
        && word.bytes().filter(u8::is_ascii_digit).nth(2).is_some()
        && word.bytes().filter(u8::is_ascii_lowercase).nth(2).is_some()
}
