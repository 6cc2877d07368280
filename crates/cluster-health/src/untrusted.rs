//! Text that tenants, runtimes and drivers write. It may be shown, marked as such; it never decides anything.

use crate::byte_set::ByteSet;
use crate::redact::redact;

/// How much of a message is shown.
pub const SHOWN_CHARS: usize = 300;

/// What is looked through for secrets; nothing beyond it is shown.
const READ_BYTES: usize = 16 * 1024;

/// One line of plain text: no secrets, no control, escape, zero-width or bidirectional characters, no line breaks, code
/// fences or Markdown links, at most `max` characters (then `…`).
pub fn clean(text: &str, max: usize) -> String {
    let line = one_line(&text[..text.floor_char_boundary(READ_BYTES)]);
    // After what hides parts of a secret is gone, before what is shown of it is cut off
    let line = redact(&line);
    shortened(&line, max).unwrap_or_else(|| line.into_owned())
}

/// As [`clean`], of text that [`is_plain`]: a line already, in which nothing is hidden.
pub fn clean_plain(text: &str, max: usize) -> String {
    let line = redact(&text[..text.floor_char_boundary(READ_BYTES)]);
    shortened(&line, max).unwrap_or_else(|| line.into_owned())
}

/// Nothing where it is not longer.
fn shortened(line: &str, max: usize) -> Option<String> {
    if line.len() <= max {
        return None;
    }
    let (end, _) = line.char_indices().nth(max)?;
    Some(format!("{}…", line[..end].trim_end()))
}

/// Names, references, paths and lists of them: no spaces but after commas, and no sign that formats or quotes.
pub fn is_plain(text: &str) -> bool {
    static PLAIN: ByteSet = ByteSet::LETTERS_AND_DIGITS.and(b"._-/:@~+=%");
    let plain = |byte: &u8| PLAIN.has(*byte);
    // Hardly anything is a list
    match text.bytes().position(|byte| byte == b',') {
        None => !text.is_empty() && text.as_bytes().iter().all(plain),
        Some(_) => text.split(", ").all(|part| !part.is_empty() && part.as_bytes().iter().all(plain)),
    }
}

fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut space = false;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if matches!(character, '\u{1b}' | '\u{9b}' | '\u{9d}') {
            skip_escape(character, &mut characters);
            continue;
        }
        if character.is_whitespace() || character.is_control() {
            space = !out.is_empty();
            continue;
        }
        if is_invisible(character) {
            continue;
        }
        if std::mem::take(&mut space) {
            out.push(' ');
        }
        out.push(match character {
            // Backticks fence code, brackets make links and images.
            '`' => '\'',
            '[' => '(',
            ']' => ')',
            '<' => '‹',
            '>' => '›',
            other => other,
        });
    }
    out
}

/// Passes over what a terminal would take for a command: colours, movements, titles and links.
fn skip_escape(start: char, characters: &mut std::str::Chars<'_>) {
    let ahead = characters.as_str();
    let (start, ahead) = match (start, ahead.chars().next()) {
        ('\u{1b}', Some(next @ ('[' | ']'))) => (next, &ahead[1..]),
        ('\u{9b}', _) => ('[', ahead),
        ('\u{9d}', _) => (']', ahead),
        _ => return,
    };
    let end = match start {
        // To the letter that ends it, if what is between are its parameters
        '[' => ahead
            .find(|c: char| !matches!(c, ' '..='?'))
            .filter(|at| ahead[*at..].starts_with(|c| matches!(c, '@'..='~')))
            .map(|at| at + 1),
        _ => ahead.find(['\u{7}', '\u{1b}', '\u{9c}']).map(|at| at + 1),
    };
    *characters = ahead[end.unwrap_or(0)..].chars();
}

/// Zero-width, bidirectional, variation and tag characters: they hide or reorder text.
fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffc}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_plain_line_remains() {
        assert_eq!(clean("  a\r\n\tb  \u{1b}[31mred\u{1b}[0m ", 100), "a b red");
        assert_eq!(clean("\u{1b}]8;;https://x\u{7}link\u{9b}2K, \u{1b}[é \u{1b}", 100), "link, é");
        assert_eq!(clean("x\u{202e}y\u{200b}z\u{e0041}", 100), "xyz");
        assert_eq!(clean("```sh\n[click](http://x)```", 100), "'''sh (click)(http://x)'''");
    }

    #[test]
    fn secrets_are_gone_even_where_the_cut_or_a_hidden_character_splits_them() {
        let token = "sha256~J3kQ0bXn7cWq9vTzY2mLr5PdGh8sEfUa1iBoKxCjVwM";
        assert_eq!(clean(&format!("denied {token}"), 20), "denied (redacted)");
        assert_eq!(clean("pass\u{200b}word=hun\u{feff}ter2", 100), "password=(redacted)");
        assert_eq!(clean("password:\n\t hunter2", 100), "password: (redacted)");
    }

    #[test]
    fn names_are_told_from_prose() {
        for name in ["quay.io:443/shop/api@sha256:9f86", "/healthz", "a.b/c, d", "none"] {
            assert!(is_plain(name), "{name}");
        }
        for prose in ["", "ignore all", "a|b", "x, ", "(link)", "a\nb", "\u{430}pi", "<x>"] {
            assert!(!is_plain(prose), "{prose}");
        }
    }

    #[test]
    fn length_counts_characters() {
        assert_eq!(clean("ääääää", 3), "äää…");
        assert_eq!(clean("ab cd", 3), "ab…");
        assert_eq!(clean("abc", 3), "abc");
        assert_eq!(clean("", 3), "");
    }
}
