//! Which of two Debian versions is newer (deb-version(7)).

use std::cmp::Ordering;

/// Compares `[epoch:]upstream[-revision]`.
pub fn compare(one: &str, other: &str) -> Ordering {
    let (one, other) = (split(one), split(other));
    one.0.cmp(&other.0).then_with(|| compare_part(one.1, other.1)).then_with(|| compare_part(one.2, other.2))
}

fn split(version: &str) -> (u64, &str, &str) {
    let (epoch, rest) = version.split_once(':').unwrap_or(("0", version));
    let (upstream, revision) = rest.rsplit_once('-').unwrap_or((rest, ""));
    (epoch.parse().unwrap_or(0), upstream, revision)
}

/// Turn by turn: what is no digit by the order of characters, then the digits as a number.
fn compare_part(mut one: &str, mut other: &str) -> Ordering {
    while !one.is_empty() || !other.is_empty() {
        let (text, other_text) =
            (leading(&mut one, |c| !c.is_ascii_digit()), leading(&mut other, |c| !c.is_ascii_digit()));
        let (number, other_number) =
            (leading(&mut one, |c| c.is_ascii_digit()), leading(&mut other, |c| c.is_ascii_digit()));
        let ordering = compare_text(text, other_text).then_with(|| compare_number(number, other_number));
        if ordering.is_ne() {
            return ordering;
        }
    }
    Ordering::Equal
}

fn leading<'a>(text: &mut &'a str, belongs: impl Fn(char) -> bool) -> &'a str {
    let end = text.find(|c| !belongs(c)).unwrap_or(text.len());
    let (start, rest) = text.split_at(end);
    *text = rest;
    start
}

fn compare_text(one: &str, other: &str) -> Ordering {
    let (mut one, mut other) = (one.chars(), other.chars());
    loop {
        let pair = (one.next(), other.next());
        let ordering = rank(pair.0).cmp(&rank(pair.1));
        if ordering.is_ne() || pair == (None, None) {
            return ordering;
        }
    }
}

/// A tilde sorts before the end, letters before everything else.
fn rank(character: Option<char>) -> (u8, char) {
    match character {
        Some('~') => (0, '~'),
        None => (1, '\0'),
        Some(c) if c.is_ascii_alphabetic() => (2, c),
        Some(c) => (3, c),
    }
}

/// Of any length: without leading zeros, the longer is the greater.
fn compare_number(one: &str, other: &str) -> Ordering {
    let (one, other) = (one.trim_start_matches('0'), other.trim_start_matches('0'));
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_versions_sort_first() {
        let pairs = [
            ("1.0", "1.1"),
            ("1.9", "1.10"),
            ("1.0~rc1", "1.0"),
            ("1.0", "1.0a"),
            ("1.0a", "1.0+b1"),
            ("9", "1:1"),
            ("20250419~deb12u1", "20250419"),
            ("20250419", "20250419+deb13u1"),
            ("2026b-0+deb13u1", "2026f-0+deb13u1"),
            ("13.8+deb13u6", "13.8+deb13u10"),
            ("1:1.37.0-6", "1:1.37.0-6+b9"),
            ("1.0-1~", "1.0-1"),
            ("2-3-4", "2-3-5"),
        ];
        for (older, newer) in pairs {
            assert_eq!(compare(older, newer), Ordering::Less, "{older} {newer}");
            assert_eq!(compare(newer, older), Ordering::Greater, "{newer} {older}");
        }
    }

    #[test]
    fn other_ways_to_write_the_same_are_equal() {
        for (one, other) in [("1.0", "0:1.0"), ("1.0", "1.0-0"), ("1.01", "1.1"), ("", "")] {
            assert_eq!(compare(one, other), Ordering::Equal, "{one} {other}");
        }
    }
}
