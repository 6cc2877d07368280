//! The time an archive was taken, from the `timestamp` files the collector writes: lines as Go prints a time,
//! `2021-09-14 14:44:13.399177355 +0000 UTC m=+0.95`. The numeric offset counts; the zone's name is ambiguous and the
//! monotonic clock reading means nothing here.

use jiff::civil::DateTime;
use jiff::tz::Offset;

/// The newest time in a timestamp file, in seconds since 1970. Lines that are no times are passed over: several
/// gatherers append to the same file, and the last may have been stopped while writing.
pub fn newest(content: &[u8]) -> Option<i64> {
    content.split(|byte| *byte == b'\n').filter_map(|line| parse(std::str::from_utf8(line).ok()?)).max()
}

/// One line, in seconds since 1970.
pub fn parse(line: &str) -> Option<i64> {
    let mut words = line.split_ascii_whitespace();
    let (date, time, offset) = (words.next()?, words.next()?, words.next()?);
    if date.len() != "2021-09-14".len() || time.len() < "14:44:13".len() {
        return None;
    }
    let civil: DateTime = format!("{date}T{time}").parse().ok()?;
    Some(offset_of(offset)?.to_timestamp(civil).ok()?.as_second())
}

/// `+0200` and the like.
fn offset_of(text: &str) -> Option<Offset> {
    let (sign, digits) = match text.as_bytes() {
        [b'+', digits @ ..] => (1, digits),
        [b'-', digits @ ..] => (-1, digits),
        _ => return None,
    };
    let [a, b, c, d] = digits else { return None };
    let two = |tens: &u8, ones: &u8| -> Option<i32> {
        let digit = |byte: &u8| byte.is_ascii_digit().then(|| i32::from(byte - b'0'));
        Some(digit(tens)? * 10 + digit(ones)?)
    };
    let (hours, minutes) = (two(a, b)?, two(c, d)?);
    if minutes > 59 {
        return None;
    }
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_numeric_offset_counts() {
        let noon = Some(1_627_985_516);
        assert_eq!(parse("2021-08-03 10:11:56.91501602 +0000 UTC m=+1.651641915"), noon);
        assert_eq!(parse("2021-08-03 12:11:56.91501602 +0200 CEST m=+1.651641915"), noon);
        assert_eq!(parse("2021-08-03 10:11:56 +0000 UTC"), noon);
        assert_eq!(parse("2021-08-03 05:41:56 -0430 -0430"), noon);
        assert_eq!(parse("2021-08-03 15:56:56 +0545 +0545 m=+0.1\r"), noon);
    }

    #[test]
    fn the_newest_line_wins_and_garbage_is_passed_over() {
        let file =
            b"\n2021-08-03 10:12:06 +0000 UTC m=+0.6\nnonsense\n\xff\xfe\n2021-08-03 10:12:00 +0000 UTC\n2021-08-0";
        assert_eq!(newest(file), Some(1_627_985_526));
        assert_eq!(newest(b""), None);
        assert_eq!(newest(b"0 0 0\n"), None);
    }

    #[test]
    fn what_is_no_time_is_none() {
        for line in [
            "",
            "2021-08-03",
            "2021-08-03 10:12:00",
            "2021-08-03 10:12:00 UTC",
            "2021-08-03 10:12:00 +00",
            "2021-08-03 10:12:00 +0061",
            "2021-08-03 10:12:00 +9900",
            "2021-13-03 10:12:00 +0000",
            "2021-02-30 10:12:00 +0000 UTC",
            "2021-08-03 25:12:00 +0000 UTC",
            "2021-08-03 10:12:00Z +0000 UTC",
            "99999-08-03 10:12:00 +0000 UTC",
            "９９９９-08-03 10:12:00 +0000 UTC",
        ] {
            assert_eq!(parse(line), None, "{line:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(content in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = newest(&content);
        }

        #[test]
        fn near_misses_are_read(line in "[0-9]{1,4}-[0-9]{1,2}-[0-9]{1,2} [0-9:.]{1,20} [+-][0-9]{0,5}( UTC)?") {
            let _ = parse(&line);
        }

        #[test]
        fn what_go_prints_is_understood(second in 0_i64..4_000_000_000, quarter in -48_i32..=56) {
            let offset = Offset::from_seconds(quarter * 900).unwrap();
            let civil = offset.to_datetime(jiff::Timestamp::from_second(second).unwrap());
            let sign = if quarter < 0 { '-' } else { '+' };
            let minutes = quarter.abs() * 15;
            let line = format!("{} {} {sign}{:02}{:02} XST m=+0.1", civil.date(), civil.time(), minutes / 60, minutes % 60);
            prop_assert_eq!(parse(&line), Some(second));
        }
    }
}
