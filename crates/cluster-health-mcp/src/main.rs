//! Entry point of `mcp-server`.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use cluster_health::Verdict;
use cluster_health_mcp::args::{self, Command, HealthcheckOptions, Refusal, Settings};
use cluster_health_mcp::report::ReportError;
use cluster_health_mcp::serve::ServeError;
use cluster_health_mcp::sources::live::rbac;
use cluster_health_mcp::{connect, healthcheck, logging, metrics, report, serve};

fn main() -> ExitCode {
    metrics::mark_start();
    match args::parse(std::env::args_os()) {
        Ok(cli) => run(cli).unwrap_or_else(|error| match error.downcast_ref::<Refusal>() {
            Some(refusal) => refuse(refusal),
            None => {
                say(std::io::stderr(), &format!("error: {error:#}"));
                failure(&error)
            }
        }),
        Err(refusal) => refuse(&refusal),
    }
}

fn failure(error: &anyhow::Error) -> ExitCode {
    let usage = |error: &ServeError| {
        matches!(
            error,
            ServeError::Setting(_)
                | ServeError::Issuer(_)
                | ServeError::Refused(_)
                | ServeError::Monitoring(_)
                | ServeError::Telemetry(_)
        )
    };
    if error.downcast_ref().is_some_and(usage) {
        ExitCode::from(args::WRONG_USAGE)
    } else if error.is::<ReportError>() {
        // What could not be looked at is unknown, never healthy
        ExitCode::from(report::exit_status(Verdict::Unknown))
    } else {
        ExitCode::FAILURE
    }
}

fn run(cli: args::Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Some(Command::Healthcheck(options)) => Ok(check(&options, &cli.settings)),
        Some(Command::Report(options)) => {
            let verdict = report::run(&options, &cli.settings.source()?, &cli.settings.monitoring.access())?;
            Ok(ExitCode::from(report::exit_status(verdict)))
        }
        Some(Command::Connect) => {
            say(std::io::stdout(), &connect::instructions(&cli.settings));
            Ok(ExitCode::SUCCESS)
        }
        Some(Command::Rbac(options)) => {
            say(std::io::stdout(), &rbac::cluster_role(&options.name, !options.without_logs));
            Ok(ExitCode::SUCCESS)
        }
        Some(Command::Stdio) | None => start(&cli.settings),
    }
}

fn start(settings: &Settings) -> anyhow::Result<ExitCode> {
    let source = settings.source()?;
    logging::start(settings.log_level, settings.log_format).context("logging could not be started")?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        // Answers take microseconds; more threads would only cost memory
        .worker_threads(2)
        .enable_all()
        .build()
        .context("the runtime could not be started")?;
    let served = runtime.block_on(serve::run(settings, &source));
    // Reading standard input cannot be interrupted, so it is not waited for
    runtime.shutdown_timeout(Duration::from_millis(50));
    served?;
    Ok(ExitCode::SUCCESS)
}

fn check(options: &HealthcheckOptions, settings: &Settings) -> ExitCode {
    let here = format!("http://127.0.0.1:{}/readyz", settings.http_port);
    match healthcheck::run(options.url.as_deref().unwrap_or(&here), options.retries, options.timeout) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            say(std::io::stderr(), &format!("not ready: {reason}"));
            ExitCode::FAILURE
        }
    }
}

fn refuse(refusal: &Refusal) -> ExitCode {
    match refusal {
        Refusal::Line(_) if refusal.is_answer() => say(std::io::stdout(), &refusal.to_string()),
        Refusal::Line(_) => say(std::io::stderr(), &refusal.to_string()),
        _ => say(std::io::stderr(), &format!("error: {refusal}")),
    }
    ExitCode::from(refusal.exit_status())
}

/// A closed pipe is the reader's choice, not an error.
fn say(mut to: impl Write, text: &str) {
    let _ = writeln!(to, "{}", text.trim_end());
}
