//! What was measured, beside what is expected and what was promised.

use std::fmt;

#[derive(Debug, Default)]
pub(super) struct Table {
    rows: Vec<[String; 4]>,
}

impl Table {
    pub(super) fn row(&mut self, what: &str, found: String, expected: String, ceiling: String) {
        self.rows.push([what.to_owned(), found, expected, ceiling]);
    }
}

/// Of a million bytes.
pub(super) fn megabytes(bytes: u64) -> String {
    // Exact for every size an image can have
    #[allow(clippy::cast_precision_loss)]
    let megabytes = bytes as f64 / 1e6;
    format!("{megabytes:.2} MB")
}

impl fmt::Display for Table {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = ["measured", "found", "at most", "ceiling"].map(str::to_owned);
        let all = || [&head].into_iter().chain(&self.rows);
        let width = |column: usize| all().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths = [width(0), width(1), width(2), width(3)];
        for row in all() {
            let [what, found, expected, ceiling] = row;
            let [a, b, c, d] = widths;
            let line = format!("{what:a$}  {found:>b$}  {expected:>c$}  {ceiling:>d$}");
            writeln!(to, "{}", line.trim_end())?;
        }
        Ok(())
    }
}
