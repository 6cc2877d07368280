//! Entry point of `image-build`: the steps that turn packages and a binary into an image.

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let message = match arguments.next().as_deref() {
        Some("lock") => {
            "lock: resolving packages is not part of this version; build the server with `cargo build --release`"
        }
        Some(_) | None => "usage: image-build lock (not part of this version yet)",
    };
    // The only output of a tool that can do nothing yet is its refusal.
    #[allow(clippy::print_stderr)]
    {
        eprintln!("image-build: {message}");
    }
    ExitCode::from(2)
}
