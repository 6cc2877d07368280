//! The only place that writes to the terminal.

use std::io::Write;

/// A line of the step's result. A closed pipe is the reader's choice, not an error.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// A line about trouble or progress, beside the result.
pub fn complain(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
