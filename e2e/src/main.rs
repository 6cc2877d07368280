//! Runs scenarios and faults, prints a line for each, and fails when one of them does.
//!
//!     e2e [--kubernetes newest|newest-1|newest-2|v1.MINOR.PATCH] [--server PATH] [--lanes N] [--keep] [--list]
//!         [scenarios|faults] [NAME…]
//!
//! Without names it runs everything. `UPDATE_DOCS=1` writes what was observed into docs/reliability.md.

// Its output is for a person at a terminal
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use e2e::binaries::Binaries;
use e2e::faults;
use e2e::rig::Rig;
use e2e::scenarios;

/// Servers that meet faults side by side.
const LANES: usize = 6;

struct Options {
    kubernetes: String,
    server: PathBuf,
    lanes: usize,
    keep: bool,
    list: bool,
    names: Vec<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("e2e: {error:#}");
            ExitCode::from(2)
        }
    }
}

async fn run() -> Result<bool> {
    let options = options(std::env::args().skip(1))?;
    if options.list {
        for scenario in scenarios::ALL {
            let note = if scenario.on_demand { "  (only when it is named)" } else { "" };
            println!("scenarios  {}{note}", scenario.id);
        }
        faults::all().for_each(|fault| println!("faults     {}", fault.id));
        return Ok(true);
    }
    let wanted = |group: &str, id: &str| {
        options.names.is_empty() || options.names.iter().any(|name| name == group || name == id)
    };
    let named = |id: &str| options.names.iter().any(|name| name == id);
    let scenarios: Vec<_> = scenarios::ALL
        .iter()
        .filter(|scenario| if scenario.on_demand { named(scenario.id) } else { wanted("scenarios", scenario.id) })
        .collect();
    let faults: Vec<_> = faults::all().filter(|fault| wanted("faults", fault.id)).collect();
    ensure!(!scenarios.is_empty() || !faults.is_empty(), "nothing has such a name; --list lists them");

    let start = Instant::now();
    let binaries = Binaries::find(&options.kubernetes, &options.server)?;
    let lanes = if faults.is_empty() { 1 } else { options.lanes.max(2) };
    let mut rig = Rig::start(&binaries, lanes).await?;
    println!("        control plane, cluster and {lanes} servers are up ({:.1} s)", start.elapsed().as_secs_f64());

    let mut tally = Tally::default();
    for scenario in scenarios {
        let begun = Instant::now();
        let result = scenario.run(&mut rig).await;
        tally.line("scenario", scenario.id, begun, result);
    }
    let observed = faults::run(&mut rig, &faults, |id, begun, result| tally.line("fault", id, begun, result)).await?;
    if std::env::var_os("UPDATE_DOCS").is_some() {
        faults::document::update(&observed)?;
    }
    if options.keep || tally.failed > 0 {
        println!("        logs are in {}", rig.keep().display());
    }
    println!("{} passed, {} failed", tally.passed, tally.failed);
    Ok(tally.failed == 0)
}

#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
}

impl Tally {
    fn line(&mut self, group: &str, id: &str, begun: Instant, result: Result<String>) {
        let took = begun.elapsed().as_secs_f64();
        match result {
            Ok(told) => {
                self.passed += 1;
                println!("ok      {group:<9} {id:<34} {took:>5.1} s  {told}");
            }
            Err(error) => {
                self.failed += 1;
                println!("FAILED  {group:<9} {id:<34} {took:>5.1} s\n        {}", indented(&error));
            }
        }
    }
}

fn indented(error: &anyhow::Error) -> String {
    format!("{error:#}").replace('\n', "\n        ")
}

fn options(mut arguments: impl Iterator<Item = String>) -> Result<Options> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut options = Options {
        kubernetes: "newest".to_owned(),
        server: root.join("target/debug/mcp-server"),
        lanes: LANES,
        keep: false,
        list: false,
        names: Vec::new(),
    };
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().with_context(|| format!("{argument} takes a value"));
        match argument.as_str() {
            "--kubernetes" => options.kubernetes = value()?,
            "--server" => options.server = value()?.into(),
            "--lanes" => options.lanes = value()?.parse().context("--lanes takes a number")?,
            "--keep" => options.keep = true,
            "--list" => options.list = true,
            flag if flag.starts_with('-') => bail!("{flag} is not an option; see e2e/README.md"),
            name => options.names.push(name.to_owned()),
        }
    }
    Ok(options)
}
