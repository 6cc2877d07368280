//! When a CronJob is due: the five fields and macros that the CronJob controller reads, in UTC.

use std::time::Duration;

use jiff::civil;
use jiff::tz::TimeZone;

use crate::time::Time;

/// A schedule such as `*/15 2-4 * * MON-FRI` or `@hourly`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    minutes: Field,
    hours: Field,
    days: Field,
    months: Field,
    weekdays: Field,
}

/// The values that match, as bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Field {
    bits: u64,
    /// Written as `*`: it restricts nothing.
    any: bool,
}

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

impl Schedule {
    /// Nothing for what is malformed or not understood, such as `@every` and a time zone in the text.
    pub fn parse(text: &str) -> Option<Self> {
        let text = match text.trim() {
            "@hourly" => "0 * * * *",
            "@daily" | "@midnight" => "0 0 * * *",
            "@weekly" => "0 0 * * 0",
            "@monthly" => "0 0 1 * *",
            "@yearly" | "@annually" => "0 0 1 1 *",
            text => text,
        };
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minutes, hours, days, months, weekdays] = fields.as_slice() else { return None };
        let mut weekdays = Field::parse(weekdays, 0, 7, &WEEKDAYS)?;
        if weekdays.has(7) {
            weekdays.bits |= 1;
        }
        Some(Self {
            minutes: Field::parse(minutes, 0, 59, &[])?,
            hours: Field::parse(hours, 0, 23, &[])?,
            days: Field::parse(days, 1, 31, &[])?,
            months: Field::parse(months, 1, 12, &MONTHS)?,
            weekdays,
        })
    }

    /// The same in every time zone, give or take an hour.
    pub fn is_hourly(&self) -> bool {
        self.hours.any && self.days.any && self.months.any && self.weekdays.any
    }

    /// The first due time after `after`, if it is not later than `until`.
    pub fn next(&self, after: Time, until: Time) -> Option<Time> {
        let start = utc(after.plus(Duration::from_secs(60)))?;
        let mut day = start.date();
        let (mut hour, mut minute) = (start.hour(), start.minute());
        loop {
            if self.has_day(day)
                && let Some((hour, minute)) = self.next_in_day(hour, minute)
            {
                return time(day.at(hour, minute, 0, 0)).filter(|due| *due <= until);
            }
            day = day.tomorrow().ok()?;
            (hour, minute) = (0, 0);
            if time(day.at(0, 0, 0, 0))? > until {
                return None;
            }
        }
    }

    /// When both days are restricted, either of them is enough.
    fn has_day(&self, date: civil::Date) -> bool {
        let day = self.days.has(date.day());
        let weekday = self.weekdays.has(date.weekday().to_sunday_zero_offset());
        let either = !self.days.any && !self.weekdays.any;
        self.months.has(date.month()) && if either { day || weekday } else { day && weekday }
    }

    fn next_in_day(&self, hour: i8, minute: i8) -> Option<(i8, i8)> {
        (hour..24).filter(|&h| self.hours.has(h)).find_map(|h| {
            let first = if h == hour { minute } else { 0 };
            (first..60).find(|&m| self.minutes.has(m)).map(|m| (h, m))
        })
    }
}

impl Field {
    fn has(self, value: i8) -> bool {
        u32::try_from(value).is_ok_and(|value| value < 64 && self.bits & (1 << value) != 0)
    }

    /// A list of `*`, `3`, `1-5`, each with an optional `/step`; names count from `least`.
    fn parse(text: &str, least: u32, most: u32, names: &[&str]) -> Option<Self> {
        let mut field = Self { bits: 0, any: matches!(text, "*" | "?") };
        for part in text.split(',') {
            let (range, step) = match part.split_once('/') {
                Some((range, step)) => (range, Some(step.parse::<u32>().ok().filter(|&step| step > 0)?)),
                None => (part, None),
            };
            let value = |text: &str| {
                let named = names.iter().position(|name| name.eq_ignore_ascii_case(text));
                let named = named.and_then(|at| u32::try_from(at).ok()).map(|at| at + least);
                named.or_else(|| text.parse().ok()).filter(|value| (least..=most).contains(value))
            };
            let (first, last) = match range.split_once('-') {
                _ if matches!(range, "*" | "?") => (least, most),
                Some((first, last)) => (value(first)?, value(last)?),
                // `3/5` means from three on.
                None if step.is_some() => (value(range)?, most),
                None => (value(range)?, value(range)?),
            };
            if first > last {
                return None;
            }
            for value in (first..=last).step_by(usize::try_from(step.unwrap_or(1)).ok()?) {
                field.bits |= 1 << value;
            }
        }
        Some(field)
    }
}

fn utc(at: Time) -> Option<civil::DateTime> {
    Some(jiff::Timestamp::from_second(at.unix()).ok()?.to_zoned(TimeZone::UTC).datetime())
}

fn time(at: civil::DateTime) -> Option<Time> {
    Some(Time::from_unix(at.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first due time after a moment, within two years.
    fn next(schedule: &str, after: &str) -> String {
        let after = Time::parse(after).unwrap();
        let until = after.plus(Duration::from_secs(2 * 366 * 86_400));
        let due = Schedule::parse(schedule).unwrap_or_else(|| panic!("{schedule}")).next(after, until);
        due.map_or("never".to_owned(), |due| due.to_string())
    }

    #[test]
    fn due_times_are_those_of_the_controller() {
        // 2026-11-18 is a Wednesday.
        for (schedule, expected) in [
            ("* * * * *", "2026-11-18T12:08:00Z"),
            ("*/15 * * * *", "2026-11-18T12:15:00Z"),
            ("7 12 * * *", "2026-11-19T12:07:00Z"),
            ("30 2 * * *", "2026-11-19T02:30:00Z"),
            ("0 4 * * SUN", "2026-11-22T04:00:00Z"),
            ("0 4 * * 7", "2026-11-22T04:00:00Z"),
            ("0 0 1 * *", "2026-12-01T00:00:00Z"),
            ("0 0 13 * fri", "2026-11-20T00:00:00Z"),
            ("5/20 6,13 * * 1-5", "2026-11-18T13:05:00Z"),
            ("0 0 29 2 *", "2028-02-29T00:00:00Z"),
            ("@hourly", "2026-11-18T13:00:00Z"),
            ("@yearly", "2027-01-01T00:00:00Z"),
            ("0 0 31 2 ?", "never"),
        ] {
            assert_eq!(next(schedule, "2026-11-18T12:07:30Z"), expected, "{schedule}");
        }
        assert_eq!(next("59 23 31 12 *", "2026-12-31T23:59:00Z"), "2027-12-31T23:59:00Z");
    }

    #[test]
    fn what_is_not_understood_is_not_guessed() {
        for text in
            ["", "* * * *", "60 * * * *", "* * 0 * *", "*/0 * * * *", "5-1 * * * *", "@every 5m", "TZ=UTC 0 0 * * *"]
        {
            assert_eq!(Schedule::parse(text), None, "{text}");
        }
        assert!(Schedule::parse("*/5 * * * *").unwrap().is_hourly());
        assert!(!Schedule::parse("0 3 * * *").unwrap().is_hourly());
    }
}
