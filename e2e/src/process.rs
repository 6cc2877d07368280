//! A child process with its output in a file, which ends with the rig.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal};
use tokio::process::{Child, Command};

const LOG_TAIL: usize = 8;
const STOP: Duration = Duration::from_secs(15);

#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `program`; what it writes goes to `folder/name.log`, after what an earlier one of that name wrote.
    pub fn start(name: &str, folder: &Path, command: &mut Command) -> Result<Self> {
        let log = folder.join(format!("{name}.log"));
        let output = File::options().create(true).append(true).open(&log).context("open a log")?;
        let child = command
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("start {name}"))?;
        Ok(Self { name: name.to_owned(), child, log })
    }

    pub fn id(&self) -> Result<u32> {
        self.child.id().with_context(|| format!("{} has ended", self.name))
    }

    /// Fails with the end of its log when the process is gone.
    pub fn check(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => bail!("{} ended with {status}; its last lines:\n{}", self.name, self.log_tail(|_| true)),
        }
    }

    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// The last lines of those wanted.
    pub fn log_tail(&self, wanted: impl Fn(&str) -> bool) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().filter(|line| wanted(line)).collect();
        lines[lines.len().saturating_sub(LOG_TAIL)..].join("\n")
    }

    pub fn signal(&self, signal: Signal) -> Result<()> {
        let pid = i32::try_from(self.id()?).ok().and_then(Pid::from_raw).context("a process id")?;
        rustix::process::kill_process(pid, signal).with_context(|| format!("signal {}", self.name))
    }

    /// Asks it to end, and ends it when it does not.
    pub async fn stop(mut self) -> Result<()> {
        if self.child.try_wait()?.is_none() {
            self.signal(Signal::TERM)?;
            if tokio::time::timeout(STOP, self.child.wait()).await.is_err() {
                self.child.kill().await?;
            }
        }
        Ok(())
    }

    /// Ends it at once, as a crash does.
    pub async fn kill(mut self) -> Result<()> {
        self.child.kill().await.with_context(|| format!("kill {}", self.name))
    }
}

/// Ports that were free a moment ago.
pub fn free_ports<const N: usize>() -> Result<[u16; N]> {
    let mut listeners = Vec::new();
    let mut ports = [0; N];
    for port in &mut ports {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").context("find a free port")?;
        *port = listener.local_addr()?.port();
        listeners.push(listener);
    }
    Ok(ports)
}
