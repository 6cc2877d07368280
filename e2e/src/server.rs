//! The real server process, and what the kernel says about it.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::process::Command;

use crate::faults::course::STALE_AFTER;
use crate::mcp::Mcp;
use crate::process::Process;
use crate::wait;

const START: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub struct Server {
    pub mcp: Mcp,
    process: Process,
}

/// What time the server thinks it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    Right,
    /// Checks hold back for minutes before they speak; for a server whose clock is ahead those have passed at once.
    Ahead,
}

/// What a server is started with.
#[derive(Debug, Clone)]
pub struct Opening<'a> {
    pub name: &'a str,
    pub kubeconfig: String,
    pub arguments: &'a [&'a str],
    pub environment: &'a [(&'a str, &'a str)],
    pub clock: Clock,
}

impl<'a> Opening<'a> {
    /// As most servers of the rig.
    pub fn new(name: &'a str, kubeconfig: String) -> Self {
        Self { name, kubeconfig, arguments: &["--stale-after", STALE_AFTER], environment: &[], clock: Clock::Right }
    }
}

/// Longer than most checks hold back.
const AHEAD: &str = "+20m";

/// Debian's libfaketime, which shifts the clock of programs that are linked dynamically.
fn faketime() -> Result<std::path::PathBuf> {
    let folders = std::fs::read_dir("/usr/lib")?.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    let library = |folder: std::path::PathBuf| folder.join("faketime/libfaketimeMT.so.1");
    let found = folders.map(library).find(|path| path.is_file());
    found.context("libfaketime is missing: install it (Debian: apt-get install faketime)")
}

/// What a leak would show in.
#[derive(Debug, Clone, Copy)]
pub struct Usage {
    pub resident_kib: u64,
    pub threads: u64,
    pub files: u64,
}

impl Server {
    /// Starts `program` on a free port, looking at what `kubeconfig` names. Returns as soon as it listens.
    pub async fn start(program: &Path, folder: &Path, kubeconfig: &Path, opening: &Opening<'_>) -> Result<Self> {
        let Opening { name, arguments, environment, clock, .. } = *opening;
        let mut command = Command::new(program);
        command.env_clear().envs(environment.iter().copied());
        if clock == Clock::Ahead {
            command.env("LD_PRELOAD", faketime()?).env("FAKETIME", AHEAD).env("DONT_FAKE_MONOTONIC", "1");
        }
        command
            .args(["--http-host", "127.0.0.1", "--http-port", "0", "--log-format", "text"])
            .arg("--kubeconfig")
            .arg(kubeconfig)
            .args(arguments);
        let from = std::fs::metadata(folder.join(format!("{name}.log"))).map_or(0, |log| log.len());
        let mut process = Process::start(name, folder, &mut command)?;
        let process_ref = &mut process;
        let mut port = async || {
            process_ref.check()?;
            let log = process_ref.log();
            listening(log.get(usize::try_from(from)?..).unwrap_or_default()).context("it does not listen")
        };
        let start = std::time::Instant::now();
        let port = loop {
            match port().await {
                Ok(port) => break port,
                Err(error) if start.elapsed() > START => return Err(error).context("the server starts"),
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        };
        Ok(Self { mcp: Mcp::new(port), process })
    }

    pub fn usage(&self) -> Result<Usage> {
        let folder = format!("/proc/{}", self.process.id()?);
        let status = std::fs::read_to_string(format!("{folder}/status"))?;
        let field = |name: &str| -> Result<u64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).context("a line of status")?;
            Ok(line.split_whitespace().next().context("a number")?.parse()?)
        };
        let files = std::fs::read_dir(format!("{folder}/fd"))?.count() as u64;
        Ok(Usage { resident_kib: field("VmRSS:")?, threads: field("Threads:")?, files })
    }

    pub async fn ready(&self, limit: Duration) -> Result<Duration> {
        let ready = wait::until(limit, "the server is ready", async || {
            let (status, text) = self.mcp.get("/readyz").await?;
            ensure!(status == 200, "/readyz: {status} {text}");
            Ok(())
        });
        Ok(ready.await?.1)
    }

    pub fn check(&mut self) -> Result<()> {
        self.process.check()
    }

    /// The last lines that are not about requests.
    pub fn log_tail(&self) -> String {
        self.process.log_tail(|line| !line.contains("http::observe"))
    }

    pub async fn stop(self) -> Result<()> {
        self.process.stop().await
    }
}

/// The port in the line that says where it listens.
fn listening(log: &str) -> Option<u16> {
    let (_, rest) = log.split_once("address=127.0.0.1:")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    rest.get(digits.len()..).filter(|after| !after.is_empty())?;
    digits.parse().ok()
}
