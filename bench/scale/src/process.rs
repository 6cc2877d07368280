//! A server as a child process, with what it takes: processor time and memory, from /proc.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub(crate) struct Process {
    child: Child,
    pub(crate) address: SocketAddr,
    pub(crate) started: Instant,
}

/// What the process has taken so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Taken {
    /// User and system time of all threads, to 10 ms.
    pub(crate) cpu: Duration,
    pub(crate) rss: Kilobytes,
    /// Of the resident memory, what is not mapped from a file.
    pub(crate) anonymous: Kilobytes,
    /// The most that was ever resident.
    pub(crate) peak: Kilobytes,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Kilobytes(pub(crate) u64);

impl std::fmt::Display for Kilobytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let megabytes = self.0 as f64 / 1024.0;
        f.pad(&format!("{megabytes:.1} MiB"))
    }
}

const POLL: Duration = Duration::from_micros(100);
const PATIENCE: Duration = Duration::from_secs(30);

impl Process {
    /// Starts a program with its arguments, which may name the port as `{port}`. Its words go to a file beside others'.
    pub(crate) fn start(program: &Path, arguments: &[&str]) -> io::Result<Self> {
        let address = free_address()?;
        let port = address.port().to_string();
        let arguments = arguments.iter().map(|argument| argument.replace("{port}", &port));
        let mut command = Command::new(program);
        command.args(arguments).env_clear().stdin(Stdio::null()).stdout(Stdio::null()).stderr(log()?);
        let started = Instant::now();
        Ok(Self { child: command.spawn()?, address, started })
    }

    /// Until it takes connections.
    pub(crate) fn wait_until_listening(&mut self) -> io::Result<Duration> {
        while TcpStream::connect(self.address).is_err() {
            if let Some(status) = self.child.try_wait()? {
                return Err(io::Error::other(format!("the server ended: {status}; its words are in {}", log_path())));
            }
            if self.started.elapsed() > PATIENCE {
                return Err(io::ErrorKind::TimedOut.into());
            }
            std::thread::sleep(POLL);
        }
        Ok(self.started.elapsed())
    }

    pub(crate) fn taken(&self) -> io::Result<Taken> {
        let folder = format!("/proc/{}", self.child.id());
        let status = std::fs::read_to_string(format!("{folder}/status"))?;
        let of = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            Kilobytes(line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or_default())
        };
        let stat = std::fs::read_to_string(format!("{folder}/stat"))?;
        // After the name in brackets: user and system time are the 12th and 13th field, in hundredths of a second
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
        let ticks: u64 = fields.filter_map(|field| field.parse::<u64>().ok()).sum();
        Ok(Taken {
            cpu: Duration::from_millis(10 * ticks),
            rss: of("VmRSS"),
            anonymous: of("RssAnon"),
            peak: of("VmHWM"),
        })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

fn log_path() -> String {
    std::env::temp_dir().join("scale-server.log").display().to_string()
}

fn log() -> io::Result<Stdio> {
    Ok(std::fs::File::create(log_path())?.into())
}
