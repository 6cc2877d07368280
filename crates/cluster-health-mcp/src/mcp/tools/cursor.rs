//! Where a list goes on. Opaque to clients; bound to the tool and its filters, so that it cannot be used for another
//! question by mistake. It names the last item seen, not a position, and so survives changes before it.

use std::fmt::Write;

use super::super::ToolError;

/// A cursor that continues after `key` in the list that `question` asks for.
pub(super) fn after(question: &str, key: &str) -> String {
    let mut text = format!("{:016x}", digest(question));
    for byte in key.bytes() {
        // Writing to a String cannot fail
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The key a cursor names, if it belongs to this question.
pub(super) fn key(question: &str, cursor: &str) -> Result<String, ToolError> {
    let bad = || ToolError::argument("cursor", cursor, "next_cursor of the same call; leave it out to start again");
    let (head, tail) = cursor.split_at_checked(16).ok_or_else(bad)?;
    if u64::from_str_radix(head, 16) != Ok(digest(question)) || !tail.is_ascii() || tail.len() % 2 != 0 {
        return Err(bad());
    }
    let bytes = (0..tail.len()).step_by(2).map(|at| u8::from_str_radix(&tail[at..at + 2], 16));
    let bytes = bytes.collect::<Result<Vec<_>, _>>().map_err(|_| bad())?;
    String::from_utf8(bytes).map_err(|_| bad())
}

/// FNV-1a: it only has to tell questions apart, and to stay the same across replicas and releases.
fn digest(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn continues_only_its_own_list() {
        let cursor = after("pods of shop", "shop/web-1");
        assert_eq!(key("pods of shop", &cursor).unwrap(), "shop/web-1");
        assert!(key("pods of all", &cursor).is_err());
        for bad in ["", "x", "0123456789abcdef0", "zzzzzzzzzzzzzzzz", "ünïcödé-and-more-of-it"] {
            let error = key("pods of shop", bad).unwrap_err().to_string();
            assert!(error.contains("next_cursor"), "{error}");
        }
    }
}
