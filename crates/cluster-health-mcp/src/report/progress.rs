//! A progress bar on standard error while an archive loads, if a person watches.

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

pub(super) struct Bar(ProgressBar);

impl Bar {
    pub(super) fn start() -> Self {
        let target =
            if io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        let style = ProgressStyle::with_template("loading [{wide_bar}] {bytes} of {total_bytes}");
        Self(bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())))
    }

    pub(super) fn moved(&self, read: u64, total: u64) {
        self.0.set_length(total);
        self.0.set_position(read);
    }

    pub(super) fn end(&self) {
        self.0.finish_and_clear();
    }
}
