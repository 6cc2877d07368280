//! Takes secrets out of text before it leaves: tokens, keys, passwords, credentials in addresses. Looks at form only,
//! never at meaning, and runs before text is shortened, so that half a token is not left over. One pass; text that holds
//! nothing of the kind is not copied.

mod pairs;
mod words;

use std::borrow::Cow;
use std::ops::Range;

use crate::ordered::Ordered;

/// Stands where a secret was.
pub const MARK: &str = "(redacted)";

/// The text without what looks like a secret. Applied twice it gives the same.
pub fn redact(text: &str) -> Cow<'_, str> {
    let mut secrets = Vec::new();
    // Most text has neither, and is looked through for both at once
    let has_dashes = has_dashes(text);
    if has_dashes {
        pem(text, &mut secrets);
    }
    addresses(text, &mut secrets);
    pairs::find(text, has_dashes, &mut secrets);
    words::find(text, &mut secrets);
    if secrets.is_empty() {
        return Cow::Borrowed(text);
    }
    // What stood apart may now stand together, such as a name and its value around a key
    let less = without(text, secrets);
    let again = match redact(&less) {
        Cow::Borrowed(_) => None,
        Cow::Owned(least) => Some(least),
    };
    Cow::Owned(again.unwrap_or(less))
}

/// Two dashes, as keys and flags begin.
fn has_dashes(text: &str) -> bool {
    text.match_indices('-').any(|(at, _)| text[at + 1..].starts_with('-'))
}

fn without(text: &str, mut secrets: Vec<Range<usize>>) -> String {
    secrets.put_in_order_by_key(|secret| (secret.start, secret.end));
    let mut out = String::with_capacity(text.len());
    let mut kept_to = 0;
    for secret in secrets {
        if secret.start >= kept_to {
            out.push_str(&text[kept_to..secret.start]);
            out.push_str(MARK);
        }
        kept_to = kept_to.max(secret.end);
    }
    out.push_str(&text[kept_to..]);
    out
}

/// `-----BEGIN … KEY-----` to its end, or to the end of the text when that was cut off. Certificates too: nobody reads
/// them in an answer.
fn pem(text: &str, secrets: &mut Vec<Range<usize>>) {
    const BEGIN: &str = "-----BEGIN ";
    const END: &str = "-----END ";
    const DASHES: &str = "-----";
    let mut from = 0;
    // Its beginning may be cut off, as at the end of a log
    if let Some(end) = text.find(END).filter(|end| !text[..*end].contains(BEGIN)) {
        let is_of_key = |c: char| c.is_ascii_alphanumeric() || c.is_whitespace() || "+/=\\".contains(c);
        let start = text[..end].trim_end_matches(is_of_key).len();
        from = text[end + END.len()..].find(DASHES).map_or(text.len(), |at| end + END.len() + at + DASHES.len());
        secrets.push(start..from);
    }
    while let Some(start) = text[from..].find(BEGIN).map(|at| from + at) {
        let end = text[start..].find(END).and_then(|at| {
            let label = start + at + END.len();
            text[label..].find(DASHES).map(|dashes| label + dashes + DASHES.len())
        });
        let end = end.unwrap_or(text.len());
        secrets.push(start..end);
        from = end;
    }
}

/// `user:password@` in front of a host.
fn addresses(text: &str, secrets: &mut Vec<Range<usize>>) {
    // Looking for one byte is faster than looking for three
    let colons = text.match_indices(':').filter(|(at, _)| text[*at..].starts_with("://"));
    for start in colons.map(|(at, colon)| at + colon.len() + "//".len()) {
        let rest = &text[start..];
        let length = rest.find(|c: char| c.is_whitespace() || "/\"'`<>,\\".contains(c)).unwrap_or(rest.len());
        if let Some(at) = rest[..length].rfind('@')
            && &rest[..at] != MARK
            && at > 0
        {
            secrets.push(start..start + at);
        }
    }
}

#[cfg(test)]
mod tests;
