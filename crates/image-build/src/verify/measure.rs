//! Starts the server that is in the image, and measures how soon it answers, how soon it is ready, and how much memory
//! it takes.
//!
//! On a free loopback port, without an environment: with its embedded demo cluster, and, for memory, without any cluster,
//! which is what the server itself takes. Of several starts the fastest counts: whatever else the machine does only adds
//! to it.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::VerifyError;
use super::table::{Table, megabytes};
use crate::expect::Run;
use crate::oci::layout::Image;

const STARTS: usize = 15;
const LONGEST_START: Duration = Duration::from_secs(10);
/// After the first answer, until memory has settled.
const REST: Duration = Duration::from_secs(1);
const POLL: Duration = Duration::from_micros(200);

/// A cluster that nobody answers for.
const AWAY: &str = r#"{"apiVersion": "v1", "kind": "Config", "current-context": "away",
    "clusters": [{"name": "away", "cluster": {"server": "https://127.0.0.1:1", "insecure-skip-tls-verify": true}}],
    "contexts": [{"name": "away", "context": {"cluster": "away", "user": "away"}}],
    "users": [{"name": "away", "user": {}}]}"#;

const START_CEILING: &str = "1000.0 ms";
const MEMORY_CEILING: u64 = 50_000_000;

pub(super) fn check(
    server: &[u8],
    image: &Image,
    expected: &Run,
    table: &mut Table,
) -> Result<Vec<String>, VerifyError> {
    let folder = tempfile::tempdir().map_err(VerifyError::Start)?;
    let path = folder.path().join("mcp-server");
    install(&path, server).map_err(VerifyError::Start)?;
    let away = folder.path().join("kubeconfig");
    fs::write(&away, AWAY).map_err(VerifyError::Start)?;
    let away = ["--kubeconfig".as_ref(), away.as_os_str()];
    let demo = ["--demo".as_ref()];
    let memory = [
        ("memory at rest", Started::answering(&path, &away)?.memory_at_rest()?, expected.memory),
        ("memory at rest, demo", Started::ready(&path, &demo)?.memory_at_rest()?, expected.memory_demo),
    ];
    let (mut answered, mut ready) = (LONGEST_START, LONGEST_START);
    for _ in 0..STARTS {
        let started = Started::ready(&path, &demo)?;
        answered = answered.min(started.answered);
        ready = ready.min(started.ready);
    }
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    let rows = [
        ("exec to /health", milliseconds(answered), expected.health_ms),
        ("exec to ready", milliseconds(ready), expected.ready_ms),
    ];

    let platform = format!("linux/{}", image.architecture());
    let mut broken = Vec::new();
    for (what, found, limit) in rows {
        let row = format!("{platform} {what}");
        table.row(&row, format!("{found:.1} ms"), format!("{limit:.1} ms"), START_CEILING.to_owned());
        if found > limit {
            broken.push(format!("{what} takes {found:.1} ms, at most {limit:.1} are expected"));
        }
    }
    for (what, found, limit) in memory {
        table.row(&format!("{platform} {what}"), megabytes(found), megabytes(limit), megabytes(MEMORY_CEILING));
        if found > limit {
            broken.push(format!("{what}: {found} bytes, at most {limit} are expected"));
        }
    }
    Ok(broken)
}

fn install(path: &Path, server: &[u8]) -> io::Result<()> {
    fs::write(path, server)?;
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    Ok(())
}

struct Started {
    server: Child,
    address: SocketAddr,
    began: Instant,
    /// From exec to the first answer on /health, whatever it says.
    answered: Duration,
    /// From exec to the answer that its source is loaded.
    ready: Duration,
}

impl Started {
    /// Started until it answers, whatever it says.
    fn answering(path: &Path, source: &[&OsStr]) -> Result<Self, VerifyError> {
        let address = free_address().map_err(VerifyError::Start)?;
        let began = Instant::now();
        let server = Command::new(path)
            .args(source)
            .args(["--http-host", "127.0.0.1", "--http-port", &address.port().to_string()])
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(VerifyError::Start)?;
        let mut started = Self { server, address, began, answered: Duration::ZERO, ready: Duration::ZERO };
        started.wait(|| health(address).is_some())?;
        started.answered = began.elapsed();
        Ok(started)
    }

    /// Started until its source is loaded.
    fn ready(path: &Path, source: &[&OsStr]) -> Result<Self, VerifyError> {
        let mut started = Self::answering(path, source)?;
        let address = started.address;
        started.wait(|| health(address) == Some(200))?;
        started.ready = started.began.elapsed();
        Ok(started)
    }

    fn wait(&mut self, until: impl Fn() -> bool) -> Result<(), VerifyError> {
        while !until() {
            if let Ok(Some(status)) = self.server.try_wait() {
                return Err(VerifyError::Run(format!("ended with {status}")));
            }
            if self.began.elapsed() > LONGEST_START {
                return Err(VerifyError::Run(format!("is not ready within {LONGEST_START:?}")));
            }
            thread::sleep(POLL);
        }
        Ok(())
    }

    /// Resident bytes.
    fn memory_at_rest(&self) -> Result<u64, VerifyError> {
        thread::sleep(REST);
        let status = fs::read_to_string(format!("/proc/{}/status", self.server.id())).map_err(VerifyError::Start)?;
        let kibibytes = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok())
            .ok_or_else(|| VerifyError::Run("has no VmRSS in its status".to_owned()))?;
        Ok(kibibytes * 1024)
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Free a moment ago; nothing else on this machine asks for ports as fast.
fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0")?.local_addr()
}

/// The status of the answer, if there is one.
fn health(address: SocketAddr) -> Option<u16> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(1))).ok()?;
    stream.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").ok()?;
    let mut start = [0; 12];
    stream.read_exact(&mut start).ok()?;
    std::str::from_utf8(&start).ok()?.strip_prefix("HTTP/1.1 ")?.parse().ok()
}
