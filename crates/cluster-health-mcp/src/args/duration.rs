//! Durations as people write them in Kubernetes and Go settings: `10s`, `1m30s`, `250ms`, `1.5h`.

use std::time::Duration;

const ACCEPTED: &str = "a duration such as 500ms, 10s or 1m30s is accepted (units: ms, s, m, h)";

/// Reads a duration. Every number needs a unit, as `30` could mean anything; only `0` stands alone.
pub fn parse(text: &str) -> Result<Duration, String> {
    let mut rest = text.trim();
    if rest == "0" {
        return Ok(Duration::ZERO);
    }
    if rest.is_empty() {
        return Err(ACCEPTED.to_owned());
    }
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let number_ends = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or(ACCEPTED)?;
        let (number, after) = rest.split_at(number_ends);
        let unit_ends = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, next) = after.split_at(unit_ends);
        let part = seconds_of(number, unit).and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        total = part.and_then(|part| total.checked_add(part)).ok_or(ACCEPTED)?;
        rest = next;
    }
    Ok(total)
}

/// As [`parse`], for limits that would stop everything at zero.
pub(super) fn parse_positive(text: &str) -> Result<Duration, String> {
    match parse(text)? {
        Duration::ZERO => Err("a duration of more than zero is accepted, such as 10s".to_owned()),
        duration => Ok(duration),
    }
}

/// The shortest way to write a duration that [`parse`] reads back.
pub fn display(duration: Duration) -> String {
    let millis = duration.as_millis();
    match millis {
        0 => "0s".to_owned(),
        _ if millis.is_multiple_of(60_000) => format!("{}m", millis / 60_000),
        _ if millis.is_multiple_of(1_000) => format!("{}s", millis / 1_000),
        _ => format!("{millis}ms"),
    }
}

fn seconds_of(number: &str, unit: &str) -> Option<f64> {
    let per_unit = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    Some(number.parse::<f64>().ok()? * per_unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_go_writes() {
        for (text, millis) in [("10s", 10_000), ("1m30s", 90_000), ("250ms", 250), ("1.5h", 5_400_000), ("0", 0)] {
            assert_eq!(parse(text).unwrap(), Duration::from_millis(millis), "{text}");
        }
    }

    #[test]
    fn refuses_what_could_mean_anything() {
        for text in ["", "10", "s", "10 s", "-5s", "1d", "ten", "1m30", "1..5s", "99999999999999999999h"] {
            assert!(parse(text).is_err(), "{text:?} was accepted");
        }
    }

    #[test]
    fn writes_what_it_reads() {
        for text in ["10s", "2m", "250ms", "90s"] {
            assert_eq!(display(parse(text).unwrap()), text);
        }
    }
}
