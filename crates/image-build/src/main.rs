//! Entry point of `image-build`: runs one step and says how it ended.

use std::process::ExitCode;

use clap::Parser;
use image_build::args::Cli;
use image_build::output;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match cli.step.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::complain(&format!("image-build {}: {error:#}", cli.step.name()));
            ExitCode::FAILURE
        }
    }
}
