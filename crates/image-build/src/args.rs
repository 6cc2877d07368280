//! The command line: one subcommand a step. Each step's own file holds its flags.

use clap::{Parser, Subcommand};

use crate::{build, diff, fetch, lock, metrics, push, sbom, scan, verify};

/// Makes, checks and publishes the distroless image.
#[derive(Debug, Parser)]
#[command(name = "image-build", version, disable_help_subcommand = true)]
pub struct Cli {
    #[command(subcommand)]
    pub step: Step,
}

#[derive(Debug, Subcommand)]
pub enum Step {
    /// Resolve the recipe's packages through the signed archive and write the lock
    Lock(lock::Options),
    /// Bring the locked packages into the cache
    Fetch(fetch::Options),
    /// Put packages and binaries together as an OCI layout
    Build(build::Options),
    /// Check an image against its expectations, and measure it
    Verify(verify::Options),
    /// Say what is inside an image, as SPDX and CycloneDX
    Sbom(sbom::Options),
    /// Fail on known vulnerabilities
    Scan(scan::Options),
    /// Say how two images or two locks differ
    Diff(diff::Options),
    /// Send an image to a registry
    Push(push::Options),
    /// Write what was measured as Prometheus text
    Metrics(metrics::Options),
}

impl Step {
    pub fn run(&self) -> anyhow::Result<()> {
        match self {
            Self::Lock(options) => Ok(lock::run(options)?),
            Self::Fetch(options) => Ok(fetch::run(options)?),
            Self::Build(options) => Ok(build::run(options)?),
            Self::Verify(options) => Ok(verify::run(options)?),
            Self::Sbom(options) => Ok(sbom::run(options)?),
            Self::Scan(options) => Ok(scan::run(options)?),
            Self::Diff(options) => Ok(diff::run(options)?),
            Self::Push(options) => Ok(push::run(options)?),
            Self::Metrics(options) => Ok(metrics::run(options)?),
        }
    }

    /// The subcommand's name, for messages.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Lock(_) => "lock",
            Self::Fetch(_) => "fetch",
            Self::Build(_) => "build",
            Self::Verify(_) => "verify",
            Self::Sbom(_) => "sbom",
            Self::Scan(_) => "scan",
            Self::Diff(_) => "diff",
            Self::Push(_) => "push",
            Self::Metrics(_) => "metrics",
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
