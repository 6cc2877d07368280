//! PromQL from typed parts only: metrics, labels, functions and patterns are words of this program, durations are
//! durations, and what comes from a caller or from the cluster is the value of a label, escaped.

use std::fmt::Write;
use std::time::Duration;

/// The series of one metric, narrowed by labels.
#[derive(Clone, Debug)]
pub struct Selector {
    metric: &'static str,
    matchers: String,
}

impl Selector {
    pub fn of(metric: &'static str) -> Self {
        Self { metric, matchers: String::new() }
    }

    /// The label has this value, whatever it contains.
    #[must_use]
    pub fn equal(self, label: &'static str, value: &str) -> Self {
        self.matcher(label, "=", &escaped(value))
    }

    #[must_use]
    pub fn equal_if(self, label: &'static str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.equal(label, value),
            None => self,
        }
    }

    /// The label is set.
    #[must_use]
    pub fn with(self, label: &'static str) -> Self {
        self.matcher(label, "!=", "")
    }

    #[must_use]
    pub fn unlike(self, label: &'static str, pattern: &'static str) -> Self {
        self.matcher(label, "!~", &escaped(pattern))
    }

    /// The label has one of these values, to the letter.
    #[must_use]
    pub fn one_of<'a>(self, label: &'static str, values: impl IntoIterator<Item = &'a str>) -> Self {
        let pattern = values.into_iter().map(literal).collect::<Vec<_>>().join("|");
        self.matcher(label, "=~", &escaped(&pattern))
    }

    /// The label begins with this text, to the letter, and goes on as the pattern says.
    #[must_use]
    pub fn begins(self, label: &'static str, text: &str, pattern: &'static str) -> Self {
        let pattern = format!("{}{pattern}", literal(text));
        self.matcher(label, "=~", &escaped(&pattern))
    }

    fn matcher(mut self, label: &'static str, operator: &str, value: &str) -> Self {
        if !self.matchers.is_empty() {
            self.matchers.push(',');
        }
        let _ = write!(self.matchers, "{label}{operator}\"{value}\"");
        self
    }

    pub fn query(&self) -> Query {
        let Self { metric, matchers } = self;
        Query(if matchers.is_empty() { (*metric).to_owned() } else { format!("{metric}{{{matchers}}}") })
    }

    /// As at the end of the time that is asked about, at each step of it: so that a choice of series stays the same.
    pub fn at_end(&self) -> Query {
        Query(format!("{} @ end()", self.query().0))
    }

    /// [`Self::over`] in the same sense.
    pub fn over_at_end(&self, function: Over, window: Duration) -> Query {
        Query(format!("{}({}[{}] @ end())", function.word(), self.query().0, duration(window)))
    }

    /// A quantile of each series over the last `window`.
    pub fn quantile(&self, quantile: f64, window: Duration) -> Query {
        Query(format!("quantile_over_time({quantile}, {}[{}])", self.query().0, duration(window)))
    }

    /// A function over the last `window` of each series.
    pub fn over(&self, function: Over, window: Duration) -> Query {
        Query(format!("{}({}[{}])", function.word(), self.query().0, duration(window)))
    }
}

/// Functions of a series' recent past.
#[derive(Clone, Copy, Debug)]
pub enum Over {
    Rate,
    Increase,
    Count,
    Max,
    Derivative,
}

impl Over {
    fn word(self) -> &'static str {
        match self {
            Self::Rate => "rate",
            Self::Increase => "increase",
            Self::Count => "count_over_time",
            Self::Max => "max_over_time",
            Self::Derivative => "deriv",
        }
    }
}

/// A whole expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query(String);

impl Query {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn sum(self) -> Self {
        Self(format!("sum({})", self.0))
    }

    #[must_use]
    pub fn sum_by(self, labels: &[&'static str]) -> Self {
        Self(format!("sum by ({}) ({})", labels.join(","), self.0))
    }

    #[must_use]
    pub fn max_by(self, labels: &[&'static str]) -> Self {
        Self(format!("max by ({}) ({})", labels.join(","), self.0))
    }

    #[must_use]
    pub fn per(self, other: &Self) -> Self {
        Self(format!("{} / {}", self.0, other.0))
    }

    #[must_use]
    pub fn plus(self, other: &Self) -> Self {
        Self(format!("{} + {}", self.0, other.0))
    }

    #[must_use]
    pub fn negated(self) -> Self {
        Self(format!("-({})", self.0))
    }

    #[must_use]
    pub fn above(self, bound: f64) -> Self {
        Self(format!("({}) > {bound}", self.0))
    }

    #[must_use]
    pub fn count(self) -> Self {
        Self(format!("count({})", self.0))
    }

    #[must_use]
    pub fn top(self, count: usize) -> Self {
        Self(format!("topk({count}, {})", self.0))
    }

    /// Those series that the other has too, by these labels.
    #[must_use]
    pub fn and_on(self, labels: &[&'static str], other: &Self) -> Self {
        Self(format!("{} and on ({}) ({})", self.0, labels.join(","), other.0))
    }

    /// A quantile of what the expression was over `window`, looked at every `step`.
    #[must_use]
    pub fn quantile(self, quantile: f64, window: Duration, step: Duration) -> Self {
        Self(format!("quantile_over_time({quantile}, ({})[{}:{}])", self.0, duration(window), duration(step)))
    }

    #[must_use]
    pub fn over(self, function: Over, window: Duration, step: Duration) -> Self {
        Self(format!("{}(({})[{}:{}])", function.word(), self.0, duration(window), duration(step)))
    }
}

/// Whole seconds: the one unit that never rounds.
fn duration(duration: Duration) -> String {
    format!("{}s", duration.as_secs().max(1))
}

/// Inside double quotes.
fn escaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for character in value.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            character if character.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(character));
            }
            character => out.push(character),
        }
    }
    out
}

/// As a pattern that matches this text only.
fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if "\\.+*?()|[]{}^$".contains(character) {
            out.push('\\');
        }
        out.push(character);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Walks a query as Prometheus' lexer does, and gives the strings in it back, unescaped, and what is outside them.
    fn lexed(query: &str) -> (Vec<String>, String) {
        let (mut strings, mut outside, mut inside): (Vec<String>, String, Option<String>) = Default::default();
        let mut characters = query.chars();
        while let Some(character) = characters.next() {
            match (&mut inside, character) {
                (None, '"') => inside = Some(String::new()),
                (None, character) => outside.push(character),
                (Some(_), '"') => strings.extend(inside.take()),
                (Some(text), '\\') => match characters.next() {
                    Some('n') => text.push('\n'),
                    Some('r') => text.push('\r'),
                    Some('u') => {
                        let code: String = characters.by_ref().take(4).collect();
                        text.extend(char::from_u32(u32::from_str_radix(&code, 16).unwrap()));
                    }
                    Some(character @ ('\\' | '"')) => text.push(character),
                    other => panic!("unknown escape {other:?} in {query}"),
                },
                (Some(_), '\n') => panic!("a line ends inside a string of {query}"),
                (Some(text), character) => text.push(character),
            }
        }
        assert_eq!(inside, None, "a string does not end in {query}");
        (strings, outside)
    }

    const HOSTILE: &[&str] = &[
        "shop\"} or up{a=\"b",
        "a\\",
        "a\\\"",
        "\"",
        "a\nb\r\t\0\u{1b}",
        "}) or vector(1) #",
        "'`$(id)`",
        "Zürich \u{202e}",
    ];

    #[test]
    fn hostile_values_stay_values() {
        let (_, plain) = lexed(Selector::of("up").equal("namespace", "x").query().as_str());
        for value in HOSTILE {
            let query = Selector::of("up").equal("namespace", value).query();
            let (strings, outside) = lexed(query.as_str());
            assert_eq!((strings, &outside), (vec![(*value).to_owned()], &plain));
        }
    }

    #[test]
    fn hostile_values_in_patterns_match_themselves_only() {
        for value in HOSTILE {
            let query = Selector::of("up").one_of("pod", [*value, "b"]).query();
            let (strings, outside) = lexed(query.as_str());
            assert_eq!((strings, &*outside), (vec![format!("{}|b", literal(value))], "up{pod=~}"));
        }
        assert_eq!(literal("a.b*"), "a\\.b\\*");
        let query = Selector::of("up").begins("pod", "web.1", "-[a-z0-9]+");
        assert_eq!(query.query().as_str(), "up{pod=~\"web\\\\.1-[a-z0-9]+\"}");
    }

    #[test]
    fn parts_compose() {
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        let selector = Selector::of("cpu").with("container").equal_if("namespace", Some("shop"));
        let query = selector.over(Over::Rate, minutes(5)).sum_by(&["pod"]).quantile(0.95, minutes(60), minutes(5));
        assert_eq!(
            query.as_str(),
            "quantile_over_time(0.95, (sum by (pod) (rate(cpu{container!=\"\",namespace=\"shop\"}[300s])))[3600s:300s])"
        );
    }
}
