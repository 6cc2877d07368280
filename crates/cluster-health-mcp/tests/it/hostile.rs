//! Clients that send what no client should, beside one that behaves: it is answered all the while, and the server's
//! memory stays bounded. The server is the real process, and asks who its callers are.

pub(crate) mod issuer;
mod shapes;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use self::issuer::Issuer;
use self::shapes::{Comes, SHAPES, Words};
use crate::docs::assert_generated;

/// As many as the server keeps, ten times over.
const CONNECTIONS: usize = 10_000;
const HUGE: usize = 1 << 30;
/// More than the server keeps for a thousand connections and sixteen large bodies.
const MOST_MEMORY_KIB: u64 = 96 * 1024;
/// Answers that a client waits for at least.
const LEAST: usize = 50;
const PATIENCE: Duration = Duration::from_secs(5);

struct Process {
    child: Child,
    address: SocketAddr,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Process {
    fn start(issuer: &str, more: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mcp-server"));
        let own =
            ["--demo", "--http-host", "127.0.0.1", "--http-port", "0", "--log-level", "info", "--audit-log", "off"];
        let oidc = ["--auth", "oidc", "--oidc-issuer", issuer, "--oidc-audiences", issuer::AUDIENCE];
        command.env_clear().args(own).args(oidc).args(more).stdin(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = lines.by_ref().find_map(|line| {
            let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
            (line["message"] == "listening").then(|| line["address"].as_str().unwrap().parse().unwrap())
        });
        std::thread::spawn(move || lines.count());
        Self { child, address: address.unwrap() }
    }

    /// Resident at the most since it was started, in KiB.
    fn peak(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    }
}

/// A client that asks one question after another, on a connection that stays and now and then on a new one.
struct Behaved {
    stop: Arc<AtomicBool>,
    asking: JoinHandle<Vec<Duration>>,
}

impl Behaved {
    fn start(address: SocketAddr, token: String) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let told = stop.clone();
        let asking = std::thread::spawn(move || {
            let question = question(&token);
            let mut kept = connect(address);
            let mut times = Vec::new();
            while !told.load(Ordering::Relaxed) || times.len() < LEAST {
                let mut new = (times.len() % 10 == 9).then(|| connect(address));
                let begun = Instant::now();
                let answer = exchange(new.as_mut().unwrap_or(&mut kept), &question);
                times.push(begun.elapsed());
                assert!(answer.contains("UNHEALTHY: 7 incidents"), "after {} answers: {answer}", times.len());
                std::thread::sleep(Duration::from_millis(5));
            }
            times
        });
        Self { stop, asking }
    }

    /// Fails when one answer was not as it should be; the times are for people.
    fn end(self, during: &str) {
        self.stop.store(true, Ordering::Relaxed);
        let mut times = self.asking.join().expect("a client that behaves was not served");
        times.sort_unstable();
        let at = |part: usize| times[(times.len() - 1) * part / 100];
        println!("{during}: {} answers, median {:?}, p99 {:?}, slowest {:?}", times.len(), at(50), at(99), at(100));
    }
}

fn question(token: &str) -> String {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "get-cluster-health"}});
    Words { token: token.to_owned(), stale: String::new(), other: String::new() }.post(&body.to_string())
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// One answer with a length.
fn exchange(stream: &mut TcpStream, question: &str) -> String {
    stream.write_all(question.as_bytes()).expect("the connection was cut");
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        assert!(reader.read_line(&mut line).expect("no answer") > 0, "the connection was cut after {head:?}");
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            break;
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    head + &String::from_utf8(body).unwrap()
}

/// The status of the first answer; nothing when the connection ends without one.
fn status(stream: &mut TcpStream) -> Option<u16> {
    let mut head = [0; 12];
    stream.read_exact(&mut head).ok()?;
    std::str::from_utf8(&head).ok()?.strip_prefix("HTTP/1.1 ").or(Some("000"))?.get(..3)?.parse().ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_shape_of_request_disturbs_a_client_that_behaves() {
    assert!(SHAPES.len() >= 40);
    let issuer = Issuer::start().await;
    let words = Words { token: issuer.token("ann"), stale: issuer.stale(), other: issuer.for_others() };
    let (address, token) = (issuer.address.clone(), words.token.clone());
    tokio::task::spawn_blocking(move || {
        let server = Process::start(&address, &["--caller-rate", "0"]);
        let behaved = Behaved::start(server.address, token);
        let mut open = Vec::new();
        for shape in SHAPES {
            let mut stream = connect(server.address);
            // A server that has refused may have closed already
            let _ = stream.write_all(&(shape.send)(&words));
            let got = match shape.comes {
                Comes::Nothing => None,
                Comes::Status(_) => status(&mut stream),
                Comes::Cut => {
                    let _ = stream.shutdown(Shutdown::Write);
                    status(&mut stream)
                }
            };
            match shape.comes {
                Comes::Status(accepted) => {
                    assert!(got.is_some_and(|got| accepted.contains(&got)), "{}: {got:?}", shape.id);
                }
                Comes::Cut => assert!(got.is_none_or(|got| (400..500).contains(&got)), "{}: {got:?}", shape.id),
                Comes::Nothing => {}
            }
            open.push(stream);
        }
        behaved.end("every shape");
        drop(open);
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_connections_and_a_gigabyte_leave_a_client_that_behaves_alone() {
    let issuer = Issuer::start().await;
    let (address, token) = (issuer.address.clone(), issuer.token("ann"));
    tokio::task::spawn_blocking(move || {
        let server = Process::start(&address, &["--caller-rate", "0"]);
        exchange(&mut connect(server.address), &question(&token));
        let before = server.peak();
        let behaved = Behaved::start(server.address, token.clone());
        let mut flood = Vec::new();
        for number in 0..CONNECTIONS {
            // Descriptors may run out on this side first
            let Ok(mut stream) = TcpStream::connect(server.address) else { break };
            let _ = stream.set_write_timeout(Some(PATIENCE));
            if number % 2 == 0 {
                let _ = stream.write_all(b"POST /mcp HTTP/1.1\r\nhost: localhost\r\n");
            }
            flood.push(stream);
        }
        println!("{} connections were open", flood.len());
        assert!(flood.len() > 1024, "this machine opens too few connections to tell");
        behaved.end("a flood of connections");
        drop(flood);

        let behaved = Behaved::start(server.address, token.clone());
        let taken = huge(server.address, &token);
        println!("{} KiB of a gigabyte were taken", taken / 1024);
        assert!(taken < 64 << 20, "{taken} bytes of a body that is too large were taken");
        behaved.end("a gigabyte");
        let grown = server.peak() - before;
        println!("memory at the most: {before} KiB before, {grown} KiB more after");
        assert!(grown < MOST_MEMORY_KIB, "{grown} KiB");
    })
    .await
    .unwrap();
}

/// How much of a body without an end is sent before the server has enough of it. Buffers of the kernel count too.
fn huge(address: SocketAddr, token: &str) -> usize {
    let mut stream = connect(address);
    let words = Words { token: token.to_owned(), stale: String::new(), other: String::new() };
    stream.write_all(words.head("transfer-encoding: chunked").as_bytes()).unwrap();
    let chunk = [b"10000\r\n".as_slice(), &[b' '; 0x10000], b"\r\n"].concat();
    let mut sent = 0;
    while sent < HUGE && stream.write_all(&chunk).is_ok() {
        sent += 0x10000;
    }
    sent
}

#[test]
fn the_shapes_are_documented() {
    let mut table = String::from("| what is sent | what comes of it |\n|---|---|\n");
    for shape in SHAPES {
        let comes = match shape.comes {
            Comes::Status(accepted) => accepted.iter().map(u16::to_string).collect::<Vec<_>>().join(" or "),
            Comes::Cut => "a refusal, or the connection is closed".to_owned(),
            Comes::Nothing => "nothing, until it is cut".to_owned(),
        };
        table.push_str(&format!("| {} | {comes} |\n", shape.id));
    }
    assert_generated("docs/reliability.md", Some("hostile"), &table);
}
